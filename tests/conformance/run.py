"""The conformance suite: driftline against terraform's own verdict, on stacks applied for real to moto servers.

    python3 tests/conformance/run.py [--driftline FILE] [--update]   everything, some 17 minutes on two cores
    python3 tests/conformance/run.py --replay                        kept states and recordings; no terraform, no moto
    python3 tests/conformance/run.py --keep settled|mutated          leaves the server running, to try the scanner on

Starts and stops all that it needs. Without terraform or its AWS provider it says that it was skipped."""

import argparse
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import approved
import compare
import faults
import foreign
import plugin
import repository
import sandbox
import truth as verdicts
from checks import Checks, Driftline, difference, unread_types, without_times
from stack import STACKS, Stack, unread_addresses
from terraform import Absent, Terraform

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "testdata" / "conformance"


def judge(checks, label, state, truth, report, complaints):
    """Everything that holds of one phase's scan, live or replayed."""
    mutated = label.endswith("mutated")
    unread = unread_addresses(state)
    checks.check(f"{label}: driftline's exit code is the report's", complaints)
    expected = 2 if mutated or compare.allowed_drift(label, report) else 3 if unread else 0
    said = report["scan"]["exit_code"]
    checks.check(f"{label}: exit code {expected}", [] if said == expected else [f"exit code {said}", *unread_types(report)])
    checks.check(f"{label}: unknown is what has no reader, and nothing else", compare.compare_unknown(unread, report))
    if "planned" in truth:
        checks.check(f"{label}: approved and not applied, as terraform plans", compare.compare_planned(truth["planned"], report, label))
    if mutated:
        checks.check(f"{label}: the drift that terraform sees, no more, no less", compare.compare(truth, report))
    else:
        checks.check(f"{label}: no drift on the unmutated stack", compare.quiet(label, report))


def scan_phase(checks, scanner, stack, phase, truth):
    """Scans the live server, with and without unmanaged objects, records, replays."""
    label, state, recording = stack.label(phase), stack.state(phase), stack.recording(phase)
    shutil.rmtree(recording, ignore_errors=True)
    text, report, complaints = scanner.scan(label, state, "--record", str(recording), url=stack.moto.url)
    judge(checks, label, json.loads(state.read_text()), truth, report, complaints)
    checks.check(f"{label}: every finding names its approval", repository.check_attribution(report, *stack.commits))
    checks.check(f"{label}: every finding points at its block", repository.check_sources(report, stack.repository))
    if phase != "settled":  # then it holds what it held before
        _, unmanaged, complaints = scanner.scan(f"{label}-unmanaged", state, "--unmanaged", url=stack.moto.url)
        checks.check(f"{label}: unmanaged objects, exactly", [*complaints, *compare.compare_unmanaged(label, stack.created, unmanaged)])
    replayed, _, complaints = scanner.scan(f"{label}-replayed", state, "--live", str(recording))
    same = without_times(text) == without_times(replayed)
    checks.check(f"{label}: the recording gives the same report, byte for byte", [*complaints, *([] if same else difference(text, replayed))])


def check_suite(checks, stack, phase, truth):
    """That the stack is what the suite takes it for."""
    label = stack.label(phase)
    if phase == "settled":
        checks.check(f"{label}: terraform itself sees no drift", compare.drifted(truth))
    if phase == "mutated":
        import mutate

        changes = mutate.changes(stack.name)
        checks.check(f"{label}: terraform sees each of {len(changes)} changes", verdicts.check_changes(truth, changes))


def run_phases(checks, stack, arguments):
    """Every phase of one stack; the first is entered already."""
    for phase in stack.phases:
        if phase != stack.phases[0]:
            stack.enter(phase)
        label = stack.label(phase)
        checks.note(f"{label}: stack ready")
        truth = stack.verdict(phase)
        checks.note(f"{label}: terraform's verdict: drift in {len(truth['drift'])} instances")
        check_suite(checks, stack, phase, truth)
        if not arguments.terraform_only:
            scanner = Driftline(arguments.driftline, stack.repository, stack.work)
            scan_phase(checks, scanner, stack, phase, truth)
            if (stack.name, phase) == ("functions", "settled"):
                faults.check(checks, scanner, stack)
            if (stack.name, phase) == ("approved", "settled"):
                approved.check(checks, scanner, stack)
            plugin.check_phase(checks, scanner, stack, phase, truth)
            if phase == stack.phases[-1]:
                plugin.check_last(checks, scanner, stack, phase, truth)


def run(checks, arguments, work):
    """All stacks, live, several at the same time, for an apply is mostly waiting."""
    stacks = []
    try:
        for name in arguments.stacks or STACKS:
            stacks.append(Stack(name, work))
        with ThreadPoolExecutor(max_workers=3) as pool:
            list(pool.map(lambda stack: stack.enter(stack.phases[0]), stacks))
            # A phase waits as much as it computes: for retries, for the provider, for the emulator.
            under_way = [pool.submit(run_phases, checks, stack, arguments) for stack in stacks]
            if not (arguments.stacks or arguments.terraform_only):
                under_way.append(pool.submit(foreign.check, checks, arguments.driftline, work))
            for ended in under_way:
                ended.result()
        if not arguments.stacks:
            import schema  # beside the provider module, whose folder the stacks have put on the path

            (work / "schema").mkdir(exist_ok=True)
            checks.check("the kept schemas are the provider's", schema.complaints(work / "schema"))
    finally:
        for stack in stacks:
            stack.moto.stop()
    if arguments.update and not checks.failed:
        keep_results(stacks)
    elif arguments.update:
        print("not kept: something failed")


def keep_results(stacks):
    """Puts states, verdicts and recordings where the fast tests find them."""
    (KEPT / "recordings").mkdir(parents=True, exist_ok=True)
    for stack in stacks:
        for phase in stack.phases:
            label = stack.label(phase)
            # Nothing is applied after the changes: the mutated phase has the settled state.
            if phase != "mutated":
                shutil.copyfile(stack.state(phase), KEPT / f"{label}.tfstate")
            shutil.copyfile(stack.truth(phase), KEPT / f"truth-{label}.json")
            if stack.recording(phase).is_dir():
                shutil.rmtree(KEPT / "recordings" / label, ignore_errors=True)
                shutil.copytree(stack.recording(phase), KEPT / "recordings" / label)
        if stack.name == "approved":
            shutil.copyfile(stack.work / approved.TRUTH, KEPT / approved.TRUTH)
    print(f"kept in {KEPT.relative_to(ROOT)}")


def replay(checks, arguments, work):
    """Every phase out of the kept recordings."""
    for name in arguments.stacks or STACKS:
        stack = Stack(name, work, live=False)
        scanner = Driftline(arguments.driftline, stack.repository, stack.work)
        for phase in stack.phases:
            label = stack.label(phase)
            truth = json.loads((KEPT / f"truth-{label}.json").read_text())
            state = KEPT / f"{stack.label('settled' if phase == 'mutated' else phase)}.tfstate"
            _, report, complaints = scanner.scan(f"{label}-kept", state, "--live", str(KEPT / "recordings" / label))
            judge(checks, label, json.loads(state.read_text()), truth, report, complaints)
            checks.check(f"{label}: every finding names its approval", repository.check_attribution(report, *stack.commits))
            checks.check(f"{label}: every finding points at its block", repository.check_sources(report, stack.repository))
        if name == "approved":
            truths = json.loads((KEPT / approved.TRUTH).read_text())
            state, live = KEPT / "approved-settled.tfstate", KEPT / "recordings" / "approved-settled"
            approved.compare_all(checks, scanner, stack, truths, state, live)


def keep(arguments, work):
    """Leaves a server running in one phase, and says how to use it."""
    stack = Stack(arguments.stack, work, port=arguments.port)
    if arguments.keep not in stack.phases:
        stack.moto.stop()
        raise RuntimeError(f"stack {stack.name} has no phase {arguments.keep}")
    for phase in stack.phases[: stack.phases.index(arguments.keep) + 1]:
        stack.enter(phase)
    stack.verdict(arguments.keep)
    verdicts.dump(stack.work / "unmanaged.json", stack.created)
    variables = {
        **sandbox.environment(stack.moto.url),
        "CONFORMANCE_STATE": str(stack.state(arguments.keep)),
        "CONFORMANCE_REPOSITORY": str(stack.repository),
        "CONFORMANCE_TRUTH": str(stack.truth(arguments.keep)),
    }
    (work / "env").write_text("".join(f"export {name}='{value}'\n" for name, value in variables.items()))
    print(f"running in phase {arguments.keep}, process {stack.moto.process.pid}; variables in {work / 'env'}")


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = sandbox.target_folder() / "debug" / "driftline"
    phases = STACKS["network"]
    parser.add_argument("--driftline", default=os.environ.get("DRIFTLINE", default), help="the program under test")
    parser.add_argument("--update", action="store_true", help="keep states, verdicts and recordings as test data")
    parser.add_argument("--terraform-only", action="store_true", help="leave driftline out: only the stacks and terraform's verdict")
    parser.add_argument("--replay", action="store_true", help="scan the kept recordings; needs no terraform")
    parser.add_argument("--keep", choices=phases, help="stop in this phase and leave the server running")
    parser.add_argument("--stacks", nargs="+", choices=STACKS, help="only these stacks")
    parser.add_argument("--stack", choices=STACKS, default="network", help="with --keep: which stack")
    parser.add_argument("--port", type=int, help="with --keep: the server's port")
    parser.add_argument("--work", type=Path, help="folder for everything that is made")
    return parser.parse_args()


def start(checks, arguments, work):
    if arguments.replay:
        replay(checks, arguments, work)
        return
    Terraform(work, {}, work)
    sandbox.enter()
    if arguments.keep:
        keep(arguments, work)
    else:
        run(checks, arguments, work)


def main():
    arguments = parse()
    work = (arguments.work or sandbox.target_folder() / "conformance" / "run").resolve()
    work.mkdir(parents=True, exist_ok=True)
    checks = Checks()
    if not (arguments.terraform_only or arguments.keep or Path(arguments.driftline).is_file()):
        print(f"no driftline at {arguments.driftline}: build it, or name it with --driftline", file=sys.stderr)
        return 1
    try:
        start(checks, arguments, work)
    except Absent as absence:
        print(f"conformance skipped: {absence}")
        return 1 if os.environ.get("CI") == "true" else 0
    except (RuntimeError, subprocess.SubprocessError) as error:
        checks.failed += 1
        print(f"FAIL {error}")
    if not arguments.keep:
        checks.note("done")
        print(f"{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
