"""Asks the real provider which arguments and nested blocks it plans away once a configuration no longer has them.
Providers suppress some such differences, which no schema tells: so instances that the conformance suite recorded are
planned with nothing but what is required, and only what is seen to be planned away counts.
Knows nothing of how the schema is kept."""

import json
import re
import subprocess
from pathlib import Path

from unset import HEAD, MORE

PROVIDER = 'provider["registry.terraform.io/hashicorp/aws"]'
# Instances of one type that are looked at.
MOST = 4


def instances(states, types):
    """Recorded instances by address, a few of each type."""
    found, count = {}, {}
    for state in states:
        for resource in json.loads(Path(state).read_text())["resources"]:
            name = resource["type"]
            if resource["mode"] != "managed" or name not in types:
                continue
            for instance in resource["instances"]:
                if count.get(name, 0) < MOST:
                    count[name] = count.get(name, 0) + 1
                    found[f"{name}.i{count[name]}"] = instance
    return found


def literal(value):
    """A recorded value as the JSON syntax of the language writes it."""
    if isinstance(value, str):
        return re.sub(r"([$%])\{", r"\1\1{", value)
    if isinstance(value, list):
        return [literal(one) for one in value]
    return {key: literal(one) for key, one in value.items()} if isinstance(value, dict) else value


def block_body(block, value, without):
    """A nested block as it was recorded, as far as it can be configured."""
    body = {}
    for name, attribute in block.get("attributes", {}).items():
        configurable = (attribute.get("required") or attribute.get("optional")) and name not in without
        if configurable and value.get(name) not in (None, "", [], {}):
            body[name] = literal(value[name])
    for name, nested in block.get("block_types", {}).items():
        if value.get(name):
            values = value[name] if isinstance(value[name], list) else [value[name]]
            body[name] = [block_body(nested["block"], one, without) for one in values]
    return body


class Trial:
    """One recorded instance and how much of it is still configured."""

    def __init__(self, name, block, recorded):
        self.block, self.recorded = block, recorded
        required = {one for one, attribute in block["attributes"].items() if attribute.get("required")}
        required |= {one for one, nested in block.get("block_types", {}).items() if nested.get("min_items")}
        self.kept = required | {argument.partition("=")[0] for argument in MORE.get(name, [])}
        # Of what excludes each other, all but one.
        self.without = set()
        self.seen = set()

    def body(self):
        body = {}
        for name in sorted(self.kept - self.without):
            value = self.recorded.get(name)
            if value in (None, "", [], {}):
                continue
            if name in self.block["attributes"]:
                body[name] = literal(value)
            else:
                values = value if isinstance(value, list) else [value]
                body[name] = [block_body(self.block["block_types"][name]["block"], one, self.without) for one in values]
        return body

    def removable(self):
        """What is recorded, may be left out, and is left out."""
        attributes = self.block["attributes"]
        optional = [name for name, one in attributes.items() if one.get("optional") and not one.get("computed")]
        blocks = [name for name, nested in self.block.get("block_types", {}).items() if name != "timeouts"]
        held = lambda name: self.recorded.get(name) not in (None, "", 0, False, [], {})
        return {name for name in [*optional, *blocks] if name not in self.kept and held(name)}


class Trials:
    def __init__(self, schemas, recorded, terraform):
        self.folder, self.terraform, self.recorded = Path(terraform.folder), terraform, recorded
        self.trials = {
            address: Trial(address.partition(".")[0], schemas[address.partition(".")[0]]["block"], instance["attributes"])
            for address, instance in recorded.items()
        }

    def write(self):
        (self.folder / "main.tf").write_text(HEAD)
        resources, records = {}, []
        for address, trial in self.trials.items():
            kind, _, name = address.partition(".")
            resources.setdefault(kind, {})[name] = trial.body()
            instance = {key: self.recorded[address][key] for key in ("schema_version", "attributes", "private") if key in self.recorded[address]}
            records.append({"mode": "managed", "type": kind, "name": name, "provider": PROVIDER, "instances": [instance]})
        (self.folder / "all.tf.json").write_text(json.dumps({"resource": resources}))
        state = {"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "given-up", "outputs": {}, "resources": records}
        (self.folder / "terraform.tfstate").write_text(json.dumps(state))

    def refused(self):
        """Addresses that the plan complains about, with what it says."""
        command = [self.terraform.program, "plan", "-refresh=false", "-out=plan", "-json"]
        done = subprocess.run(command, cwd=self.folder, env=self.terraform.env, capture_output=True, text=True, check=False)
        found = {}
        for line in done.stdout.splitlines():
            said = json.loads(line)
            if said.get("@level") == "error":
                diagnostic = said["diagnostic"]
                block = re.search(r"resource\.(\w+)\.(\w+)", (diagnostic.get("snippet") or {}).get("context") or "")
                address = diagnostic.get("address") or (f"{block[1]}.{block[2]}" if block else None)
                if address not in self.trials:
                    raise RuntimeError(f"the plan fails: {said['@message']} {diagnostic}")
                found.setdefault(address, []).append(f"{diagnostic['summary']} {diagnostic.get('detail', '')}")
        return found

    def mend(self, refused):
        """Keeps what the provider says that it needs; gives up what it refuses all the same."""
        for address, texts in refused.items():
            trial = self.trials[address]
            text = " ".join(texts)
            excluded = re.search(r'"(?:\w+\.\d+\.)?(\w+)": (?:conflicts with|only one of)', text)
            if excluded and excluded[1] not in trial.without:
                trial.without.add(excluded[1])
                continue
            # Some are named as the API names them.
            spelled = re.sub(r"(?<=[a-z])([A-Z])", r"_\1", text).lower()
            named = set(re.findall(r"[a-z][a-z0-9_]+", f"{text} {spelled}"))
            more = {name for name in trial.removable() | set(trial.recorded) if name in named and trial.recorded.get(name)} - trial.kept
            more = {name for name in more if name in trial.block.get("block_types", {}) or trial.block["attributes"][name].get("optional")}
            if more:
                trial.kept |= more
            else:
                print(f"{address}: not tried: {texts[0][:150]!r}")
                del self.trials[address]

    def look(self, changes):
        """What is planned away; where that replaces the object, again without what replaces it. True when all is seen."""
        again = False
        for address, trial in self.trials.items():
            change = changes[address]
            if change["actions"] not in (["update"], ["no-op"]):
                causes = {path[0] for path in change.get("replace_paths", [])} - trial.kept
                if not causes:
                    continue
                trial.seen |= causes & trial.removable()
                trial.kept |= causes
                again = True
            else:
                trial.seen |= {name for name in trial.removable() if change["after"].get(name) != change["before"].get(name)}
        return not again

    def run(self):
        while True:
            self.write()
            refused = self.refused()
            if refused:
                self.mend(refused)
                continue
            shown = json.loads(self.terraform.run("show", "-json", "plan"))
            if self.look({change["address"]: change["change"] for change in shown["resource_changes"]}):
                return


def observe(schemas, types, states, terraform):
    """By type: what is planned away in every instance that has it, and the recorded values of what stays."""
    trials = Trials(schemas, instances(states, types), terraform)
    trials.write()
    terraform.run("init", "-no-color")
    trials.run()
    away, stays = {}, {}
    for address, trial in trials.trials.items():
        name = address.partition(".")[0]
        away.setdefault(name, set()).update(trial.seen)
        for one in trial.removable() - trial.seen:
            stays.setdefault(name, {}).setdefault(one, []).append(trial.recorded[one])
    return {name: (seen - set(stays.get(name, {})), stays.get(name, {})) for name, seen in away.items()}
