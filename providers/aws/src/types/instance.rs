//! `aws_instance`: DescribeInstances for all, with DescribeVolumes for their block devices and DescribeVpcs to tell default
//! VPCs; DescribeLaunchTemplates where one was launched from a template. For managed instances also
//! DescribeInstanceAttribute four times each, which has no bulk form, DescribeInstanceCreditSpecifications of the burstable
//! and DescribeSpotInstanceRequests of the spot ones, in bulk.
//! Not read: `password_data`, `ephemeral_block_device` (no API tells it), and what only Terraform knows
//! (`get_password_data`, `user_data_replace_on_change`, `timeouts`).
//! User data is kept as its digest, as state has it.

use crate::attachment_parts::{part, public_name};
use crate::rules::{elements, ids, single, single_of};
use crate::user_data;
use provider_api::{Attributes, Owner, ResourceType, Rule, RuleKind};
use serde_json::Value;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_instance",
    permissions: &[
        "ec2:DescribeInstanceAttribute",
        "ec2:DescribeInstanceCreditSpecifications",
        "ec2:DescribeInstances",
        "ec2:DescribeLaunchTemplates",
        "ec2:DescribeSpotInstanceRequests",
        "ec2:DescribeVolumes",
        "ec2:DescribeVpcs",
    ],
    identity: &[],
    rules: &[
        Rule { pattern: "password_data", kind: RuleKind::Sensitive },
        Rule { pattern: "user_data", kind: RuleKind::Canonical(user_data::canonical) },
        Rule { pattern: "user_data", kind: RuleKind::Sensitive },
        Rule { pattern: "user_data_base64", kind: RuleKind::Canonical(user_data::canonical) },
        Rule { pattern: "user_data_base64", kind: RuleKind::Sensitive },
    ],
    owners: OWNERS,
};

/// What other resources change of an instance after it was recorded.
const OWNERS: &[Owner] = &[
    Owner {
        attribute: "ebs_block_device",
        resource_type: "aws_volume_attachment",
        parents: |attachment| ids(attachment, "instance_id"),
        parts: |attachment| volume_at(&Value::Object(attachment.clone())),
        split: |devices| elements(devices).iter().flat_map(volume_at).collect(),
    },
    Owner {
        attribute: "public_dns",
        resource_type: "aws_eip",
        parents: |address| ids(address, "instance"),
        parts: |address| single_of(address, "public_ip"),
        split: public_name,
    },
    Owner {
        attribute: "public_dns",
        resource_type: "aws_eip_association",
        parents: |association| ids(association, "instance_id"),
        parts: |association| single_of(association, "public_ip"),
        split: public_name,
    },
    Owner {
        attribute: "public_ip",
        resource_type: "aws_eip",
        parents: |address| ids(address, "instance"),
        parts: |address| single_of(address, "public_ip"),
        split: single,
    },
    Owner {
        attribute: "public_ip",
        resource_type: "aws_eip_association",
        parents: |association| ids(association, "instance_id"),
        parts: |association| single_of(association, "public_ip"),
        split: single,
    },
    Owner {
        attribute: "secondary_private_ips",
        resource_type: "aws_eip_association",
        parents: |association| ids(association, "instance_id"),
        parts: |association: &Attributes| single_of(association, "private_ip_address"),
        split: elements,
    },
];

/// Which volume is where, out of a device block or an attachment.
fn volume_at(device: &Value) -> Vec<Value> {
    part(&[("device_name", device.get("device_name")), ("volume_id", device.get("volume_id"))])
}

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::block_devices::{Volumes, is_set, with_block_devices};
    use crate::instance_details::{Details, spot_request};
    use crate::origin;
    use crate::sdk::prelude::*;
    use crate::timestamp::timestamp;
    use aws_sdk_ec2::types::{
        CapacityReservationSpecificationResponse, Instance, InstanceNetworkInterface, InstanceStateName,
        LaunchTemplate, MonitoringState, Vpc,
    };
    use serde_json::Value;
    use std::collections::HashSet;

    /// Tags that whatever launches instances by itself sets.
    const OWNERS: &[(&str, &str)] = &[
        ("aws:autoscaling:groupName", "aws_autoscaling_group"),
        ("aws:ec2:fleet-id", "aws_ec2_fleet"),
        ("aws:ec2spot:fleet-request-id", "aws_spot_fleet_request"),
        ("aws:elasticmapreduce:job-flow-id", "aws_emr_cluster"),
    ];

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let reservations = place.reservations().await?;
        let instances: Vec<&Instance> = reservations
            .iter()
            .flat_map(|reservation| reservation.instances())
            .filter(|one| !is_terminated(one))
            .collect();
        let recorded = batch.all_recorded();
        let around = Around::read(place, batch, &instances).await;
        let details = Details::read(place, batch, &instances, &recorded).await;
        let unrecorded = Recorded::default();
        for instance in instances {
            let id = instance.instance_id().unwrap_or_default();
            let recorded = recorded.get(id).unwrap_or(&unrecorded);
            let arn = place.arn(place.account.as_deref(), &format!("instance/{id}"));
            batch.add(id, instance_origin(instance), || {
                let object =
                    around.add(convert(instance, recorded).text_if_known("arn", arn.as_deref()), instance, recorded);
                details.add(object, id)
            });
        }
        Ok(())
    }

    /// Terminated instances stay listed for a while; to Terraform they are gone.
    fn is_terminated(instance: &Instance) -> bool {
        instance.state().and_then(|state| state.name()) == Some(&InstanceStateName::Terminated)
    }

    fn instance_origin(instance: &Instance) -> Origin {
        origin::by_tag(instance.tags(), OWNERS).or_else(|| origin::operator(instance.operator())).unwrap_or_default()
    }

    /// Lists of what surrounds instances, as far as they could be read.
    struct Around<'p> {
        volumes: Option<Volumes<'p>>,
        vpcs: Option<&'p [Vpc]>,
        templates: Option<&'p [LaunchTemplate]>,
    }

    impl<'p> Around<'p> {
        async fn read(place: &'p Place, batch: &mut Batch<'_>, instances: &[&Instance]) -> Self {
            let launched_from_template = instances.iter().any(|instance| template_tag(instance, "id").is_some());
            let templates = async {
                match launched_from_template {
                    true => place.launch_templates().await,
                    false => Ok(&[][..]),
                }
            };
            let (volumes, vpcs, templates) = tokio::join!(place.volumes(), place.vpcs(), templates);
            Self {
                volumes: batch.detail(volumes).map(Volumes::new),
                vpcs: batch.detail(vpcs),
                templates: batch.detail(templates),
            }
        }

        fn add(&self, object: Object, instance: &Instance, recorded: &Recorded) -> Object {
            let object = match &self.volumes {
                Some(volumes) => with_block_devices(object, instance, volumes, recorded),
                None => object,
            };
            let object = match self.vpcs {
                Some(vpcs) => object.texts("security_groups", group_names(instance, vpcs)),
                None => object,
            };
            match self.templates {
                Some(templates) => object.blocks("launch_template", launch_template(instance, templates, recorded)),
                None => object,
            }
        }
    }

    /// Names of security groups: the provider records them where the instance is in a default VPC, or in none.
    fn group_names<'i>(instance: &'i Instance, vpcs: &[Vpc]) -> Vec<&'i str> {
        let vpc = vpcs.iter().find(|vpc| vpc.vpc_id().is_some() && vpc.vpc_id() == instance.vpc_id());
        let by_name = match vpc {
            Some(vpc) => vpc.is_default() == Some(true),
            None => instance.subnet_id().is_none(),
        };
        let names = instance.security_groups().iter().map(|group| group.group_name().unwrap_or_default());
        names.filter(|_| by_name).collect()
    }

    /// What EC2 notes on an instance of the template that it was launched from.
    fn template_tag<'i>(instance: &'i Instance, what: &str) -> Option<&'i str> {
        let tag = |key: Option<&str>| key.and_then(|key| key.strip_prefix("aws:ec2launchtemplate:")) == Some(what);
        instance.tags().iter().find(|one| tag(one.key()))?.value()
    }

    /// The template that the instance was launched from. `$Default` and `$Latest` stay recorded while they mean the version
    /// that the instance runs.
    fn launch_template(instance: &Instance, templates: &[LaunchTemplate], recorded: &Recorded) -> Option<Object> {
        let id = template_tag(instance, "id")?;
        let template = templates.iter().find(|template| template.launch_template_id() == Some(id))?;
        let version = template_tag(instance, "version").unwrap_or_default();
        let is = |number: Option<i64>| number.is_some_and(|number| number.to_string() == version);
        let recorded = recorded.0.get("launch_template").and_then(|template| template.get(0)?.get("version")?.as_str());
        let version = match recorded {
            Some("$Default") if is(template.default_version_number()) => "$Default",
            Some("$Latest") if is(template.latest_version_number()) => "$Latest",
            _ => version,
        };
        let object = Object::new().text("id", Some(id)).text("name", template.launch_template_name());
        Some(object.text("version", Some(version)))
    }

    /// What the instance itself tells.
    fn convert(instance: &Instance, recorded: &Recorded) -> Object {
        let profile = instance.iam_instance_profile().and_then(|profile| profile.arn());
        let object = Object::new()
            .created(instance.launch_time().and_then(timestamp))
            .text("id", instance.instance_id())
            .text("ami", instance.image_id())
            .flag("ebs_optimized", instance.ebs_optimized())
            .text("iam_instance_profile", profile.and_then(|arn| arn.rsplit('/').next()))
            .text("instance_state", instance.state().and_then(|state| state.name()).map(|name| name.as_str()))
            .text("instance_type", instance.instance_type().map(|kind| kind.as_str()))
            .text("key_name", instance.key_name())
            .text("outpost_arn", instance.outpost_arn())
            .text("private_dns", instance.private_dns_name())
            .text("private_ip", instance.private_ip_address())
            .text("public_dns", instance.public_dns_name())
            .text("public_ip", instance.public_ip_address())
            .texts("vpc_security_group_ids", group_ids(instance))
            .tags(instance.tags());
        let object = with_market(object, instance);
        let object = with_options(object, instance);
        let object = with_placement(object, instance);
        with_network(object, instance, recorded)
    }

    /// Ids of security groups, which the provider records for instances in a subnet.
    fn group_ids(instance: &Instance) -> Vec<&str> {
        let ids = instance.security_groups().iter().map(|group| group.group_id().unwrap_or_default());
        ids.filter(|_| instance.subnet_id().is_some_and(|subnet| !subnet.is_empty())).collect()
    }

    fn with_market(object: Object, instance: &Instance) -> Object {
        let Some(request) = spot_request(instance) else {
            return object
                .text("instance_lifecycle", None)
                .text("spot_instance_request_id", None)
                .blocks("instance_market_options", []);
        };
        object
            .text("instance_lifecycle", instance.instance_lifecycle().map(|lifecycle| lifecycle.as_str()))
            .text("spot_instance_request_id", Some(request))
    }

    fn with_options(object: Object, instance: &Instance) -> Object {
        let cpu = instance.cpu_options().map(|cpu| {
            Object::new()
                .text("amd_sev_snp", cpu.amd_sev_snp().map(|it| it.as_str()))
                .number("core_count", cpu.core_count())
                .number("threads_per_core", cpu.threads_per_core())
        });
        let enclave = instance.enclave_options().map(|enclave| Object::new().flag("enabled", enclave.enabled()));
        let maintenance = instance
            .maintenance_options()
            .map(|options| Object::new().text("auto_recovery", options.auto_recovery().map(|it| it.as_str())));
        let metadata = instance.metadata_options().map(|options| {
            Object::new()
                .text("http_endpoint", options.http_endpoint().map(|it| it.as_str()))
                .text("http_protocol_ipv6", options.http_protocol_ipv6().map(|it| it.as_str()))
                .number("http_put_response_hop_limit", options.http_put_response_hop_limit())
                .text("http_tokens", options.http_tokens().map(|it| it.as_str()))
                .text("instance_metadata_tags", options.instance_metadata_tags().map(|it| it.as_str()))
        });
        let names = instance.private_dns_name_options().map(|names| {
            Object::new()
                .flag("enable_resource_name_dns_a_record", names.enable_resource_name_dns_a_record())
                .flag("enable_resource_name_dns_aaaa_record", names.enable_resource_name_dns_aaaa_record())
                .text("hostname_type", names.hostname_type().map(|it| it.as_str()))
        });
        let object = object
            .blocks("capacity_reservation_specification", instance.capacity_reservation_specification().map(capacity))
            .blocks("cpu_options", cpu)
            .blocks("enclave_options", enclave)
            .blocks("maintenance_options", maintenance)
            .blocks("metadata_options", metadata)
            .blocks("private_dns_name_options", names);
        // What the API leaves out of these the provider leaves as it was recorded.
        let object = match instance.cpu_options() {
            Some(cpu) => {
                object.number("cpu_core_count", cpu.core_count()).number("cpu_threads_per_core", cpu.threads_per_core())
            }
            None => object,
        };
        let object = match instance.hibernation_options() {
            Some(options) => object.flag("hibernation", options.configured()),
            None => object,
        };
        match instance.monitoring().and_then(|monitoring| monitoring.state()) {
            Some(state) => {
                object.value("monitoring", matches!(state, MonitoringState::Enabled | MonitoringState::Pending))
            }
            None => object,
        }
    }

    fn capacity(specification: &CapacityReservationSpecificationResponse) -> Object {
        let target = specification.capacity_reservation_target().map(|target| {
            Object::new()
                .text("capacity_reservation_id", target.capacity_reservation_id())
                .text("capacity_reservation_resource_group_arn", target.capacity_reservation_resource_group_arn())
        });
        let preference = specification.capacity_reservation_preference().map(|preference| preference.as_str());
        Object::new().text("capacity_reservation_preference", preference).blocks("capacity_reservation_target", target)
    }

    fn with_placement(object: Object, instance: &Instance) -> Object {
        let Some(placement) = instance.placement() else { return object };
        object
            .text("availability_zone", placement.availability_zone())
            .text("host_id", placement.host_id())
            .text_if_known("host_resource_group_arn", placement.host_resource_group_arn())
            .text("placement_group", placement.group_name())
            .number("placement_partition_number", placement.partition_number())
            .text("tenancy", placement.tenancy().map(|tenancy| tenancy.as_str()))
    }

    fn device_index(interface: &InstanceNetworkInterface) -> i64 {
        i64::from(interface.attachment().and_then(|attachment| attachment.device_index()).unwrap_or_default())
    }

    fn with_network(object: Object, instance: &Instance, recorded: &Recorded) -> Object {
        let interfaces = instance.network_interfaces();
        let primary =
            interfaces.iter().rev().find(|one| device_index(one) == 0 && one.network_interface_id().is_some());
        let secondary = primary.into_iter().flat_map(|interface| interface.private_ip_addresses());
        let secondary = secondary.filter(|address| address.primary() != Some(true));
        let ipv6 = primary.into_iter().flat_map(|interface| interface.ipv6_addresses());
        let object = object
            .texts("ipv6_addresses", ipv6.map(|address| address.ipv6_address().unwrap_or_default()))
            .texts("secondary_private_ips", secondary.map(|address| address.private_ip_address().unwrap_or_default()));
        let object = match primary {
            Some(primary) => with_primary(object, primary),
            None if interfaces.is_empty() => object
                .value("associate_public_ip_address", instance.public_ip_address().is_some())
                .value("ipv6_address_count", 0)
                .text("primary_network_interface_id", None)
                .text("subnet_id", instance.subnet_id()),
            None => object,
        };
        let object = match instance.subnet_id() {
            Some(subnet) if !subnet.is_empty() => object.flag("source_dest_check", instance.source_dest_check()),
            _ => object,
        };
        match interfaces.is_empty() {
            true => object,
            false => object.blocks("network_interface", recorded_interfaces(interfaces, recorded)),
        }
    }

    fn with_primary(object: Object, primary: &InstanceNetworkInterface) -> Object {
        let object = object
            .value("associate_public_ip_address", primary.association().is_some())
            .value("ipv6_address_count", primary.ipv6_addresses().len())
            .text("primary_network_interface_id", primary.network_interface_id())
            .text_if_known("subnet_id", primary.subnet_id());
        let object = match primary.source_dest_check() {
            Some(check) => object.value("source_dest_check", check),
            None => object,
        };
        match primary.ipv6_addresses().first() {
            Some(first) => object.flag("enable_primary_ipv6", first.is_primary_ipv6()),
            None => object,
        }
    }

    /// Interfaces at the indexes that `network_interface` blocks are recorded for: others belong to other resources.
    fn recorded_interfaces(interfaces: &[InstanceNetworkInterface], recorded: &Recorded) -> Vec<Object> {
        if !is_set(recorded, "network_interface") {
            return Vec::new();
        }
        let blocks = recorded.0.get("network_interface").and_then(Value::as_array).into_iter().flatten();
        let indexes: HashSet<i64> = blocks.filter_map(|block| block.get("device_index")?.as_i64()).collect();
        let configured = interfaces.iter().filter(|interface| indexes.contains(&device_index(interface)));
        let block = |interface: &InstanceNetworkInterface| {
            let attachment = interface.attachment();
            Object::new()
                .flag("delete_on_termination", attachment.and_then(|attachment| attachment.delete_on_termination()))
                .value("device_index", device_index(interface))
                .number("network_card_index", attachment.and_then(|attachment| attachment.network_card_index()))
                .text("network_interface_id", interface.network_interface_id())
        };
        configured.map(block).collect()
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use aws_sdk_ec2::types::{
            GroupIdentifier, HttpTokensState, IamInstanceProfile, InstanceMetadataOptionsResponse,
            InstanceNetworkInterfaceAttachment, InstancePrivateIpAddress, InstanceState, InstanceType, Monitoring,
            Placement, Tag, Tenancy,
        };
        use serde_json::json;

        fn interface(id: &str, index: i32, addresses: &[&str]) -> InstanceNetworkInterface {
            let address = |(position, ip): (usize, &&str)| {
                InstancePrivateIpAddress::builder().primary(position == 0).private_ip_address(*ip).build()
            };
            InstanceNetworkInterface::builder()
                .network_interface_id(id)
                .subnet_id("subnet-1")
                .attachment(InstanceNetworkInterfaceAttachment::builder().device_index(index).build())
                .set_private_ip_addresses(Some(addresses.iter().enumerate().map(address).collect()))
                .build()
        }

        fn recorded(value: Value) -> Recorded {
            Recorded(value.as_object().cloned().unwrap_or_default())
        }

        #[test]
        fn instances_convert_to_what_terraform_records() {
            let metadata = InstanceMetadataOptionsResponse::builder()
                .http_tokens(HttpTokensState::Required)
                .http_put_response_hop_limit(2)
                .build();
            let profile = "arn:aws:iam::123456789012:instance-profile/path/web";
            let instance = Instance::builder()
                .instance_id("i-1")
                .image_id("ami-1")
                .iam_instance_profile(IamInstanceProfile::builder().arn(profile).build())
                .instance_type(InstanceType::T3Micro)
                .metadata_options(metadata)
                .monitoring(Monitoring::builder().state(MonitoringState::Pending).build())
                .network_interfaces(interface("eni-1", 0, &["10.0.0.1", "10.0.0.2"]))
                .network_interfaces(interface("eni-2", 1, &["10.0.1.1"]))
                .placement(Placement::builder().availability_zone("us-east-1a").tenancy(Tenancy::Default).build())
                .private_ip_address("10.0.0.1")
                .security_groups(GroupIdentifier::builder().group_id("sg-1").group_name("web").build())
                .source_dest_check(true)
                .state(InstanceState::builder().name(InstanceStateName::Running).build())
                .subnet_id("subnet-1")
                .tags(Tag::builder().key("Name").value("web").build())
                .build();
            let expected = json!({
                "id": "i-1", "ami": "ami-1", "associate_public_ip_address": false, "availability_zone": "us-east-1a",
                "capacity_reservation_specification": [], "cpu_options": [], "ebs_optimized": false, "enclave_options": [],
                "host_id": "", "iam_instance_profile": "web", "instance_lifecycle": "", "instance_market_options": [],
                "instance_state": "running", "instance_type": "t3.micro", "ipv6_address_count": 0, "ipv6_addresses": [],
                "key_name": "", "maintenance_options": [],
                "metadata_options": [{
                    "http_endpoint": "", "http_protocol_ipv6": "", "http_put_response_hop_limit": 2,
                    "http_tokens": "required", "instance_metadata_tags": "",
                }],
                "monitoring": true, "network_interface": [], "outpost_arn": "", "placement_group": "",
                "placement_partition_number": 0, "primary_network_interface_id": "eni-1", "private_dns": "",
                "private_dns_name_options": [], "private_ip": "10.0.0.1", "public_dns": "", "public_ip": "",
                "secondary_private_ips": ["10.0.0.2"], "source_dest_check": true, "spot_instance_request_id": "",
                "subnet_id": "subnet-1", "tags_all": {"Name": "web"}, "tenancy": "default",
                "vpc_security_group_ids": ["sg-1"],
            });
            assert_eq!(Value::from(convert(&instance, &Recorded::default())), expected);
        }

        #[test]
        fn interfaces_are_told_at_recorded_indexes_only() {
            let instance = Instance::builder()
                .network_interfaces(interface("eni-1", 0, &[]))
                .network_interfaces(interface("eni-2", 1, &[]))
                .build();
            let object =
                Value::from(convert(&instance, &recorded(json!({"network_interface": [{"device_index": 1}]}))));
            let expected = json!([{
                "delete_on_termination": false, "device_index": 1, "network_card_index": 0, "network_interface_id": "eni-2",
            }]);
            assert_eq!(object["network_interface"], expected);
        }

        #[test]
        fn security_groups_are_told_by_name_in_default_vpcs_only() {
            let vpc = |id: &str, default| Vpc::builder().vpc_id(id).is_default(default).build();
            let vpcs = [vpc("vpc-own", false), vpc("vpc-default", true)];
            let check = |vpc: &str, names: &[&str]| {
                let group = GroupIdentifier::builder().group_id("sg-1").group_name("web").build();
                let instance = Instance::builder().vpc_id(vpc).subnet_id("subnet-1").security_groups(group).build();
                assert_eq!(group_names(&instance, &vpcs), names, "{vpc}");
                assert_eq!(group_ids(&instance), ["sg-1"]);
            };
            check("vpc-own", &[]);
            check("vpc-default", &["web"]);
            check("vpc-shared", &[]);
        }

        #[test]
        fn a_launch_template_s_version_stays_symbolic_while_it_means_the_same() {
            let template = LaunchTemplate::builder()
                .launch_template_id("lt-1")
                .launch_template_name("web")
                .default_version_number(1)
                .latest_version_number(3);
            let templates = [template.build()];
            let check = |running: &str, recorded_version: &str, expected: &str| {
                let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
                let instance = Instance::builder()
                    .tags(tag("aws:ec2launchtemplate:id", "lt-1"))
                    .tags(tag("aws:ec2launchtemplate:version", running))
                    .build();
                let recorded = recorded(json!({"launch_template": [{"version": recorded_version}]}));
                let block = launch_template(&instance, &templates, &recorded).map(Value::from);
                assert_eq!(block, Some(json!({"id": "lt-1", "name": "web", "version": expected})));
            };
            check("1", "$Default", "$Default");
            check("3", "$Latest", "$Latest");
            check("2", "$Latest", "2");
            check("3", "$Default", "3");
            check("2", "2", "2");
            assert!(launch_template(&Instance::builder().build(), &templates, &Recorded::default()).is_none());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn owners_part_devices_and_addresses_as_the_instance_does() {
        let object = |value: Value| value.as_object().cloned().unwrap_or_default();
        let attachment = object(json!({"device_name": "/dev/sdh", "instance_id": "i-1", "volume_id": "vol-1"}));
        let devices = json!([{"device_name": "/dev/sdh", "volume_id": "vol-1", "volume_size": 8, "tags": {"a": "b"}}]);
        assert_eq!((OWNERS[0].parents)(&attachment), ["i-1"]);
        assert_eq!((OWNERS[0].parts)(&attachment), (OWNERS[0].split)(&devices));
        let association = object(json!({"instance_id": "i-1", "public_ip": "192.0.2.1", "private_ip_address": ""}));
        for owner in OWNERS.iter().filter(|owner| owner.resource_type == "aws_eip_association") {
            assert_eq!((owner.parents)(&association), ["i-1"]);
            let live = match owner.attribute {
                "public_dns" => json!("ec2-192-0-2-1.compute-1.amazonaws.com"),
                "public_ip" => json!("192.0.2.1"),
                _ => json!([]),
            };
            assert_eq!((owner.parts)(&association), (owner.split)(&live), "{}", owner.attribute);
        }
    }
}
