"""What the installed provider reads, through driftline: terraform's verdict exactly, and the native readers' agreement with it.
Knows nothing of how a provider is started, or of what was changed."""

import json
import shutil
import time

import compare
from checks import difference, unread_types, without_times
from stack import unread_addresses

# What one reader could see and the other not; the rest is about configuration.
DRIFT = ("changed", "missing", "stale_state", "ignored")
VALUE_LENGTH = 120


def volatile(pairs, phase):
    """Those of the (address, attribute) pairs that change by themselves, between one reading and the next."""
    folds = [fold for fold in compare.load_folds().get("volatile", []) if phase in fold["phases"]]
    return {pair for pair in pairs if any(pair == (fold["address"], fold["attribute"]) for fold in folds)}


def short(value):
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= VALUE_LENGTH else text[: VALUE_LENGTH - 3] + "..."


def true_values(truth, address, attribute):
    """What state and live hold of an attribute, as terraform sees it."""
    for one in truth["drift"]:
        if one["address"] == address and attribute in one["attributes"]:
            return f"{short(one['before'][attribute])} -> {short(one['after'][attribute])}"
    return ""


def said_values(report, address, attribute):
    """The same of every path below an attribute, as driftline sees it."""
    return ", ".join(
        f"{change['path']}: {short(change['recorded'])} -> {short(change['live'])}"
        for finding in report["findings"]
        if finding["address"] == address and finding["kind"] in DRIFT
        for change in finding["attributes"]
        if compare.top_level(change["path"]) == attribute
    )


def compare_raw(truth, report):
    """Misses and inventions without any fold, but for what changes while one looks."""
    phase = truth["phase"]
    true_pairs, true_missing = compare.true_drift(truth)
    said_pairs, said_missing = compare.said_drift(report)
    missed, invented = true_pairs - said_pairs, said_pairs - true_pairs
    lines = [f"missed: {one} {name}: {true_values(truth, one, name)}" for one, name in sorted(missed - volatile(missed, phase))]
    lines += [f"invented: {one} {name}: {said_values(report, one, name)}" for one, name in sorted(invented - volatile(invented, phase))]
    lines += [f"missed: {one} is gone" for one in sorted(true_missing - said_missing)]
    lines += [f"invented: {one} called missing" for one in sorted(said_missing - true_missing)]
    return lines


def wrong_exit(report):
    """Complaints about an exit code that isn't what the drift in the report asks for."""
    pairs, missing = compare.said_drift(report)
    expected = 2 if pairs or missing else 0
    said = report["scan"]["exit_code"]
    return [] if said == expected else [f"exit code {said} instead of {expected}", *unread_types(report)]


def gaps(report):
    """Complaints about what could not be read: with the provider, nothing."""
    lines = [f"unknown: {one['address']}: {one['cause']}" for one in report["findings"] if one["kind"] == "unknown"]
    return lines + (["exit code 3", *unread_types(report)] if report["scan"]["exit_code"] == 3 else [])


def other_readers(report, *expected):
    """Complaints about types that were read by another reader than expected."""
    return [f"{one['type']} {one['scope']['region']} was read by {one['reader']}" for one in report["coverage"] if one["reader"] not in expected]


def normalized(label, truth, report):
    """The usual verdict of the phase."""
    return compare.compare(truth, report) if label.endswith("mutated") else compare.quiet(label, report)


def false_findings(truth, report):
    """Complaints about drift that terraform doesn't see, though it was read once more, and about drift that was lost by it."""
    folds = compare.load_folds()
    true_pairs, true_missing = compare.true_drift(truth)
    said_pairs, said_missing = compare.said_drift(report)
    invented = compare.rename(said_pairs, folds) - compare.rename(true_pairs, folds)
    invented -= volatile(invented, truth["phase"])
    lines = [f"invented: {one} {name}: {said_values(report, one, name)}" for one, name in sorted(invented)]
    lines += [f"invented: {one} called missing" for one in sorted(said_missing - true_missing)]
    return lines + [line for line in compare.compare(truth, report) if not line.startswith("invented: ")]


def disagreements(phase, report):
    """Complaints about what a reader sees in a state that holds what the provider read."""
    folds = [fold for fold in compare.load_folds().get("reads", []) if phase in fold["phases"]]
    lines = []
    for finding in report["findings"]:
        if finding["kind"] not in DRIFT:
            continue
        if finding["kind"] == "missing" or not finding["attributes"]:
            lines.append(f"{finding['kind']}: {finding['address']}")
        names = {(finding["address"], compare.top_level(change["path"])) for change in finding["attributes"]}
        folded = {pair for pair in names if any(compare.matches(fold["address"], pair[0]) and fold["attribute"] == pair[1] for fold in folds)}
        for one, name in sorted(names - folded - volatile(names, phase)):
            lines.append(f"{finding['kind']}: {one} {name}: {said_values(report, one, name)}")
    return lines


def check_phase(checks, scanner, stack, phase, truth):
    """What holds of every phase: raw is terraform's verdict, normalized is driftline's, and a recording is as good."""
    label, state, url = stack.label(phase), stack.state(phase), stack.moto.url
    started = time.monotonic()
    _, report, complaints = scanner.scan(f"{label}-plugin-raw", state, "--level", "raw", url=url, reader="plugin")
    checks.check(
        f"{label}: --reader plugin --level raw is terraform's verdict exactly",
        [*complaints, *compare_raw(truth, report), *wrong_exit(report), *gaps(report), *other_readers(report, "plugin", "state")],
    )
    recording = stack.work / "recordings-plugin" / phase
    shutil.rmtree(recording, ignore_errors=True)
    text, report, complaints = scanner.scan(f"{label}-plugin", state, "--record", str(recording), url=url, reader="plugin")
    checks.check(f"{label}: --reader plugin, normalized", [*complaints, *normalized(label, truth, report), *gaps(report), *other_readers(report, "plugin", "state")])
    replayed, _, complaints = scanner.scan(f"{label}-plugin-replayed", state, "--live", str(recording), reader="plugin")
    same = without_times(text) == without_times(replayed)
    checks.check(f"{label}: the recording of the plugin gives the same report, byte for byte", [*complaints, *([] if same else difference(text, replayed))])
    _, report, complaints = scanner.scan(f"{label}-auto", state, url=url, reader="auto")
    checks.check(f"{label}: auto reads everything", [*complaints, *normalized(label, truth, report), *gaps(report)])
    checks.note(f"{label}: read through the provider in {time.monotonic() - started:.1f} s")


def check_last(checks, scanner, stack, phase, truth):
    """What is looked at once for each stack, after everything else: the state in its repository is another afterwards."""
    label, url = stack.label(phase), stack.moto.url
    started = time.monotonic()
    _, report, complaints = scanner.scan(f"{label}-confirm", stack.state(phase), "--confirm", url=url, reader="auto")
    checks.check(f"{label}: --confirm leaves no false finding", [*complaints, *false_findings(truth, report), *gaps(report)])
    stack.apply("-refresh-only")
    refreshed = stack.work / "refreshed.tfstate"
    shutil.copyfile(stack.repository / "terraform.tfstate", refreshed)
    _, report, complaints = scanner.scan(f"{label}-refreshed-native", refreshed, url=url)
    lines = [*complaints, *disagreements(label, report), *compare.compare_unknown(unread_addresses(json.loads(refreshed.read_text())), report)]
    _, report, complaints = scanner.scan(f"{label}-refreshed-plugin", refreshed, "--level", "raw", url=url, reader="plugin")
    lines += [*complaints, *(f"plugin: {line}" for line in disagreements(label, report)), *gaps(report)]
    checks.check(f"{label}: native and plugin readers agree", lines)
    checks.note(f"{label}: confirmed, refreshed and compared in {time.monotonic() - started:.1f} s")
