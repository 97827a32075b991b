"""The consul backend: terraform's own writes to a server that speaks as much of Consul's HTTP API as terraform needs: keys,
sessions, locks and transactions, with Consul's limit on the size of a value.
Knows nothing of driftline's insides."""

import base64
import json
import ssl
import threading
import time
import urllib.parse
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import certificates
from harness import HOST, agree

NAME = "consul"
TOKEN = "not-a-secret"
LARGEST = 512 << 10

BLOCK = """
terraform {
  backend "consul" {
    address = "%(address)s"
    path    = "%(path)s"
    gzip    = %(gzip)s
%(more)s  }
}

variable "size" {
  default = 1
}

resource "terraform_data" "it" {
  count = var.size
  input = "äöü ${join("", [for part in range(600) : sha512("${count.index} ${part}")])}"
}
"""


def available():
    """Consul itself cannot be had as a package; the certificates need openssl."""
    return certificates.available()


class Server(ThreadingHTTPServer):
    """What Consul keeps, and every call that was not terraform's."""

    daemon_threads = True

    def __init__(self, context=None):
        super().__init__((HOST, 0), Handler)
        if context:
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.keys, self.sessions, self.index = {}, set(), 10
        self.changed = threading.Condition()
        self.calls = []
        self.address = f"{HOST}:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        """A client that hangs up is none of ours."""

    def put(self, key, value, **more):
        self.index += 1
        before = self.keys.get(key) or {"Key": key, "Flags": 0, "LockIndex": 0, "CreateIndex": self.index}
        self.keys[key] = {**before, "Value": value, "ModifyIndex": self.index, **more}
        self.changed.notify_all()

    def remove(self, keys):
        for key in keys:
            self.index += 1
            self.keys.pop(key, None)
        self.changed.notify_all()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Consul-Index", str(self.server.index))
        self.send_header("X-Consul-KnownLeader", "true")
        self.send_header("X-Consul-LastContact", "0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        address = urllib.parse.urlsplit(self.path)
        path = urllib.parse.unquote(address.path)
        query = dict(urllib.parse.parse_qsl(address.query, keep_blank_values=True))
        if "driftline" in self.headers.get("User-Agent", ""):
            self.server.calls.append(self.command)
        if self.headers.get("X-Consul-Token") != TOKEN:
            return self.answer(403, b"Permission denied")
        with self.server.changed:
            if path.startswith("/v1/session/"):
                return self.session(path.split("/")[3], path.split("/")[-1])
            if path == "/v1/txn":
                return self.transaction(body)
            return self.key(path.removeprefix("/v1/kv/"), query, body)

    def session(self, verb, session):
        if verb == "create":
            session = str(uuid.uuid4())
            self.server.sessions.add(session)
            return self.answer(200, {"ID": session})
        if verb == "destroy":
            self.server.sessions.discard(session)
            held = [key for key, pair in self.server.keys.items() if pair.get("Session") == session]
            for key in held:
                self.server.keys[key].pop("Session")
                self.server.put(key, self.server.keys[key]["Value"])
            return self.answer(200, b"true")
        if session not in self.server.sessions:
            return self.answer(404, b"no such session")
        return self.answer(200, [{"ID": session, "TTL": "15s"}])

    def transaction(self, body):
        if len(body) > LARGEST:
            return self.answer(413, b"Request body too large, max size: 524288 bytes.")
        results = []
        for operation in json.loads(body):
            pair = operation["KV"]
            now = self.server.keys.get(pair["Key"], {}).get("ModifyIndex", 0)
            if pair["Verb"] == "cas" and pair["Index"] != now:
                return self.answer(409, {"Results": None, "Errors": [{"OpIndex": 0, "What": "index is stale"}]})
            self.server.put(pair["Key"], base64.b64decode(pair["Value"] or ""))
            kept = {name: value for name, value in self.server.keys[pair["Key"]].items() if name != "Value"}
            results.append({"KV": {**kept, "Value": None}})
        return self.answer(200, {"Results": results, "Errors": None})

    def key(self, key, query, body):
        if self.command == "PUT":
            return self.put(key, query, body)
        if self.command == "DELETE":
            doomed = [name for name in self.server.keys if name.startswith(key)] if "recurse" in query else [key]
            if "cas" in query and self.server.keys.get(key, {}).get("ModifyIndex") != int(query["cas"]):
                return self.answer(200, b"false")
            self.server.remove(doomed)
            return self.answer(200, b"true")
        if "keys" in query:
            return self.listed(key, query.get("separator"))
        self.wait(key, query)
        pair = self.server.keys.get(key)
        if pair is None:
            return self.answer(404, b"")
        value = base64.b64encode(pair["Value"]).decode() if pair["Value"] else None
        return self.answer(200, [{**pair, "Value": value}])

    def wait(self, key, query):
        """A blocking query: until the key changes, at most as long as is asked for."""
        seen = int(query.get("index") or 0)
        until = time.monotonic() + min(float(query.get("wait", "5s").rstrip("ms") or 5), 5)
        while seen and self.server.keys.get(key, {}).get("ModifyIndex", seen) <= seen and time.monotonic() < until:
            self.server.changed.wait(0.2)

    def put(self, key, query, body):
        if len(body) > LARGEST:
            return self.answer(413, b"Request body too large, max size: 524288 bytes.")
        holder = self.server.keys.get(key, {}).get("Session")
        flags = int(query.get("flags", 0))
        if "acquire" in query:
            if holder not in (None, query["acquire"]):
                return self.answer(200, b"false")
            self.server.put(key, body, Session=query["acquire"], LockIndex=1, Flags=flags)
        elif "release" in query:
            if holder != query["release"]:
                return self.answer(200, b"false")
            self.server.keys[key].pop("Session")
            self.server.put(key, body, Flags=flags)
        else:
            self.server.put(key, body, Flags=flags)
        return self.answer(200, b"true")

    def listed(self, prefix, separator):
        found = []
        for name in sorted(self.server.keys):
            if name.startswith(prefix):
                rest = name[len(prefix) :]
                cut = rest.find(separator) if separator else -1
                found.append(name if cut < 0 else prefix + rest[: cut + len(separator)])
        return self.answer(200, sorted(set(found))) if found else self.answer(404, b"")

    do_GET = do_PUT = do_DELETE = serve


def block(server, path, packed, more=""):
    return {"main.tf": BLOCK % {"address": server.address, "path": path, "gzip": json.dumps(packed), "more": more}}


def run(box):
    server = Server()
    box.finally_do(server.shutdown)
    env = {"CONSUL_HTTP_TOKEN": TOKEN}
    workspaces = ("default", "dev")

    for name, packed in (("plain", False), ("packed", True)):
        path = f"states/{name} it"
        directory = box.applied(box.directory / name, block(server, path, packed), workspaces, env=env)
        agree(box, directory, workspaces, env=env)
        kept = server.keys[path]["Value"]
        box.check(f"{name}: it is kept so", (kept[:1] == b"\x1f") == packed)

        # Large enough for several parts, packed or not.
        large = {**env, "TF_VAR_size": "10", "TF_WORKSPACE": "dev"}
        box.terraform("apply", "-auto-approve", "-input=false", cwd=directory, env=large)
        index = json.loads(server.keys[f"{path}-env:dev"]["Value"])
        box.check(f"{name}: it is kept in parts", len(index["chunks"]) > 1, index)
        states = agree(box, directory, workspaces, env=env)
        box.check(f"{name}: its parts were checked", states["dev"].get("checked_by") == "current-hash", states)

        part = server.keys[index["chunks"][0]]
        whole = part["Value"]
        part["Value"] = whole[:-1] + bytes([whole[-1] ^ 1])
        states = {state["workspace"]: state for state in box.states(directory, env)}
        box.check(f"{name}: a part that was changed is an error", states.get("dev", {}).get("error"), states)
        part["Value"] = whole

    locked(box, server, directory, env)
    states = box.states(directory, {"CONSUL_HTTP_TOKEN": "wrong"})
    box.check("a wrong token is an error", any("403" in str(state.get("error")) for state in states), states)
    box.check("the token is not shown", TOKEN not in json.dumps(states), states)
    secured(box, env)
    box.check("driftline only ever reads", server.calls and set(server.calls) == {"GET"}, sorted(set(server.calls)))


def locked(box, server, directory, env):
    """A lock that someone holds is shown and stops nothing."""
    info = {"ID": "held", "Operation": "OperationTypeApply", "Who": "ada@host", "Created": "2026-01-02T03:04:05Z"}
    with server.changed:
        server.put("states/packed it/.lock", b"", Session="held")
        server.put("states/packed it/.lockinfo", json.dumps(info).encode())
    states = {state["workspace"]: state for state in box.states(directory, env)}
    lock = (states.get("default") or {}).get("lock") or {}
    box.check("a lock is shown", "ada@host" in json.dumps(lock), states)
    box.check("a lock stops nothing", not (states.get("default") or {}).get("error"), states)
    with server.changed:
        server.remove(["states/packed it/.lock", "states/packed it/.lockinfo"])


def secured(box, env):
    """A server with TLS that wants a client's certificate, named by arguments that are relative to the root module."""
    ca, pem, key = certificates.make(box.directory)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(ca)
    server = Server(context)
    box.finally_do(server.shutdown)
    files = {"scheme": "https", "ca_file": "../ca.pem", "cert_file": "../localhost.pem", "key_file": "../key.pem"}
    more = "".join(f'    {name} = "{value}"\n' for name, value in files.items())
    directory = box.applied(box.directory / "secured", block(server, "states/it", False, more), env=env)
    agree(box, directory, ("default",), env=env)
    arguments = {"CONSUL_CACERT": str(ca), "CONSUL_CLIENT_CERT": str(pem), "CONSUL_CLIENT_KEY": str(key)}
    by_variables = {**env, **arguments, "CONSUL_HTTP_SSL": "true"}
    directory = box.applied(box.directory / "variables", block(server, "states/it", False), env=by_variables)
    agree(box, directory, ("default",), env=by_variables)
    del by_variables["CONSUL_CLIENT_CERT"], by_variables["CONSUL_CLIENT_KEY"]
    states = box.states(directory, by_variables)
    box.check("no client certificate is an error", states and states[0].get("error"), states)
