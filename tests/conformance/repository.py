"""A Git repository made of the test stack, with a history worth attributing.
Knows nothing of terraform, AWS or driftline."""

import os
import re
import shutil
import subprocess
from pathlib import Path

AUTHOR = ("Ada Author", "ada@example.com")
MERGER = ("Mel Merger", "mel@example.com")
APPROVER = "Grace Reviewer <grace@example.com>"
PULL_REQUEST = "17"
# Declared by the pull request; everything else by the first commit.
LATER_FILE = "edge.tf"


def git(folder, who, when, *arguments):
    """Runs git without the machine's own configuration, at a fixed time, so that the same stack gives the same commits."""
    name, mail = who
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    env = {
        **kept,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": name,
        "GIT_AUTHOR_EMAIL": mail,
        "GIT_AUTHOR_DATE": when,
        "GIT_COMMITTER_NAME": name,
        "GIT_COMMITTER_EMAIL": mail,
        "GIT_COMMITTER_DATE": when,
    }
    done = subprocess.run(["git", *arguments], cwd=folder, env=env, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def make(stack, folder):
    """Copies a stack into a new repository; the hashes of its first commit and of the merge of its pull request.
    A stack without the later file has one commit only."""
    folder = Path(folder)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(stack, folder, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*"))
    later = (folder / LATER_FILE).read_bytes() if (folder / LATER_FILE).is_file() else None
    (folder / LATER_FILE).unlink(missing_ok=True)
    (folder / ".gitignore").write_text(".terraform*\n*.tfstate*\n")
    git(folder, AUTHOR, "2026-01-05T09:00:00Z", "init", "--quiet", "--initial-branch=main")
    git(folder, AUTHOR, "2026-01-05T09:00:00Z", "add", ".")
    git(folder, AUTHOR, "2026-01-05T09:00:00Z", "commit", "--quiet", "-m", "network: networks, rules and servers")
    first = git(folder, AUTHOR, "2026-01-05T09:00:00Z", "rev-parse", "HEAD")
    if later is None:
        return first, None
    git(folder, AUTHOR, "2026-01-12T10:00:00Z", "checkout", "--quiet", "-b", "edge")
    (folder / LATER_FILE).write_bytes(later)
    git(folder, AUTHOR, "2026-01-12T10:00:00Z", "add", ".")
    git(folder, AUTHOR, "2026-01-12T10:00:00Z", "commit", "--quiet", "-m", "edge: gateways, peering and routes between the networks")
    git(folder, MERGER, "2026-01-13T16:30:00Z", "checkout", "--quiet", "main")
    subject = f"Merge pull request #{PULL_REQUEST} from example/edge"
    git(folder, MERGER, "2026-01-13T16:30:00Z", "merge", "--quiet", "--no-ff", "edge", "-m", f"{subject}\n\nApproved-by: {APPROVER}")
    git(folder, MERGER, "2026-01-13T16:30:00Z", "branch", "--quiet", "-D", "edge")
    return first, git(folder, MERGER, "2026-01-13T16:30:00Z", "rev-parse", "HEAD")


def check_sources(report, folder):
    """Complaints about findings of declared instances that don't point at their resource's block."""
    lines = []
    for finding in report["findings"]:
        if not finding["address"]:
            continue
        source = finding.get("source")
        if not source:
            lines.append(f"{finding['address']}: no source")
            continue
        name = re.match(r"\w+", finding["address"].rsplit(f".{finding['type']}.", 1)[-1].removeprefix(f"{finding['type']}."))[0]
        text = (Path(folder) / source["file"]).read_text().splitlines()[source["start_line"] - 1 : source["end_line"]]
        if not text or text[0] != f'resource "{finding["type"]}" "{name}" {{' or text[-1] != "}":
            lines.append(f"{finding['address']}: {source['file']}:{source['start_line']}-{source['end_line']} is another place")
    return lines


def check_attribution(report, first, merge):
    """Complaints about findings that don't name the commit that approved them."""
    lines = []
    for finding in report["findings"]:
        if not finding.get("source"):
            continue
        later = finding["source"]["file"] == LATER_FILE
        attribution = finding["attribution"]
        expected = merge if later else first
        if attribution["approving_commit"] != expected:
            lines.append(f"{finding['address']}: approved by {attribution['approving_commit']}, not {expected}")
        identities = [approver["identity"] for approver in attribution["approvers"]]
        if later and not any("grace@example.com" in identity for identity in identities):
            lines.append(f"{finding['address']}: approvers {identities} lack {APPROVER}")
        if later and PULL_REQUEST not in str(attribution["pull_request"]):
            lines.append(f"{finding['address']}: pull request {attribution['pull_request']}, not {PULL_REQUEST}")
    return lines
