"""What attribution costs: every block of a generated repository of 10,000 commits and 2,000 blocks, against its known truth.

    python3 benches/history.py [--commits 10000] [--merges 2000] [--files 200] [--blocks 2000] [--driftline target/release/driftline]

Prints a line of figures for each of three runs of `driftline blame`."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def measure(command, **settings):
    """Wall seconds, CPU seconds and peak MiB of one run that must succeed."""
    begun = time.monotonic()
    child = subprocess.Popen(command, **settings)
    _, status, usage = os.wait4(child.pid, 0)
    if os.waitstatus_to_exitcode(status):
        sys.exit(f"{command[0]} failed")
    return time.monotonic() - begun, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def wrong(report, truth):
    """Addresses whose commits differ from the truth."""
    found = {resource["address"]: resource for resource in report["resources"]}
    lines = []
    for address, expected in truth.items():
        attribution = found.get(address, {}).get("attribution", {})
        for key, commit in zip(("declaring_commit", "approving_commit"), expected):
            if attribution.get(key) != commit:
                lines.append(f"{address}: {key} {attribution.get(key)}, not {commit}")
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("commits", 10_000), ("merges", 2_000), ("files", 200), ("blocks", 2_000)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--driftline", default=str(ROOT / "target/release/driftline"))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work) / "repository"
        sizes = [word for name in ("commits", "merges", "files", "blocks") for word in (f"--{name}", str(getattr(arguments, name)))]
        subprocess.run([sys.executable, ROOT / "benches/make_history.py", folder, *sizes], check=True)
        truth = json.loads((folder / "truth.json").read_text())
        report = Path(work) / "blame.json"
        for _ in range(3):
            wall, cpu, peak = measure([arguments.driftline, "blame", "--in", str(folder), "--report", f"json={report}"])
            answer = json.loads(report.read_text())
            complaints = wrong(answer, truth)
            print(
                f"{len(answer['resources'])} blocks, {arguments.commits} commits: {wall:.2f} s wall, {cpu:.2f} s CPU, {peak:.0f} MiB peak, "
                f"{len(complaints)} wrong; load {os.getloadavg()[0]:.1f}, {time.strftime('%Y-%m-%d')}"
            )
            for line in complaints[:5]:
                print(f"  {line}")


if __name__ == "__main__":
    main()
