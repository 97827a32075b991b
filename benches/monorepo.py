"""What a monorepo costs: many root modules with local state, discovered, read and scanned by one command.

    python3 benches/monorepo.py [--driftline FILE] [--roots 200] [--instances 100] [--keep DIR] [--terraform 3]

Makes a repository of that many root modules, each with that many instances of Terraform's built-in `terraform_data` in ten
files, and a state as terraform writes it. Measures `driftline states` (discovery, configuration and state) and `driftline
scan` (all of it), and beside them `terraform init` and `terraform plan -refresh-only` of a few root modules, in one run.
Knows nothing of what driftline does inside."""

import argparse
import json
import os
import resource
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FILES = 10


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    program = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target") / "release" / "driftline"
    parser.add_argument("--driftline", type=Path, default=program)
    parser.add_argument("--roots", type=int, default=200)
    parser.add_argument("--instances", type=int, default=100)
    parser.add_argument("--terraform", type=int, default=3, metavar="N", help="root modules that terraform plans beside it")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="make the repository here and keep it")
    return parser.parse_args()


def instance(root, number):
    """A resource and its record."""
    name, value = f"r{number}", f"root-{root}-{number}"
    block = f'resource "terraform_data" "{name}" {{\n  input = "{value}"\n}}\n\n'
    attributes = {
        "id": f"{root:08x}-0000-4000-8000-{number:012x}",
        "input": {"value": value, "type": "string"},
        "output": {"value": value, "type": "string"},
        "triggers_replace": None,
    }
    record = {
        "mode": "managed",
        "type": "terraform_data",
        "name": name,
        "provider": 'provider["terraform.io/builtin/terraform"]',
        "instances": [{"schema_version": 0, "attributes": attributes, "sensitive_attributes": []}],
    }
    return block, record


def make(directory, roots, instances):
    """The repository."""
    for root in range(roots):
        place = directory / "live" / f"team-{root % 10}" / f"stack-{root}"
        place.mkdir(parents=True)
        made = [instance(root, number) for number in range(instances)]
        for file in range(FILES):
            (place / f"part{file}.tf").write_text("".join(block for block, _ in made[file::FILES]))
        (place / "backend.tf").write_text('terraform {\n  backend "local" {}\n}\n')
        state = {
            "version": 4,
            "terraform_version": "1.11.4",
            "serial": 7,
            "lineage": f"{root:08x}-0000-4000-8000-000000000000",
            "outputs": {},
            "resources": [record for _, record in made],
            "check_results": None,
        }
        (place / "terraform.tfstate").write_text(json.dumps(state, indent=2))
    (directory / ".gitignore").write_text("*.tfstate*\n.terraform*\n")
    identity = ["-c", "user.name=bench", "-c", "user.email=bench@example.com", "-c", "commit.gpgsign=false"]
    for command in (["init", "-q", "-b", "main"], ["add", "-A"], [*identity, "commit", "-q", "-m", "stacks"]):
        subprocess.run(["git", *command], cwd=directory, check=True)


def measured(command, cwd):
    """Seconds, CPU seconds, peak MB and exit code of a command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.monotonic()
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    out = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall, after = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, usage.ru_maxrss / 1024, process.returncode, out


def main():
    arguments = parse()
    directory = arguments.keep or Path(tempfile.mkdtemp(prefix="driftline-monorepo-"))
    try:
        make(directory, arguments.roots, arguments.instances)
        print(f"{arguments.roots} root modules, {arguments.roots * arguments.instances} instances, load {os.getloadavg()[0]:.1f}")
        expected = arguments.roots * arguments.instances
        for name, command in (("states", ["states", "--report", "json"]), ("scan", ["scan", "--report", "json"])):
            for attempt in ("first", "again"):
                wall, cpu, peak, code, out = measured([str(arguments.driftline), *command], directory)
                report = json.loads(out)
                counted = sum(state["resources"] for state in report["states"]) if name == "states" else report["summary"]["in_sync"]
                verdict = "all" if (code, counted) == (0, expected) else f"WRONG: exit {code}, {counted} of {expected}"
                print(f"driftline {name:<8} {attempt}: {wall:6.2f} s  {cpu:6.2f} CPU s  {peak:5.0f} MB  {verdict}")
        if shutil.which("terraform") and arguments.terraform:
            walls = []
            for root in range(min(arguments.terraform, arguments.roots)):
                place = directory / "live" / f"team-{root % 10}" / f"stack-{root}"
                init = measured(["terraform", "init", "-input=false"], place)
                plan = measured(["terraform", "plan", "-refresh-only", "-input=false", "-lock=false"], place)
                walls.append(init[0] + plan[0])
                print(f"terraform init and plan -refresh-only of one: {init[0]:.2f} + {plan[0]:.2f} s, {plan[2]:.0f} MB")
            print(f"all {arguments.roots} one after the other, extrapolated: {sum(walls) / len(walls) * arguments.roots:.0f} s")
    finally:
        if not arguments.keep:
            shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
