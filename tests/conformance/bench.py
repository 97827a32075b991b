"""What a scan costs beside `terraform plan -refresh-only`, on the same stack and server, in one run.

    python3 tests/conformance/bench.py [--driftline FILE] [--stack ec2|mixed] [--sizes 100,1000,3000]

`ec2` is of the EC2 family alone; `mixed` of EC2, S3, IAM, SQS, SNS, logs and SSM. Applies each stack for real, measures both, prints a Markdown table. Stops all that it started."""

import argparse
import contextlib
import datetime
import json
import os
import shutil
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

import repository
import sandbox
from terraform import Absent, Terraform

HERE = Path(__file__).resolve().parent
CELL_SIZE = 50
STACKS = {"ec2": "bench", "mixed": "bench_mixed"}
# Of a mixed stack most of the time is spent waiting for queues.
PARALLELISM = {"ec2": 4, "mixed": 20}
SCANS = 3
SAMPLE_SECONDS = 0.01
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
TICKS = os.sysconf("SC_CLK_TCK")


class Measured:
    """One program run: wall and CPU seconds, peak memory of the whole process tree and of its root alone in MiB, API calls."""

    def __init__(self, wall, cpu, memory, own, calls, code):
        self.wall, self.cpu, self.memory, self.own, self.calls, self.code = wall, cpu, memory, own, calls, code


def tree(root):
    """A process and all below it: resident bytes and CPU seconds by process."""
    parents, figures = {}, {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                text = Path(f"/proc/{entry}/stat").read_text()
            except OSError:
                continue
            fields = text[text.rindex(")") + 2 :].split()
            parents[int(entry)] = int(fields[1])
            figures[int(entry)] = int(fields[21]) * PAGE_BYTES, (int(fields[11]) + int(fields[12])) / TICKS
    return {process: figure for process, figure in figures.items() if below(process, root, parents)}


def below(process, root, parents):
    while process not in (0, root):
        process = parents.get(process, 0)
    return process == root


def own_peak(process):
    """Bytes that one process held at most so far; unlike the kernel's figure at the end, without what forked it."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return max((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), default=0)


def count_calls(log):
    """Requests in moto's log, but for the emulator's own."""
    with log.open("rb") as lines:
        return sum(b" HTTP/1.1" in line and b"/moto-api/" not in line for line in lines)


def measure(command, folder, env, log):
    """Runs a program to its end. CPU is that of the program and of everything it waited for, or what was seen while it ran:
    who is killed at the end, and not waited for, is only seen."""
    calls = count_calls(log)
    peak, own, seen = 0, 0, {}
    started = time.monotonic()
    process = subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = []
    reader = threading.Thread(target=lambda: errors.append(process.stderr.read()))
    reader.start()
    while True:
        ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        if ended:
            break
        figures = tree(process.pid)
        own = max(own, own_peak(process.pid))
        peak = max(peak, own, sum(resident for resident, _ in figures.values()))
        seen.update({one: cpu for one, (_, cpu) in figures.items()})
        time.sleep(SAMPLE_SECONDS)
    wall = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    reader.join()
    if process.returncode not in (0, 2, 3):
        raise RuntimeError(f"{' '.join(command)}: exit {process.returncode}\n{errors[0].decode(errors='replace')[-4000:]}")
    cpu = max(usage.ru_utime + usage.ru_stime, sum(seen.values()))
    return Measured(wall, cpu, peak / 2**20, own / 2**20, count_calls(log) - calls, process.returncode)


@contextlib.contextmanager
def applied(stack, size, work):
    """A stack of about `size` instances on a server of its own: server, terraform, and the number of instances."""
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    source = work / "source"
    shutil.copytree(HERE / STACKS[stack], source)
    (source / "terraform.tfvars").write_text(f"cells = {max(1, size // CELL_SIZE)}\n")
    folder = work / "repository"
    repository.make(source, folder)
    moto = sandbox.Moto(work)
    try:
        terraform = Terraform(folder, sandbox.environment(moto.url), work)
        terraform.run("init", "-no-color")
        started = time.monotonic()
        parallelism = f"-parallelism={PARALLELISM[stack]}"
        terraform.run("apply", "-auto-approve", "-no-color", parallelism)
        terraform.run("apply", "-refresh-only", "-auto-approve", "-no-color", parallelism)
        state = json.loads((folder / "terraform.tfstate").read_text())
        instances = sum(len(resource["instances"]) for resource in state["resources"] if resource["mode"] == "managed")
        print(f"{instances} instances applied in {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
        yield moto, terraform, instances
    finally:
        moto.stop()


def scan_command(driftline, folder, report, *arguments):
    return [driftline, "scan", str(folder), "--state", str(folder / "terraform.tfstate"), "--report", f"json={report}", *arguments]


def scan_environment(url, **more):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {**kept, **sandbox.environment(url), **more}


def measure_size(stack, size, driftline, work):
    """Terraform and driftline's own readers on a stack of about `size` instances: the number of instances, and both measures."""
    with applied(stack, size, work) as (moto, terraform, instances):
        plan = [terraform.program, "plan", "-refresh-only", "-no-color"]
        theirs = measure(plan, terraform.folder, terraform.env, moto.log)
        scan = scan_command(driftline, terraform.folder, work / "report.json", "--reader", "native")
        ours = [measure(scan, terraform.folder, scan_environment(moto.url), moto.log) for _ in range(SCANS)]
    return instances, theirs, middle(ours)


def middle(runs):
    """The median of each figure; a scan is short enough to be disturbed."""
    names = ("wall", "cpu", "memory", "own", "calls")
    return Measured(**{name: statistics.median(getattr(run, name) for run in runs) for name in names}, code=runs[-1].code)


def table(rows):
    lines = [
        "| instances | | API calls | CPU s | peak MiB | wall s | exit |",
        "| ---: | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for instances, theirs, ours in rows:
        lines.append(f"| {instances} | terraform | {theirs.calls} | {theirs.cpu:.2f} | {theirs.memory:.0f} | {theirs.wall:.2f} | {theirs.code} |")
        lines.append(f"| | driftline | {ours.calls:.0f} | {ours.cpu:.2f} | {ours.memory:.1f} | {ours.wall:.2f} | {ours.code} |")
        ratios = (theirs.calls / max(1, ours.calls), theirs.cpu / max(0.001, ours.cpu), theirs.memory / max(0.1, ours.memory), theirs.wall / max(0.001, ours.wall))
        lines.append("| | ratio | " + " | ".join(f"1/{ratio:.0f}" for ratio in ratios) + " | |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = sandbox.target_folder() / "release" / "driftline"
    parser.add_argument("--driftline", default=os.environ.get("DRIFTLINE", default), help="the program under test, a release build")
    parser.add_argument("--sizes", default="100,1000,3000", help="about how many instances, with commas between")
    parser.add_argument("--stack", choices=STACKS, default="ec2", help="which services")
    arguments = parser.parse_args()
    driftline = Path(arguments.driftline).resolve()
    if not driftline.is_file():
        print(f"no driftline at {driftline}: build it, or name it with --driftline", file=sys.stderr)
        return 1
    work = sandbox.target_folder() / "conformance" / "bench"
    try:
        sandbox.enter()
        load = os.getloadavg()[0]
        sizes = [int(size) for size in arguments.sizes.split(",")]
        rows, failed = [], False
        for size in sizes:
            try:
                rows.append(measure_size(arguments.stack, size, str(driftline), work / f"{arguments.stack}-{size}"))
            except RuntimeError as error:
                # A large stack may be too much for the emulator; the figures of the others still count.
                failed = True
                print(f"{size} instances: {str(error)[-2000:]}", file=sys.stderr, flush=True)
    except Absent as absence:
        print(f"benchmark skipped: {absence}")
        return 0
    now = datetime.datetime.now(datetime.timezone.utc).date()
    print(f"Measured {now} on {os.cpu_count()} cores; load average {load:.2f} before, {os.getloadavg()[0]:.2f} after; driftline: median of {SCANS}.\n")
    print(table(rows))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
