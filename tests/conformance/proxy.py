"""A proxy in front of the emulator that breaks what goes through it, as real services and networks do.
Knows nothing of terraform, of driftline, or of what a scan should make of it."""

import base64
import http.client
import json
import re
import threading
import urllib.parse
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECONDS = 30


class Call:
    """One request: which service, which operation."""

    def __init__(self, handler, body):
        self.method, self.path, self.body = handler.command, handler.path, body
        self.headers = dict(handler.headers.items())
        scope = re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/", handler.headers.get("Authorization", ""))
        self.service = scope.group(1) if scope else ""
        target = handler.headers.get("X-Amz-Target") or ""
        form = dict(urllib.parse.parse_qsl(body.decode(errors="replace"))) if not target else {}
        self.operation = target.rpartition(".")[2] or form.get("Action") or f"{self.method} {self.path.partition('?')[0]}"
        self.query = bool(form.get("Action"))


class Reply:
    """One answer. A reply that is `cut` ends in the middle of its body, one that is `closed` never begins."""

    def __init__(self, status, headers, body, cut=False, closed=False):
        self.status, self.headers, self.body, self.cut, self.closed = status, headers, body, cut, closed


def refusal(call, status, code, message="no"):
    """An error in the form of the service's protocol."""
    if call.service == "ec2":
        text = f"<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors></Response>"
        return Reply(status, {"Content-Type": "text/xml"}, text.encode())
    if call.query:
        text = f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
        return Reply(status, {"Content-Type": "text/xml"}, text.encode())
    if call.service == "s3":
        return Reply(status, {"Content-Type": "application/xml"}, f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode())
    body = json.dumps({"__type": code, "message": message}).encode()
    return Reply(status, {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": code}, body)


class Fault:
    """Passes everything on. Counts the calls by service and operation."""

    def __init__(self):
        self.lock = threading.Lock()
        self.seen = Counter()

    def answer(self, call, ask):
        with self.lock:
            self.seen[call.service, call.operation] += 1
            number = sum(self.seen.values())
        return self.reply(call, ask, number)

    def reply(self, call, ask, number):
        return ask(call.path, call.body)


class ThrottleFirst(Fault):
    """The first call of each operation is throttled, in the three forms that services use in turn."""

    FORMS = ((400, "ThrottlingException"), (503, "SlowDown"), (400, "Throttling"))

    def reply(self, call, ask, number):
        if self.seen[call.service, call.operation] == 1 and call.service != "sts":
            return refusal(call, *self.FORMS[number % len(self.FORMS)])
        return ask(call.path, call.body)


class Refuse(Fault):
    """Refuses everything of one service, or some of its operations."""

    def __init__(self, service, status, code, operations=()):
        super().__init__()
        self.service, self.status, self.code, self.operations = service, status, code, operations

    def reply(self, call, ask, number):
        meant = call.service == self.service and (not self.operations or any(one in call.operation for one in self.operations))
        return refusal(call, self.status, self.code) if meant else ask(call.path, call.body)


class After(Fault):
    """Everything is well for some calls; then no more."""

    def __init__(self, calls, broken):
        super().__init__()
        self.calls, self.broken = calls, broken

    def reply(self, call, ask, number):
        return ask(call.path, call.body) if number <= self.calls else self.broken(call)


class Cut(Fault):
    """Every answer of one service ends in the middle."""

    def __init__(self, service):
        super().__init__()
        self.service = service

    def reply(self, call, ask, number):
        reply = ask(call.path, call.body)
        reply.cut = call.service == self.service
        return reply


class Paged(Fault):
    """Lists come an item at a time, each page with the token of the next: what the emulator does not do, whatever it is asked."""

    # The operation's list and its token, in the answer and in the request.
    LISTS = {
        "DescribeLogGroups": ("logGroups", "nextToken", "nextToken"),
        "ListSecrets": ("SecretList", "NextToken", "NextToken"),
        "GET /2015-03-31/functions/": ("Functions", "NextMarker", "Marker"),
        "GET /2015-03-31/event-source-mappings/": ("EventSourceMappings", "NextMarker", "Marker"),
        "ListQueues": ("QueueUrls", "NextToken", "NextToken"),
        "ListAliases": ("Aliases", "NextMarker", "Marker"),
        "ListGrants": ("Grants", "NextMarker", "Marker"),
    }

    def __init__(self):
        super().__init__()
        self.pages = Counter()

    def reply(self, call, ask, number):
        if call.operation == "GetAccountAuthorizationDetails":
            return self.details(call, ask)
        if call.operation not in self.LISTS:
            return ask(call.path, call.body)
        items, answered, asked = self.LISTS[call.operation]
        path, _, query = call.path.partition("?")
        parameters = dict(urllib.parse.parse_qsl(query)) if call.method == "GET" else json.loads(call.body or b"{}")
        position = self.position(parameters.pop(asked, None))
        body = call.body if call.method == "GET" else json.dumps(parameters).encode()
        reply = ask(f"{path}?{urllib.parse.urlencode(parameters)}" if call.method == "GET" else call.path, body)
        if reply.status != 200:
            return reply
        document = json.loads(reply.body or b"{}")
        every = document.get(items) or []
        document[items] = every[position : position + 1]
        if position + 1 < len(every):
            document[answered] = self.token(position + 1)
            document["Truncated"] = True
        self.pages[call.operation] += 1
        reply.body = json.dumps(document).encode()
        return reply

    def details(self, call, ask):
        """A page holds one principal of those asked for; the others' lists are empty."""
        form = dict(urllib.parse.parse_qsl(call.body.decode()))
        position = self.position(form.pop("Marker", None))
        reply = ask(call.path, urllib.parse.urlencode(form).encode())
        text = reply.body.decode()
        name = {"User": "UserDetailList", "Role": "RoleDetailList", "Group": "GroupDetailList", "LocalManagedPolicy": "Policies"}[form["Filter.member.1"]]
        whole = re.search(rf"<{name}>(.*)</{name}>", text, re.DOTALL)
        if not whole:
            return reply
        every = members(whole.group(1))
        page = "".join(every[position : position + 1])
        text = text[: whole.start(1)] + page + text[whole.end(1) :]
        if position + 1 < len(every):
            more = f"<IsTruncated>true</IsTruncated><Marker>{self.token(position + 1)}</Marker>"
            text = re.sub(r"<IsTruncated>.*?</IsTruncated>", "", text, count=1)
            text = text.replace("<GetAccountAuthorizationDetailsResult>", f"<GetAccountAuthorizationDetailsResult>{more}", 1)
        self.pages[call.operation] += 1
        reply.body = text.encode()
        return reply

    @staticmethod
    def token(position):
        """Tokens hold what has to be encoded on the way back."""
        return base64.b64encode(f"{position}+/= & {position}".encode()).decode()

    @staticmethod
    def position(token):
        return int(base64.b64decode(token).split(b"+")[0]) if token else 0


def members(text):
    """The outermost `member` elements of a list."""
    found, depth, start = [], 0, 0
    for tag in re.finditer(r"<(/?)member>", text):
        if not tag.group(1):
            start = tag.start() if depth == 0 else start
            depth += 1
        else:
            depth -= 1
            if depth == 0:
                found.append(text[start : tag.end()])
    return found


class Proxy:
    """A running proxy to the server at `url`."""

    def __init__(self, url, fault):
        upstream = urllib.parse.urlparse(url).netloc
        self.fault = fault

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                call = Call(self, body)
                write(self, fault.answer(call, lambda path, body: forward(upstream, call, path, body)))

            do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = handle_one

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def forward(upstream, call, path, body):
    """What the server says to a call, made as if there were nothing in between."""
    connection = http.client.HTTPConnection(upstream, timeout=SECONDS)
    headers = {name: value for name, value in call.headers.items() if name.lower() not in ("host", "content-length", "connection")}
    connection.request(call.method, path, body=body, headers={**headers, "Host": upstream})
    answer = connection.getresponse()
    reply = Reply(answer.status, dict(answer.getheaders()), answer.read())
    connection.close()
    return reply


def write(handler, reply):
    if reply.closed:
        handler.close_connection = True
        return
    handler.send_response(reply.status)
    for name, value in reply.headers.items():
        if name.lower() not in ("content-length", "transfer-encoding", "connection", "server", "date"):
            handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(reply.body)))
    handler.end_headers()
    handler.wfile.write(reply.body[: len(reply.body) // 2] if reply.cut else reply.body)
    if reply.cut:
        handler.close_connection = True
