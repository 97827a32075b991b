"""Asks the real provider what it plans for whatever a configuration leaves unset.
The protocol's schema tells no defaults, nor which nested blocks the provider fills itself; a plan does: one resource of
every type with nothing but its required arguments, and one for every optional nested block, all values unknown.
Knows nothing of how the schema is kept."""

import json
import re
import subprocess
from pathlib import Path

from terraform import PROVIDER_VERSION

UNKNOWN = "terraform_data.unknown.id"
HEAD = f"""
terraform {{
  required_providers {{
    aws = {{
      source  = "hashicorp/aws"
      version = "{PROVIDER_VERSION}"
    }}
  }}
}}
provider "aws" {{
  region                      = "eu-central-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}}
resource "terraform_data" "unknown" {{}}
"""
# What the provider wants beside what it calls required, and does not say in a form that can be read.
MORE = {
    "aws_alb_target_group": ["port", "protocol", "vpc_id"],
    "aws_dynamodb_table": ["read_capacity=1", "write_capacity=1"],
    "aws_kinesis_stream": ["shard_count=1"],
    "aws_kinesis_firehose_delivery_stream": ['destination="http_endpoint"'],
    "aws_lambda_function": ['handler="index.handler"', 'runtime="python3.13"', "filename"],
    "aws_lb_target_group": ["port", "protocol", "vpc_id"],
}
# Nested blocks are looked into so far; a web ACL nests its statements hundreds of times.
DEPTH, MOST_BLOCKS = 2, 60


def expression(cty_type):
    if isinstance(cty_type, str):
        return {"string": UNKNOWN, "number": f"tonumber({UNKNOWN})", "bool": f"tobool({UNKNOWN})"}[cty_type]
    kind, inner = cty_type
    if kind == "object":
        return "{ " + ", ".join(f"{name} = {expression(of)}" for name, of in sorted(inner.items())) + " }"
    return f"{{ key = {expression(inner)} }}" if kind == "map" else f"[{expression(inner)}]"


def body(block, path, more=()):
    """The lines of a body that sets what is required, `more`, and the nested block that `path` leads to."""
    attributes, blocks = block.get("attributes", {}), block.get("block_types", {})
    lines = []
    for argument in more:
        name, _, value = argument.partition("=")
        lines.append(f"{name} = {value or expression(attributes[name]['type'])}")
    said = {argument.partition("=")[0] for argument in more}
    for name, attribute in sorted(attributes.items()):
        if attribute.get("required") and name not in said:
            lines.append(f"{name} = {expression(attribute['type'])}")
    for name, nested in sorted(blocks.items()):
        leads = bool(path) and path[0] == name
        for count in range(max(nested.get("min_items", 0), int(leads))):
            lines += [f"{name} {{", *body(nested["block"], path[1:] if leads and not count else ()), "}"]
    return lines


def paths(block, depth=DEPTH):
    """Every path of nested blocks, shallow ones first."""
    found = []
    for name, nested in sorted(block.get("block_types", {}).items()):
        if name != "timeouts":
            found += [(name,)] + ([(name, *inner) for inner in paths(nested["block"], depth - 1)] if depth > 1 else [])
    return sorted(found, key=lambda path: (len(path), path))


class Crashed(Exception):
    """The provider died; what was asked beside died with it."""


class Probes:
    """Resources whose plan tells; those that the provider refuses are given up."""

    def __init__(self, schemas, terraform):
        self.schemas, self.terraform = schemas, terraform
        self.more = {name: list(arguments) for name, arguments in MORE.items()}

    def write(self, wanted):
        text = HEAD
        for address, (name, path) in wanted.items():
            lines = body(self.schemas[name]["block"], path, self.more.get(name, []))
            text += f'resource "{name}" "{address.partition(".")[2]}" {{\n' + "\n".join(lines) + "\n}\n"
        (Path(self.terraform.folder) / "main.tf").write_text(text)

    def errors(self, wanted):
        """What the plan complains about, by address."""
        command = [self.terraform.program, "plan", "-refresh=false", "-out=plan", "-json"]
        done = subprocess.run(command, cwd=self.terraform.folder, env=self.terraform.env, capture_output=True, text=True, check=False)
        found = {}
        for line in done.stdout.splitlines():
            said = json.loads(line)
            if said.get("@level") != "error":
                continue
            diagnostic = said["diagnostic"]
            if diagnostic["summary"] in ("Plugin did not respond", "Request cancelled"):
                raise Crashed
            context = diagnostic.get("snippet", {}).get("context") or ""
            block = re.match(r'resource "(\w+)" "(\w+)"', context)
            address = diagnostic.get("address") or (f"{block[1]}.{block[2]}" if block else None)
            if address not in wanted:
                raise RuntimeError(f"the plan fails: {said['@message']} {diagnostic.get('detail')}")
            found.setdefault(address, []).append(f"{diagnostic['summary']} {diagnostic.get('detail', '')}")
        return found

    def mend(self, wanted, errors):
        """Adds what is asked for to types of which nothing can be planned; gives up what is refused all the same."""
        for address, texts in errors.items():
            name, path = wanted[address]
            choice = re.search(r"one of `([^`]*)` must|configured: \[([^\]]*)\]", " ".join(texts))
            attributes = self.schemas[name]["block"]["attributes"]
            names = (choice[1] or choice[2]).split(",") if choice and not path else []
            said = {argument.partition("=")[0] for argument in self.more.get(name, [])}
            added = next((one for one in names if one in attributes and one not in said), None)
            if added:
                self.more.setdefault(name, []).append(added)
            else:
                print(f"{address}: not told: {texts[0][:150]!r}")
                del wanted[address]

    def plan(self, paths):
        """What is planned for types and paths of nested blocks; some of them may be missing."""
        wanted = {f"{name}.{'__'.join(path) or 'x'}": (name, path) for name, path in paths}
        try:
            while wanted:
                self.write(wanted)
                errors = self.errors(wanted)
                if not errors:
                    shown = json.loads(self.terraform.run("show", "-json", "plan"))
                    changes = {change["address"]: change["change"] for change in shown["resource_changes"]}
                    return {what: changes[address] for address, what in wanted.items()}
                self.mend(wanted, errors)
        except Crashed:
            if len(paths) > 1:
                halves = paths[: len(paths) // 2], paths[len(paths) // 2 :]
                return {**self.plan(halves[0]), **self.plan(halves[1])}
            print(f"{paths[0]}: not told: the provider crashes")
        return {}


def at(value, path):
    """The nested block that a path leads to, the first one of each; none where the plan does not tell it."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
        if isinstance(value, list):
            value = value[0] if len(value) == 1 else None
    return value if isinstance(value, dict) else None


def told(block, change, path, more):
    """Of one body: what is planned for attributes that are left unset, where that is known, and the nested blocks that
    the provider does not make by itself."""
    after, unknown = at(change["after"], path), at(change["after_unknown"], path)
    if after is None:
        return None
    unknown = unknown or {}
    said = {argument.partition("=")[0] for argument in more} if not path else set()
    attributes, blocks = {}, []
    for name, attribute in block.get("attributes", {}).items():
        optional = attribute.get("optional") and not attribute.get("computed") and not attribute.get("write_only")
        if optional and name not in said and not unknown.get(name):
            attributes[name] = after.get(name)
    for name, nested in block.get("block_types", {}).items():
        optional = not nested.get("min_items") and name != "timeouts"
        if optional and not unknown.get(name) and not after.get(name):
            blocks.append(name)
    return {"attributes": attributes, "blocks": sorted(blocks)}


def probe(schemas, types, terraform):
    """By type, and by path of nested blocks, what `told` says."""
    probes = Probes(schemas, terraform)
    probes.write({})
    terraform.run("init", "-no-color")
    planned = probes.plan([(name, ()) for name in types])
    for name in types:
        if (name, ()) in planned:
            planned.update(probes.plan([(name, path) for path in paths(schemas[name]["block"])[:MOST_BLOCKS]]))
    found = {}
    for (name, path), change in planned.items():
        block = schemas[name]["block"]
        for step in path:
            block = block["block_types"][step]["block"]
        answer = told(block, change, path, probes.more.get(name, []))
        if answer:
            found.setdefault(name, {})[path] = answer
    return found
