//! With what a record's call was made, as its `userAgent` and the fields around it tell.
//! Knows nothing of who made it.

use provider_api::Tool;
use serde_json::Value;

/// The tool of a record. What names itself is believed, since nobody gains by the lie who may not lie about all else too;
/// a service that calls on somebody's behalf counts before the library that it calls with.
pub(super) fn tool(record: &Value) -> Tool {
    let text = |name: &str| record[name].as_str().unwrap_or_default();
    let agent = text("userAgent").to_ascii_lowercase();
    let invoked_by = record.pointer("/userIdentity/invokedBy").and_then(Value::as_str).unwrap_or_default();
    let from = text("sourceIPAddress");
    let says = |word: &str| agent.contains(word);
    if says("opentofu/") {
        return Tool::OpenTofu;
    }
    if says("terraform/") || says("terraform-provider-aws/") {
        return Tool::Terraform;
    }
    if [invoked_by, from, agent.as_str()].contains(&"cloudformation.amazonaws.com") {
        return Tool::CloudFormation;
    }
    // The console calls on behalf of who is signed in; its own pages call under names such as `ec2.amazonaws.com`.
    let by_console = record["sessionCredentialFromConsole"].as_str() == Some("true")
        || record["sessionCredentialFromConsole"].as_bool() == Some(true)
        || ["console", "signin.amazonaws.com", "awsconsole"]
            .iter()
            .any(|word| agent.trim_start_matches('[').starts_with(word))
        || ["s3console/", "aws-console", "aws cloudwatch console"].iter().any(|word| says(word));
    // CloudShell runs in the console, and what is typed there is no click all the same.
    if by_console && !["aws-cli/", "boto3/", "botocore/"].iter().any(|word| says(word)) {
        return Tool::Console;
    }
    let is_service = |name: &str| name == "AWS Internal" || name.ends_with(".amazonaws.com");
    if text("eventType") == "AwsServiceEvent" || is_service(invoked_by) || is_service(from) {
        return Tool::Service;
    }
    match () {
        () if says("aws-cli/") => Tool::Cli,
        () if ["boto3/", "botocore/", "aws-sdk-", "aws-powershell", "awspowershell"].iter().any(|word| says(word)) => {
            Tool::Sdk
        }
        () => Tool::Other,
    }
}
