"""What a scan through the installed provider costs beside `terraform plan -refresh-only`, on the same stack and server, in one run.

    python3 tests/conformance/bench_plugin.py [--driftline FILE] [--sizes 100,300] [--work FOLDER]

Applies the mixed stack for real, changes a little of it behind terraform's back, measures every reader, then starting alone, then
reads a second against an API that is 50 ms away. Prints Markdown tables. Stops all that it started."""

import argparse
import datetime
import json
import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import delay
import sandbox
from bench import SCANS, applied, measure, middle, scan_command, scan_environment
from terraform import Absent

HERE = Path(__file__).resolve().parent
STACK = "mixed"
MILLISECONDS = 50
IN_FLIGHT = (10, 50)
# The type of the one instance that a start reads: one call.
ALONE = "aws_cloudwatch_log_group"


def change(url):
    """A few changes, none of which takes long to be believed: two attributes, a tag, an object gone."""
    import boto3  # only inside the virtual environment

    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}

    def client(service):
        return boto3.client(service, endpoint_url=url, region_name="us-east-1", **keys)

    queues = client("sqs")
    queues.set_queue_attributes(QueueUrl=queues.get_queue_url(QueueName="cell-0-0")["QueueUrl"], Attributes={"VisibilityTimeout": "99"})
    client("logs").put_retention_policy(logGroupName="/cell/0-0", retentionInDays=30)
    client("ssm").delete_parameter(Name="/cell/0-0")
    groups = client("ec2").describe_security_groups(Filters=[{"Name": "group-name", "Values": ["cell-0-0"]}])["SecurityGroups"]
    client("ec2").create_tags(Resources=[groups[0]["GroupId"]], Tags=[{"Key": "Owner", "Value": "nobody"}])


class Bench:
    """One applied stack, and the two programs on it."""

    def __init__(self, driftline, moto, terraform, work):
        self.driftline, self.moto, self.terraform, self.work = driftline, moto, terraform, work
        self.folder = terraform.folder
        self.cache = work / "cache"

    def scan(self, *arguments, url=None, folder=None, cache=None):
        command = scan_command(self.driftline, folder or self.folder, self.work / "report.json", *arguments)
        env = scan_environment(url or self.moto.url, XDG_CACHE_HOME=str(cache or self.cache))
        return measure(command, self.folder, env, self.moto.log)

    def plan(self, *arguments, url=None, folder=None):
        env = {**self.terraform.env, "AWS_ENDPOINT_URL": url or self.moto.url}
        command = [self.terraform.program, "plan", "-refresh-only", "-no-color", *arguments]
        return measure(command, folder or self.folder, env, self.moto.log)

    def several(self, run):
        return middle([run() for _ in range(SCANS)])

    def alone(self):
        """A copy of the repository whose state holds one instance."""
        folder = self.work / "alone"
        shutil.copytree(self.folder, folder, symlinks=True)
        state = json.loads((folder / "terraform.tfstate").read_text())
        one = next(resource for resource in state["resources"] if resource["type"] == ALONE)
        state["resources"] = [{**one, "instances": one["instances"][:1]}]
        (folder / "terraform.tfstate").write_text(json.dumps(state))
        return folder

    def readers(self):
        """Every way to look for drift, by name."""
        rows = [("terraform plan -refresh-only", self.several(self.plan))]
        self.scan("--reader", "plugin")  # so that the schema is known
        for arguments in (("--reader", "plugin"), ("--reader", "native"), ("--reader", "auto", "--confirm")):
            rows.append((" ".join(("driftline", *arguments)), self.several(lambda: self.scan(*arguments))))
        return rows

    def starts(self, folder):
        """What one instance costs: the start and little else."""

        def cold():
            cache = self.work / "cold"
            shutil.rmtree(cache, ignore_errors=True)
            cache.mkdir()
            return self.scan("--reader", "plugin", folder=folder, cache=cache)

        return [
            ("terraform plan -refresh-only", self.several(lambda: self.plan(folder=folder))),
            ("driftline --reader plugin, no schema kept", self.several(cold)),
            ("driftline --reader plugin", self.several(lambda: self.scan("--reader", "plugin", folder=folder))),
            ("driftline --reader native", self.several(lambda: self.scan("--reader", "native", folder=folder))),
        ]

    def rates(self, alone):
        """Reads a second against a far API, by number in flight: rows of name, number, instances' and start's measures, calls."""
        program = [sys.executable, str(HERE / "delay.py"), self.moto.url, str(MILLISECONDS)]
        with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as server:
            try:
                url = server.stdout.readline().strip()
                return [row for number in IN_FLIGHT for row in self.rates_at(url, number, alone)]
            finally:
                server.terminate()

    def rates_at(self, url, number, alone):
        plan = lambda folder: self.plan(f"-parallelism={number}", url=url, folder=folder)
        settings = self.work / "driftline.toml"
        settings.write_text(f"[plugin]\nparallelism = {number}\n")
        scan = lambda folder: self.scan("--reader", "plugin", "--config", str(settings), url=url, folder=folder)
        rows = []
        for name, run in (("terraform plan -refresh-only", plan), ("driftline --reader plugin", scan)):
            run(self.folder)  # so that all is answered from memory
            before = counts(url)
            whole = self.several(lambda: run(self.folder))
            after = counts(url)
            start = self.several(lambda: run(alone))
            rows.append((name, number, whole, start, (after["calls"] - before["calls"]) / SCANS, after["forwarded"] - before["forwarded"]))
        return rows


def counts(url):
    with urllib.request.urlopen(url + delay.COUNTS, timeout=10) as answer:
        return json.load(answer)


def figures(measured):
    return f"{measured.wall:.2f} | {measured.cpu:.2f} | {measured.own:.1f} | {measured.memory:.0f}"


def table(title, rows):
    """A table of measures with a line for each name."""
    lines = [f"**{title}**\n", "| | wall s | CPU s | peak MiB alone | peak MiB in all | API calls | exit |", "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"]
    lines += [f"| {name} | {figures(one)} | {one.calls:.0f} | {one.code} |" for name, one in rows]
    return "\n".join(lines) + "\n"


def rate_table(title, instances, rows):
    """Reads a second are those of the time that starting does not take."""
    lines = [f"**{title}**\n", "| | in flight | reads a second | wall s | of it start | CPU s | peak MiB alone | peak MiB in all | API calls | not from memory |"]
    lines.append("| --- | ---: " + "| ---: " * 8 + "|")
    for name, number, whole, start, calls, forwarded in rows:
        rate = instances / max(0.001, whole.wall - start.wall)
        lines.append(f"| {name} | {number} | {rate:.0f} | {whole.wall:.2f} | {start.wall:.2f} | {whole.cpu:.2f} | {whole.own:.1f} | {whole.memory:.0f} | {calls:.0f} | {forwarded} |")
    return "\n".join(lines) + "\n"


def bench(driftline, size, work):
    """All tables of one size."""
    with applied(STACK, size, work) as (moto, terraform, instances):
        change(moto.url)
        one = Bench(driftline, moto, terraform, work)
        alone = one.alone()
        yield table(f"{instances} instances, 4 of them changed", one.readers())
        yield table("A state of one instance", one.starts(alone))
        yield rate_table(f"{instances} instances, {MILLISECONDS} ms away", instances, one.rates(alone))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = sandbox.target_folder() / "release" / "driftline"
    parser.add_argument("--driftline", default=os.environ.get("DRIFTLINE", default), help="the program under test, a release build")
    parser.add_argument("--sizes", default="100,300", help="about how many instances, with commas between")
    parser.add_argument("--work", type=Path, help="folder for everything that is made")
    arguments = parser.parse_args()
    driftline = Path(arguments.driftline).resolve()
    if not driftline.is_file():
        print(f"no driftline at {driftline}: build it, or name it with --driftline", file=sys.stderr)
        return 1
    work = (arguments.work or sandbox.target_folder() / "conformance" / "bench").resolve()
    try:
        sandbox.enter()
        now = datetime.datetime.now(datetime.timezone.utc).date()
        print(f"Measured {now} on {os.cpu_count()} cores; load average {os.getloadavg()[0]:.2f} before; each the median of {SCANS}.\n", flush=True)
        for size in arguments.sizes.split(","):
            for text in bench(str(driftline), int(size), work / f"plugin-{size}"):
                print(text, flush=True)
    except Absent as absence:
        print(f"benchmark skipped: {absence}")
        return 0
    print(f"Load average after: {os.getloadavg()[0]:.2f}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
