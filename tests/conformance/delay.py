"""A proxy that answers a request from memory when it comes again, after a delay: as a service far away, that is never slow.
Knows nothing of terraform, of driftline, or of what the answers mean.

    python3 tests/conformance/delay.py URL MILLISECONDS    prints its own address; /delay/counts says what it answered"""

import asyncio
import json
import sys
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import proxy

COUNTS = "/delay/counts"
LARGEST_HEAD = 2**16
# The server behind answers one at a time anyhow.
FORWARDED_AT_ONCE = 8


class Delay:
    """What was answered so far, by request."""

    def __init__(self, url, seconds):
        self.upstream = urllib.parse.urlparse(url).netloc
        self.seconds = seconds
        self.answers = {}
        self.calls = self.forwarded = 0
        self.pool = ThreadPoolExecutor(FORWARDED_AT_ONCE)

    async def serve(self, reader, writer):
        """Answers one connection's requests, one after the other."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                first, *lines = head.decode("latin-1").split("\r\n")
                headers = dict(line.split(": ", 1) for line in lines if ": " in line)
                lower = {name.lower(): value for name, value in headers.items()}
                body = await reader.readexactly(int(lower.get("content-length", 0)))
                method, path, _ = first.split(" ")
                writer.write(await self.answer(method, path, headers, lower, body))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def answer(self, method, path, headers, lower, body):
        if path == COUNTS:
            return text(200, {}, json.dumps({"calls": self.calls, "forwarded": self.forwarded}).encode())
        self.calls += 1
        # Date and signature differ each time; the signature's scope, and thereby the service, does not.
        scope = lower.get("authorization", "").partition("/")[2].partition(",")[0].split("/")[1:]
        key = (method, path, body, lower.get("x-amz-target"), tuple(scope))
        if key not in self.answers:
            self.forwarded += 1
            handler = SimpleNamespace(command=method, path=path, headers=headers)
            call = proxy.Call(handler, body)
            reply = await asyncio.get_running_loop().run_in_executor(self.pool, proxy.forward, self.upstream, call, path, body)
            self.answers[key] = text(reply.status, reply.headers, reply.body)
        await asyncio.sleep(self.seconds)
        return self.answers[key]


def text(status, headers, body):
    """An answer as it goes over the wire."""
    left_out = ("content-length", "transfer-encoding", "connection", "server", "date")
    lines = [f"HTTP/1.1 {status} Answer", *(f"{name}: {value}" for name, value in headers.items() if name.lower() not in left_out)]
    return ("\r\n".join([*lines, f"Content-Length: {len(body)}"]) + "\r\n\r\n").encode("latin-1") + body


async def main():
    delay = Delay(sys.argv[1], int(sys.argv[2]) / 1000)
    server = await asyncio.start_server(delay.serve, "127.0.0.1", 0, limit=LARGEST_HEAD, backlog=512)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
