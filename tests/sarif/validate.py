#!/usr/bin/env python3
"""Validates SARIF files with the SARIF Multitool, judged by its report and not by its exit code, which is always 0.

Usage: tests/sarif/validate.py FILE...

It asks for what the standard and GitHub code scanning demand. Errors and warnings fail; notes do not. The Multitool is
installed by npm below target/sarif/ if it is not there yet. Without npm the check is skipped, and with CI=true that is
a failure. Knows nothing of what the results mean.
"""

import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile

VERSION = "5.7.0"
ROOT = pathlib.Path(__file__).resolve().parents[2]


def skip(reason):
    """Ends the check without a verdict, which is a failure where everything must be checked."""
    print(f"SARIF validation skipped: {reason}")
    sys.exit(1 if os.environ.get("CI") == "true" else 0)


def multitool():
    """The path of the program, installed if need be."""
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        skip("the Multitool is run on Linux x86-64 only")
    folder = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "sarif"
    package = folder / "node_modules/@microsoft/sarif-multitool-linux"
    program = package / "Sarif.Multitool"
    manifest = package / "package.json"
    if not manifest.exists() or json.loads(manifest.read_text())["version"] != VERSION:
        npm = shutil.which("npm") or skip("npm is not installed")
        folder.mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(folder)]
        installed = subprocess.run(
            command + [f"@microsoft/sarif-multitool-linux@{VERSION}"], capture_output=True, text=True, check=False
        )
        if installed.returncode != 0:
            print(installed.stderr, file=sys.stderr)
            skip("npm could not install the Multitool")
    program.chmod(0o755)
    return program


def problems(program, file, folder):
    """The errors and warnings that the Multitool reports, and the notes' ids."""
    report = pathlib.Path(folder) / "report.sarif"
    report.unlink(missing_ok=True)
    # The file is copied: the Multitool goes by the extension.
    subject = pathlib.Path(folder) / "subject.sarif"
    shutil.copyfile(file, subject)
    environment = dict(os.environ, DOTNET_SYSTEM_GLOBALIZATION_INVARIANT="1")
    run = subprocess.run(
        [program, "validate", subject, "-o", report, "--log", "ForceOverwrite"]
        + ["--level", "Error;Warning;Note", "--rule-kind", "Sarif;Ghas;Gh"],
        capture_output=True, text=True, check=False, env=environment, timeout=600,
    )
    if not report.exists():
        return [f"the Multitool wrote no report: {run.stdout}{run.stderr}"], []
    log = json.loads(report.read_text(encoding="utf-8-sig"))["runs"][0]
    invocation = (log.get("invocations") or [{}])[0]
    found = [n["message"]["text"] for n in invocation.get("toolConfigurationNotifications", []) if n.get("level") == "error"]
    found += [n["message"]["text"] for n in invocation.get("toolExecutionNotifications", []) if n.get("level") == "error"]
    if invocation.get("executionSuccessful") is False:
        found.append("the Multitool could not finish")
    notes = set()
    for result in log.get("results", []):
        if result.get("level", "warning") in ("error", "warning"):
            region = result["locations"][0]["physicalLocation"].get("region", {})
            found.append(f"line {region.get('startLine', '?')}: {result['ruleId']}: {words(log, result)}")
        else:
            notes.add(result["ruleId"])
    return found, sorted(notes)


def words(log, result):
    """The message of a result, from the rule's strings and the result's arguments."""
    message = result["message"]
    rules = {rule["id"]: rule for rule in log["tool"]["driver"].get("rules", [])}
    strings = rules.get(result["ruleId"], {}).get("messageStrings", {})
    text = message.get("text") or strings.get(message.get("id"), {}).get("text", message.get("id", ""))
    for position, argument in enumerate(message.get("arguments", [])):
        text = text.replace(f"{{{position}}}", argument)
    return text


def main():
    """Checks every file; the exit code tells whether all are fine."""
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    program = multitool()
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        for file in sys.argv[1:]:
            found, notes = problems(program, file, folder)
            failed |= bool(found)
            print(f"{file}: {'FAILED' if found else 'ok'}{' (notes: ' + ', '.join(notes) + ')' if notes else ''}")
            for line in found:
                print(f"  {line}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
