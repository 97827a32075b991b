"""The remote backend and the cloud block: terraform's own writes to a server that speaks as much of the API of HCP Terraform
and Terraform Enterprise as terraform needs where runs are local. States are kept by a second server, as the archive of HCP
Terraform is one. Both speak TLS with a certificate of the suite's own.
Knows nothing of driftline's insides."""

import datetime
import hashlib
import json
import re
import ssl
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import certificates
from harness import HOST, agree

NAME = "remote"
TOKEN = "not-a-secret"
ORGANIZATION = "acme"
NAMED = "localhost"

BLOCK = """
terraform {
  %(block)s {
    hostname     = "%(host)s"
    organization = "acme"
    workspaces {
      %(workspaces)s
    }
  }
}

resource "terraform_data" "it" {
  input = "äöü ${terraform.workspace}"
}
"""


def available():
    """The service itself cannot be had; the certificates need openssl."""
    return certificates.available()


class Service(ThreadingHTTPServer):
    """A server with TLS, and every call of driftline."""

    daemon_threads = True

    def __init__(self, handler, certificate):
        super().__init__((HOST, 0), handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.host = f"{NAMED}:{self.server_address[1]}"
        self.calls = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        """A client that hangs up is none of ours."""


class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, document=None, headers=()):
        body = document if isinstance(document, bytes) else json.dumps(document).encode() if document is not None else b""
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def remember(self):
        if "driftline" in self.headers.get("User-Agent", ""):
            self.server.calls.append((self.command, self.path, self.headers.get("Authorization")))
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))


class Archive(Answers):
    """Keeps what is put, by address. It knows nobody."""

    def serve(self):
        body = self.remember()
        if self.command == "PUT":
            self.server.kept[self.path] = body
            return self.answer(200)
        kept = self.server.kept.get(self.path)
        return self.answer(200, kept) if kept is not None else self.answer(404)

    do_GET = do_PUT = serve


class Api(Answers):
    """The API, as far as terraform asks for it (JSON:API documents)."""

    def serve(self):
        body = self.remember()
        address = urllib.parse.urlsplit(self.path)
        self.query = dict(urllib.parse.parse_qsl(address.query))
        if address.path == "/.well-known/terraform.json":
            services = {"tfe.v2": "/api/v2/", "tfe.v2.1": "/api/v2/", "tfe.v2.2": "/api/v2/", "state.v2": "/api/v2/"}
            return self.answer(200, services, [("Content-Type", "application/json")])
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self.answer(401, {"errors": [{"status": "401", "title": "unauthorized"}]})
        document = json.loads(body) if body else {}
        for method, pattern, action in ROUTES:
            found = re.fullmatch(pattern, address.path)
            if found and method == self.command:
                return action(self, *map(urllib.parse.unquote, found.groups()), **({"document": document} if document else {}))
        return self.missing()

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = serve

    def sent(self, data, status=200, **more):
        headers = [("Content-Type", "application/vnd.api+json"), ("TFP-API-Version", "2.6"), ("TFP-AppName", "HCP Terraform")]
        return self.answer(status, {"data": data, **more}, headers)

    def missing(self):
        return self.answer(404, {"errors": [{"status": "404", "title": "not found"}]}, [("Content-Type", "application/vnd.api+json")])

    def ping(self):
        return self.answer(204, None, [("TFP-API-Version", "2.6"), ("TFP-AppName", "HCP Terraform")])

    def entitlements(self, organization):
        if organization != ORGANIZATION:
            return self.missing()
        attributes = {"operations": True, "state-storage": True, "teams": True, "vcs-integrations": True}
        return self.sent({"id": "org-1", "type": "entitlement-sets", "attributes": attributes})

    def workspaces(self, organization):
        found = [w for w in self.server.workspaces.values() if self.query.get("search[name]", "") in w["name"]]
        tags = set(filter(None, self.query.get("search[tags]", "").split(",")))
        number, wanted = 0, {}
        while f"filter[tagged][{number}][key]" in self.query:
            wanted[self.query[f"filter[tagged][{number}][key]"]] = self.query.get(f"filter[tagged][{number}][value]", "")
            number += 1
        found = [w for w in found if tags <= set(w["tags"]) and wanted.items() <= w["tags"].items()]
        found.sort(key=lambda w: w["name"])
        size, number = 2, int(self.query.get("page[number]", 1))
        pages = max(1, -(-len(found) // size))
        shown = [described(w) for w in found[(number - 1) * size : number * size]]
        following = number + 1 if number < pages else None
        pagination = {"current-page": number, "next-page": following, "prev-page": None, "total-pages": pages, "total-count": len(found)}
        return self.sent(shown, meta={"pagination": pagination})

    def workspace(self, organization, name):
        found = self.server.workspaces.get(name)
        if not found:
            return self.missing()
        return self.sent(described(found), included=[USER] if "locked_by" in self.query.get("include", "") else [])

    def create(self, organization, document=None):
        attributes = document["data"]["attributes"]
        found = self.server.make(attributes["name"])
        return self.sent(described(found), 201)

    def update(self, identity, document=None):
        return self.sent(described(self.server.by_id(identity)))

    def lock(self, identity, verb, document=None):
        found = self.server.by_id(identity)
        if verb == "lock" and found["locked"]:
            return self.answer(409, {"errors": [{"status": "409", "title": "conflict"}]})
        found["locked"] = verb == "lock"
        return self.sent(described(found))

    def upload(self, identity, document=None):
        """Without the state itself: it goes to the archive, at the address that is answered."""
        attributes = document["data"]["attributes"]
        number = len(self.server.versions) + 1
        version = {"id": f"sv-{number}", "serial": attributes["serial"], "md5": attributes["md5"], "number": number}
        self.server.versions[version["id"]] = version
        self.server.by_id(identity)["versions"].append(version["id"])
        return self.sent(self.server.version(version), 201)

    def current(self, identity):
        versions = self.server.by_id(identity)["versions"]
        if not versions:
            return self.missing()
        included = [USER] if "created_by" in self.query.get("include", "") else []
        return self.sent(self.server.version(self.server.versions[versions[-1]]), included=included)

    def version(self, identity):
        return self.sent(self.server.version(self.server.versions[identity]))

    def versions(self):
        found = self.server.workspaces.get(self.query.get("filter[workspace][name]"))
        shown = [self.server.version(self.server.versions[identity]) for identity in reversed(found["versions"])]
        return self.sent(shown, meta={"pagination": {"current-page": 1, "next-page": None, "total-pages": 1}})

    def state(self, identity):
        number = self.server.versions[identity]["number"]
        return self.answer(302, None, [("Location", f"{self.server.archive}/object/{number}")])

    def nothing(self, *_, document=None):
        return self.sent([])


ROUTES = [
    ("GET", "/api/v2/ping", Api.ping),
    ("GET", "/api/v2/organizations/([^/]+)/entitlement-set", Api.entitlements),
    ("GET", "/api/v2/organizations/([^/]+)/workspaces", Api.workspaces),
    ("POST", "/api/v2/organizations/([^/]+)/workspaces", Api.create),
    ("GET", "/api/v2/organizations/([^/]+)/workspaces/([^/]+)", Api.workspace),
    ("PATCH", "/api/v2/workspaces/([^/]+)", Api.update),
    ("POST", "/api/v2/workspaces/([^/]+)/actions/(lock|unlock)", Api.lock),
    ("POST", "/api/v2/workspaces/([^/]+)/state-versions", Api.upload),
    ("GET", "/api/v2/workspaces/([^/]+)/current-state-version", Api.current),
    ("GET", "/api/v2/state-versions/([^/]+)", Api.version),
    ("GET", "/api/v2/state-versions", Api.versions),
    ("GET", "/api/state-versions/([^/]+)/hosted_state", Api.state),
    ("GET", "/api/v2/workspaces/([^/]+)/(?:all-)?vars", Api.nothing),
    ("GET", "/api/v2/workspaces/([^/]+)/(?:effective-)?tag-bindings", Api.nothing),
    ("PATCH", "/api/v2/workspaces/([^/]+)/tag-bindings", Api.nothing),
    ("POST", "/api/v2/workspaces/([^/]+)/relationships/tags", Api.nothing),
]

USER = {"id": "user-1", "type": "users", "attributes": {"username": "ada", "is-service-account": False}}


class Enterprise(Service):
    """Workspaces and their state versions."""

    def __init__(self, certificate, archive):
        super().__init__(Api, certificate)
        self.workspaces, self.versions = {}, {}
        self.archive = f"https://{archive.host}"
        self.objects = archive.kept

    def make(self, name, tags=None):
        identity = f"ws-{len(self.workspaces) + 1}"
        self.workspaces[name] = {"id": identity, "name": name, "tags": tags or {}, "locked": False, "versions": []}
        return self.workspaces[name]

    def by_id(self, identity):
        return next(found for found in self.workspaces.values() if found["id"] == identity)

    def version(self, version):
        kept = self.objects.get(f"/object/{version['number']}")
        own = f"https://{self.host}/api/state-versions/{version['id']}"
        attributes = {
            "created-at": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "serial": version["serial"],
            "status": "pending" if kept is None else "finalized",
            "hosted-state-download-url": None if kept is None else f"{own}/hosted_state",
            "hosted-state-upload-url": f"{self.archive}/object/{version['number']}",
            "hosted-json-state-upload-url": f"{self.archive}/json/{version['number']}",
            "size": len(kept or b""),
            "resources-processed": True,
            "vcs-commit-sha": None,
        }
        relationships = {"created-by": {"data": {"id": "user-1", "type": "users"}}, "run": {"data": None}}
        return {"id": version["id"], "type": "state-versions", "attributes": attributes, "relationships": relationships}


def described(workspace):
    attributes = {
        "name": workspace["name"],
        "locked": workspace["locked"],
        "execution-mode": "local",
        "operations": False,
        "terraform-version": "latest",
        "tag-names": sorted(workspace["tags"]),
        "permissions": {"can-read-state-versions": True, "can-lock": True, "can-unlock": True, "can-queue-run": True},
        "created-at": "2026-01-02T03:04:05.000Z",
    }
    versions = workspace["versions"]
    relationships = {
        "organization": {"data": {"id": ORGANIZATION, "type": "organizations"}},
        "locked-by": {"data": {"id": "user-1", "type": "users"} if workspace["locked"] else None},
        "current-state-version": {"data": {"id": versions[-1], "type": "state-versions"} if versions else None},
    }
    return {"id": workspace["id"], "type": "workspaces", "attributes": attributes, "relationships": relationships}


def run(box):
    ca, pem, _ = certificates.make(box.directory)
    archive = Service(Archive, pem)
    archive.kept = {}
    server = Enterprise(pem, archive)
    box.finally_do(archive.shutdown)
    box.finally_do(server.shutdown)
    config = box.directory / "login.tfrc"
    config.write_text(f'credentials "{server.host}" {{\n  token = "{TOKEN}"\n}}\n')
    env = {"SSL_CERT_FILE": str(ca), "TF_CLI_CONFIG_FILE": str(config)}

    def files(kind, workspaces):
        return {"main.tf": BLOCK % {"block": kind, "host": server.host, "workspaces": workspaces}}

    named = box.applied(box.directory / "remote-name", files('backend "remote"', 'name = "one"'), env=env)
    states = agree(box, named, ("default",), env=env)
    version(box, server, states["default"], "one")

    prefixed = box.repository(box.directory / "remote-prefix", files('backend "remote"', 'prefix = "app-"'))
    for name in ("app-dev", "app-prod", "app-qa", "my-app-dev"):
        server.make(name)
    # Terraform asks which workspace it shall be, unless it is told.
    chosen = prefixed / ".terraform" / "environment"
    chosen.parent.mkdir()
    chosen.write_text("dev")
    for name in ("dev", "prod"):
        if name == "dev":
            box.terraform("init", "-input=false", cwd=prefixed, env=env)
        box.terraform("workspace", "select", name, cwd=prefixed, env=env)
        box.terraform("apply", "-auto-approve", "-input=false", cwd=prefixed, env=env)
    agree(box, prefixed, ("dev", "prod"), env=env)

    cloud = box.applied(box.directory / "cloud-name", files("cloud", 'name = "two"'), env=env)
    states = agree(box, cloud, ("two",), env=env)
    version(box, server, states["two"], "two")

    server.make("web-a", {"web": "", "core": "", "env": "prod"})
    server.make("web-b", {"web": "", "core": "", "env": "dev"})
    server.make("web-c", {"web": "", "env": "prod"})
    for name, tags, chosen in (
        ("cloud-tags", '["web", "core"]', ("web-a", "web-b")),
        ("cloud-values", '{ web = "", env = "prod" }', ("web-a", "web-c")),
    ):
        tagged = box.repository(box.directory / name, files("cloud", f"tags = {tags}"))
        for workspace in chosen:
            selected = {**env, "TF_WORKSPACE": workspace}
            box.terraform("init", "-input=false", cwd=tagged, env=selected)
            box.terraform("apply", "-auto-approve", "-input=false", cwd=tagged, env=selected)
        (tagged / ".terraform" / "environment").write_text(chosen[0])
        agree(box, tagged, chosen, env=env)

    token = {"SSL_CERT_FILE": str(ca), f"TF_TOKEN_{server.host}": TOKEN}
    agree(box, cloud, ("two",), env=token)
    faults(box, server, archive, cloud, token)
    elsewhere(box, server, pem, ca)


def version(box, server, state, name):
    """What the service tells of who wrote it."""
    newest = server.workspaces[name]["versions"][-1]
    box.check(f"{name}: the version is shown", state.get("version") == newest, state)
    box.check(f"{name}: its author is shown", (state.get("run") or {}).get("author") == "ada", state)


def faults(box, server, archive, directory, env):
    """Locks, tokens that are not accepted, and who got the token."""
    server.workspaces["two"]["locked"] = True
    states = box.states(directory, env)
    box.check("a lock is shown and stops nothing", "ada" in json.dumps(states[0].get("lock")) and not states[0].get("error"), states)
    server.workspaces["two"]["locked"] = False

    states = box.states(directory, {**env, f"TF_TOKEN_{server.host}": "wrong"})
    box.check("a wrong token is an error", "401" in str(states[0].get("error")), states)
    states = box.states(directory, {"SSL_CERT_FILE": env["SSL_CERT_FILE"]})
    box.check("no token is an error", "token" in str(states[0].get("error")), states)
    states = box.states(directory, {name: value for name, value in env.items() if name != "SSL_CERT_FILE"})
    box.check("a certificate that is not trusted is an error", states[0].get("error"), states)

    kept, path = archive.kept, f"/object/{server.versions[server.workspaces['two']['versions'][-1]]['number']}"
    whole = kept[path]
    kept[path] = None
    states = box.states(directory, env)
    kept[path] = whole
    box.check("a state that is not there is an error", states[0].get("error"), states)

    box.check("driftline only ever reads", {method for method, *_ in server.calls + archive.calls} == {"GET"}, server.calls)
    box.check("the archive was asked", archive.calls, archive.calls)
    box.check("the archive never got the token", not any(token for *_, token in archive.calls), archive.calls)
    digest = hashlib.sha256(whole).hexdigest()
    box.check("the state is whole again", box.states(directory, env)[0].get("sha256") == digest)


class Signpost(Answers):
    """A host whose API is on another one."""

    def do_GET(self):
        self.remember()
        if self.server.redirects:
            return self.answer(302, None, [("Location", f"{self.server.target}/.well-known/terraform.json")])
        return self.answer(200, {"tfe.v2": f"{self.server.target}/api/v2/"}, [("Content-Type", "application/json")])


def elsewhere(box, server, pem, ca):
    """An API on another host, as the named host says, is asked, and gets the named host's token; a redirect of the question
    where it is, is not followed."""
    signpost = Service(Signpost, pem)
    box.finally_do(signpost.shutdown)
    signpost.redirects, signpost.target = False, f"https://{server.host}"
    env = {"SSL_CERT_FILE": str(ca), f"TF_TOKEN_{signpost.host}": TOKEN}
    block = BLOCK % {"block": "cloud", "host": signpost.host, "workspaces": 'name = "three"'}
    directory = box.applied(box.directory / "elsewhere", {"main.tf": block}, env=env)
    agree(box, directory, ("three",), env=env)
    signpost.redirects = True
    server.calls.clear()
    states = box.states(directory, env)
    box.check("a redirect of discovery is an error", "another host" in str(states[0].get("error")), states)
    box.check("a redirect of discovery is not followed", not server.calls, server.calls)
