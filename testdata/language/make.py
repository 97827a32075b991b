#!/usr/bin/env python3
"""Asks the real terraform what the expressions of `expressions.txt` are, and keeps the answers in `expressions.json`.

Each expression is evaluated by `terraform console` in a copy of `console/`, by itself, together with its type. What
terraform refuses is kept as an error, without its text. Needs terraform on the PATH; no provider, no network.

    testdata/language/make.py
"""

import concurrent.futures
import json
import os
import queue
import re
import shutil
import subprocess
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


def main():
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
    lines = ",\n".join(json.dumps(one, ensure_ascii=False, sort_keys=True) for one in answers)
    (HERE / "expressions.json").write_text(f"[\n{lines}\n]\n")
    failed = sum("error" in one for one in answers)
    print(f"{len(answers)} expressions, {failed} of them errors")


if __name__ == "__main__":
    main()
