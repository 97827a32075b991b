//! What a version of a launch template holds, in the shape that Terraform records.
//! Knows nothing of how versions are fetched.

use crate::instance_types::is_burstable;
use crate::sdk::prelude::{Object, tag_map};
use crate::timestamp::timestamp;
use aws_sdk_ec2::types::{
    InstanceRequirements, LaunchTemplateBlockDeviceMapping, LaunchTemplateCapacityReservationSpecificationResponse,
    LaunchTemplateInstanceMarketOptions, LaunchTemplateInstanceMetadataOptions,
    LaunchTemplateInstanceNetworkInterfaceSpecification as NetworkInterface, LaunchTemplatePlacement,
    LaunchTemplateTagSpecification, ResponseLaunchTemplateData,
};
use serde_json::Value;

/// Adds all attributes that a version's data holds.
pub(crate) fn with_data(object: Object, data: &ResponseLaunchTemplateData) -> Object {
    let kind = data.instance_type().map(|kind| kind.as_str());
    let object = object
        .flag("disable_api_stop", data.disable_api_stop())
        .flag("disable_api_termination", data.disable_api_termination())
        .text("ebs_optimized", switch(data.ebs_optimized()))
        .text("image_id", data.image_id())
        .text(
            "instance_initiated_shutdown_behavior",
            data.instance_initiated_shutdown_behavior().map(|behavior| behavior.as_str()),
        )
        .text("instance_type", kind)
        .text("kernel_id", data.kernel_id())
        .text("key_name", data.key_name())
        .text("ram_disk_id", data.ram_disk_id())
        .texts("security_group_names", data.security_groups())
        .text("user_data", data.user_data())
        .texts("vpc_security_group_ids", data.security_group_ids());
    // The provider reads credits of burstable instance types only and leaves others as they were recorded.
    let object = match data.credit_specification().filter(|_| kind.is_some_and(is_burstable)) {
        Some(credits) => {
            object.blocks("credit_specification", [Object::new().text("cpu_credits", credits.cpu_credits())])
        }
        None => object,
    };
    with_options(with_parts(object, data), data)
}

/// Devices, interfaces and what else there may be several of.
fn with_parts(object: Object, data: &ResponseLaunchTemplateData) -> Object {
    let of_type = |kind: Option<&str>| Object::new().text("type", kind);
    let licenses = data
        .license_specifications()
        .iter()
        .map(|license| Object::new().text("license_configuration_arn", license.license_configuration_arn()));
    object
        .blocks("block_device_mappings", data.block_device_mappings().iter().map(block_device))
        .blocks("elastic_gpu_specifications", data.elastic_gpu_specifications().iter().map(|gpu| of_type(gpu.r#type())))
        .blocks(
            "elastic_inference_accelerator",
            data.elastic_inference_accelerators().iter().map(|accelerator| of_type(accelerator.r#type())),
        )
        .blocks("license_specification", licenses)
        .blocks("network_interfaces", data.network_interfaces().iter().map(network_interface))
        .blocks("tag_specifications", data.tag_specifications().iter().map(tag_specification))
}

/// Blocks that there is at most one of.
fn with_options(object: Object, data: &ResponseLaunchTemplateData) -> Object {
    let cpu = data.cpu_options().map(|cpu| {
        Object::new()
            .text("amd_sev_snp", cpu.amd_sev_snp().map(|it| it.as_str()))
            .number("core_count", cpu.core_count())
            .number("threads_per_core", cpu.threads_per_core())
    });
    let profile = data
        .iam_instance_profile()
        .map(|profile| Object::new().text("arn", profile.arn()).text("name", profile.name()));
    let maintenance = data
        .maintenance_options()
        .map(|options| Object::new().text("auto_recovery", options.auto_recovery().map(|it| it.as_str())));
    let names = data.private_dns_name_options().map(|names| {
        Object::new()
            .flag("enable_resource_name_dns_a_record", names.enable_resource_name_dns_a_record())
            .flag("enable_resource_name_dns_aaaa_record", names.enable_resource_name_dns_aaaa_record())
            .text("hostname_type", names.hostname_type().map(|it| it.as_str()))
    });
    let enclave = data.enclave_options().map(|enclave| Object::new().flag("enabled", enclave.enabled()));
    let hibernation = data.hibernation_options().map(|options| Object::new().flag("configured", options.configured()));
    let monitoring = data.monitoring().map(|monitoring| Object::new().flag("enabled", monitoring.enabled()));
    object
        .blocks("capacity_reservation_specification", data.capacity_reservation_specification().map(capacity))
        .blocks("cpu_options", cpu)
        .blocks("enclave_options", enclave)
        .blocks("hibernation_options", hibernation)
        .blocks("iam_instance_profile", profile)
        .blocks("instance_market_options", data.instance_market_options().map(market))
        .blocks("instance_requirements", data.instance_requirements().map(requirements))
        .blocks("maintenance_options", maintenance)
        .blocks("metadata_options", data.metadata_options().map(metadata))
        .blocks("monitoring", monitoring)
        .blocks("placement", data.placement().map(placement))
        .blocks("private_dns_name_options", names)
}

/// A boolean that may be unset, as Terraform's schema spells it.
fn switch(flag: Option<bool>) -> Option<&'static str> {
    flag.map(|flag| if flag { "true" } else { "false" })
}

fn block_device(mapping: &LaunchTemplateBlockDeviceMapping) -> Object {
    let ebs = mapping.ebs().map(|ebs| {
        Object::new()
            .text("delete_on_termination", switch(ebs.delete_on_termination()))
            .text("encrypted", switch(ebs.encrypted()))
            .number("iops", ebs.iops())
            .text("kms_key_id", ebs.kms_key_id())
            .text("snapshot_id", ebs.snapshot_id())
            .number("throughput", ebs.throughput())
            .number("volume_initialization_rate", ebs.volume_initialization_rate())
            .number("volume_size", ebs.volume_size())
            .text("volume_type", ebs.volume_type().map(|it| it.as_str()))
    });
    Object::new()
        .text("device_name", mapping.device_name())
        .blocks("ebs", ebs)
        .text("no_device", mapping.no_device())
        .text("virtual_name", mapping.virtual_name())
}

fn network_interface(interface: &NetworkInterface) -> Object {
    let tracking = interface.connection_tracking_specification().map(|tracking| {
        Object::new()
            .number("tcp_established_timeout", tracking.tcp_established_timeout())
            .number("udp_stream_timeout", tracking.udp_stream_timeout())
            .number("udp_timeout", tracking.udp_timeout())
    });
    let ena_srd = interface.ena_srd_specification().map(|srd| {
        let udp = srd
            .ena_srd_udp_specification()
            .map(|udp| Object::new().flag("ena_srd_udp_enabled", udp.ena_srd_udp_enabled()));
        Object::new().flag("ena_srd_enabled", srd.ena_srd_enabled()).blocks("ena_srd_udp_specification", udp)
    });
    let ipv4 = interface.private_ip_addresses().iter().filter_map(|address| address.private_ip_address());
    let ipv4_prefixes = interface.ipv4_prefixes().iter().filter_map(|prefix| prefix.ipv4_prefix());
    let ipv6 = interface.ipv6_addresses().iter().filter_map(|address| address.ipv6_address());
    let ipv6_prefixes = interface.ipv6_prefixes().iter().filter_map(|prefix| prefix.ipv6_prefix());
    Object::new()
        .text("associate_carrier_ip_address", switch(interface.associate_carrier_ip_address()))
        .text("associate_public_ip_address", switch(interface.associate_public_ip_address()))
        .blocks("connection_tracking_specification", tracking)
        .text("delete_on_termination", switch(interface.delete_on_termination()))
        .text("description", interface.description())
        .number("device_index", interface.device_index())
        .blocks("ena_srd_specification", ena_srd)
        .text("interface_type", interface.interface_type())
        .number("ipv4_address_count", interface.secondary_private_ip_address_count())
        .texts("ipv4_addresses", ipv4)
        .number("ipv4_prefix_count", interface.ipv4_prefix_count())
        .texts("ipv4_prefixes", ipv4_prefixes)
        .number("ipv6_address_count", interface.ipv6_address_count())
        .texts("ipv6_addresses", ipv6)
        .number("ipv6_prefix_count", interface.ipv6_prefix_count())
        .texts("ipv6_prefixes", ipv6_prefixes)
        .number("network_card_index", interface.network_card_index())
        .text("network_interface_id", interface.network_interface_id())
        .text("primary_ipv6", switch(interface.primary_ipv6()))
        .text("private_ip_address", interface.private_ip_address())
        .texts("security_groups", interface.groups())
        .text("subnet_id", interface.subnet_id())
}

fn tag_specification(specification: &LaunchTemplateTagSpecification) -> Object {
    Object::new()
        .text("resource_type", specification.resource_type().map(|it| it.as_str()))
        .value("tags", tag_map(specification.tags()))
}

fn capacity(specification: &LaunchTemplateCapacityReservationSpecificationResponse) -> Object {
    let target = specification.capacity_reservation_target().map(|target| {
        Object::new()
            .text("capacity_reservation_id", target.capacity_reservation_id())
            .text("capacity_reservation_resource_group_arn", target.capacity_reservation_resource_group_arn())
    });
    let preference = specification.capacity_reservation_preference().map(|it| it.as_str());
    Object::new().text("capacity_reservation_preference", preference).blocks("capacity_reservation_target", target)
}

fn market(options: &LaunchTemplateInstanceMarketOptions) -> Object {
    let spot = options.spot_options().map(|spot| {
        let behavior = spot.instance_interruption_behavior().map(|it| it.as_str());
        Object::new()
            .number("block_duration_minutes", spot.block_duration_minutes())
            .text("instance_interruption_behavior", behavior)
            .text("max_price", spot.max_price())
            .text("spot_instance_type", spot.spot_instance_type().map(|it| it.as_str()))
            .text("valid_until", spot.valid_until().and_then(timestamp).as_deref())
    });
    Object::new().text("market_type", options.market_type().map(|it| it.as_str())).blocks("spot_options", spot)
}

fn metadata(options: &LaunchTemplateInstanceMetadataOptions) -> Object {
    Object::new()
        .text("http_endpoint", options.http_endpoint().map(|it| it.as_str()))
        .text("http_protocol_ipv6", options.http_protocol_ipv6().map(|it| it.as_str()))
        .number("http_put_response_hop_limit", options.http_put_response_hop_limit())
        .text("http_tokens", options.http_tokens().map(|it| it.as_str()))
        .text("instance_metadata_tags", options.instance_metadata_tags().map(|it| it.as_str()))
}

fn placement(placement: &LaunchTemplatePlacement) -> Object {
    Object::new()
        .text("affinity", placement.affinity())
        .text("availability_zone", placement.availability_zone())
        .text("group_name", placement.group_name())
        .text("host_id", placement.host_id())
        .text("host_resource_group_arn", placement.host_resource_group_arn())
        .number("partition_number", placement.partition_number())
        .text("spread_domain", placement.spread_domain())
        .text("tenancy", placement.tenancy().map(|it| it.as_str()))
}

/// A range of numbers; an open end is recorded as zero.
fn range<N: Into<Value> + Default>(min: Option<N>, max: Option<N>) -> Object {
    Object::new().value("max", max.unwrap_or_default()).value("min", min.unwrap_or_default())
}

fn requirements(needs: &InstanceRequirements) -> Object {
    let on_demand = needs.on_demand_max_price_percentage_over_lowest_price();
    let optimal = needs.max_spot_price_as_percentage_of_optimal_on_demand_price();
    let object = Object::new()
        .texts("accelerator_manufacturers", needs.accelerator_manufacturers().iter().map(|it| it.as_str()))
        .texts("accelerator_names", needs.accelerator_names().iter().map(|it| it.as_str()))
        .texts("accelerator_types", needs.accelerator_types().iter().map(|it| it.as_str()))
        .texts("allowed_instance_types", needs.allowed_instance_types())
        .text("bare_metal", needs.bare_metal().map(|it| it.as_str()))
        .text("burstable_performance", needs.burstable_performance().map(|it| it.as_str()))
        .texts("cpu_manufacturers", needs.cpu_manufacturers().iter().map(|it| it.as_str()))
        .texts("excluded_instance_types", needs.excluded_instance_types())
        .texts("instance_generations", needs.instance_generations().iter().map(|it| it.as_str()))
        .text("local_storage", needs.local_storage().map(|it| it.as_str()))
        .texts("local_storage_types", needs.local_storage_types().iter().map(|it| it.as_str()))
        .number("max_spot_price_as_percentage_of_optimal_on_demand_price", optimal)
        .number("on_demand_max_price_percentage_over_lowest_price", on_demand)
        .flag("require_hibernate_support", needs.require_hibernate_support())
        .number("spot_max_price_percentage_over_lowest_price", needs.spot_max_price_percentage_over_lowest_price());
    with_ranges(object, needs)
}

fn with_ranges(object: Object, needs: &InstanceRequirements) -> Object {
    let memory = needs.accelerator_total_memory_mib();
    object
        .blocks("accelerator_count", needs.accelerator_count().map(|it| range(it.min(), it.max())))
        .blocks("accelerator_total_memory_mib", memory.map(|it| range(it.min(), it.max())))
        .blocks("baseline_ebs_bandwidth_mbps", needs.baseline_ebs_bandwidth_mbps().map(|it| range(it.min(), it.max())))
        .blocks("memory_gib_per_vcpu", needs.memory_gib_per_v_cpu().map(|it| range(it.min(), it.max())))
        .blocks("memory_mib", needs.memory_mib().map(|it| range(it.min(), it.max())))
        .blocks("network_bandwidth_gbps", needs.network_bandwidth_gbps().map(|it| range(it.min(), it.max())))
        .blocks("network_interface_count", needs.network_interface_count().map(|it| range(it.min(), it.max())))
        .blocks("total_local_storage_gb", needs.total_local_storage_gb().map(|it| range(it.min(), it.max())))
        .blocks("vcpu_count", needs.v_cpu_count().map(|it| range(it.min(), it.max())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ec2::types::{
        CreditSpecification, InstanceType, LaunchTemplateEbsBlockDevice, LaunchTemplateHttpTokensState,
        MemoryGiBPerVCpu, ResourceType, Tag, VCpuCountRange, VolumeType,
    };
    use serde_json::json;

    #[track_caller]
    fn check(data: ResponseLaunchTemplateData, expected: Value) {
        let Value::Object(object) = Value::from(with_data(Object::new(), &data)) else { panic!("an object") };
        for (name, value) in expected.as_object().into_iter().flatten() {
            assert_eq!(object.get(name), Some(value), "{name}");
        }
        let unset = |value: &Value| {
            value.is_null()
                || *value == json!("")
                || *value == json!([])
                || *value == json!(false)
                || *value == json!({})
        };
        for (name, value) in &object {
            assert!(expected.get(name).is_some() || unset(value), "{name} is set to {value}");
        }
    }

    #[test]
    fn data_converts_to_what_terraform_records() {
        let ebs = LaunchTemplateEbsBlockDevice::builder().encrypted(true).volume_size(16).volume_type(VolumeType::Gp3);
        let mapping = LaunchTemplateBlockDeviceMapping::builder().device_name("/dev/xvda").ebs(ebs.build()).build();
        let metadata = LaunchTemplateInstanceMetadataOptions::builder()
            .http_tokens(LaunchTemplateHttpTokensState::Required)
            .build();
        let tags = LaunchTemplateTagSpecification::builder()
            .resource_type(ResourceType::Instance)
            .tags(Tag::builder().key("Name").value("fleet").build())
            .build();
        let data = ResponseLaunchTemplateData::builder()
            .block_device_mappings(mapping)
            .credit_specification(CreditSpecification::builder().cpu_credits("standard").build())
            .ebs_optimized(false)
            .image_id("ami-1")
            .instance_type(InstanceType::T3Small)
            .metadata_options(metadata)
            .security_group_ids("sg-1")
            .tag_specifications(tags)
            .user_data("IyEvYmluL3NoCnRydWUK")
            .build();
        let expected = json!({
            "block_device_mappings": [{
                "device_name": "/dev/xvda", "no_device": "", "virtual_name": "",
                "ebs": [{
                    "delete_on_termination": "", "encrypted": "true", "iops": 0, "kms_key_id": "", "snapshot_id": "",
                    "throughput": 0, "volume_initialization_rate": 0, "volume_size": 16, "volume_type": "gp3",
                }],
            }],
            "credit_specification": [{"cpu_credits": "standard"}], "ebs_optimized": "false", "image_id": "ami-1",
            "instance_type": "t3.small",
            "metadata_options": [{
                "http_endpoint": "", "http_protocol_ipv6": "", "http_put_response_hop_limit": 0, "http_tokens": "required",
                "instance_metadata_tags": "",
            }],
            "tag_specifications": [{"resource_type": "instance", "tags": {"Name": "fleet"}}],
            "user_data": "IyEvYmluL3NoCnRydWUK", "vpc_security_group_ids": ["sg-1"],
        });
        check(data, expected);
        check(ResponseLaunchTemplateData::builder().build(), json!({}));
    }

    #[test]
    fn credits_of_types_that_earn_none_are_not_read() {
        let credits = CreditSpecification::builder().cpu_credits("standard").build();
        let data =
            ResponseLaunchTemplateData::builder().instance_type(InstanceType::M5Large).credit_specification(credits);
        check(data.build(), json!({"instance_type": "m5.large"}));
    }

    #[test]
    fn open_ends_of_ranges_are_zero() {
        let needs = InstanceRequirements::builder()
            .memory_gib_per_v_cpu(MemoryGiBPerVCpu::builder().min(0.5).build())
            .v_cpu_count(VCpuCountRange::builder().min(2).max(4).build())
            .build();
        let object = Value::from(requirements(&needs));
        assert_eq!(object["memory_gib_per_vcpu"], json!([{"max": 0.0, "min": 0.5}]));
        assert_eq!(object["vcpu_count"], json!([{"max": 4, "min": 2}]));
        assert_eq!(object["memory_mib"], json!([]));
    }

    #[test]
    fn interfaces_keep_what_is_unset_apart_from_false() {
        let interface = NetworkInterface::builder()
            .associate_public_ip_address(false)
            .groups("sg-1")
            .secondary_private_ip_address_count(2)
            .build();
        let object = Value::from(network_interface(&interface));
        assert_eq!(object["associate_public_ip_address"], "false");
        assert_eq!(object["delete_on_termination"], "");
        assert_eq!((&object["security_groups"], &object["ipv4_address_count"]), (&json!(["sg-1"]), &json!(2)));
    }
}
