"""What attribution costs: every block of a generated repository of 10,000 commits and 2,000 blocks, against its known truth.

    python3 benches/history.py [--commits 10000] [--merges 2000] [--files 200] [--blocks 2000] [--later 10] [--sample 20] [--driftline target/release/driftline]

For `driftline blame` and `driftline audit` a line of figures, medians of three runs, for each of: without a cache, with one
to be written, with one, and with one that ends some commits earlier. Beside them `git log -L` for a sample of the blocks and
`git blame` for files, each followed by what that is for all of them."""

import argparse
import json
import multiprocessing
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# The command line of git without anybody's configuration.
GIT_ENVIRONMENT = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}


def measure(command, codes, **settings):
    """Wall seconds, CPU seconds and peak MiB of one run that must end with one of the codes."""
    begun = time.monotonic()
    child = subprocess.Popen(command, **settings)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - begun
    if os.waitstatus_to_exitcode(status) not in codes:
        sys.exit(f"{' '.join(map(str, command))} failed")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def in_process(function, *arguments):
    """Calls in a process of its own: a child's peak memory counts what its parent held when it was started."""
    with multiprocessing.Pool(1) as pool:
        return pool.apply(function, arguments)


def wrong(command, report, truth):
    """How many commits a report names, and which of them differ from the truth."""
    answer, expected = json.loads(report.read_text()), json.loads(truth.read_text())
    found = {"blame": blamed, "audit": audited}[command](answer)
    lines = []
    for address, commits in expected.items():
        for key, one, other in zip(("declaring", "approving"), found.get(address, (None, None)), commits):
            if one != other:
                lines.append(f"{address}: {key} commit {one}, not {other}")
    return len(found), lines


def blamed(answer):
    """The declaring and approving commits by address."""
    attributions = ((resource["address"], resource["attribution"]) for resource in answer["resources"])
    return {address: (one.get("declaring_commit"), one.get("approving_commit")) for address, one in attributions}


def audited(answer):
    """The same of the last change of each; landings are in the order of history."""
    return {
        change["what"]: (change["declaring_commit"], landing["attribution"]["approving_commit"])
        for landing in answer["landings"]
        for change in landing["changes"]
    }


def print_line(what, runs, rest):
    """A line of the medians of some runs."""
    wall, cpu, peak = (statistics.median(figures) for figures in zip(*runs))
    load, day = os.getloadavg()[0], time.strftime("%Y-%m-%d")
    print(f"{what:<42} {wall:8.2f} s wall {cpu:8.2f} s CPU {peak:6.0f} MiB; {rest}; load {load:.1f}, {day}", flush=True)


class Driftline:
    """Runs commands over a repository, with what they keep in a folder of its own."""

    def __init__(self, program, folder, work):
        self.program, self.folder = program, folder
        self.cache, self.warm, self.report = work / "cache", work / "warm", work / "report.json"

    def once(self, command, reference, cache):
        """Figures of one run. An audit of a history without approvals has findings, so it ends with 2."""
        keep = ["--cache", self.cache] if cache else ["--no-cache"]
        words = [self.program, command, "--in", self.folder, "--ref", reference, "--report", f"json={self.report}", *keep]
        return measure(words, (0, 2), stdin=subprocess.DEVNULL)

    def reset(self, kept):
        """Puts what an earlier run kept, or nothing, in place of what is there."""
        shutil.rmtree(self.cache, ignore_errors=True)
        if kept:
            shutil.copytree(self.warm, self.cache)

    def compare(self, command, later):
        """Prints a line for each kind of run. Returns how many answers were wrong."""
        shutil.rmtree(self.warm, ignore_errors=True)
        complaints = []
        for what, reference, cache, kept in (
            ("no cache", "main", False, False),
            ("cache to be written", "main", True, False),
            ("warm", "main", True, True),
            (f"warm, {later} commits later", "later", True, True),
        ):
            runs = []
            for _ in range(3):
                self.reset(kept)
                runs.append(self.once(command, reference, cache))
            truth = self.folder / ("later.json" if reference == "later" else "truth.json")
            count, lines = in_process(wrong, command, self.report, truth)
            rest = f"{count} blocks, {len(lines)} wrong"
            if what == "cache to be written":
                shutil.copytree(self.cache, self.warm)
                rest += f", {sum(file.stat().st_size for file in self.warm.iterdir()) / 2**20:.1f} MiB kept"
            print_line(f"driftline {command}, {what}", runs, rest)
            complaints += lines
        for line in complaints[:5]:
            print(f"  {line}")
        return len(complaints)


def places(folder):
    """File, first and last line of every block of the work tree."""
    found = []
    for path in sorted(folder.glob("stacks/**/*.tf")):
        begun = 0
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if line.startswith("resource "):
                begun = number
            elif line == "}":
                found.append((path.relative_to(folder), begun, number))
    return found


def git(folder, words_of, things, sample, what):
    """Times one run of git for each of a sample of things, one after the other, and says what all of them would take."""
    chosen = random.Random(1).sample(things, min(sample, len(things)))
    quiet = {"stdout": subprocess.DEVNULL, "env": GIT_ENVIRONMENT}
    runs = [measure(["git", "-C", folder, *words_of(*thing)], (0,), **quiet) for thing in chosen]
    wall, cpu = sum(run[0] for run in runs), sum(run[1] for run in runs)
    share = len(things) / len(chosen)
    rest = f"{len(chosen)} of {len(things)}"
    if share > 1:
        rest += f", so {wall * share:.0f} s wall for all by extrapolation"
    print_line(what, [(wall, cpu, max(run[2] for run in runs))], rest)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name, default in (("commits", 10_000), ("merges", 2_000), ("files", 200), ("blocks", 2_000), ("later", 10), ("sample", 20)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--driftline", default=str(ROOT / "target/release/driftline"))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work) / "repository"
        names = ("commits", "merges", "files", "blocks", "later")
        sizes = [word for name in names for word in (f"--{name}", str(getattr(arguments, name)))]
        subprocess.run([sys.executable, ROOT / "benches/make_history.py", folder, *sizes], check=True)
        driftline = Driftline(arguments.driftline, folder, Path(work))
        complaints = sum(driftline.compare(command, arguments.later) for command in ("blame", "audit"))
        blocks = places(folder)
        files = [(path,) for path in sorted({path for path, *_ in blocks})]
        traced = lambda path, first, last: ("log", "-s", f"-L{first},{last}:{path}", "main")  # noqa: E731
        git(folder, traced, blocks, arguments.sample, "git log -L, one block at a time")
        git(folder, lambda path: ("blame", "--porcelain", "main", "--", path), files, 10 * arguments.sample, "git blame, one file at a time")
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
