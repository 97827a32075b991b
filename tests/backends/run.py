"""The backend suite: states that terraform's own backends wrote to real servers on loopback, read by driftline.

    python3 tests/backends/run.py [--driftline FILE] [--only NAME…]

Each module `backend_*.py` has a NAME, `available()` (why it cannot run here, or None) and `run(box)`. Servers are always
stopped. Where CI=true, a module that cannot run is a failure.
Knows nothing of any backend."""

import argparse
import importlib
import os
import shutil
import signal
import sys
import traceback
from pathlib import Path

from harness import Box

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def default_program():
    """What `cargo build` makes."""
    return Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target") / "debug" / "driftline"


def modules():
    """All modules of the suite, by their NAME."""
    found = [importlib.import_module(path.stem) for path in sorted(HERE.glob("backend_*.py"))]
    return {module.NAME: module for module in found}


def parse(names):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = os.environ.get("DRIFTLINE", default_program())
    parser.add_argument("--driftline", type=Path, default=default, help="the program under test")
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", help=f"only these modules: {', '.join(names)}")
    parser.add_argument("--reader", type=Path, help="read by provider-states' example `read` instead of by driftline")
    return parser.parse_args()


def run_module(module, arguments):
    """Runs one module in a box of its own; what it raises is a failure."""
    box = Box(module.NAME, arguments.driftline.resolve(), arguments.reader and arguments.reader.resolve())
    try:
        module.run(box)
    except Exception:
        box.check("runs to its end", False, traceback.format_exc())
    finally:
        box.close()
    return box


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that servers are stopped then too
    found = modules()
    arguments = parse(list(found))
    program = arguments.reader or arguments.driftline
    if not program.is_file():
        print(f"nothing at {program}: build it, or name it with --driftline", file=sys.stderr)
        return 1
    terraform = None if shutil.which("terraform") else "terraform isn't on the PATH"
    passed = failed = not_run = 0
    for name, module in found.items():
        if arguments.only and name not in arguments.only:
            continue
        absent = terraform or module.available()
        if absent:
            print(f"----  {name}: not run: {absent}", flush=True)
            not_run += 1
            continue
        box = run_module(module, arguments)
        passed += box.passed
        failed += box.failed
    print(f"backends: {passed} passed, {failed} failed, {not_run} not run")
    return 1 if failed or (not_run and os.environ.get("CI") == "true") else 0


if __name__ == "__main__":
    sys.exit(main())
