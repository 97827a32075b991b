"""The azurerm backend: written by terraform's own azurerm backend to Azurite, an emulator of Azure Storage.
Knows nothing of how driftline reads it.

No argument leads either of them to an emulator. A proxy does, which answers for Azure's host names, with a certificate of an
authority that both are told to trust by the environment."""

import base64
import contextlib
import hashlib
import hmac
import http.client
import json
import os
import shutil
import socket
import socketserver
import ssl
import subprocess
import sys
import threading
import time
import urllib.parse
from email.utils import formatdate
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "conformance"))
import sandbox  # noqa: E402

NAME = "azurerm"
REQUIREMENT = "azurite@3"
ACCOUNT = "driftlinestates"
KEY = base64.b64encode(b"not-a-secret, but a key all the same").decode()
HOST = f"{ACCOUNT}.blob.core.windows.net"


def program():
    """Azurite's blob service, which is installed when absent."""
    folder = sandbox.target_folder() / "backends" / "azurite"
    found = folder / "node_modules" / ".bin" / "azurite-blob"
    if not found.exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--silent", "--no-fund", "--prefix", folder, REQUIREMENT], check=True)
    return str(found)


def available():
    """Why it cannot run."""
    for needed in ("terraform", "npm", "node", "openssl"):
        if not shutil.which(needed):
            return f"{needed} is not on the PATH"
    try:
        program()
    except (OSError, subprocess.SubprocessError) as error:
        return f"{REQUIREMENT} cannot be installed: {error}"
    return None


def certificate(folder):
    """An authority, and a certificate of it for Azure's host."""
    names = f"subjectAltName=DNS:{HOST}"
    authority = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=driftline tests"]
    basic = ["-addext", "basicConstraints=critical,CA:TRUE"]
    run = lambda *arguments: subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)  # noqa: E731
    run("req", *authority, *basic, "-keyout", "ca.key", "-out", "ca.pem")
    run("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={HOST}", "-keyout", "host.key", "-out", "host.csr")
    (folder / "names").write_text(names)
    run("x509", "-req", "-in", "host.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "2", "-extfile", "names", "-out", "host.pem")
    return folder / "ca.pem"


class Tunnel(socketserver.BaseRequestHandler):
    """Connects to the emulator, whatever Azure host is asked for, and to nothing else."""

    port = 0
    hosts = []

    def handle(self):
        head = b""
        while b"\r\n\r\n" not in head:
            some = self.request.recv(4096)
            if not some:
                return
            head += some
        method, host, _ = head.split(b"\r\n")[0].decode().split(" ")
        Tunnel.hosts.append(host)
        if method != "CONNECT" or host != f"{HOST}:443":
            self.request.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            return
        with socket.create_connection((sandbox.HOST, Tunnel.port)) as other:
            self.request.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            back = threading.Thread(target=self.copy, args=(other, self.request), daemon=True)
            back.start()
            self.copy(self.request, other)
            back.join(timeout=10)

    @staticmethod
    def copy(source, sink):
        with contextlib.suppress(OSError):
            while some := source.recv(65536):
                sink.sendall(some)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


class Azure:
    """The emulator, asked without an SDK."""

    def __init__(self, box):
        self.folder = box.directory / "azurite"
        self.folder.mkdir()
        self.authority = certificate(self.folder)
        self.port = Tunnel.port = box.port()
        command = [program(), "--blobHost", sandbox.HOST, "--blobPort", str(self.port), "--location", str(self.folder)]
        command += ["--cert", "host.pem", "--key", "host.key", "--skipApiVersionCheck", "--disableTelemetry"]
        path = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME")}
        with (self.folder / "log").open("wb") as log:
            environment = {**path, "AZURITE_ACCOUNTS": f"{ACCOUNT}:{KEY}"}
            self.process = subprocess.Popen(command, cwd=self.folder, env=environment, stdout=log, stderr=log)
        self.proxy = Server((sandbox.HOST, 0), Tunnel)
        threading.Thread(target=self.proxy.serve_forever, daemon=True).start()
        address = f"http://{sandbox.HOST}:{self.proxy.server_address[1]}"
        self.environment = {
            "HTTPS_PROXY": address,
            "SSL_CERT_FILE": str(self.authority),
            "ARM_ACCESS_KEY": KEY,
        }
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection((sandbox.HOST, self.port), timeout=1).close()
                break
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise RuntimeError(f"azurite does not answer: {(self.folder / 'log').read_text()}")
            time.sleep(0.2)

    def stop(self):
        self.proxy.shutdown()
        self.proxy.server_close()
        self.process.terminate()
        self.process.wait(timeout=10)

    def ask(self, method, path, body=b"", **headers):
        """Signed with the account's key (Azure Storage documentation, "Authorize with Shared Key")."""
        address = urllib.parse.urlsplit(path)
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        headers = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": "2021-12-02", **headers}
        lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
        query = sorted(urllib.parse.parse_qsl(address.query))
        resource = f"/{ACCOUNT}{address.path}" + "".join(f"\n{name}:{value}" for name, value in query)
        length = str(len(body)) if body else ""
        text = f"{method}\n\n\n{length}\n\n\n\n\n\n\n\n\n{lines}{resource}"
        signature = base64.b64encode(hmac.new(base64.b64decode(KEY), text.encode(), hashlib.sha256).digest()).decode()
        headers["authorization"] = f"SharedKey {ACCOUNT}:{signature}"
        context = ssl.create_default_context(cafile=str(self.authority))
        connection = http.client.HTTPSConnection(sandbox.HOST, self.port, context=context)
        # The name on the certificate, and in the header, is Azure's.
        connection.sock = context.wrap_socket(socket.create_connection((sandbox.HOST, self.port)), server_hostname=HOST)
        connection.request(method, path, body or None, {"host": HOST, "content-length": str(len(body)), **headers})
        answer = connection.getresponse()
        data = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {data[:500]}")
        return dict(answer.getheaders()), data


def block(container, key, **arguments):
    arguments = {"storage_account_name": ACCOUNT, "container_name": container, "key": key, **arguments}
    lines = "\n".join(f"    {name} = {json.dumps(value)}" for name, value in arguments.items())
    return f"""terraform {{
  backend "azurerm" {{
{lines}
  }}
}}

resource "terraform_data" "one" {{
  input = terraform.workspace
}}
"""


def sas():
    """A token for reading and listing, of the account (Azure Storage documentation, "Create an account SAS")."""
    fields = {"sv": "2021-12-02", "ss": "b", "srt": "sco", "sp": "rl", "se": "2099-01-01T00:00:00Z", "spr": "https"}
    order = (ACCOUNT, fields["sp"], fields["ss"], fields["srt"], "", fields["se"], "", fields["spr"], fields["sv"], "")
    text = "".join(f"{value}\n" for value in order)
    signature = base64.b64encode(hmac.new(base64.b64decode(KEY), text.encode(), hashlib.sha256).digest()).decode()
    return "?" + urllib.parse.urlencode({**fields, "sig": signature})


def compare(box, what, states, told):
    found = {state["workspace"]: state for state in states}
    box.check(f"{what}: the same workspaces", sorted(found) == sorted(told), f"{sorted(found)} {states}")
    for workspace, theirs in told.items():
        ours = found.get(workspace, {})
        same = (ours.get("serial"), ours.get("lineage")) == (theirs["serial"], theirs["lineage"])
        box.check(f"{what}: {workspace} is what terraform wrote", same and not ours.get("error"), ours)
    return found


def states(box, azure):
    """Workspaces, a lease with its holder, a token in place of the key, and what does not exist."""
    environment = azure.environment
    azure.ask("PUT", "/states?restype=container")
    directory = box.directory / "plain"
    box.repository(directory, {"main.tf": block("states", "net/a.tfstate")})
    box.terraform("init", "-input=false", cwd=directory, env=environment)
    told = {}
    for workspace in ("default", "dev", "prod-eu"):
        if workspace != "default":
            box.terraform("workspace", "new", workspace, cwd=directory, env=environment)
        box.terraform("apply", "-auto-approve", "-input=false", cwd=directory, env=environment)
        told[workspace] = json.loads(box.terraform("state", "pull", cwd=directory, env=environment))
    blob = {"x_ms_blob_type": "BlockBlob"}
    azure.ask("PUT", "/states/net/a.tfstateenv:x/y", b"{}", **blob)
    azure.ask("PUT", "/states/net/a.tfstate.backup", b"{}", **blob)

    found = compare(box, "workspaces", box.states(directory, env=environment), told)
    _, body = azure.ask("GET", "/states/net/a.tfstateenv:dev")
    box.check("byte for byte", found["dev"].get("sha256") == hashlib.sha256(body).hexdigest(), found["dev"])
    box.check("the digest is checked", found["dev"].get("checked_by") == "Content-MD5", found["dev"])
    box.check("not locked", found["dev"].get("lock") is None, found["dev"])

    token = {**environment, "ARM_ACCESS_KEY": "", "ARM_SAS_TOKEN": sas()}
    compare(box, "a token", box.states(directory, env=token), told)

    info = {"ID": "1", "Operation": "OperationTypeApply", "Who": "ada@host", "Created": "2026-01-01T00:00:00Z"}
    held = base64.b64encode(json.dumps(info).encode()).decode()
    azure.ask("PUT", "/states/net/a.tfstateenv:dev?comp=metadata", x_ms_meta_terraformlockid=held)
    azure.ask("PUT", "/states/net/a.tfstateenv:dev?comp=lease", x_ms_lease_action="acquire", x_ms_lease_duration="-1")
    found = compare(box, "leased", box.states(directory, env=environment), told)
    box.check("the lock is told", (found["dev"].get("lock") or {}).get("who") == "ada@host", found["dev"])
    box.check("of no other", found["prod-eu"].get("lock") is None, found["prod-eu"])

    wrong = {**environment, "ARM_ACCESS_KEY": base64.b64encode(b"another").decode()}
    denied = box.states(directory, env=wrong)
    box.check("a wrong key is denied", denied and "AuthorizationFailure" in str(denied[0].get("error")), denied)
    without = box.states(directory, env={**environment, "ARM_ACCESS_KEY": ""})
    box.check("no key: what can be done is said", without and "resource manager" in str(without[0].get("error")), without)

    missing = box.directory / "no-container"
    box.repository(missing, {"main.tf": block("no-such-container", "a.tfstate")})
    answer = box.states(missing, env=environment)
    box.check("no container is an error", answer and "ContainerNotFound" in str(answer[0].get("error")), answer)
    empty = box.directory / "empty"
    box.repository(empty, {"main.tf": block("states", "none.tfstate")})
    answer = box.states(empty, env=environment)
    box.check("no state yet is no error", not any(state.get("error") for state in answer), answer)
    box.check("no other host is asked", set(Tunnel.hosts) == {f"{HOST}:443"}, set(Tunnel.hosts))


def run(box):
    """All of it, with one emulator."""
    azure = Azure(box)
    try:
        states(box, azure)
    finally:
        azure.stop()
