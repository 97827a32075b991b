//! `aws_lambda_function`: ListFunctions for all; tags and reserved concurrency for each managed one.
//! Not read: `image_uri` and the code's place, which only GetFunction tells, together with a link to the code itself;
//! `source_code_hash`, whose change `code_sha256` tells; `version` and what is named after it, which change with every
//! publication; the code signing configuration.

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_lambda_function",
    permissions: &["lambda:GetFunctionConcurrency", "lambda:ListFunctions", "lambda:ListTags"],
    identity: &[],
    rules: &[
        Rule { pattern: "environment.*.variables.*", kind: RuleKind::Sensitive },
        Rule {
            pattern: "last_modified",
            kind: RuleKind::Volatile("moves with every update, the function's own included"),
        },
    ],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use service::LAMBDA;
    use std::collections::HashMap;

    const FUNCTIONS: Paging = Paging { items: "Functions", answered: "NextMarker", asked: "Marker" };

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let functions = place.list(&LAMBDA, Ask::of("ListFunctions").at("/2015-03-31/functions/"), FUNCTIONS).await?;
        let requested = functions
            .iter()
            .filter_map(|function| Some((function.text("FunctionName")?, function.text("FunctionArn")?)));
        let requested: Vec<(String, String)> = requested
            .filter(|(name, _)| batch.requests(name))
            .map(|(name, arn)| (name.to_owned(), arn.to_owned()))
            .collect();
        let answers = concurrently(requested, |(name, arn)| async move {
            let concurrency = format!("/2019-09-30/functions/{}/concurrency", encoded(&name));
            let (tags, concurrency) = tokio::join!(
                place.call(&LAMBDA, Ask::of("ListTags").at(format!("/2017-03-31/tags/{}", encoded(&arn)))),
                place.call(&LAMBDA, Ask::of("GetFunctionConcurrency").at(concurrency)),
            );
            (name, (tags, concurrency))
        })
        .await;
        let mut details: HashMap<String, _> = answers.into_iter().collect();
        for function in functions.iter() {
            let name = function.text("FunctionName").unwrap_or_default();
            let mut object = convert(place, name, function);
            if let Some((tags, concurrency)) = details.remove(name) {
                match tags {
                    Ok(answer) => object = object.tag_map(answer.at("Tags")),
                    Err(failure) => batch.gap(name, failure.into()),
                }
                match concurrency {
                    // -1 is how Terraform writes that nothing is reserved.
                    Ok(answer) => {
                        let reserved = answer.number("ReservedConcurrentExecutions").unwrap_or(-1);
                        object = object.value("reserved_concurrent_executions", reserved);
                    }
                    Err(failure) => batch.gap(name, failure.into()),
                }
            }
            batch.add(name, Origin::Created, || object);
        }
        Ok(())
    }

    fn convert(place: &Place, name: &str, function: &Value) -> Object {
        let text = |path: &str| function.text(path);
        let arn = text("FunctionArn").unwrap_or_default();
        let partition = arn.split(':').nth(1).unwrap_or("aws");
        let object = Object::new()
            .value("id", name)
            .value("arn", arn)
            .texts("architectures", texts(function, "Architectures"))
            .text("code_sha256", text("CodeSha256"))
            .text("description", text("Description"))
            .value("function_name", name)
            .text("handler", text("Handler"))
            .value("invoke_arn", invoke_arn(partition, &place.region, arn))
            .text("kms_key_arn", text("KMSKeyArn"))
            .text("last_modified", text("LastModified"))
            .texts("layers", function.list("Layers").iter().filter_map(|layer| layer.text("Arn")))
            .number("memory_size", function.number("MemorySize"))
            .text("package_type", text("PackageType").or(Some("Zip")))
            .text("role", text("Role"))
            .text("runtime", text("Runtime"))
            .text("signing_job_arn", text("SigningJobArn"))
            .text("signing_profile_version_arn", text("SigningProfileVersionArn"))
            .number("source_code_size", function.number("CodeSize"))
            .number("timeout", function.number("Timeout"));
        with_blocks(object, function)
    }

    /// The ARN by which API Gateway invokes a function (Lambda's API Gateway integration).
    fn invoke_arn(partition: &str, region: &str, arn: &str) -> String {
        format!("arn:{partition}:apigateway:{region}:lambda:path/2015-03-31/functions/{arn}/invocations")
    }

    fn with_blocks(object: Object, function: &Value) -> Object {
        let dead_letters =
            function.text("DeadLetterConfig.TargetArn").map(|arn| Object::new().value("target_arn", arn));
        let environment = function.at("Environment.Variables").filter(|variables| variables.is_object());
        let storage = function.number("EphemeralStorage.Size").map(|size| Object::new().value("size", size));
        let systems = function.list("FileSystemConfigs").iter().map(|system| {
            Object::new().text("arn", system.text("Arn")).text("local_mount_path", system.text("LocalMountPath"))
        });
        let image = function.at("ImageConfigResponse.ImageConfig").map(|image| {
            Object::new()
                .texts("command", texts(image, "Command"))
                .texts("entry_point", texts(image, "EntryPoint"))
                .text("working_directory", image.text("WorkingDirectory"))
        });
        let snap_start =
            function.at("SnapStart").filter(|snap| snap.text("ApplyOn").is_some_and(|on| on != "None")).map(|snap| {
                Object::new()
                    .text("apply_on", snap.text("ApplyOn"))
                    .text("optimization_status", snap.text("OptimizationStatus"))
            });
        let tracing = function.text("TracingConfig.Mode").map(|mode| Object::new().value("mode", mode));
        let object = object
            .blocks("dead_letter_config", dead_letters)
            .blocks("environment", environment.map(|variables| Object::new().value("variables", variables.clone())))
            .blocks("ephemeral_storage", storage)
            .blocks("file_system_config", systems)
            .blocks("image_config", image)
            .blocks("snap_start", snap_start)
            .blocks("tracing_config", tracing)
            .blocks("vpc_config", network(function));
        match function.at("LoggingConfig") {
            Some(logging) => object.blocks(
                "logging_config",
                [Object::new()
                    .text("application_log_level", logging.text("ApplicationLogLevel"))
                    .text("log_format", logging.text("LogFormat"))
                    .text("log_group", logging.text("LogGroup"))
                    .text("system_log_level", logging.text("SystemLogLevel"))],
            ),
            None => object,
        }
    }

    fn network(function: &Value) -> Option<Object> {
        let network = function.at("VpcConfig")?;
        network.text("VpcId").or(texts(network, "SubnetIds").first().copied())?;
        Some(
            Object::new()
                .flag("ipv6_allowed_for_dual_stack", network.flag("Ipv6AllowedForDualStack"))
                .texts("security_group_ids", texts(network, "SecurityGroupIds"))
                .texts("subnet_ids", texts(network, "SubnetIds"))
                .text("vpc_id", network.text("VpcId")),
        )
    }

    fn texts<'v>(value: &'v Value, path: &str) -> Vec<&'v str> {
        value.list(path).iter().filter_map(Value::as_str).collect()
    }
}
