"""Runs driftline and counts what passes.
Knows nothing of terraform or of what a report should say."""

import json
import os
import subprocess
import threading
import time
from pathlib import Path

import sandbox

# A provider believes that a queue is gone after 20 seconds, and a loaded machine adds its own.
SCAN_SECONDS = 240
MOST_LINES = 200
LINE_LENGTH = 400


class Checks:
    """Counts, and prints as it goes."""

    def __init__(self):
        self.passed = 0
        self.failed = 0
        self.started = time.monotonic()
        self.lock = threading.Lock()

    def check(self, name, complaints):
        """One check: passed where there is nothing to complain about."""
        complaints = list(complaints)
        lines = [f"{'FAIL' if complaints else 'ok  '} {name}"]
        lines += ["       " + (line if line.isprintable() else ascii(line))[:LINE_LENGTH] for line in complaints[:MOST_LINES]]
        with self.lock:
            self.failed += bool(complaints)
            self.passed += not complaints
            print("\n".join(lines), flush=True)

    def note(self, text):
        print(f"{time.monotonic() - self.started:6.1f} s  {text}", flush=True)


class Driftline:
    """The scanner under test, on one repository."""

    def __init__(self, program, repository, work):
        self.program = str(Path(program).resolve())
        self.repository = repository
        self.work = work

    def elsewhere(self, repository):
        """The same on another repository."""
        return Driftline(self.program, repository, self.work)

    def scan(self, name, state, *arguments, url=None, reader="native", more=None):
        """The report's text, the report, and complaints about the run itself. Without another reader it is driftline's own
        that reads, and a type that it does not read stays unknown."""
        output = self.work / f"{name}.json"
        output.unlink(missing_ok=True)
        kept = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
        env = {**kept, **(sandbox.environment(url) if url else {}), "NO_COLOR": "1", "XDG_CACHE_HOME": str(self.work.parent / "cache"), **(more or {})}
        command = [self.program, "scan", str(self.repository), "--state", str(state), "--report", f"json={output}", "--reader", reader, *arguments]
        started = time.monotonic()
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=SCAN_SECONDS, check=False)
        seconds = time.monotonic() - started
        if not output.is_file():
            said = f"{done.stdout[-2000:]}{done.stderr[-4000:]}"
            raise RuntimeError(f"{' '.join(command)}: exit {done.returncode}, no report\n{said}")
        text = output.read_text()
        report = json.loads(text)
        code = report["scan"]["exit_code"]
        summary = report["summary"]
        print(f"          {name}: exit {done.returncode}, {summary['resources']} resources, {summary['api_calls']} calls, {seconds:.2f} s")
        return text, report, [] if done.returncode == code else [f"exit code {done.returncode}, but the report says {code}"]


def without_times(text):
    """A report's text without what may differ between two runs on the same inputs."""
    scan = json.loads(text)["scan"]
    for key in ("id", "started_at", "finished_at"):
        text = text.replace(json.dumps(scan[key]), '""')
    return text


def difference(one, other):
    """The first few lines in which two reports differ."""
    pairs = zip(without_times(one).splitlines(), without_times(other).splitlines())
    lines = [f"{mine.strip()[:150]} | {theirs.strip()[:150]}" for mine, theirs in pairs if mine != theirs]
    return lines[:10] or ["one report is longer than the other"]


def unread_types(report):
    """Types and scopes that couldn't be read, with the cause."""
    return [f"{one['type']} {one['scope']['region']}: {one['status']} {one['cause']}" for one in report["coverage"] if one["status"] != "complete"]
