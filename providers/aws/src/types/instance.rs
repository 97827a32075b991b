//! `aws_instance`: DescribeInstances for all, with DescribeVolumes for their block devices and DescribeVpcs to tell default
//! VPCs; DescribeLaunchTemplates where one was launched from a template. For managed instances also
//! DescribeInstanceAttribute four times each, which has no bulk form, DescribeInstanceCreditSpecifications of the burstable
//! and DescribeSpotInstanceRequests of the spot ones, in bulk.
//! Not read: `password_data`, `ephemeral_block_device` (no API tells it), and what only Terraform knows
//! (`get_password_data`, `user_data_replace_on_change`, `timeouts`).
//! User data is kept as its digest, as state has it.

use crate::attachment_parts::{part, public_name};
use crate::rules::{elements, single, single_of, text};
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
        parent: |attachment| text(attachment, "instance_id"),
        parts: |attachment| volume_at(&Value::Object(attachment.clone())),
        split: |devices| elements(devices).iter().flat_map(volume_at).collect(),
    },
    Owner {
        attribute: "public_dns",
        resource_type: "aws_eip",
        parent: |address| text(address, "instance"),
        parts: |address| single_of(address, "public_ip"),
        split: public_name,
    },
    Owner {
        attribute: "public_dns",
        resource_type: "aws_eip_association",
        parent: |association| text(association, "instance_id"),
        parts: |association| single_of(association, "public_ip"),
        split: public_name,
    },
    Owner {
        attribute: "public_ip",
        resource_type: "aws_eip",
        parent: |address| text(address, "instance"),
        parts: |address| single_of(address, "public_ip"),
        split: single,
    },
    Owner {
        attribute: "public_ip",
        resource_type: "aws_eip_association",
        parent: |association| text(association, "instance_id"),
        parts: |association| single_of(association, "public_ip"),
        split: single,
    },
    Owner {
        attribute: "secondary_private_ips",
        resource_type: "aws_eip_association",
        parent: |association| text(association, "instance_id"),
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
    use crate::instance_types;
    use crate::sdk::prelude::*;
    use crate::timestamp::timestamp;
    use crate::{origin, user_data};
    use aws_sdk_ec2::error::ProvideErrorMetadata;
    use aws_sdk_ec2::types::{
        CapacityReservationSpecificationResponse, Filter, Instance, InstanceAttributeName, InstanceNetworkInterface,
        InstanceStateName, LaunchTemplate, MonitoringState, SpotInstanceRequest, Vpc,
    };
    use serde_json::Value;
    use std::collections::{HashMap, HashSet};

    /// Tags that whatever launches instances by itself sets.
    const OWNERS: &[(&str, &str)] = &[
        ("aws:autoscaling:groupName", "aws_autoscaling_group"),
        ("aws:ec2:fleet-id", "aws_ec2_fleet"),
        ("aws:ec2spot:fleet-request-id", "aws_spot_fleet_request"),
        ("aws:elasticmapreduce:job-flow-id", "aws_emr_cluster"),
    ];

    /// Instances that DescribeInstanceCreditSpecifications takes at once.
    const CREDITS_AT_ONCE: usize = 1000;

    /// Values that a filter takes.
    const FILTER_VALUES: usize = 200;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let reservations = place.reservations().await?;
        let instances: Vec<&Instance> = reservations
            .iter()
            .flat_map(|reservation| reservation.instances())
            .filter(|one| !is_terminated(one))
            .collect();
        let recorded: HashMap<&str, Recorded> =
            batch.instances().iter().map(|instance| (instance.id, batch.recorded(instance))).collect();
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

    /// Attributes that only calls of their own tell, for requested instances.
    #[derive(Default)]
    struct Details(HashMap<String, Vec<(&'static str, Value)>>);

    impl Details {
        async fn read(
            place: &Place,
            batch: &mut Batch<'_>,
            instances: &[&Instance],
            recorded: &HashMap<&str, Recorded>,
        ) -> Self {
            let requested: Vec<&Instance> = instances
                .iter()
                .filter(|instance| instance.instance_id().is_some_and(|id| batch.requests(id)))
                .copied()
                .collect();
            let (attributes, credits, spots) = tokio::join!(
                read_attributes(place, &requested),
                read_credits(place, &requested),
                read_spot_requests(place, &requested),
            );
            let mut details = Self::default();
            for (id, answer) in attributes.into_iter().chain(credits).chain(spots) {
                match answer {
                    Ok(Detail::Known(name, value)) => details.0.entry(id).or_default().push((name, value)),
                    Ok(Detail::UserData(data)) => {
                        let known = recorded.get(id.as_str()).map(|recorded| user_data(&data, recorded));
                        details.0.entry(id).or_default().extend(known);
                    }
                    Err(gap) => batch.gap(&id, gap),
                }
            }
            details
        }

        fn add(&self, object: Object, id: &str) -> Object {
            let known = self.0.get(id).into_iter().flatten();
            known.fold(object, |object, (name, value)| object.value(name, value.clone()))
        }
    }

    /// Something told of one instance.
    enum Detail {
        /// An attribute.
        Known(&'static str, Value),
        /// User data in base64, yet to be brought to the form that state has.
        UserData(String),
    }

    /// An instance's id and what was told of it.
    type Answer = (String, Result<Detail, Gap>);

    static ATTRIBUTES: [InstanceAttributeName; 4] = [
        InstanceAttributeName::DisableApiStop,
        InstanceAttributeName::DisableApiTermination,
        InstanceAttributeName::InstanceInitiatedShutdownBehavior,
        InstanceAttributeName::UserData,
    ];

    async fn read_attributes(place: &Place, instances: &[&Instance]) -> Vec<Answer> {
        let ids = instances.iter().filter_map(|instance| instance.instance_id());
        let calls: Vec<(String, usize)> =
            ids.flat_map(|id| (0..ATTRIBUTES.len()).map(|attribute| (id.to_owned(), attribute))).collect();
        let answers = concurrently(calls, |(id, attribute)| async move {
            let call =
                place.ec2.describe_instance_attribute().instance_id(&id).attribute(ATTRIBUTES[attribute].clone());
            let answer = match call.send().await {
                Ok(answer) => answer,
                // Some partitions have no stop protection; the provider passes over it there.
                Err(error) if attribute == 0 && error.code() == Some("UnsupportedOperation") => return None,
                Err(error) => return Some((id, Err(place.gap("DescribeInstanceAttribute", &error)))),
            };
            let flag = |value: Option<aws_sdk_ec2::types::AttributeBooleanValue>| {
                Value::from(value.and_then(|value| value.value).unwrap_or_default())
            };
            let detail = match attribute {
                0 => Detail::Known("disable_api_stop", flag(answer.disable_api_stop)),
                1 => Detail::Known("disable_api_termination", flag(answer.disable_api_termination)),
                2 => {
                    let behavior = answer.instance_initiated_shutdown_behavior.and_then(|value| value.value);
                    Detail::Known("instance_initiated_shutdown_behavior", Value::from(behavior.unwrap_or_default()))
                }
                // Where there is none the provider keeps what it recorded.
                _ => Detail::UserData(answer.user_data.and_then(|value| value.value)?),
            };
            Some((id, Ok(detail)))
        })
        .await;
        answers.into_iter().flatten().collect()
    }

    /// User data under the attribute that it is recorded in: the record itself where that means the same, else its digest.
    fn user_data(live: &str, recorded: &Recorded) -> (&'static str, Value) {
        let name = if recorded.text("user_data_base64").is_some() { "user_data_base64" } else { "user_data" };
        let live = Value::from(user_data::digest(live));
        match recorded.0.get(name) {
            Some(value) if user_data::canonical(value) == user_data::canonical(&live) => (name, value.clone()),
            _ => (name, live),
        }
    }

    async fn read_credits(place: &Place, instances: &[&Instance]) -> Vec<Answer> {
        // A single instance that earns no credits spoils the call for all.
        let burstable = instances.iter().filter(|instance| {
            instance.instance_type().is_some_and(|kind| instance_types::is_burstable(kind.as_str()))
        });
        let ids: Vec<String> = burstable.filter_map(|instance| instance.instance_id()).map(str::to_owned).collect();
        let chunks: Vec<Vec<String>> = ids.chunks(CREDITS_AT_ONCE).map(<[_]>::to_vec).collect();
        let answers = concurrently(chunks, |ids| async move {
            let call = place.ec2.describe_instance_credit_specifications().set_instance_ids(Some(ids.clone()));
            let told = match call.send().await {
                Ok(answer) => answer.instance_credit_specifications.unwrap_or_default(),
                // Some partitions lack it; the provider passes over it there.
                Err(error) if error.code() == Some("UnsupportedOperation") => Vec::new(),
                Err(error) => {
                    let gap = place.gap("DescribeInstanceCreditSpecifications", &error);
                    return ids.into_iter().map(|id| (id, Err(gap.clone()))).collect();
                }
            };
            let told: HashMap<&str, Option<&str>> =
                told.iter().filter_map(|credits| Some((credits.instance_id()?, credits.cpu_credits()))).collect();
            let detail = |id: &String| {
                let block =
                    told.get(id.as_str()).map(|credits| Value::from(Object::new().text("cpu_credits", *credits)));
                Detail::Known("credit_specification", block.into_iter().collect())
            };
            ids.iter().map(|id| (id.clone(), Ok(detail(id)))).collect::<Vec<Answer>>()
        })
        .await;
        answers.into_iter().flatten().collect()
    }

    /// The spot request of an instance, if it is a spot instance.
    fn spot_request(instance: &Instance) -> Option<&str> {
        let request = instance.spot_instance_request_id().filter(|id| !id.is_empty())?;
        instance.instance_lifecycle().map(|_| request)
    }

    async fn read_spot_requests(place: &Place, instances: &[&Instance]) -> Vec<Answer> {
        let spots: Vec<(String, String)> = instances
            .iter()
            .filter_map(|instance| Some((instance.instance_id()?.to_owned(), spot_request(instance)?.to_owned())))
            .collect();
        let chunks: Vec<Vec<(String, String)>> = spots.chunks(FILTER_VALUES).map(<[_]>::to_vec).collect();
        let answers = concurrently(chunks, |spots| async move {
            // By filter: a request that is gone would spoil a call by ids for all.
            let requests = spots.iter().map(|(_, request)| request.clone()).collect();
            let filter = Filter::builder().name("spot-instance-request-id").set_values(Some(requests)).build();
            let told = match place.ec2.describe_spot_instance_requests().filters(filter).send().await {
                Ok(answer) => answer.spot_instance_requests.unwrap_or_default(),
                Err(error) => {
                    let gap = place.gap("DescribeSpotInstanceRequests", &error);
                    return spots.into_iter().map(|(id, _)| (id, Err(gap.clone()))).collect();
                }
            };
            let detail = |(id, request): (String, String)| {
                let request = told.iter().find(|one| one.spot_instance_request_id() == Some(&request))?;
                let block = Value::from(market_options(request));
                Some((id, Ok(Detail::Known("instance_market_options", Value::from(vec![block])))))
            };
            spots.into_iter().filter_map(detail).collect::<Vec<Answer>>()
        })
        .await;
        answers.into_iter().flatten().collect()
    }

    fn market_options(request: &SpotInstanceRequest) -> Object {
        let behavior = request.instance_interruption_behavior().map(|behavior| behavior.as_str());
        let spot = Object::new()
            .text("instance_interruption_behavior", behavior)
            .text("max_price", request.spot_price())
            .text("spot_instance_type", request.r#type().map(|kind| kind.as_str()))
            .text("valid_until", request.valid_until().and_then(timestamp).as_deref());
        Object::new().text("market_type", Some("spot")).blocks("spot_options", [spot])
    }

    /// What the instance itself tells.
    fn convert(instance: &Instance, recorded: &Recorded) -> Object {
        let profile = instance.iam_instance_profile().and_then(|profile| profile.arn());
        let object = Object::new()
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
}
