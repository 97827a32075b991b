"""A provider that driftline knows nothing of, beside the real one: real terraform applies a stack with both, and its verdict counts.
Knows nothing of how driftline reads."""

import json
import platform
import shutil
from pathlib import Path

import plugin
import repository
import sandbox
import terraform as tf
import truth as verdicts
from checks import Driftline

HERE = Path(__file__).resolve().parent
FAKE_STACK = HERE.parents[1] / "testdata" / "plugin" / "main.tf"
FAKE = Path("example.com/corp/fake")
FAKE_VERSION = "1.0.0"
MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


def fake_program():
    program = sandbox.target_folder() / "debug" / "examples" / "fake-provider"
    if not program.is_file():
        raise RuntimeError("no fake provider: cargo build -p provider-plugin --example fake-provider")
    return program


def mirrors(work):
    """A CLI configuration with a mirror for each of the two providers."""
    system = f"{platform.system().lower()}_{MACHINES[platform.machine()]}"
    package = work / "mirror" / FAKE / FAKE_VERSION / system
    package.mkdir(parents=True, exist_ok=True)
    shutil.copy(fake_program(), package / f"terraform-provider-fake_v{FAKE_VERSION}")
    given = Path(tf.cli_config(work)).read_text()
    theirs = given.replace("provider_installation {", "", 1).rsplit("}", 1)[0]
    ours = f'  filesystem_mirror {{\n    path    = "{work / "mirror"}"\n    include = ["example.com/*/*"]\n  }}\n'
    path = work / "both.tfrc"
    path.write_text(f"provider_installation {{\n{ours}{theirs}}}\n")
    return path


class Foreign:
    """The stack in one protocol of the fake provider."""

    name = "foreign"

    def __init__(self, protocol, work):
        self.label = f"foreign-{protocol}"
        self.work = work / self.label
        shutil.rmtree(self.work, ignore_errors=True)
        source = self.work / "source"
        source.mkdir(parents=True)
        shutil.copy(FAKE_STACK, source)
        shutil.copy(HERE / "foreign" / "aws.tf", source)
        self.repository = self.work / "repository"
        repository.make(source, self.repository)
        self.moto = sandbox.Moto(self.work)
        self.cloud = self.work / "cloud"
        self.environment = {
            "FAKE_PROTOCOL": str(protocol),
            "FAKE_CLOUD": str(self.cloud),
            "TF_VAR_other_cloud": str(self.work / "other"),
        }
        self.terraform = tf.Terraform(self.repository, {**sandbox.environment(self.moto.url), **self.environment}, self.work)
        self.terraform.env["TF_CLI_CONFIG_FILE"] = str(mirrors(self.work))
        self.state = self.repository / "terraform.tfstate"

    def apply(self):
        self.terraform.run("init", "-no-color")
        self.terraform.run("apply", "-auto-approve", "-no-color")

    def mutate(self):
        """Changes behind terraform's back, with every kind of value, in both clouds."""
        self.change("fake_thing/full", tags={"Env": "dev"}, secret="another-secret", rule=[{"port": 443, "note": "changed"}])
        self.change("fake_thing/private-one", size=0.5, ports=[1], tags={}, any=7)
        self.change("fake_box/box", login={"user": "eve", "password": "hunter3-long"})
        (self.work / "other" / "fake_thing" / "elsewhere.json").unlink()
        import boto3  # only inside the suite's own environment

        recorded = json.loads(self.state.read_text())["resources"]
        ids = {one["name"]: one["instances"][0]["attributes"]["id"] for one in recorded if one["type"] == "aws_vpc"}
        keys = {"endpoint_url": self.moto.url, "aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        boto3.client("ec2", region_name="eu-west-1", **keys).delete_vpc(VpcId=ids["west"])
        tags = [{"Key": "Team", "Value": "other"}, {"Key": "Name", "Value": "renamed"}]
        boto3.client("ec2", region_name="us-east-1", **keys).create_tags(Resources=[ids["main"]], Tags=tags)

    def change(self, name, **attributes):
        path = self.cloud / f"{name}.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **attributes}))


def check_phase(checks, stack, scanner, phase):
    label = f"{stack.label}-{phase}"
    truth = verdicts.verdict(stack.terraform, stack.work, label)
    _, report, complaints = scanner.scan(
        f"{label}-raw", stack.state, "--level", "raw", url=stack.moto.url, reader="plugin", more=stack.environment
    )
    checks.check(f"{label}: two providers, two aliases each, raw is terraform's verdict exactly", [*complaints, *plugin.compare_raw(truth, report), *plugin.wrong_exit(report), *plugin.gaps(report)])
    if phase == "mutated":
        checks.check(f"{label}: terraform sees the changes", [] if len(truth["drift"]) >= 7 else [f"only {[one['address'] for one in truth['drift']]}"])
    _, report, complaints = scanner.scan(f"{label}-auto", stack.state, url=stack.moto.url, reader="auto", more=stack.environment)
    readers = {(one["type"], one["reader"]) for one in report["coverage"]}
    expected = {("aws_vpc", "native"), ("aws_ec2_tag", "plugin"), ("fake_thing", "plugin"), ("fake_box", "plugin")}
    wrong = [f"{one[0]} was read by {one[1]}" for one in sorted(readers - expected)]
    checks.check(f"{label}: each type by its reader, in one scan", [*complaints, *wrong, *plugin.gaps(report)])
    return report


def check_absent(checks, stack, scanner):
    """Without one of the providers its types are unknown, and the rest is scanned."""
    shutil.rmtree(stack.repository / ".terraform" / "providers" / FAKE)
    _, report, complaints = scanner.scan(f"{stack.label}-absent", stack.state, url=stack.moto.url, reader="auto", more=stack.environment)
    unknown = {one["address"]: one["cause"] for one in report["findings"] if one["kind"] == "unknown"}
    lines = [f"{address} is unknown: {cause}" for address, cause in unknown.items() if not address.startswith("fake_")]
    lines += [f"{address}: {cause}" for address, cause in unknown.items() if "run `terraform init`" not in cause]
    lines += [] if len(unknown) == 4 else [f"unknown: {sorted(unknown)}"]
    lines += [] if report["scan"]["complete"] is False else ["called complete"]
    checks.check(f"{stack.label}: a provider that isn't there leaves its own types unknown", [*complaints, *lines])


def check(checks, driftline, work):
    """Both protocols."""
    for protocol in (5, 6):
        stack = Foreign(protocol, work)
        try:
            scanner = Driftline(driftline, stack.repository, stack.work)
            stack.apply()
            check_phase(checks, stack, scanner, "applied")
            stack.mutate()
            check_phase(checks, stack, scanner, "mutated")
            check_absent(checks, stack, scanner)
        finally:
            stack.moto.stop()
