"""Configuration changes that are committed and not applied: driftline's kinds against the actions of terraform's plan.
Knows nothing of drift."""

import json
import shutil

import compare
import repository
import truth as verdicts

WHEN = "2026-02-02T10:00:00Z"
MAIN, VALUES = "main.tf", "terraform.tfvars"
QUEUE = '\nresource "aws_sqs_queue" "late" {\n  name = "late"\n}\n'
GROUP = '\nresource "aws_cloudwatch_log_group" "late" {\n  name = "/app/late"\n}\n'
TAGS = '  tags                 = { Name = "main", Team = "network" }\n'
STATEMENT = '{ Effect = "Allow", Action = ["sqs:ReceiveMessage", "sqs:GetQueueUrl"], Resource = "*" },'
REORDERED = '{ Resource = "*", Action = ["sqs:ReceiveMessage", "sqs:GetQueueUrl"], Effect = "Allow" },'
ALARM_TEXT = '  alarm_description   = "Deep"\n'
MISSING_DATA = '  treat_missing_data  = "breaching"\n'
LOOSE = 'resource "aws_sns_topic" "loose" {'
MODULE = 'module "orders" {\n  source = "./queue"\n  name   = "orders"\n  delay  = 5\n}\n'

# Each by name: (file, what stands there, what is to stand there), one after the other. With nothing to stand there, the
# text is added at the end.
TRUTH = "truth-approved-changes.json"
CHANGES = {
    "added": [(MAIN, "", QUEUE)],
    "added-by-module": [(MAIN, "", MODULE.replace("orders", "returns"))],
    "removed": [(MAIN, MODULE, "")],
    "changed": [(MAIN, "visibility_timeout_seconds = 60", "visibility_timeout_seconds = 90")],
    "changed-by-local": [(MAIN, "retention = 14", "retention = 30")],
    "changed-by-argument": [(MAIN, "delay  = 5", "delay  = 7")],
    "changed-tag": [(MAIN, 'Team = "network"', 'Team = "platform"')],
    "changed-default-tags": [(MAIN, 'Stack = "approved"', 'Stack = "approved", Owner = "platform"')],
    "changed-policy": [(MAIN, '"sqs:GetQueueUrl"', '"sqs:GetQueueAttributes"')],
    "changed-within-block": [(MAIN, "days = 30", "days = 60")],
    "changed-name": [(MAIN, '"/app/approved"', '"/app/replaced"')],
    "changed-ignored": [(MAIN, 'display_name = "Loose"', 'display_name = "Looser"')],
    "tags-removed": [(MAIN, TAGS, "")],
    "argument-removed": [(MAIN, ALARM_TEXT, "")],
    "argument-with-default-removed": [(MAIN, MISSING_DATA, "")],
    "argument-set-to-its-default": [(MAIN, "  force_destroy = true\n", "  force_destroy = false\n")],
    "argument-that-the-provider-fills-removed": [(MAIN, '  availability_zone = "us-east-1${each.key}"\n', "")],
    "block-removed": [(MAIN, '\n  lifecycle_policy {\n    transition_to_ia = "AFTER_30_DAYS"\n  }\n', "")],
    "block-added": [(MAIN, "    expiration {", "    noncurrent_version_expiration {\n      noncurrent_days = 9\n    }\n    expiration {")],
    "rule-added": [(MAIN, "[443, 8443]", "[443, 8443, 9443]")],
    "rules-reordered": [(MAIN, "[443, 8443]", "[8443, 443]")],
    "key-added": [(VALUES, "b = 2", "b = 2, c = 3")],
    "key-removed": [(VALUES, ", b = 2", "")],
    "key-renamed": [(VALUES, "b = 2", "c = 2")],
    "count-lowered": [(VALUES, "replicas = 2", "replicas = 1")],
    "count-raised": [(VALUES, "replicas = 2", "replicas = 3")],
    "count-zero": [(VALUES, "replicas = 2", "replicas = 0")],
    "moved": [(MAIN, LOOSE, LOOSE.replace("loose", "free")), (MAIN, "", "\nmoved {\n  from = aws_sns_topic.loose\n  to   = aws_sns_topic.free\n}\n")],
    "moved-into-module": [
        (MAIN, MODULE, MODULE.replace('module "orders"', 'module "shop"')),
        (MAIN, "", "\nmoved {\n  from = module.orders\n  to   = module.shop\n}\n"),
    ],
    "moved-key": [(VALUES, "b = 2", "c = 2"), (MAIN, "", '\nmoved {\n  from = aws_subnet.zone["b"]\n  to   = aws_subnet.zone["c"]\n}\n')],
    "renamed": [(MAIN, LOOSE, LOOSE.replace("loose", "free"))],
    "forgotten": [(MAIN, MODULE, ""), (MAIN, "", "\nremoved {\n  from = module.orders.aws_sqs_queue.this\n  lifecycle {\n    destroy = false\n  }\n}\n")],
    "imported": [(MAIN, "", GROUP + '\nimport {\n  to = aws_cloudwatch_log_group.late\n  id = "/app/late"\n}\n')],
    "replaced-by-trigger": [(MAIN, 'input = "one"', 'input = "two"')],
    "comment": [(MAIN, 'resource "aws_vpc" "main" {', '# The network of everything.\nresource "aws_vpc" "main" { // here')],
    "reordered-document": [(MAIN, STATEMENT, REORDERED)],
    "other-file": [(MAIN, MODULE, ""), ("orders.tf", "", MODULE)],
    "through-a-local": [(MAIN, "visibility_timeout_seconds = 60", "visibility_timeout_seconds = local.timeout"), (MAIN, "  retention = 14", "  timeout   = 50 + 10\n  retention = 14")],
    "lifecycle": [(MAIN, 'bucket        = "approved-files"\n', 'bucket        = "approved-files"\n\n  lifecycle {\n    create_before_destroy = true\n  }\n\n')],
}
# Written into the working tree, and not committed: what is approved stays as it was.
UNCOMMITTED = {"uncommitted": CHANGES["changed"] + CHANGES["added"] + CHANGES["removed"]}


def edit(folder, edits):
    for file, old, new in edits:
        path = folder / file
        text = path.read_text() if path.is_file() else ""
        if old and text.count(old) == 0:
            raise RuntimeError(f"{file} does not hold {old!r}")
        path.write_text(text.replace(old, new) if old else text + new)


class Approved:
    """A clone of the stack's repository whose branches are one change ahead each."""

    def __init__(self, stack):
        self.folder = stack.work / "changed"
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(stack.repository, self.folder, ignore=shutil.ignore_patterns("*.tfstate*"), symlinks=True)

    def git(self, *arguments):
        return repository.git(self.folder, repository.AUTHOR, WHEN, *arguments)

    def enter(self, name):
        """Makes the change, on a commit of its own or in the working tree alone."""
        self.git("checkout", "--quiet", "--force", "main")
        self.git("clean", "--quiet", "--force")
        edit(self.folder, CHANGES.get(name) or UNCOMMITTED[name])
        if name in CHANGES:
            self.git("checkout", "--quiet", "-B", name)
            self.git("add", ".")
            self.git("commit", "--quiet", "-m", f"approved: {name}")


def verdicts_of(stack, work):
    """What terraform plans for each change, against the live server; nothing is applied."""
    approved = Approved(stack)
    terraform = stack.terraform.elsewhere(approved.folder)
    shutil.copyfile(stack.state("settled"), approved.folder / "terraform.tfstate")
    make_importable(stack)
    truths = {}
    for name in CHANGES:
        approved.enter(name)
        plan = work / "approved.tfplan"
        if any("module" in new for _, _, new in CHANGES[name]):
            terraform.run("get", "-no-color")
        terraform.run("plan", "-refresh=false", "-no-color", f"-out={plan}")
        truths[name] = verdicts.planned(json.loads(terraform.run("show", "-json", str(plan))))
    truths["uncommitted"] = {}
    return truths


def make_importable(stack):
    """The object that one of the changes imports."""
    import boto3  # only where boto3 is

    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    client = boto3.client("logs", endpoint_url=stack.moto.url, region_name="us-east-1", **keys)
    client.create_log_group(logGroupName="/app/late")


def check(checks, scanner, stack):
    """Live: terraform's verdicts, kept in a file too, and driftline's."""
    truths = verdicts_of(stack, stack.work)
    checks.check("approved: each change is one that terraform sees, or one that changes nothing", check_truths(truths))
    verdicts.dump(stack.work / TRUTH, truths)
    compare_all(checks, scanner, stack, truths, stack.state("settled"), stack.recording("settled"))


# Changes of the text that are none of the infrastructure.
NOTHING = {
    "argument-that-the-provider-fills-removed", "changed-ignored", "rules-reordered", "moved", "moved-into-module",
    "comment", "reordered-document", "other-file", "through-a-local", "lifecycle", "uncommitted",
}


def check_truths(truths):
    return [f"{name}: terraform plans {truth}" for name, truth in truths.items() if bool(truth) == (name in NOTHING)]


def compare_all(checks, scanner, stack, truths, state, recording):
    """Driftline's verdicts on the same changes, out of the recording of the settled stack."""
    approved = Approved(stack)
    there = scanner.elsewhere(approved.folder)
    for name, truth in truths.items():
        approved.enter(name)
        _, report, complaints = there.scan(f"approved-{name}", state, "--live", str(recording))
        checks.check(f"approved: {name}: as terraform plans", [*complaints, *compare.compare_planned(truth, report), *compare.quiet("approved", report), *compare.compare_unknown([], report)])
