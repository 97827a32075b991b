"""What the scan itself costs: a state of 100,000 instances parsed and compared with as many live objects, without any API.

    python3 benches/offline.py [--instances 100000] [--driftline target/release/driftline]

The instances are copies, under other ids, of instances that the real terraform recorded (testdata/conformance). One in a
thousand live objects differs. Prints a line of figures: wall and CPU seconds, peak memory, and what was found."""

import argparse
import json
import multiprocessing
import os
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = "registry.terraform.io/hashicorp/aws"
# The bulk of a large network's state.
TYPES = (
    "aws_subnet", "aws_route_table_association", "aws_route", "aws_security_group_rule", "aws_ebs_volume", "aws_network_interface",
    "aws_vpc_security_group_ingress_rule", "aws_eip", "aws_security_group",
)


def templates():
    """One recorded instance of each type."""
    state = json.loads((ROOT / "testdata/conformance/settled.tfstate").read_text())
    found = {}
    for block in state["resources"]:
        if block["mode"] == "managed":
            found.setdefault(block["type"], block["instances"][0])
    return [(name, found[name]) for name in TYPES if name in found]


def generate(folder, count):
    """Writes a repository's worth of state and a recording; returns the number of live objects that differ."""
    kinds = templates()
    resources, batches, differing = [], [], 0
    recording = folder / "recording"
    recording.mkdir()
    for position, (name, template) in enumerate(sorted(kinds)):
        share = count // len(kinds) + (1 if position < count % len(kinds) else 0)
        instances, requested = [], []
        with (recording / f"objects-{position}.jsonl").open("w") as lines:
            for index in range(share):
                identity = f"{template['attributes']['id']}-{index:06d}"
                attributes = {**template["attributes"], "id": identity}
                instances.append({**template, "index_key": index, "attributes": attributes})
                requested.append(identity)
                live = {key: value for key, value in attributes.items() if key not in ("id", "tags", "timeouts")}
                if "tags_all" in live and index % 1000 == 0:
                    live["tags_all"] = {**(live["tags_all"] or {}), "drift": "yes"}
                    differing += 1
                line = {"type": name, "id": identity, "requested": True, "origin": "created", "attributes": live}
                lines.write(json.dumps(line, separators=(",", ":")) + "\n")
        resources.append(
            {"mode": "managed", "type": name, "name": "all", "provider": f'provider["{SOURCE}"]', "instances": instances}
        )
        batches.append(
            {"type": name, "requested": requested, "lists_unrequested": False, "objects": share, "unrequested": 0, "api_calls": 1, "gaps": []}
        )
    scope = {"account": "123456789012", "region": "us-east-1"}
    connection = {
        "name": f'provider["{SOURCE}"]', "source": SOURCE, "reader": "native", "scope": scope, "recorded_scope": scope, "gap": None, "batches": batches,
    }
    manifest = {"format_version": "1.0", "tool_version": "bench", "unmanaged": False, "connections": [connection]}
    (recording / "recording.json").write_text(json.dumps(manifest))
    state = {"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "bench", "outputs": {}, "resources": resources, "check_results": None}
    (folder / "terraform.tfstate").write_text(json.dumps(state, indent=2))
    blocks = "".join(f'resource "{block["type"]}" "all" {{\n  count = {len(block["instances"])}\n}}\n' for block in resources)
    (folder / "main.tf").write_text(blocks)
    run = lambda *words: subprocess.run(words, cwd=folder, check=True, capture_output=True)  # noqa: E731
    run("git", "init", "-q")
    run("git", "-c", "user.name=b", "-c", "user.email=b@example.com", "commit", "-q", "--allow-empty", "-m", "empty")
    run("git", "add", "main.tf")
    run("git", "-c", "user.name=b", "-c", "user.email=b@example.com", "commit", "-q", "-m", "all")
    return differing


def measure(command):
    """Wall seconds, CPU seconds and peak MiB of one run, which must end with drift."""
    begun = time.monotonic()
    child = subprocess.Popen(command)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - begun
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status)


def summary_of(report):
    """The report's counts."""
    return json.loads(report.read_text())["summary"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, default=100_000)
    parser.add_argument("--driftline", default=str(ROOT / "target/release/driftline"))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        # In a process of its own: a child's peak memory counts what its parent held when it was started.
        with multiprocessing.Pool(1) as pool:
            differing = pool.apply(generate, (folder, arguments.instances))
        size = (folder / "terraform.tfstate").stat().st_size / 2**20
        report = folder / "report.json"
        command = [arguments.driftline, "scan", str(folder), "--state", str(folder / "terraform.tfstate"), "--live", str(folder / "recording"), "--report", f"json={report}"]
        for _ in range(3):
            wall, cpu, peak, code = measure(command)
            with multiprocessing.Pool(1) as pool:
                summary = pool.apply(summary_of, (report,))
            load = os.getloadavg()[0]
            print(
                f"{summary['resources']} instances, state {size:.0f} MiB: {wall:.2f} s wall, {cpu:.2f} s CPU, {peak:.0f} MiB peak, exit {code}, "
                f"changed {summary['changed']} of {differing}, unknown {summary['unknown']}, unapplied {summary['unapplied']}; load {load:.1f}, {time.strftime('%Y-%m-%d')}"
            )


if __name__ == "__main__":
    main()
