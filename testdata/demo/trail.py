"""Makes the trail that `driftline demo` shows beside what drifted: records as CloudTrail documents them (CloudTrail User Guide,
"CloudTrail record contents"), of the applies and of what happened behind terraform's back, for the objects of the kept state
and recording. Nobody's account was read: names and addresses are those that are set aside for examples.

    python3 testdata/demo/trail.py

Needs nothing but the state and the recording beside itself; make.py runs it last. Writes `trail.json`; the result is committed."""

import json
import uuid
from pathlib import Path

HERE = Path(__file__).resolve().parent
ACCOUNT, REGION = "123456789012", "eu-west-1"

TERRAFORM = (
    "APN/1.0 HashiCorp/1.0 Terraform/1.11.4 (+https://www.terraform.io) terraform-provider-aws/5.90.0 "
    "(+https://registry.terraform.io/providers/hashicorp/aws) aws-sdk-go-v2/1.36.3 ua/2.1 os/linux lang/go#1.23.6"
)
CLI = "aws-cli/2.15.30 md/awscrt#0.19.19 ua/2.0 os/linux#6.1 md/arch#x86_64 lang/python#3.11.8 md/prompt#off"
BOTO = "Boto3/1.34.51 md/Botocore#1.34.51 ua/2.0 os/linux#6.1 lang/python#3.12.2 exec-env/AWS_Lambda_python3.12 Botocore/1.34.51"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:123.0) Gecko/20100101 Firefox/123.0"


def role(name, session):
    """A session of a role."""
    issuer = {"type": "Role", "principalId": "AROAEXAMPLE", "arn": f"arn:aws:iam::{ACCOUNT}:role/{name}", "accountId": ACCOUNT, "userName": name}
    attributes = {"creationDate": "2026-03-01T00:00:00Z", "mfaAuthenticated": "false"}
    return {
        "type": "AssumedRole",
        "principalId": f"AROAEXAMPLE:{session}",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{session}",
        "accountId": ACCOUNT,
        "accessKeyId": "",
        "sessionContext": {"sessionIssuer": issuer, "attributes": attributes},
    }


def user(name):
    return {"type": "IAMUser", "principalId": "AIDAEXAMPLE", "arn": f"arn:aws:iam::{ACCOUNT}:user/{name}", "accountId": ACCOUNT, "accessKeyId": "", "userName": name}


DEPLOY = (role("deploy", "pipeline"), TERRAFORM, {})
OLIVE = (role("AWSReservedSSO_AdministratorAccess_0123456789abcdef", "olive.oncall@example.com"), BROWSER, {"sessionCredentialFromConsole": "true"})
MEL = (role("AWSReservedSSO_PowerUserAccess_fedcba9876543210", "mel@example.com"), CLI, {})
TAGGER = (role("cost-tagger", "cost-tagger"), BOTO, {})
EXPORT = (role("ledger-export", "ledger-export"), BOTO, {})
CONTRACTOR = (user("contractor-7"), CLI, {})


def record(who, at, name, request, response=None):
    """One call to EC2."""
    identity, agent, more = who
    return {
        "eventVersion": "1.11",
        "userIdentity": identity,
        "eventTime": at,
        "eventSource": "ec2.amazonaws.com",
        "eventName": name,
        "awsRegion": REGION,
        "sourceIPAddress": "203.0.113.7",
        "userAgent": agent,
        "requestParameters": request,
        "responseElements": response or {"_return": True},
        "requestID": str(uuid.uuid5(uuid.NAMESPACE_URL, f"request {at} {name}")),
        "eventID": str(uuid.uuid5(uuid.NAMESPACE_URL, f"event {at} {name}")),
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
        **more,
    }


def items(*values):
    return {"items": list(values)}


def permission(port, cidr, description):
    ranges = items({"cidrIp": cidr, "description": description})
    return items({"ipProtocol": "tcp", "fromPort": port, "toPort": port, "ipRanges": ranges})


def records(ids, debug_group):
    """What was applied, and what was done behind terraform's back."""
    vpc, group, table = ids["aws_vpc.main"], ids["aws_security_group.web"], ids["aws_route_table.private"]
    machine, endpoint, subnet = ids["aws_instance.web"], ids["aws_vpc_endpoint.s3"], ids['aws_subnet.private["b"]']
    route = {"routeTableId": table, "destinationCidrBlock": "0.0.0.0/0"}
    nothing = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}]}
    policy = {"VpcEndpointId": endpoint, "PolicyDocument": json.dumps(nothing)}
    return [
        record(DEPLOY, "2026-03-05T09:00:01Z", "CreateSubnet", {"vpcId": vpc, "cidrBlock": "10.20.2.0/24"}, {"subnet": {"subnetId": subnet}}),
        record(DEPLOY, "2026-03-05T09:00:02Z", "CreateRoute", {**route, "gatewayId": ids["aws_internet_gateway.main"]}),
        record(DEPLOY, "2026-03-05T09:00:03Z", "AuthorizeSecurityGroupIngress", {"groupId": group, "ipPermissions": permission(443, "10.0.0.0/8", "HTTPS from the offices")}),
        record(DEPLOY, "2026-03-05T09:00:05Z", "CreateVpcEndpoint", {"CreateVpcEndpointRequest": {"VpcId": vpc}}, {"CreateVpcEndpointResponse": {"vpcEndpoint": {"vpcEndpointId": endpoint}}}),
        record(DEPLOY, "2026-03-05T09:00:09Z", "RunInstances", {"subnetId": ids['aws_subnet.private["a"]']}, {"instancesSet": items({"instanceId": machine, "groupSet": items({"groupId": group})})}),
        record(MEL, "2026-03-28T15:41:20Z", "ModifyInstanceAttribute", {"instanceId": machine, "sourceDestCheck": {"value": False}}),
        record(TAGGER, "2026-04-01T02:00:07Z", "CreateTags", {"resourcesSet": items({"resourceId": subnet}), "tagSet": items({"key": "Team", "value": "data"})}),
        record(EXPORT, "2026-04-02T11:15:00Z", "ModifyVpcEndpoint", {"ModifyVpcEndpointRequest": policy}),
        record(OLIVE, "2026-04-05T03:12:44Z", "AuthorizeSecurityGroupIngress", {"groupId": group, "ipPermissions": permission(22, "0.0.0.0/0", "temporary")}),
        record(OLIVE, "2026-04-05T03:20:02Z", "DeleteRoute", route),
        record(CONTRACTOR, "2026-04-06T17:30:11Z", "CreateSecurityGroup", {"groupName": "debug", "groupDescription": "who made this?", "vpcId": vpc}, {"_return": True, "groupId": debug_group}),
    ]


def object_ids(state):
    """Ids by resource and key."""
    ids = {}
    for resource in state["resources"]:
        for instance in resource["instances"]:
            key = f'["{instance["index_key"]}"]' if "index_key" in instance else ""
            ids[f'{resource["type"]}.{resource["name"]}{key}'] = instance["attributes"]["id"]
    return ids


def debug_group(recording):
    for path in recording.glob("objects-*.jsonl"):
        for line in path.read_text().splitlines():
            read = json.loads(line)
            if read["type"] == "aws_security_group" and read["attributes"].get("name") == "debug":
                return read["id"]
    raise SystemExit("the recording holds no group that is called debug")


def main():
    ids = object_ids(json.loads((HERE / "terraform.tfstate").read_text()))
    made = {"Records": records(ids, debug_group(HERE / "recording"))}
    (HERE / "trail.json").write_text(json.dumps(made, indent=1) + "\n")


if __name__ == "__main__":
    main()
