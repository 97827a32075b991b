"""The conformance suite: driftline against terraform's own verdict, on a stack applied for real to a moto server.

    python3 tests/conformance/run.py [--driftline FILE] [--update]   everything, some three minutes
    python3 tests/conformance/run.py --replay                        kept states and recordings; no terraform, no moto
    python3 tests/conformance/run.py --keep settled|mutated          leaves the server running, to try the scanner on

Starts and stops all that it needs. Without terraform or its AWS provider it says that it was skipped."""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import compare
import repository
import sandbox
import truth as verdicts
from terraform import Absent, Terraform, cli_config

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
KEPT = ROOT / "testdata" / "conformance"
PHASES = ("unsettled", "settled", "mutated")
SCAN_SECONDS = 120


class Checks:
    """Counts, and prints as it goes."""

    def __init__(self):
        self.passed = 0
        self.failed = 0
        self.started = time.monotonic()

    def check(self, name, complaints):
        """One check: passed where there is nothing to complain about."""
        complaints = list(complaints)
        if complaints:
            self.failed += 1
        else:
            self.passed += 1
        print(f"{'FAIL' if complaints else 'ok  '} {name}", flush=True)
        for line in complaints[:200]:
            print(f"       {line!a}"[:400] if not line.isprintable() else f"       {line}"[:400], flush=True)

    def note(self, text):
        print(f"{time.monotonic() - self.started:6.1f} s  {text}", flush=True)


class Driftline:
    """The scanner under test, on one repository."""

    def __init__(self, program, repository_folder, work):
        self.program = str(Path(program).resolve())
        self.folder = repository_folder
        self.work = work

    def scan(self, name, state, *arguments, url=None):
        """The report's text and what is wrong with the run itself."""
        output = self.work / f"{name}.json"
        output.unlink(missing_ok=True)
        kept = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
        env = {**kept, **(sandbox.environment(url) if url else {}), "NO_COLOR": "1"}
        command = [self.program, "scan", str(self.folder), "--state", str(state), "--report", f"json={output}", *arguments]
        started = time.monotonic()
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=SCAN_SECONDS, check=False)
        seconds = time.monotonic() - started
        if not output.is_file():
            raise RuntimeError(f"{' '.join(command)}: exit {done.returncode}, no report\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
        text = output.read_text()
        report = json.loads(text)
        complaints = []
        if done.returncode != report["scan"]["exit_code"]:
            complaints.append(f"exit code {done.returncode}, but the report says {report['scan']['exit_code']}")
        summary = report["summary"]
        print(f"          {name}: exit {done.returncode}, {summary['resources']} resources, {summary['api_calls']} calls, {seconds:.2f} s")
        return text, report, complaints


def without_times(text):
    """A report without what may differ between two runs on the same inputs."""
    for key in ("id", "started_at", "finished_at"):
        text = re.sub(rf'("scan":\s*\{{[^{{]*?"{key}":\s*)"[^"]*"', r'\1""', text, count=1)
    return text


def unread_types(report):
    """Types and scopes that couldn't be read, with the cause."""
    return [f"{one['type']} {one['scope']['region']}: {one['status']} {one['cause']}" for one in report["coverage"] if one["status"] != "complete"]


def judge(checks, phase, truth, report, complaints):
    """Everything that holds of one phase's scan, live or replayed."""
    checks.check(f"{phase}: driftline's exit code is the report's", complaints)
    expected = 2 if phase == "mutated" else 0
    said = report["scan"]["exit_code"]
    checks.check(f"{phase}: exit code {expected}", [] if said == expected else [f"exit code {said}", *unread_types(report)])
    if phase == "mutated":
        checks.check(f"{phase}: the drift that terraform sees, no more, no less", compare.compare(truth, report))
    else:
        checks.check(f"{phase}: nothing on the unmutated stack", compare.quiet(report))


def scan_phase(checks, scanner, phase, state, truth, created, commits, url, recording):
    """Scans the live server, with and without unmanaged objects, records, replays."""
    shutil.rmtree(recording, ignore_errors=True)
    text, report, complaints = scanner.scan(phase, state, "--record", str(recording), url=url)
    judge(checks, phase, truth, report, complaints)
    checks.check(f"{phase}: every finding names its approval", repository.check_attribution(report, *commits))
    _, unmanaged, complaints = scanner.scan(f"{phase}-unmanaged", state, "--unmanaged", url=url)
    checks.check(f"{phase}: unmanaged objects, exactly", [*complaints, *compare.compare_unmanaged(created, unmanaged)])
    replayed, _, complaints = scanner.scan(f"{phase}-replayed", state, "--live", str(recording))
    same = without_times(text) == without_times(replayed)
    checks.check(f"{phase}: the recording gives the same report, byte for byte", [*complaints, *([] if same else difference(text, replayed))])


def difference(one, other):
    """The first few lines in which two reports differ."""
    pairs = zip(without_times(one).splitlines(), without_times(other).splitlines())
    lines = [f"{mine.strip()[:150]} | {theirs.strip()[:150]}" for mine, theirs in pairs if mine != theirs]
    return lines[:10] or ["one report is longer than the other"]


class Stack:
    """The test stack, applied for real, phase by phase."""

    def __init__(self, work, port=None):
        self.work = work
        self.repository = work / "repository"
        self.commits = repository.make(HERE / "stack", self.repository)
        cli_config(work)
        self.moto = sandbox.Moto(work, port)
        self.terraform = Terraform(self.repository, sandbox.environment(self.moto.url), work)
        self.created = []

    def enter(self, phase):
        """Carries the stack into a phase; the phases have to be entered in order."""
        if phase == "unsettled":
            self.terraform.run("init", "-no-color")
            self.terraform.run("apply", "-auto-approve", "-no-color", "-parallelism=20")
        elif phase == "settled":
            # The second apply writes the tags that moto drops when it creates an object.
            self.terraform.run("apply", "-auto-approve", "-no-color", "-parallelism=20")
            self.terraform.run("apply", "-refresh-only", "-auto-approve", "-no-color", "-parallelism=20")
        else:
            import mutate

            self.created = mutate.mutate(self.read_state(), self.moto.url)
        shutil.copyfile(self.repository / "terraform.tfstate", self.state(phase))

    def state(self, phase):
        return self.work / f"{phase}.tfstate"

    def read_state(self):
        return json.loads((self.repository / "terraform.tfstate").read_text())


def check_suite(checks, phase, truth):
    """That the stack is what the suite takes it for."""
    if phase == "settled":
        checks.check("settled: terraform itself sees no drift", [one["address"] for one in truth["drift"]])
    if phase == "mutated":
        import mutate

        checks.check(f"mutated: terraform sees each of {len(mutate.CHANGES)} changes", verdicts.check_changes(truth, mutate.CHANGES))


def dump(path, value):
    path.write_text(json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


def run(checks, arguments, work):
    """Every phase, live."""
    stack = Stack(work)
    try:
        for phase in PHASES:
            stack.enter(phase)
            checks.note(f"{phase}: stack ready")
            truth = verdicts.verdict(stack.terraform, work, phase)
            dump(work / f"truth-{phase}.json", truth)
            checks.note(f"{phase}: terraform's verdict, {len(truth['drift'])} instances drifted")
            check_suite(checks, phase, truth)
            if not arguments.terraform_only:
                scanner = Driftline(arguments.driftline, stack.repository, work)
                recording = work / "recordings" / phase
                scan_phase(checks, scanner, phase, stack.state(phase), truth, stack.created, stack.commits, stack.moto.url, recording)
        dump(work / "unmanaged.json", stack.created)
    finally:
        stack.moto.stop()
    if arguments.update and not checks.failed:
        keep_results(work)
    elif arguments.update:
        print("not kept: something failed")


def keep_results(work):
    """Puts states, verdicts and recordings where the fast tests find them."""
    (KEPT / "recordings").mkdir(parents=True, exist_ok=True)
    for phase in PHASES:
        if phase != "mutated":
            shutil.copyfile(work / f"{phase}.tfstate", KEPT / f"{phase}.tfstate")
        shutil.copyfile(work / f"truth-{phase}.json", KEPT / f"truth-{phase}.json")
        if (work / "recordings" / phase).is_dir():
            shutil.rmtree(KEPT / "recordings" / phase, ignore_errors=True)
            shutil.copytree(work / "recordings" / phase, KEPT / "recordings" / phase)
    shutil.copyfile(work / "unmanaged.json", KEPT / "unmanaged.json")
    print(f"kept in {KEPT.relative_to(ROOT)}")


def replay(checks, arguments, work):
    """Every phase out of the kept recordings."""
    commits = repository.make(HERE / "stack", work / "repository")
    scanner = Driftline(arguments.driftline, work / "repository", work)
    for phase in PHASES:
        truth = json.loads((KEPT / f"truth-{phase}.json").read_text())
        state = KEPT / f"{'unsettled' if phase == 'unsettled' else 'settled'}.tfstate"
        _, report, complaints = scanner.scan(f"{phase}-kept", state, "--live", str(KEPT / "recordings" / phase))
        judge(checks, phase, truth, report, complaints)
        checks.check(f"{phase}: every finding names its approval", repository.check_attribution(report, *commits))


def keep(arguments, work):
    """Leaves a server running in one phase, and says how to use it."""
    stack = Stack(work, arguments.port)
    for phase in PHASES:
        stack.enter(phase)
        truth = verdicts.verdict(stack.terraform, work, phase)
        dump(work / f"truth-{phase}.json", truth)
        if phase == arguments.keep:
            break
    dump(work / "unmanaged.json", stack.created)
    variables = {
        **sandbox.environment(stack.moto.url),
        "CONFORMANCE_STATE": str(stack.state(arguments.keep)),
        "CONFORMANCE_REPOSITORY": str(stack.repository),
        "CONFORMANCE_TRUTH": str(work / f"truth-{arguments.keep}.json"),
    }
    (work / "env").write_text("".join(f"export {name}='{value}'\n" for name, value in variables.items()))
    print(f"running in phase {arguments.keep}, process {stack.moto.process.pid}; variables in {work / 'env'}")


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = sandbox.target_folder() / "debug" / "driftline"
    parser.add_argument("--driftline", default=os.environ.get("DRIFTLINE", default), help="the program under test")
    parser.add_argument("--update", action="store_true", help="keep states, verdicts and recordings as test data")
    parser.add_argument("--terraform-only", action="store_true", help="leave driftline out: only the stack and terraform's verdict")
    parser.add_argument("--replay", action="store_true", help="scan the kept recordings; needs no terraform")
    parser.add_argument("--keep", choices=PHASES, help="stop in this phase and leave the server running")
    parser.add_argument("--port", type=int, help="with --keep: the server's port")
    parser.add_argument("--work", type=Path, help="folder for everything that is made")
    return parser.parse_args()


def main():
    arguments = parse()
    work = (arguments.work or sandbox.target_folder() / "conformance" / "run").resolve()
    work.mkdir(parents=True, exist_ok=True)
    checks = Checks()
    if not (arguments.terraform_only or arguments.keep or Path(arguments.driftline).is_file()):
        print(f"no driftline at {arguments.driftline}: build it, or name it with --driftline", file=sys.stderr)
        return 1
    try:
        if arguments.replay:
            replay(checks, arguments, work)
        else:
            Terraform(work, {}, work)
            sandbox.enter()
            if arguments.keep:
                keep(arguments, work)
                return 0
            run(checks, arguments, work)
    except Absent as absence:
        print(f"conformance skipped: {absence}")
        return 1 if os.environ.get("CI") == "true" else 0
    except (RuntimeError, subprocess.TimeoutExpired) as error:
        checks.failed += 1
        print(f"FAIL {error}")
    checks.note("done")
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
