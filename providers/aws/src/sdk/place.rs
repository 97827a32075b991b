//! One account and region with the credentials that open it, and all that was fetched of it.
//! Knows nothing of batches.

use super::call::{Ask, Failure};
use super::gap::gap;
use super::lists::Lists;
use super::service::Service;
use super::services::{Paging, Services};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use futures::StreamExt;
use provider_api::Gap;
use serde_json::Value;
use std::sync::Arc;

/// Detail calls that one batch has in flight. The budget bounds all batches together.
const DETAILS_IN_FLIGHT: usize = 16;

/// An open account and region.
pub(crate) struct Place {
    /// The account's number, where STS told it or state recorded it.
    pub(crate) account: Option<String>,
    /// The region.
    pub(crate) region: String,
    /// The EC2 API of the region.
    pub(crate) ec2: aws_sdk_ec2::Client,
    pub(super) lists: Lists,
    pub(super) services: Services,
}

impl Place {
    pub(super) fn new(account: Option<String>, region: String, ec2: aws_sdk_ec2::Client, services: Services) -> Self {
        Self { account, region, ec2, lists: Lists::default(), services }
    }

    /// Makes one call to a service that has no crate here.
    pub(crate) async fn call(&self, service: &'static Service, ask: Ask) -> Result<Value, Failure> {
        self.services.call(service, ask).await
    }

    /// The answer to a call that several types make of the same object; made once.
    pub(crate) async fn once(&self, service: &'static Service, ask: Ask) -> Result<Arc<Value>, Failure> {
        self.services.once(service, ask).await
    }

    /// All items of a list of such a service. It is fetched once and shared by all types that ask the same.
    pub(crate) async fn list(
        &self,
        service: &'static Service,
        ask: Ask,
        paging: Paging,
    ) -> Result<Arc<Vec<Value>>, Gap> {
        self.services.list(service, ask, paging).await
    }

    /// All items of a list that only one type needs.
    pub(crate) async fn pages(
        &self,
        service: &'static Service,
        ask: Ask,
        paging: Paging,
    ) -> Result<Vec<Value>, Failure> {
        self.services.pages(service, ask, paging).await
    }

    /// An ARN of a service in this region and account, for example of `ssm` and `document/x`. None where the account is not
    /// known.
    pub(crate) fn arn_of(&self, service: &str, resource: &str) -> Option<String> {
        let partition = partition(&self.region);
        Some(format!("arn:{partition}:{service}:{}:{}:{resource}", self.region, self.account.as_deref()?))
    }

    /// An ARN of a global service whose objects name neither region nor account, for example a hosted zone's.
    pub(crate) fn global_arn(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}:::{resource}", partition(&self.region))
    }

    /// An ARN of a global service whose objects name the account, for example a distribution's. None where the account is
    /// not known.
    pub(crate) fn account_arn(&self, service: &str, resource: &str) -> Option<String> {
        Some(format!("arn:{}:{service}::{}:{resource}", partition(&self.region), self.account.as_deref()?))
    }

    /// An ARN of the EC2 service: `resource` is for example `vpc/vpc-1`, `account` the owner of the object.
    /// None where the account is not known.
    pub(crate) fn arn(&self, account: Option<&str>, resource: &str) -> Option<String> {
        let partition = partition(&self.region);
        Some(format!("arn:{partition}:ec2:{}:{}:{resource}", self.region, account?))
    }

    /// The domain under which the partition's public names live.
    pub(crate) fn dns_suffix(&self) -> &'static str {
        dns_suffix(partition(&self.region))
    }

    /// Whether an object of this owner is the account's own, and not one that another account shares.
    pub(crate) fn owns(&self, owner: Option<&str>) -> bool {
        match (self.account.as_deref(), owner) {
            (Some(account), Some(owner)) if !owner.is_empty() => account == owner,
            _ => true,
        }
    }

    /// The gap that a failed call leaves in this place, for example of `DescribeVpcAttribute`.
    pub(crate) fn gap<E>(&self, call: &str, error: &SdkError<E, HttpResponse>) -> Gap
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        gap(call, &self.region, error)
    }
}

/// The domain under which a partition's public names live.
pub(super) fn dns_suffix(partition: &str) -> &'static str {
    match partition {
        "aws-cn" => "amazonaws.com.cn",
        "aws-iso" => "c2s.ic.gov",
        "aws-iso-b" => "sc2s.sgov.gov",
        "aws-iso-e" => "cloud.adc-e.uk",
        "aws-iso-f" => "csp.hci.ic.gov",
        "aws-eusc" => "amazonaws.eu",
        _ => "amazonaws.com",
    }
}

/// The partition of a region, by the prefix of its name.
pub(super) fn partition(region: &str) -> &'static str {
    match region {
        _ if region.starts_with("cn-") => "aws-cn",
        _ if region.starts_with("us-gov-") => "aws-us-gov",
        _ if region.starts_with("us-iso-") => "aws-iso",
        _ if region.starts_with("us-isob-") => "aws-iso-b",
        _ if region.starts_with("eu-isoe-") => "aws-iso-e",
        _ if region.starts_with("us-isof-") => "aws-iso-f",
        _ if region.starts_with("eusc-") => "aws-eusc",
        _ => "aws",
    }
}

/// Runs one call per item, several at a time, and returns the answers in the order of the items.
/// The items hold no references, static ones neither: the compiler cannot prove the futures of such items `Send`.
pub(crate) async fn concurrently<I: 'static, T, F: Future<Output = T>>(
    items: impl IntoIterator<Item = I>,
    call: impl FnMut(I) -> F,
) -> Vec<T> {
    futures::stream::iter(items).map(call).buffered(DETAILS_IN_FLIGHT).collect().await
}
