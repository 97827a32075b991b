"""The gcs backend: written by terraform's own gcs backend to an emulator of Google Cloud Storage.
Knows nothing of how driftline reads it.

The emulator speaks the JSON API, which terraform writes with. What driftline reads with, the XML API, is answered by a
front that takes bytes, names, generations and digests from the emulator and gives them the documented shape."""

import contextlib
import hashlib
import http.server
import json
import shutil
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from email.utils import formatdate
from pathlib import Path
from xml.sax.saxutils import escape

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "conformance"))
import sandbox  # noqa: E402

NAME = "gcs"
REQUIREMENT = "gcp-storage-emulator==2026.7.19"
# 32 bytes that are no secret.
CUSTOMER_KEY = "bm90LWEtc2VjcmV0LW5vdC1hLXNlY3JldC1ub3QtYSE="


def program():
    """The emulator, in a virtual environment of its own, which is made when absent."""
    folder = sandbox.target_folder() / "backends" / "gcs"
    found = folder / "bin" / "gcp-storage-emulator"
    if not found.is_file():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, REQUIREMENT], check=True)
    return str(found)


def available():
    """Why it cannot run."""
    if not shutil.which("terraform"):
        return "terraform is not on the PATH"
    try:
        program()
    except (OSError, subprocess.SubprocessError) as error:
        return f"{REQUIREMENT} cannot be installed: {error}"
    return None


class Front(http.server.BaseHTTPRequestHandler):
    """The XML API for reading (Cloud Storage documentation, "XML API"), all else passed on to the emulator."""

    protocol_version = "HTTP/1.1"
    emulator = ""
    asked = []
    customers = {}
    denied = set()

    def emulated(self, path, method="GET", body=None, headers=()):
        request = urllib.request.Request(Front.emulator + path, method=method, data=body, headers=dict(headers))
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def send(self, status, headers, body):
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in ("content-length", "connection", "transfer-encoding", "date", "server"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def refuse(self, status, code):
        xml = f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>{code}</Message></Error>"
        self.send(status, [("Content-Type", "application/xml")], xml.encode())

    def pass_on(self):
        length = self.headers.get("Content-Length")
        body = self.rfile.read(int(length)) if length else self.chunks()
        headers = [(name, value) for name, value in self.headers.items() if name.lower() not in ("transfer-encoding", "accept-encoding")]
        key = self.headers.get("x-goog-encryption-key")
        if key and self.command == "POST":
            name = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query).get("name", [""])[0]
            name = name or json.loads(body.split(b"\r\n\r\n", 2)[1].split(b"\r\n")[0])["name"]
            Front.customers[name] = key
        self.send(*self.unpacked(self.emulated(self.path, self.command, body or None, headers)))

    def unpacked(self, answer):
        status, headers, body = answer
        return status, list(headers.items()), body

    def chunks(self):
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return b""
        body = b""
        while size := int(self.rfile.readline().strip(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def read(self):
        address = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qs(address.query)
        bucket, _, name = urllib.parse.unquote(address.path).lstrip("/").partition("/")
        if bucket in ("b", "storage", "upload", "download", "batch", ""):
            return self.pass_on()
        Front.asked.append((self.command, self.path, self.headers.get("Authorization")))
        if (bucket, name) in Front.denied:
            return self.refuse(403, "AccessDenied")
        if self.emulated(f"/storage/v1/b/{bucket}")[0] == 404:
            return self.refuse(404, "NoSuchBucket")
        if "list-type" in query:
            return self.listing(bucket, query)
        quoted = urllib.parse.quote(name, safe="")
        status, _, about = self.emulated(f"/storage/v1/b/{bucket}/o/{quoted}")
        if status == 404:
            return self.refuse(404, "NoSuchKey")
        if Front.customers.get(name) != self.headers.get("x-goog-encryption-key"):
            return self.refuse(400, "ResourceIsEncryptedWithCustomerEncryptionKey")
        about = json.loads(about)
        body = self.emulated(f"/download/storage/v1/b/{bucket}/o/{quoted}?alt=media")[2]
        headers = [
            ("ETag", f'"{hashlib.md5(body).hexdigest()}"'),
            ("Last-Modified", formatdate(usegmt=True)),
            ("x-goog-generation", str(about["generation"])),
            ("x-goog-hash", f"crc32c={about['crc32c']}"),
            ("x-goog-hash", f"md5={about['md5Hash']}"),
        ]
        return self.send(200, headers, body)

    def listing(self, bucket, query):
        wanted = {name: query[name][0] for name in ("prefix", "delimiter") if name in query}
        answer = json.loads(self.emulated(f"/storage/v1/b/{bucket}/o?{urllib.parse.urlencode(wanted)}")[2])
        names = [item["name"] for item in answer.get("items", [])]
        # Two names a page: lists of more are read on.
        start = int(query.get("continuation-token", ["0"])[0])
        contents = "".join(
            f"<Contents><Key>{escape(name)}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
            f"<ETag>&quot;e&quot;</ETag><Size>1</Size></Contents>"
            for name in names[start : start + 2]
        )
        more = f"<NextContinuationToken>{start + 2}</NextContinuationToken>" if start + 2 < len(names) else ""
        xml = f"<?xml version='1.0' encoding='UTF-8'?><ListBucketResult>{contents}{more}</ListBucketResult>"
        self.send(200, [("Content-Type", "application/xml")], xml.encode())

    def do_GET(self):
        self.read()

    do_HEAD = do_GET

    def do_POST(self):
        self.pass_on()

    do_PUT = do_DELETE = do_PATCH = do_POST

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def emulator(box):
    """The emulator and the front before it: the front's address."""
    port = box.port()
    command = [program(), "start", "--host", sandbox.HOST, "--port", str(port), "--in-memory", "--quiet"]
    with (box.directory / "emulator.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    Front.emulator = f"http://{sandbox.HOST}:{port}"
    server = http.server.ThreadingHTTPServer((sandbox.HOST, 0), Front)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                urllib.request.urlopen(f"{Front.emulator}/", timeout=1).close()
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
        yield f"http://{sandbox.HOST}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        process.terminate()
        process.wait(timeout=10)


def bucket(name):
    request = urllib.request.Request(
        f"{Front.emulator}/storage/v1/b", data=json.dumps({"name": name}).encode(), headers={"Content-Type": "application/json"}
    )
    urllib.request.urlopen(request, timeout=30).close()


def contents(name, key):
    quoted = urllib.parse.quote(key, safe="")
    with urllib.request.urlopen(f"{Front.emulator}/download/storage/v1/b/{name}/o/{quoted}?alt=media", timeout=30) as answer:
        return answer.read()


def put(name, key, body):
    address = f"{Front.emulator}/upload/storage/v1/b/{name}/o?uploadType=media&name={urllib.parse.quote(key, safe='')}"
    urllib.request.urlopen(urllib.request.Request(address, body or b" ", {"Content-Type": "text/plain"}), timeout=30).close()


def block(url, name, **arguments):
    arguments = {
        "bucket": name,
        "access_token": "not-a-secret",
        "storage_custom_endpoint": f"{url}/storage/v1/",
        **arguments,
    }
    lines = "\n".join(f"    {key} = {json.dumps(value)}" for key, value in arguments.items())
    return f"""terraform {{
  backend "gcs" {{
{lines}
  }}
}}

resource "terraform_data" "one" {{
  input = terraform.workspace
}}
"""


def applied(box, folder, text, workspaces=()):
    directory = box.directory / folder
    box.repository(directory, {"main.tf": text})
    box.terraform("init", "-input=false", cwd=directory)
    told = {}
    for workspace in ("default", *workspaces):
        if workspace != "default":
            box.terraform("workspace", "new", workspace, cwd=directory)
        box.terraform("apply", "-auto-approve", "-input=false", cwd=directory)
        told[workspace] = json.loads(box.terraform("state", "pull", cwd=directory))
    return directory, told


def compare(box, what, states, told):
    found = {state["workspace"]: state for state in states}
    box.check(f"{what}: the same workspaces", sorted(found) == sorted(told), f"{sorted(found)} {states}")
    for workspace, theirs in told.items():
        ours = found.get(workspace, {})
        same = (ours.get("serial"), ours.get("lineage")) == (theirs["serial"], theirs["lineage"])
        box.check(f"{what}: {workspace} is what terraform wrote", same and not ours.get("error"), ours)
    return found


def run(box):
    """Workspaces, a lock, a customer's key, what is missing and what is denied."""
    with emulator(box) as url:
        bucket("states")
        directory, told = applied(box, "plain", block(url, "states", prefix="net/eu"), ("dev", "prod-eu", "qa"))
        put("states", "net/eu/deeper/other.tfstate", b"{}")
        put("states", "net/eu/notes.txt", b"")
        found = compare(box, "workspaces", box.states(directory), told)
        digest = hashlib.sha256(contents("states", "net/eu/dev.tfstate")).hexdigest()
        box.check("byte for byte", found["dev"].get("sha256") == digest, found["dev"])
        box.check("the digest is checked", found["dev"].get("checked_by") == "x-goog-hash", found["dev"])
        about = json.loads(urllib.request.urlopen(f"{Front.emulator}/storage/v1/b/states/o/net%2Feu%2Fdev.tfstate").read())
        box.check("the generation is the version", found["dev"].get("version") == str(about["generation"]), found["dev"])
        box.check("the token is sent", all(token == "Bearer not-a-secret" for *_, token in Front.asked), Front.asked[:3])
        box.check("nothing is written", all(method in ("GET", "HEAD") for method, *_ in Front.asked), Front.asked)

        lock = {"ID": "1", "Operation": "OperationTypeApply", "Who": "ada@host", "Created": "2026-01-01T00:00:00Z"}
        put("states", "net/eu/dev.tflock", json.dumps(lock).encode())
        found = compare(box, "locked", box.states(directory), told)
        box.check("the lock is told", (found["dev"].get("lock") or {}).get("who") == "ada@host", found["dev"])
        box.check("of no other", found["qa"].get("lock") is None, found["qa"])

        bucket("customer")
        directory, told = applied(box, "customer", block(url, "customer", encryption_key=CUSTOMER_KEY), ("dev",))
        box.check("terraform gives the key", Front.customers.get("dev.tfstate") == CUSTOMER_KEY, Front.customers)
        compare(box, "a customer's key", box.states(directory), told)

        Front.denied.add(("customer", "dev.tfstate"))
        found = {state["workspace"]: state for state in box.states(directory)}
        box.check("what is denied is an error", "AccessDenied" in str(found["dev"].get("error")), found["dev"])
        box.check("of that workspace alone", not found["default"].get("error"), found["default"])

        directory = box.directory / "no-bucket"
        box.repository(directory, {"main.tf": block(url, "no-such-bucket")})
        states = box.states(directory)
        box.check("no bucket is an error", states and "NoSuchBucket" in str(states[0].get("error")), states)
