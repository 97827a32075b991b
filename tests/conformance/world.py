"""The applied stack as the changes see it, and the list that they register in.
Knows nothing of any one change."""

import boto3
from address import address

CHANGES = []


class World:
    """The applied stack: ids and attributes out of its state, a client per region."""

    def __init__(self, state, url):
        self.attributes = {}
        for resource in state["resources"]:
            if resource["mode"] == "managed":
                for instance in resource["instances"]:
                    self.attributes[address(resource, instance)] = instance["attributes"]
        self.session = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing")
        self.url = url
        self.ec2 = self.client("ec2")
        self.west = self.client("ec2", "eu-west-1")
        self.created = []

    def client(self, service, region="us-east-1"):
        return self.session.client(service, region_name=region, endpoint_url=self.url)

    def id(self, where):
        return self.attributes[where]["id"]

    def get(self, where, attribute):
        return self.attributes[where][attribute]

    def create(self, resource_type, object_id, region="us-east-1"):
        """Notes an object that no state holds."""
        self.created.append({"type": resource_type, "id": object_id, "region": region})
        return object_id


def change(*addresses, harmless=False):
    """Registers a change. `addresses`: those that differ afterwards; for a harmless one, those that must not."""

    def register(function):
        CHANGES.append({"name": function.__name__, "about": function.__doc__, "addresses": addresses, "harmless": harmless, "function": function})
        return function

    return register


BLUE = 'module.network["blue"]'
GREEN = 'module.network["green/2 b"]'
APP0 = "module.compute[0]"
APP1 = "module.compute[1]"


def tag(client, object_id, **tags):
    client.create_tags(Resources=[object_id], Tags=[{"Key": key, "Value": value} for key, value in tags.items()])


def untag(client, object_id, *keys):
    client.delete_tags(Resources=[object_id], Tags=[{"Key": key} for key in keys])
