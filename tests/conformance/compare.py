"""Compares driftline's JSON report with terraform's verdict.
Knows nothing of how either came to be."""

import re
import tomllib
from fnmatch import fnmatchcase
from pathlib import Path

FOLDS = Path(__file__).resolve().parent / "folds.toml"
# What a report of an unmutated stack may hold: approved changes that aren't applied yet, and what is ignored by request.
NOT_DRIFT = {"stale_state", "pending_create", "pending_removal", "unapplied", "ignored"}


def load_folds():
    return tomllib.loads(FOLDS.read_text())


def top_level(path):
    """The top-level attribute of an attribute path as the language writes it."""
    return re.split(r"[.\[]", path, maxsplit=1)[0]


def matches(pattern, address):
    """A shell pattern in which brackets stand for themselves."""
    return fnmatchcase(address, pattern.replace("[", "[[]"))


def rename(pairs, folds):
    aliases = {alias["from"]: alias["to"] for alias in folds.get("alias", [])}
    return {(address, aliases.get(attribute, attribute)) for address, attribute in pairs}


def true_drift(truth):
    """What terraform says has changed, as (address, attribute) pairs, and the addresses of what is gone."""
    pairs = {(one["address"], name) for one in truth["drift"] for name in one["attributes"]}
    return pairs, {one["address"] for one in truth["drift"] if one["actions"] == "delete"}


def said_drift(report):
    """What driftline says of the same."""
    pairs = {
        (finding["address"], top_level(change["path"]))
        for finding in report["findings"]
        if finding["kind"] == "changed"
        for change in finding["attributes"]
    }
    return pairs, {finding["address"] for finding in report["findings"] if finding["kind"] == "missing"}


def compare(truth, report):
    """Misses and inventions, as lines fit for people; empty where the two agree."""
    folds = load_folds()
    phase = truth["phase"]
    true_pairs, true_missing = true_drift(truth)
    said_pairs, said_missing = said_drift(report)
    true_pairs, said_pairs = rename(true_pairs, folds), rename(said_pairs, folds)
    true_pairs, unused = drop(true_pairs, folds, phase)
    lines = [f"fold {name} folds nothing" for name in unused]
    lines += [f"missed: {address} {attribute}" for address, attribute in sorted(true_pairs - said_pairs)]
    lines += [f"invented: {address} {attribute}" for address, attribute in sorted(said_pairs - true_pairs)]
    lines += [f"missed: {address} is gone" for address in sorted(true_missing - said_missing)]
    lines += [f"invented: {address} called missing" for address in sorted(said_missing - true_missing)]
    return lines


def drop(pairs, folds, phase):
    """The pairs that no fold allows to differ, and the names of folds of this phase that matched none."""
    kept, unused = set(pairs), []
    for fold in folds.get("drop", []):
        if phase not in fold["phases"]:
            continue
        folded = {pair for pair in pairs if pair[1] == fold["attribute"] and matches(fold["address"], pair[0])}
        kept -= folded
        if not folded and not fold.get("sometimes"):
            unused.append(fold["name"])
    return kept, unused


def said_planned(report):
    """What driftline says of the same."""
    kinds = {}
    for finding in report["findings"]:
        if finding["kind"] in ("unapplied", "pending_create", "pending_removal"):
            names = {top_level(change["path"]) for change in finding["attributes"]}
            kinds[finding["address"]] = {"kind": finding["kind"], "attributes": sorted(names)}
    return kinds


def compare_planned(true, report, phase=None):
    """Misses and inventions."""
    true, unused = drop_planned(true, phase)
    found = said_planned(report)
    lines = [f"missed: {address} {true[address]}" for address in sorted(true.keys() - found.keys())]
    lines += [f"invented: {address} {found[address]}" for address in sorted(found.keys() - true.keys())]
    lines += [f"fold {name} folds nothing" for name in unused]
    both = sorted(true.keys() & found.keys())
    lines += [f"{address}: terraform says {true[address]}, driftline {found[address]}" for address in both if true[address] != found[address]]
    return lines


def drop_planned(planned, phase):
    """What is planned without what folds of this phase allow to differ, and the names of folds that matched nothing."""
    kept, unused = {address: dict(one) for address, one in planned.items()}, []
    for fold in load_folds().get("planned", []):
        if phase not in fold["phases"]:
            continue
        folded = [address for address, one in kept.items() if matches(fold["address"], address) and fold["attribute"] in one["attributes"]]
        for address in folded:
            kept[address]["attributes"] = [name for name in kept[address]["attributes"] if name != fold["attribute"]]
            if not kept[address]["attributes"]:
                del kept[address]
        if not folded:
            unused.append(fold["name"])
    return kept, unused


def allowed_drift(phase, report):
    """The (address, path) pairs called changed that a fold allows on an unmutated stack."""
    allowed = [fold for fold in load_folds().get("allow", []) if phase in fold["phases"]]
    return {
        (finding["address"], change["path"])
        for finding in report["findings"]
        if finding["kind"] == "changed"
        for change in finding["attributes"]
        if any(top_level(change["path"]) == fold["attribute"] and matches(fold["address"], finding["address"]) for fold in allowed)
    }


def quiet(phase, report):
    """Complaints about drift found on an unmutated stack."""
    allowed = allowed_drift(phase, report)
    lines = []
    for finding in report["findings"]:
        if finding["kind"] in NOT_DRIFT or finding["kind"] == "unknown" or finding.get("default_object"):
            continue
        what = finding["address"] or f"{finding['type']} {finding['object_id']}"
        paths = [change["path"] for change in finding["attributes"] if (finding["address"], change["path"]) not in allowed]
        if paths or finding["kind"] != "changed":
            lines.append(f"{finding['kind']}: {what} {', '.join(paths)}{finding['cause'] or ''}")
    return lines


def compare_unknown(unread, report):
    """Misses and inventions among the instances that nobody can read: `unread` are the addresses of types without a reader."""
    said = {finding["address"]: finding["cause"] for finding in report["findings"] if finding["kind"] == "unknown"}
    lines = [f"missed: {address} is of a type without a reader, and not called unknown" for address in sorted(set(unread) - set(said))]
    return lines + [f"unknown: {address}: {said[address]}" for address in sorted(set(said) - set(unread))]


def drifted(truth):
    """What terraform itself calls drift, less what a fold allows to differ: addresses with attributes."""
    pairs = {(one["address"], name) for one in truth["drift"] for name in one["attributes"] or ["(gone)"]}
    kept, _ = drop(pairs, load_folds(), truth["phase"])
    return [f"{address} {attribute}" for address, attribute in sorted(kept)]


def compare_unmanaged(phase, created, report):
    """Misses and inventions among the objects of no state, less those that an account or a parent has from the start."""
    said = {
        (finding["type"], finding["object_id"], finding["scope"]["region"])
        for finding in report["findings"]
        if finding["kind"] == "unmanaged" and not finding.get("default_object")
    }
    true = {(one["type"], one["id"], one["region"]) for one in created}
    lines = [f"missed: unmanaged {' '.join(map(str, one))}" for one in sorted(true - said)]
    for fold in load_folds().get("appears", []):
        if phase in fold["phases"]:
            appeared = sorted(one for one in said - true if one[0] == fold["type"])
            said -= set(appeared[: fold["most"]])
            if not appeared:
                lines.append(f"fold {fold['name']} folds nothing")
    lines += [f"invented: unmanaged {' '.join(map(str, one))}" for one in sorted(said - true)]
    return lines
