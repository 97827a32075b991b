"""Terraform's own verdict: what a refresh-only plan says has drifted, and what a plan would change.
Knows nothing of driftline."""

import json


def verdict(terraform, work, phase, with_plan=False):
    """What differs between state and live, as terraform sees it, by address; and what a plan would change."""
    plan = work / f"{phase}.tfplan"
    terraform.run("plan", "-refresh-only", "-parallelism=20", "-no-color", f"-out={plan}")
    shown = json.loads(terraform.run("show", "-json", str(plan)))
    drift = [entry(change) for change in shown.get("resource_drift", [])]
    found = {
        "phase": phase,
        "terraform_version": shown["terraform_version"],
        "drift": sorted(drift, key=lambda one: one["address"]),
    }
    if with_plan:
        terraform.run("plan", "-parallelism=20", "-no-color", f"-out={plan}")
        found["planned"] = planned(json.loads(terraform.run("show", "-json", str(plan))))
    return found


def entry(resource):
    change = resource["change"]
    if change["actions"] == ["delete"]:
        return {"address": resource["address"], "actions": "delete", "attributes": []}
    if change["actions"] != ["update"]:
        raise ValueError(f"{resource['address']}: terraform reports {change['actions']}, which no refresh should")
    before, after = change["before"], change["after"]
    names = sorted(name for name in set(before) | set(after) if before.get(name) != after.get(name))
    return {
        "address": resource["address"],
        "actions": "update",
        "attributes": names,
        "before": {name: before.get(name) for name in names},
        "after": {name: after.get(name) for name in names},
    }


def planned(shown):
    """What a plan says: kind and attributes by address."""
    kinds = {}
    for resource in shown["resource_changes"]:
        if resource["mode"] != "managed":
            continue
        change = resource["change"]
        kind = planned_kind(change)
        if kind:
            kinds[resource["address"]] = {"kind": kind, "attributes": planned_attributes(change) if kind == "unapplied" else []}
    return kinds


def planned_kind(change):
    actions = change["actions"]
    if "importing" in change or actions == ["create"]:
        return "pending_create"
    if actions in (["delete"], ["forget"]):
        return "pending_removal"
    return None if actions == ["no-op"] else "unapplied"


def planned_attributes(change):
    """What an update changes that the configuration decides: what only follows is not known before."""
    before, after, unknown = change["before"], change["after"], change["after_unknown"]
    # A replacement is planned as a new object: what the provider records as empty, it plans as null.
    differs = lambda name: before[name] != after[name] and (before[name] or after[name])
    names = {name for name in before if name in after and differs(name) and not unknown.get(name)}
    return sorted(names - {"tags_all"} if "tags" in names else names)


def check_changes(truth, changes):
    """Complaints about changes that terraform doesn't see, or sees though they are harmless: then the suite itself is wrong."""
    drifted = {one["address"] for one in truth["drift"]}
    complaints = []
    for change in changes:
        for address in change["addresses"]:
            if change["harmless"] and address in drifted:
                complaints.append(f"change {change['name']} is called harmless, but terraform sees drift in {address}")
            if not change["harmless"] and address not in drifted:
                complaints.append(f"change {change['name']} leaves no drift in {address}")
    named = {address for change in changes for address in change["addresses"]}
    complaints += [f"{address} drifted, and no change names it" for address in sorted(drifted - named)]
    return complaints


def dump(path, value):
    """Writes JSON as it is kept as test data: indented, keys sorted, readable beyond ASCII."""
    path.write_text(json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
