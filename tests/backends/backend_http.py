"""The http backend: terraform's own writes to a small server that keeps states, locks them and checks who asks.
Knows nothing of driftline's insides."""

import base64
import hashlib
import json
import shutil
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from harness import HOST, agree

NAME = "http"
USER, PASSWORD = "somebody", "not-a-secret"

BLOCK = """
terraform {
  backend "http" {
    address        = "%(url)s/%(path)s"
    lock_address   = "%(url)s/%(path)s/lock"
    unlock_address = "%(url)s/%(path)s/lock"
%(more)s  }
}

resource "terraform_data" "it" {
  input = "äöü"
}
"""


def available():
    """Certificates have to be made."""
    return None if shutil.which("openssl") else "openssl isn't on the PATH"


class Server(ThreadingHTTPServer):
    """States by path, locks by path, and every call that was not terraform's."""

    daemon_threads = True

    def __init__(self, context=None):
        super().__init__((HOST, 0), Handler)
        if context:
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.states, self.locks, self.calls = {}, {}, []
        self.damage = False
        self.url = f"{'https' if context else 'http'}://{HOST}:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


    def handle_error(self, *_):
        """A client that is refused breaks off; that is no fault."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.split("?")[0]
        if "driftline" in self.headers.get("User-Agent", ""):
            self.server.calls.append(self.command)
        wanted = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if path.startswith("/private/") and self.headers.get("Authorization") != wanted:
            return self.answer(401)
        if path.endswith("/lock"):
            return self.lock(path, body)
        if self.command == "POST":
            self.server.states[path] = body
            return self.answer(200)
        if self.command != "GET":
            return self.answer(405)
        if path not in self.server.states:
            return self.answer(204 if path.startswith("/private/") else 404)
        kept = self.server.states[path]
        digest = hashlib.md5(kept).digest()
        tag = f'"{digest.hex()}"'
        if self.headers.get("If-None-Match") == tag:
            return self.answer(304)
        sent = kept[:-3] + b"x}\n" if self.server.damage else kept
        return self.answer(200, sent, [("Content-MD5", base64.b64encode(digest).decode()), ("ETag", tag)])

    def lock(self, path, body):
        if self.command == "LOCK":
            held = self.server.locks.get(path)
            if held:
                return self.answer(423, held)
            self.server.locks[path] = body
        else:
            self.server.locks.pop(path, None)
        return self.answer(200)

    do_GET = do_POST = do_DELETE = do_HEAD = do_LOCK = do_UNLOCK = serve


def secure_server(box):
    """A server that a client's certificate opens, signed by an authority of its own; and what terraform is told of them."""

    def openssl(*args):
        box.command(["openssl", *args], cwd=box.directory)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=test authority", "-days", "2")
    (box.directory / "names").write_text(f"subjectAltName=IP:{HOST}\nbasicConstraints=CA:FALSE\n")
    for name in ("server", "client"):
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-out", f"{name}.crt", "-days", "2", "-extfile", "names")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(box.directory / "server.crt", box.directory / "server.key")
    context.load_verify_locations(box.directory / "ca.crt")
    context.verify_mode = ssl.CERT_REQUIRED
    server = Server(context)
    box.finally_do(server.shutdown)
    files = {"CLIENT_CA_CERTIFICATE_PEM": "ca.crt", "CLIENT_CERTIFICATE_PEM": "client.crt", "CLIENT_PRIVATE_KEY_PEM": "client.key"}
    return server, {f"TF_HTTP_{name}": (box.directory / path).read_text() for name, path in files.items()}


def secure(box):
    """Mutual TLS, by variables; without the authority, or without the client's certificate, nothing is read."""
    server, trust = secure_server(box)
    directory = box.applied(box.directory / "secure", block(server, "open/s"), env=trust)
    agree(box, directory, ("default",), env=trust)
    states = box.states(directory)
    box.check("an unknown authority is an error", "certificate" in str(states[0].get("error")), states)
    states = box.states(directory, env={"TF_HTTP_CLIENT_CA_CERTIFICATE_PEM": trust["TF_HTTP_CLIENT_CA_CERTIFICATE_PEM"]})
    box.check("no certificate of the client's is an error", states[0].get("error"), states)


def block(server, path, more=""):
    return {"main.tf": BLOCK % {"url": server.url, "path": path, "more": more}}


def run(box):
    server = Server()
    box.finally_do(server.shutdown)

    plain = box.applied(box.directory / "plain", block(server, "open/a"))
    states = agree(box, plain, ("default",))
    box.check("the checksum was checked", states["default"].get("checked_by") == "Content-MD5", states)

    # As GitLab's: a user and a token, which the configuration does not have.
    init = (f"-backend-config=username={USER}", f"-backend-config=password={PASSWORD}")
    private = box.applied(box.directory / "private", block(server, "private/a"), init=init)
    states = agree(box, private, ("default",))
    box.check("the address is shown without credentials", PASSWORD not in json.dumps(states), states)

    credentials = {"TF_HTTP_USERNAME": USER, "TF_HTTP_PASSWORD": PASSWORD}
    by_variables = box.applied(box.directory / "variables", block(server, "private/b"), env=credentials)
    agree(box, by_variables, ("default",), env=credentials)
    refused = {**credentials, "TF_HTTP_PASSWORD": "wrong"}
    states = box.states(by_variables, env=refused)
    box.check("a wrong password is an error", "401" in str(states[0].get("error")), states)

    empty = box.repository(box.directory / "empty", block(server, "private/none"))
    box.terraform("init", "-input=false", *init, cwd=empty)
    states = box.states(empty)
    box.check("204 is no state", not states or (not states[0].get("error") and states[0].get("serial") is None), states)

    server.locks["/open/a/lock"] = b'{"ID":"held"}'
    agree(box, plain, ("default",))

    server.damage = True
    states = box.states(plain)
    box.check("a checksum that differs is an error", "Content-MD5" in str(states[0].get("error")), states)
    server.damage = False

    box.check("driftline only ever reads", server.calls and set(server.calls) == {"GET"}, sorted(set(server.calls)))
    secure(box)
