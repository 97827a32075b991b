#!/usr/bin/env python3
"""Asks the real terraform what the expressions of `expressions.txt` are, and keeps the answers in `expressions.json`;
and what it plans for the configurations of `configurations.txt`, and keeps that in `configurations.json`.

Each expression is evaluated by `terraform console` in a copy of `console/`, by itself, together with its type. What
terraform refuses is kept as an error, without its text. Needs terraform on the PATH; no provider, no network.

    testdata/language/make.py [expressions | configurations]
"""

import concurrent.futures
import json
import os
import queue
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
WORKERS = 3
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def run(folder, *arguments, given=None):
    environment = {**os.environ, "TF_CLI_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
    command = ["terraform", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, input=given, capture_output=True, text=True, check=False)


def answer(folder, expression):
    """What the console says: a value and its type, or an error. A piped console prints the last answer only."""
    value = run(folder, "console", "-no-color", given=f"{expression}\n")
    if value.returncode:
        return {"expression": expression, "error": True}
    of = run(folder, "console", "-no-color", given=f"type({expression})\n")
    found = {"expression": expression, "value": COLOUR.sub("", value.stdout).removesuffix("\n")}
    if of.returncode == 0:
        found["type"] = re.sub(r",(?=[\])}])", "", re.sub(r"\s+", "", of.stdout)).replace(":", "=")
    return found


def configurations():
    """Name, arguments and files of every configuration."""
    found = []
    for line in (HERE / "configurations.txt").read_text().splitlines(keepends=True):
        if line.startswith("=== "):
            name, *arguments = line[4:].split()
            found.append((name, arguments, {}))
        elif line.startswith("--- "):
            file = line[4:].strip()
            found[-1][2][file] = ""
        elif found:
            found[-1][2][file] += line
    return found


def write(folder, files):
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


def plan(work, name, arguments, files):
    """What terraform plans: every resource and output, and what of them is unknown or sensitive."""
    folder = Path(work) / name
    given = {key.removeprefix("env:"): value for key, _, value in (a.partition("=") for a in arguments) if key.startswith("env:")}
    options = [argument for argument in arguments if not argument.startswith("env:")]
    os.environ.update(given)
    found = {"name": name}
    try:
        before = {path.removeprefix("before/"): text for path, text in files.items() if path.startswith("before/")}
        if before:
            write(folder, before)
            check(name, run(folder, "init", "-no-color"))
            check(name, run(folder, "apply", "-auto-approve", "-no-color"))
            found["state"] = json.loads((folder / "terraform.tfstate").read_text())
            for path in before:
                (folder / path).unlink()
        write(folder, {path: text for path, text in files.items() if not path.startswith("before/")})
        check(name, run(folder, "init", "-no-color"))
        check(name, run(folder, "plan", "-refresh=false", "-no-color", "-out=plan", *options))
        shown = run(folder, "show", "-json", "plan")
        check(name, shown)
    finally:
        for key in given:
            del os.environ[key]
    planned = json.loads(shown.stdout)
    # What is there already and no longer declared is planned too: to be removed.
    found["resources"] = {
        change["address"]: {key: change["change"][key] for key in ("actions", "after", "after_unknown", "after_sensitive")}
        for change in planned.get("resource_changes", [])
        if change["mode"] == "managed" and change["change"]["after"] is not None
    }
    found["outputs"] = {
        output: {key: change[key] for key in ("after", "after_unknown", "after_sensitive") if key in change}
        for output, change in planned.get("output_changes", {}).items()
    }
    return found


def check(name, done):
    if done.returncode:
        raise SystemExit(f"{name}: {done.stdout[-2000:]}{done.stderr[-2000:]}")


def make_configurations():
    with tempfile.TemporaryDirectory() as work:
        planned = [plan(work, *configuration) for configuration in configurations()]
    keep("configurations.json", planned)
    print(f"{len(planned)} configurations")


def keep(name, answers):
    lines = ",\n".join(json.dumps(one, ensure_ascii=False, sort_keys=True) for one in answers)
    (HERE / name).write_text(f"[\n{lines}\n]\n")


def make_expressions():
    expressions = (HERE / "expressions.txt").read_text().splitlines()
    with tempfile.TemporaryDirectory() as work:
        # One copy for each at work: a console locks the state of its folder.
        folders = queue.SimpleQueue()
        for worker in range(WORKERS):
            folder = Path(work) / f"console-{worker}"
            shutil.copytree(HERE / "console", folder)
            made = run(folder, "init", "-no-color")
            if made.returncode:
                raise SystemExit(made.stderr)
            folders.put(folder)

        def one(expression):
            folder = folders.get()
            try:
                return answer(folder, expression)
            finally:
                folders.put(folder)

        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            answers = list(pool.map(one, expressions))
    keep("expressions.json", answers)
    failed = sum("error" in one for one in answers)
    print(f"{len(answers)} expressions, {failed} of them errors")


def main():
    wanted = sys.argv[1:] or ["expressions", "configurations"]
    if "expressions" in wanted:
        make_expressions()
    if "configurations" in wanted:
        make_configurations()


if __name__ == "__main__":
    main()
