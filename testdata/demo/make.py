"""Makes the example that `driftline demo` shows: a Git repository with a history, a state applied by the real terraform
to an emulator, changes behind terraform's back, a recording of what driftline then read, and a trail of who did what.

    python3 testdata/demo/make.py [--driftline target/debug/driftline]

Needs what the conformance suite needs (terraform, the AWS provider's mirror). Writes beside itself; the result is committed."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tests" / "conformance"))

import sandbox  # noqa: E402
import trail  # noqa: E402
from repository import git  # noqa: E402
from terraform import Terraform  # noqa: E402

ADA = ("Ada Author", "ada@example.com")
GRACE = ("Grace Reviewer", "grace@example.com")
MEL = ("Mel Merger", "mel@example.com")

VERSIONS = """terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}

provider "aws" {
  region                      = var.region
  skip_credentials_validation = true
  skip_metadata_api_check     = true

  default_tags {
    tags = {
      ManagedBy = "terraform"
      Team      = "platform"
    }
  }
}

variable "region" {
  type    = string
  default = "eu-west-1"
}
"""

MAIN = """module "network" {
  source = "../modules/network"

  name = "payments"
  cidr = "10.20.0.0/16"
  subnets = {
    a = "10.20.1.0/24"
    b = "10.20.2.0/24"
  }
}
"""

NETWORK = """variable "name" { type = string }
variable "cidr" { type = string }
variable "subnets" { type = map(string) }

resource "aws_vpc" "main" {
  cidr_block           = var.cidr
  enable_dns_hostnames = true
  tags                 = { Name = var.name }
}

resource "aws_subnet" "private" {
  for_each   = var.subnets
  vpc_id     = aws_vpc.main.id
  cidr_block = each.value
  tags       = { Name = "${var.name}-${each.key}" }
}

resource "aws_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id
}

resource "aws_route_table" "private" {
  vpc_id = aws_vpc.main.id
  tags   = { Name = "${var.name}-private" }
}

resource "aws_route" "out" {
  route_table_id         = aws_route_table.private.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.main.id
}

output "vpc_id" { value = aws_vpc.main.id }
output "subnet_ids" { value = { for key, subnet in aws_subnet.private : key => subnet.id } }
output "route_table_id" { value = aws_route_table.private.id }
"""

FIREWALL = """resource "aws_security_group" "web" {
  name        = "payments-web"
  description = "Payments front end"
  vpc_id      = module.network.vpc_id

  ingress {
    description = "HTTPS from the offices"
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = ["10.0.0.0/8"]
  }

  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }
}
"""

SERVER = """resource "aws_instance" "web" {
  ami                    = "ami-12c6146b"
  instance_type          = "t3.small"
  subnet_id              = module.network.subnet_ids["a"]
  vpc_security_group_ids = [aws_security_group.web.id]
  source_dest_check      = true
  tags                   = { Name = "payments-web" }

  metadata_options {
    http_endpoint = "enabled"
    http_tokens   = "required"
  }
}
"""

ENDPOINT = """resource "aws_vpc_endpoint" "s3" {
  vpc_id          = module.network.vpc_id
  service_name    = "com.amazonaws.${var.region}.s3"
  route_table_ids = [module.network.route_table_id]

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = "*"
      Action    = ["s3:GetObject", "s3:PutObject"]
      Resource  = "arn:aws:s3:::payments-ledger/*"
    }]
  })
}
"""


class History:
    """Makes commits as people and forges do."""

    def __init__(self, folder):
        self.folder = Path(folder)
        git(self.folder, ADA, "2026-02-02T09:00:00Z", "init", "--quiet", "--initial-branch=main")

    def write(self, path, text):
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def commit(self, who, when, message):
        git(self.folder, who, when, "add", "-A")
        git(self.folder, who, when, "commit", "--quiet", "-m", message)

    def pull_request(self, number, branch, files, author, merger, days, message, trailers=""):
        """A branch with one commit, merged by somebody."""
        git(self.folder, author, days[0], "checkout", "--quiet", "-b", branch)
        for path, text in files.items():
            self.write(path, text)
        self.commit(author, days[0], message)
        git(self.folder, merger, days[1], "checkout", "--quiet", "main")
        subject = f"Merge pull request #{number} from example/{branch}\n\n{message}"
        git(self.folder, merger, days[1], "merge", "--quiet", "--no-ff", branch, "-m", subject + (f"\n\n{trailers}" if trailers else ""))
        git(self.folder, merger, days[1], "branch", "--quiet", "-D", branch)


def approved_history(folder):
    """Everything that is applied."""
    history = History(folder)
    history.write(".gitignore", ".terraform*\n*.tfstate*\n")
    history.write("live/versions.tf", VERSIONS)
    history.write("live/main.tf", MAIN)
    history.write("modules/network/main.tf", NETWORK)
    history.commit(ADA, "2026-02-02T09:00:00Z", "network: the payments VPC")
    approved = f"Approved-by: {GRACE[0]} <{GRACE[1]}>"
    history.pull_request(4, "firewall", {"live/firewall.tf": FIREWALL}, ADA, MEL, ("2026-02-09T10:00:00Z", "2026-02-10T08:30:00Z"), "firewall: HTTPS from the offices only", approved)
    history.pull_request(7, "server", {"live/server.tf": SERVER}, ADA, ADA, ("2026-02-17T10:00:00Z", "2026-02-17T10:05:00Z"), "server: the payments front end", f"Approved-by: {ADA[0]} <{ADA[1]}>")
    history.pull_request(9, "endpoint", {"live/endpoint.tf": ENDPOINT}, GRACE, MEL, ("2026-03-03T10:00:00Z", "2026-03-04T16:00:00Z"), "endpoint: the ledger bucket without the internet")
    # Formatting takes no credit.
    history.write("live/firewall.tf", "# The front end's firewall.\n" + FIREWALL)
    history.commit(MEL, "2026-03-20T12:00:00Z", "Comment the firewall")
    return history


def later_history(history):
    """Approved, not applied yet."""
    main = MAIN.replace('    b = "10.20.2.0/24"\n', '    b = "10.20.2.0/24"\n    c = "10.20.3.0/24"\n')
    history.pull_request(12, "third-zone", {"live/main.tf": main}, ADA, MEL, ("2026-04-07T10:00:00Z", "2026-04-08T09:00:00Z"), "network: a third zone", f"Approved-by: {GRACE[0]} <{GRACE[1]}>")


def mutate(url, region):
    """What happened behind terraform's back."""
    import boto3

    ec2 = boto3.client("ec2", region_name=region, endpoint_url=url, aws_access_key_id="testing", aws_secret_access_key="testing")
    group = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["payments-web"]}])["SecurityGroups"][0]
    ec2.authorize_security_group_ingress(
        GroupId=group["GroupId"],
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "temporary"}]}],
    )
    instance = ec2.describe_instances(Filters=[{"Name": "tag:Name", "Values": ["payments-web"]}])["Reservations"][0]["Instances"][0]
    ec2.modify_instance_attribute(InstanceId=instance["InstanceId"], SourceDestCheck={"Value": False})
    endpoint = ec2.describe_vpc_endpoints()["VpcEndpoints"][0]
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}]}
    ec2.modify_vpc_endpoint(VpcEndpointId=endpoint["VpcEndpointId"], PolicyDocument=json.dumps(policy))
    table = ec2.describe_route_tables(Filters=[{"Name": "tag:Name", "Values": ["payments-private"]}])["RouteTables"][0]
    ec2.delete_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock="0.0.0.0/0")
    subnet = ec2.describe_subnets(Filters=[{"Name": "tag:Name", "Values": ["payments-b"]}])["Subnets"][0]
    ec2.create_tags(Resources=[subnet["SubnetId"]], Tags=[{"Key": "Team", "Value": "data"}])
    ec2.create_security_group(GroupName="debug", Description="who made this?", VpcId=subnet["VpcId"])


def keep_repository(folder, target):
    """The repository's own data as a few files: one pack, its index, the references."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    when = "2026-04-08T09:00:00Z"
    git(folder, MEL, when, "repack", "-a", "-d", "-q", "--threads=1")
    git(folder, MEL, when, "pack-refs", "--all")
    (pack,) = (Path(folder) / ".git" / "objects" / "pack").glob("pack-*.pack")
    shutil.copy(pack, target / "demo.pack")
    shutil.copy(pack.with_suffix(".idx"), target / "demo.idx")
    shutil.copy(Path(folder) / ".git" / "packed-refs", target / "packed-refs")
    for path in target.iterdir():
        path.chmod(0o644)


def leave_out_what_the_emulator_lacks(recording):
    """Takes types out of the recording that nobody manages and that the emulator cannot answer for: no account is like that."""
    manifest = json.loads((recording / "recording.json").read_text())
    position = 0
    for connection in manifest["connections"]:
        kept = []
        for batch in connection["batches"]:
            lacking = batch["gaps"] and not batch["requested"]
            file = recording / f"objects-{position}.jsonl"
            position += 1
            if not lacking:
                if file.exists():
                    file.rename(recording / f"kept-{len(kept)}.jsonl")
                kept.append(batch)
        connection["batches"] = kept
    for path in recording.glob("kept-*.jsonl"):
        path.rename(recording / path.name.replace("kept", "objects"))
    (recording / "recording.json").write_text(json.dumps(manifest, indent=2) + "\n")


def list_recording(recording):
    """The list of the recording's files that the program embeds."""
    names = sorted(path.name for path in recording.iterdir())
    lines = [f'    ("recording/{name}", include_bytes!("recording/{name}")),' for name in names]
    text = "// Written by make.py.\n&[\n" + "\n".join(lines) + "\n]\n"
    (HERE / "recording.rs").write_text(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--driftline", default=os.environ.get("DRIFTLINE", str(ROOT / "target" / "debug" / "driftline")))
    arguments = parser.parse_args()
    sandbox.enter()
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work) / "payments-infrastructure"
        folder.mkdir()
        moto = sandbox.Moto(work)
        try:
            env = sandbox.environment(moto.url)
            history = approved_history(folder)
            terraform = Terraform(folder / "live", env, work)
            terraform.run("init", "-no-color")
            terraform.run("apply", "-auto-approve", "-no-color")
            terraform.run("apply", "-refresh-only", "-auto-approve", "-no-color")
            later_history(history)
            mutate(moto.url, "eu-west-1")
            shutil.copy(folder / "live" / "terraform.tfstate", HERE / "terraform.tfstate")
            keep_repository(folder, HERE / "repository")
            recording = HERE / "recording"
            shutil.rmtree(recording, ignore_errors=True)
            scan = [arguments.driftline, "scan", str(folder / "live"), "--unmanaged", "--record", str(recording)]
            done = subprocess.run(scan, env={**os.environ, **env}, check=False)
            if done.returncode != 2:
                sys.exit(f"the scan ended with {done.returncode}, not with drift")
            leave_out_what_the_emulator_lacks(recording)
            list_recording(recording)
            trail.main()
        finally:
            moto.stop()


if __name__ == "__main__":
    main()
