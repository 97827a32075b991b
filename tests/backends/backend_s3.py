"""The s3 backend: written by terraform's own s3 backend to an emulator of S3, DynamoDB and STS.
Knows nothing of how driftline reads it."""

import contextlib
import hashlib
import http.server
import json
import shutil
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "conformance"))
import sandbox  # noqa: E402

NAME = "s3"
# 32 bytes that are no secret.
CUSTOMER_KEY = "bm90LWEtc2VjcmV0LW5vdC1hLXNlY3JldC1ub3QtYSE="
# The emulator takes any signature.
SIGNED = "AWS4-HMAC-SHA256 Credential=testing/20260101/{region}/{service}/aws4_request, SignedHeaders=host, Signature=none"


def available():
    """Why it cannot run."""
    if not shutil.which("terraform"):
        return "terraform is not on the PATH"
    try:
        sandbox.python()
    except Exception as error:  # Without a registry the emulator cannot be installed.
        return f"moto cannot be installed: {error}"
    return None


class Aws:
    """The emulator, asked without an SDK."""

    def __init__(self, url):
        self.url = url

    def ask(self, method, path="/", body=None, headers=None, service="s3", region="eu-west-1"):
        # Without a type of its own a body would count as a form.
        signed = {"Authorization": SIGNED.format(region=region, service=service), "Content-Type": "application/xml", **(headers or {})}
        request = urllib.request.Request(self.url + path, method=method, data=body, headers=signed)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read(), dict(answer.headers)

    def bucket(self, name, versions=False):
        place = b"<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>"
        self.ask("PUT", f"/{name}", place)
        if versions:
            self.ask("PUT", f"/{name}?versioning", b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")

    def dynamodb(self, operation, **members):
        headers = {"X-Amz-Target": f"DynamoDB_20120810.{operation}", "Content-Type": "application/x-amz-json-1.0"}
        return json.loads(self.ask("POST", "/", json.dumps(members).encode(), headers, "dynamodb")[0])

    def table(self, name):
        self.dynamodb(
            "CreateTable",
            TableName=name,
            KeySchema=[{"AttributeName": "LockID", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "LockID", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )

    def digest(self, bucket, path, digest):
        item = {"LockID": {"S": f"{bucket}/{path}-md5"}, "Digest": {"S": digest}}
        self.dynamodb("PutItem", TableName="locks", Item=item)


def block(url, bucket, key, **arguments):
    """A root module with the backend; its one resource needs no provider."""
    arguments = {
        "bucket": bucket,
        "key": key,
        "region": "eu-west-1",
        "access_key": "testing",
        "secret_key": "testing",
        "use_path_style": True,
        "skip_credentials_validation": True,
        "skip_metadata_api_check": True,
        "skip_region_validation": True,
        "skip_requesting_account_id": True,
        "endpoints": {"s3": url, "dynamodb": url, "sts": url},
        **arguments,
    }
    lines = "\n".join(f"    {name} = {json.dumps(value)}" for name, value in arguments.items() if value is not None)
    return f"""terraform {{
  backend "s3" {{
{lines}
  }}
}}

variable "input" {{
  default = "one"
}}

resource "terraform_data" "one" {{
  input = "${{terraform.workspace}}-${{var.input}}"
}}
"""


def applied(box, name, text, workspaces=(), values=("one",)):
    """A repository whose states terraform wrote, and what terraform says of each: by workspace."""
    directory = box.directory / name
    box.repository(directory, {"main.tf": text})
    box.terraform("init", "-input=false", cwd=directory)
    told = {}
    for workspace in ("default", *workspaces):
        if workspace != "default":
            box.terraform("workspace", "new", workspace, cwd=directory)
        for value in values:
            box.terraform("apply", "-auto-approve", "-input=false", f"-var=input={value}", cwd=directory)
        told[workspace] = json.loads(box.terraform("state", "pull", cwd=directory))
    return directory, told


def compare(box, what, states, told, contents=None):
    """Every workspace that terraform has, with its serial, lineage and bytes; and no other."""
    found = {state["workspace"]: state for state in states}
    box.check(f"{what}: the same workspaces", sorted(found) == sorted(told), f"{sorted(found)} {states}")
    for workspace, theirs in told.items():
        ours = found.get(workspace, {})
        same = (ours.get("serial"), ours.get("lineage")) == (theirs["serial"], theirs["lineage"])
        box.check(f"{what}: {workspace} is what terraform wrote", same and not ours.get("error"), ours)
        if contents:
            digest = hashlib.sha256(contents(workspace)).hexdigest()
            box.check(f"{what}: {workspace} byte for byte", ours.get("sha256") == digest, ours)
    return found


def plain(box, aws):
    """Workspaces, one prefix and another, a bucket with versions."""
    aws.bucket("plain")
    directory, told = applied(box, "plain", block(aws.url, "plain", "net/a.tfstate"), ("dev", "prod-eu"))
    # Neighbours that are none of its workspaces.
    aws.ask("PUT", "/plain/env:/dev/net/other.tfstate", b"{}")
    aws.ask("PUT", "/plain/env:/", b"")
    aws.ask("PUT", "/plain/env:/x/y/net/a.tfstate", b"{}")

    def contents(workspace):
        path = "net/a.tfstate" if workspace == "default" else f"env:/{workspace}/net/a.tfstate"
        return aws.ask("GET", f"/plain/{path}")[0]

    found = compare(box, "workspaces", box.states(directory), told, contents)
    box.check("the place says where", found["dev"]["place"] == "s3://plain/env:/dev/net/a.tfstate", found["dev"])

    aws.bucket("versioned", versions=True)
    text = block(aws.url, "versioned", "a.tfstate", workspace_key_prefix="team/spaces")
    directory, told = applied(box, "versioned", text, ("dev",), ("one", "two"))
    found = compare(box, "versions", box.states(directory), told)
    _, headers = aws.ask("GET", "/versioned/team/spaces/dev/a.tfstate")
    box.check("the version is told", found["dev"].get("version") == headers["x-amz-version-id"], found["dev"])


def encrypted(box, aws):
    """Encrypted by a key of the customer's."""
    aws.bucket("customer")
    text = block(aws.url, "customer", "a.tfstate", encrypt=True, sse_customer_key=CUSTOMER_KEY, use_lockfile=True)
    directory, told = applied(box, "customer", text, ("dev",))
    compare(box, "a customer's key", box.states(directory), told)
    # Terraform leaves the key aside where nothing is encrypted.
    aws.bucket("unencrypted")
    text = block(aws.url, "unencrypted", "a.tfstate", sse_customer_key=CUSTOMER_KEY)
    directory, told = applied(box, "unencrypted", text)
    compare(box, "a key that is not used", box.states(directory), told)


@contextlib.contextmanager
def applying(box, directory):
    """While terraform applies, which takes until the file is there."""
    go = directory / "go"
    with (directory / "slow.tf").open("w") as file:
        file.write(
            'resource "terraform_data" "slow" {\n  triggers_replace = timestamp()\n  provisioner "local-exec" {\n'
            f'    command = "while [ ! -e {go} ]; do sleep 0.1; done"\n  }}\n}}\n'
        )
    arguments = ("apply", "-auto-approve", "-input=false")
    thread = threading.Thread(target=box.terraform, args=arguments, kwargs={"cwd": directory})
    thread.start()
    try:
        yield
    finally:
        go.touch()
        thread.join()
        (directory / "slow.tf").unlink()
        go.unlink()


def until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(urllib.error.HTTPError):
            if condition():
                return True
        time.sleep(0.2)
    return False


def locks(box, aws):
    """Locks that terraform holds while it applies: in a table, as an object, and both."""
    aws.table("locks")
    key = {"LockID": {"S": "locked/table.tfstate"}}
    held = {
        "table": lambda: "Item" in aws.dynamodb("GetItem", TableName="locks", Key=key),
        "object": lambda: aws.ask("GET", "/locked/object.tfstate.tflock")[0],
    }
    aws.bucket("locked")
    for kind, arguments in (("table", {"dynamodb_table": "locks"}), ("object", {"use_lockfile": True})):
        text = block(aws.url, "locked", f"{kind}.tfstate", **arguments)
        directory, told = applied(box, f"locked-{kind}", text)
        found = compare(box, f"{kind}, not locked", box.states(directory), told)
        box.check(f"{kind}: no lock", found["default"].get("lock") is None, found)
        with applying(box, directory):
            box.check(f"{kind}: terraform locks", until(held[kind]))
            states = box.states(directory)
        lock = states[0].get("lock") or {}
        box.check(f"{kind}: a lock is told", lock.get("operation") == "OperationTypeApply" and lock.get("who"), states)
        box.check(f"{kind}: and stops nothing", states[0].get("serial") is not None and not states[0].get("error"), states)


def digests(box, aws):
    """Digests in a table: that fits, that does not, that comes late; a table that is not there."""
    aws.bucket("digests")
    directory, told = applied(box, "digests", block(aws.url, "digests", "a.tfstate", dynamodb_table="locks"))
    found = compare(box, "a digest", box.states(directory), told)
    box.check("the digest is checked", found["default"].get("checked_by") == "DynamoDB digest", found)

    right = hashlib.md5(aws.ask("GET", "/digests/a.tfstate")[0]).hexdigest()
    wrong = "0" * 32
    aws.digest("digests", "a.tfstate", wrong)
    states = box.states(directory)
    box.check("a digest of another state is an error", "digest" in str(states[0].get("error")), states)

    late = threading.Timer(1.0, aws.digest, ("digests", "a.tfstate", right))
    late.start()
    compare(box, "a digest that comes late", box.states(directory), told)
    late.join()

    # The backend of the same state, whose table is gone: it reads on.
    text = block(aws.url, "digests", "a.tfstate", dynamodb_table="gone")
    other = box.directory / "no-table"
    box.repository(other, {"main.tf": text})
    found = compare(box, "a table that is not there", box.states(other), told)
    box.check("nothing is checked then", found["default"].get("checked_by") is None, found)


def missing(box, aws):
    """A bucket that is not there is an error; a state that is not there yet is none."""
    directory = box.directory / "no-bucket"
    box.repository(directory, {"main.tf": block(aws.url, "no-such-bucket", "a.tfstate")})
    states = box.states(directory)
    box.check("no bucket is an error", states and "NoSuchBucket" in str(states[0].get("error")), states)

    aws.bucket("empty")
    directory = box.directory / "empty"
    box.repository(directory, {"main.tf": block(aws.url, "empty", "a.tfstate")})
    states = box.states(directory)
    box.check("no state yet is no error", not any(state.get("error") for state in states), states)


class Listener(http.server.BaseHTTPRequestHandler):
    """Knows no object, and keeps who asked."""

    asked = []

    def do_GET(self):
        Listener.asked.append((self.path, self.headers.get("Authorization", "")))
        body = b"<Error><Code>NoSuchKey</Code></Error>"
        if "list-type" in self.path:
            self.send_response(200)
            body = b"<ListBucketResult></ListBucketResult>"
        else:
            self.send_response(404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


def identities(box, aws):
    """The backend's own profile, region and role, whatever the environment says."""
    server = http.server.ThreadingHTTPServer((sandbox.HOST, 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://{sandbox.HOST}:{server.server_port}"
    try:
        directory = box.directory / "profile"
        text = block(
            url,
            "b",
            "a.tfstate",
            access_key=None,
            secret_key=None,
            profile="states",
            region="ap-south-1",
            shared_credentials_files=["credentials"],
        )
        profile = "[states]\naws_access_key_id = ofprofile\naws_secret_access_key = not-a-secret\n"
        box.repository(directory, {"main.tf": text, "credentials": profile})
        around = {"AWS_ACCESS_KEY_ID": "ofenvironment", "AWS_SECRET_ACCESS_KEY": "not-a-secret", "AWS_REGION": "us-east-1"}
        box.states(directory, env=around)
        signed = {value.split("Credential=")[-1].split(",")[0] for _, value in Listener.asked}
        box.check(
            "the backend's profile and region sign",
            signed and all(one.startswith("ofprofile/") and "/ap-south-1/s3/" in one for one in signed),
            signed,
        )

        Listener.asked.clear()
        directory = box.directory / "role"
        role = {"role_arn": "arn:aws:iam::123456789012:role/states", "session_name": "s"}
        text = block(url, "b", "a.tfstate", assume_role=role, endpoints={"s3": url, "sts": aws.url})
        box.repository(directory, {"main.tf": text})
        box.states(directory)
        signed = {value.split("Credential=")[-1].split("/")[0] for _, value in Listener.asked}
        box.check("the role's credentials sign", signed and all(one.startswith("ASIA") for one in signed), signed)
    finally:
        server.shutdown()
        server.server_close()


def run(box):
    """All of it, with one emulator."""
    moto = sandbox.Moto(box.directory)
    try:
        aws = Aws(moto.url)
        for part in (plain, encrypted, locks, digests, missing, identities):
            part(box, aws)
    finally:
        moto.stop()
