//! The services that are called without a crate of their own: their names, protocols, endpoints and pace.
//! Knows nothing of single operations.
//!
//! EC2 is read through its typed crate. For every other service a crate would cost more to build than all that is read
//! through it: at the 0.35 to 0.46 CPU seconds a thousand lines that the SDK's crates take, the four dozen services come to
//! about half an hour of two cores for each profile. Signing, credentials, retries and connections are the SDK's own all
//! the same; only the typed requests and answers are left out.

/// How a service is talked to (<https://smithy.io/2.0/aws/protocols/>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// A form is posted, XML comes back; the version of the API.
    Query(&'static str),
    /// JSON is posted, JSON comes back; the protocol's version and the prefix of `X-Amz-Target`.
    Json(&'static str, &'static str),
    /// A path is read, JSON comes back.
    RestJson,
    /// A path is read, XML comes back.
    RestXml,
}

/// One service.
#[derive(Debug)]
pub(crate) struct Service {
    /// As its credentials are scoped and its permissions begin.
    pub(crate) name: &'static str,
    /// As the provider's `endpoints` block and `AWS_ENDPOINT_URL_…` name it.
    pub(crate) endpoint_name: &'static str,
    /// The first label of its host name.
    pub(crate) host: &'static str,
    pub(crate) protocol: Protocol,
    /// One for all regions: read once for an account.
    pub(crate) global: bool,
    /// Requests per second that are asked of it at most. Where AWS publishes no figure, well below what callers report.
    pub(crate) rate: f64,
}

/// What is common to most services: their name is everything.
const fn regional(name: &'static str, protocol: Protocol, rate: f64) -> Service {
    Service { name, endpoint_name: name, host: name, protocol, global: false, rate }
}

const fn global(name: &'static str, protocol: Protocol, rate: f64) -> Service {
    Service { global: true, ..regional(name, protocol, rate) }
}

pub(crate) static IAM: Service = global("iam", Protocol::Query("2010-05-08"), 10.0);
pub(crate) static LAMBDA: Service = regional("lambda", Protocol::RestJson, 10.0);
pub(crate) static LOGS: Service = regional("logs", Protocol::Json("1.1", "Logs_20140328"), 5.0);
pub(crate) static ROUTE53: Service = global("route53", Protocol::RestXml, 4.0);
pub(crate) static SNS: Service = regional("sns", Protocol::Query("2010-03-31"), 20.0);
pub(crate) static SQS: Service = regional("sqs", Protocol::Json("1.0", "AmazonSQS"), 20.0);

impl Service {
    /// The host of the service in a region, and the region that requests are signed for.
    /// Services of all regions answer at one host, and sign for one region of the partition
    /// (AWS General Reference, "Service endpoints", IAM).
    pub(crate) fn endpoint(&self, region: &str, partition: &str, dns_suffix: &str) -> (String, String) {
        let host = self.host;
        match (self.global, partition) {
            (false, _) => (format!("https://{host}.{region}.{dns_suffix}"), region.to_owned()),
            (true, "aws") => (format!("https://{host}.{dns_suffix}"), "us-east-1".to_owned()),
            (true, "aws-cn") => (format!("https://{host}.cn-north-1.{dns_suffix}"), "cn-north-1".to_owned()),
            (true, "aws-us-gov") => (format!("https://{host}.us-gov.{dns_suffix}"), "us-gov-west-1".to_owned()),
            (true, _) => (format!("https://{host}.{region}.{dns_suffix}"), region.to_owned()),
        }
    }
}
