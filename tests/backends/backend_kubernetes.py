"""The kubernetes backend: terraform's own writes to a small server in the shape of Kubernetes' API, over TLS. No real API server
can be had here; what is real is the client that writes: names, labels, gzip, leases.
Knows nothing of driftline's insides."""

import base64
import json
import random
import shutil
import ssl
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from harness import HOST, agree

NAME = "kubernetes"
TOKEN = "not-a-secret-token"
PAGE = 2

BLOCK = """
terraform {
  backend "kubernetes" {
    secret_suffix = "%s"
    namespace     = "infra"
%s  }
}

resource "terraform_data" "it" {
  input = "${terraform.workspace} äöü"
}
"""


def available():
    """A certificate has to be made."""
    return None if shutil.which("openssl") else "openssl isn't on the PATH"


class Api(ThreadingHTTPServer):
    """Secrets and leases by path; what was asked, and by whom."""

    daemon_threads = True

    def __init__(self, context):
        super().__init__((HOST, 0), Handler)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.objects, self.calls, self.version = {}, [], 0
        self.lock = threading.Lock()
        self.url = f"https://{HOST}:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def store(self, path, item):
        with self.lock:
            self.version += 1
            kind, version = ("Secret", "v1") if "/secrets/" in path else ("Lease", "coordination.k8s.io/v1")
            item.update(kind=kind, apiVersion=version)
            item["metadata"].update(resourceVersion=str(self.version), uid=item["metadata"].get("uid", f"uid-{self.version}"))
            self.objects[path] = item
            return item


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def refuse(self, status, reason):
        self.answer(status, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "message": reason, "code": status})

    def serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        if "driftline" in self.headers.get("User-Agent", ""):
            self.server.calls.append(self.command)
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self.refuse(401, "Unauthorized")
        objects = self.server.objects
        if self.command == "POST":
            item = json.loads(body)
            item["metadata"]["namespace"] = "infra"
            path = f"{url.path}/{item['metadata']['name']}"
            if path in objects:
                return self.refuse(409, "AlreadyExists")
            return self.answer(201, self.server.store(path, item))
        if url.path.endswith(("/secrets", "/leases")):
            return self.list(url.path, query)
        if url.path not in objects:
            return self.refuse(404, "NotFound")
        if self.command == "PUT":
            return self.answer(200, self.server.store(url.path, json.loads(body)))
        if self.command == "DELETE":
            objects.pop(url.path)
        return self.answer(200, objects.get(url.path, {"kind": "Status", "status": "Success"}))

    def list(self, path, query):
        """By labels, a page at a time."""
        wanted = [pair.split("=") for pair in query.get("labelSelector", "").split(",") if pair]
        found = [
            item
            for name, item in sorted(self.server.objects.items())
            if name.startswith(path + "/") and all(item["metadata"].get("labels", {}).get(key) == value for key, value in wanted)
        ]
        first = int(query.get("continue", 0))
        most = min(int(query.get("limit", 10_000)), PAGE) if "limit" in query else len(found)
        more = str(first + most) if first + most < len(found) else ""
        items = found[first : first + most]
        self.answer(200, {"kind": "SecretList", "apiVersion": "v1", "metadata": {"continue": more, "resourceVersion": "1"}, "items": items})

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = serve


def certificates(box):
    """An authority, and a certificate for this machine."""

    def openssl(*args):
        box.command(["openssl", *args], cwd=box.directory)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=test authority", "-days", "2")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=api")
    (box.directory / "names").write_text(f"subjectAltName=IP:{HOST}\nbasicConstraints=CA:FALSE\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-out", "server.crt", "-days", "2", "-extfile", "names")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(box.directory / "server.crt", box.directory / "server.key")
    return context


def kubeconfig(box, api, user):
    """A kubeconfig of two contexts, the current one leading nowhere."""
    authority = base64.b64encode((box.directory / "ca.crt").read_bytes()).decode()
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "elsewhere",
            "clusters": [
                {"name": "here", "cluster": {"server": api.url, "certificate-authority-data": authority}},
                {"name": "elsewhere", "cluster": {"server": f"https://{HOST}:1"}},
            ],
            "users": [{"name": "somebody", "user": user}],
            "contexts": [
                {"name": "here", "context": {"cluster": "here", "user": "somebody"}},
                {"name": "elsewhere", "context": {"cluster": "elsewhere", "user": "somebody"}},
            ],
        }
    )


def run(box):
    api = Api(certificates(box))
    box.finally_do(api.shutdown)
    config = box.directory / "kube.config"
    config.write_text(kubeconfig(box, api, {"token": TOKEN}))

    block = f'    config_path    = "{config}"\n    config_context = "here"\n'
    first = box.applied(box.directory / "first", {"main.tf": BLOCK % ("app", block)}, ("default", "stage", "prod"))
    states = agree(box, first, ("default", "stage", "prod"))
    box.check("the places are the secrets", states["stage"].get("place") == "kubernetes://infra/tfstate-stage-app", states)

    # The same server has the states of another suffix, whose login is a program.
    login = box.directory / "login"
    credential = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": TOKEN}}
    login.write_text(f"#!/bin/sh\necho '{json.dumps(credential)}'\n")
    login.chmod(0o755)
    program = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": str(login), "interactiveMode": "Never"}}
    by_program = box.directory / "program.config"
    by_program.write_text(kubeconfig(box, api, program))
    env = {"KUBE_CONFIG_PATH": str(by_program), "KUBE_CTX": "here"}
    second = box.applied(box.directory / "second", {"main.tf": BLOCK % ("app-other", "")}, ("default", "stage"), env=env)
    agree(box, second, ("default", "stage"), env=env)

    held(box, api, first)
    split(box, api, block)

    denied = box.directory / "denied.config"
    denied.write_text(kubeconfig(box, api, {"token": "wrong"}))
    states = box.states(second, env={**env, "KUBE_CONFIG_PATH": str(denied)})
    box.check("a wrong token is an error", "401" in str(states[0].get("error")), states)
    box.check("driftline only ever reads", api.calls and set(api.calls) == {"GET"}, sorted(set(api.calls)))


def held(box, api, directory):
    """A lease with a holder is a held lock."""
    path = "/apis/coordination.k8s.io/v1/namespaces/infra/leases/lock-tfstate-stage-app"
    lease = api.objects[path]
    info = {"ID": "it", "Operation": "OperationTypeApply", "Who": "someone@example", "Created": "2026-01-02T03:04:05Z"}
    lease["spec"]["holderIdentity"] = "it"
    lease["metadata"]["annotations"] = {"app.terraform.io/lock-info": json.dumps(info)}
    states = {state["workspace"]: state for state in box.states(directory)}
    lock = states["stage"].get("lock") or {}
    box.check("a held lock is told, and stops nothing", lock.get("who") == "someone@example" and states["stage"].get("serial") is not None, states)
    box.check("it is the lock of that workspace alone", not states["prod"].get("lock"), states)
    lease["spec"].pop("holderIdentity")


def split(box, api, block):
    """What is larger than a secret, terraform keeps in several: this one writes 2 MiB that nothing packs well."""
    text = (BLOCK % ("large", block)).replace('"${terraform.workspace} äöü"', 'file("${path.module}/blob")')
    files = {"main.tf": text, "blob": random.Random(7).randbytes(2 << 20).hex()}
    directory = box.applied(box.directory / "large", files, ("default", "stage"))
    path = "/api/v1/namespaces/infra/secrets/tfstate-default-large"
    parts = [name for name in api.objects if name.startswith(path)]
    box.check("terraform splits it", len(parts) > 2 and f"{path}-part-1" in parts, parts)
    agree(box, directory, ("default", "stage"))
    last = f"{path}-part-{len(parts) - 1}"
    kept = api.objects.pop(last)
    states = {state["workspace"]: state for state in box.states(directory)}
    box.check("one that lacks a secret is an error", "breaks off" in str(states["default"].get("error")), str(states["default"])[:300])
    box.check("and an error for that one alone", states["stage"].get("serial") is not None, str(states["stage"])[:300])
    api.objects[last] = kept
