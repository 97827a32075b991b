//! The services that are called without a crate of their own: their names, protocols, endpoints and pace.
//! Knows nothing of single operations.
//!
//! EC2 is read through its typed crate. For every other service a crate would cost more to build than all that is read
//! through it: at the 0.35 to 0.46 CPU seconds a thousand lines that the SDK's crates take, the four dozen services come to
//! about half an hour of two cores for each profile. Signing, credentials, retries and connections are the SDK's own all
//! the same; only the typed requests and answers are left out.

/// How a service is talked to (<https://smithy.io/2.0/aws/protocols/>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Protocol {
    /// A form is posted, XML comes back; the version of the API.
    Query(&'static str),
    /// JSON is posted, JSON comes back; the protocol's version and the prefix of `X-Amz-Target`.
    Json(&'static str, &'static str),
    /// A path is read, JSON comes back.
    RestJson,
    /// A path is read, XML comes back.
    RestXml,
    /// A path is read, bytes come back, which the answer holds in base64; refusals are XML.
    RestBytes,
}

/// One service.
#[derive(Debug)]
pub(crate) struct Service {
    /// As its permissions begin.
    pub(crate) name: &'static str,
    /// As its credentials are scoped.
    pub(crate) signing_name: &'static str,
    /// As the provider's `endpoints` block and `AWS_ENDPOINT_URL_…` name it.
    pub(crate) endpoint_name: &'static str,
    /// The first label of its host name.
    pub(crate) host: &'static str,
    pub(crate) protocol: Protocol,
    /// One for all regions: read once for an account.
    pub(crate) global: bool,
    /// Requests per second that are asked of it at most. Where AWS publishes no figure, well below what callers report.
    pub(crate) rate: f64,
    /// What shares that rate: operations of one service may have rates of their own.
    pub(crate) pace: &'static str,
    /// Seconds' worth of requests that may go out at once before the rate holds.
    pub(crate) burst: f64,
}

/// Well below what AWS allows an account: 40 requests of EC2's 100.
pub(super) const BURST: f64 = 2.0;

/// What is common to most services: their name is everything.
const fn regional(name: &'static str, protocol: Protocol, rate: f64) -> Service {
    Service {
        name,
        signing_name: name,
        endpoint_name: name,
        host: name,
        protocol,
        global: false,
        rate,
        pace: name,
        burst: BURST,
    }
}

const fn global(name: &'static str, protocol: Protocol, rate: f64) -> Service {
    Service { global: true, ..regional(name, protocol, rate) }
}

pub(crate) static ACM: Service = regional("acm", Protocol::Json("1.1", "CertificateManager"), 5.0);
pub(crate) static API_GATEWAY: Service = regional("apigateway", Protocol::RestJson, 5.0);
pub(crate) static API_GATEWAY_V2: Service =
    Service { endpoint_name: "apigatewayv2", ..regional("apigateway", Protocol::RestJson, 5.0) };
pub(crate) static ATHENA: Service = regional("athena", Protocol::Json("1.1", "AmazonAthena"), 5.0);
pub(crate) static BACKUP: Service = regional("backup", Protocol::RestJson, 5.0);
pub(crate) static CLOUDFRONT: Service = global("cloudfront", Protocol::RestXml, 5.0);
const TRAILS: Service =
    regional("cloudtrail", Protocol::Json("1.1", "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101"), 5.0);
pub(crate) static CLOUDTRAIL: Service = TRAILS;
/// Looking events up: twice a second for an account and region, whoever asks (CloudTrail API Reference, LookupEvents).
const LOOKUP: Service = Service { rate: 2.0, burst: 0.5, pace: "cloudtrail events", ..TRAILS };
pub(crate) static EVENT_HISTORY: Service = LOOKUP;
/// The same where events of global services are recorded.
pub(crate) static GLOBAL_EVENT_HISTORY: Service = Service { global: true, ..LOOKUP };
pub(crate) static CODEBUILD: Service = regional("codebuild", Protocol::Json("1.1", "CodeBuild_20161006"), 5.0);
pub(crate) static COGNITO: Service = Service {
    endpoint_name: "cognitoidp",
    ..regional("cognito-idp", Protocol::Json("1.1", "AWSCognitoIdentityProviderService"), 5.0)
};
pub(crate) static ECS: Service = regional("ecs", Protocol::Json("1.1", "AmazonEC2ContainerServiceV20141113"), 10.0);
pub(crate) static EFS: Service =
    Service { endpoint_name: "efs", ..regional("elasticfilesystem", Protocol::RestJson, 5.0) };
pub(crate) static EKS: Service = regional("eks", Protocol::RestJson, 5.0);
pub(crate) static ELASTICACHE: Service = regional("elasticache", Protocol::Query("2015-02-02"), 5.0);
pub(crate) static FIREHOSE: Service = regional("firehose", Protocol::Json("1.1", "Firehose_20150804"), 4.0);
pub(crate) static GLUE: Service = regional("glue", Protocol::Json("1.1", "AWSGlue"), 5.0);
pub(crate) static ORGANIZATIONS: Service =
    global("organizations", Protocol::Json("1.1", "AWSOrganizationsV20161128"), 3.0);
pub(crate) static RDS: Service = regional("rds", Protocol::Query("2014-10-31"), 5.0);
pub(crate) static STEP_FUNCTIONS: Service =
    Service { endpoint_name: "sfn", ..regional("states", Protocol::Json("1.0", "AWSStepFunctions"), 5.0) };
pub(crate) static WAF: Service = regional("wafv2", Protocol::Json("1.1", "AWSWAF_20190729"), 5.0);
pub(crate) static AUTO_SCALING: Service = regional("autoscaling", Protocol::Query("2011-01-01"), 10.0);
pub(crate) static CLOUDWATCH: Service = Service {
    signing_name: "monitoring",
    host: "monitoring",
    ..regional("cloudwatch", Protocol::Query("2010-08-01"), 10.0)
};
pub(crate) static DYNAMODB: Service = regional("dynamodb", Protocol::Json("1.0", "DynamoDB_20120810"), 10.0);
pub(crate) static ECR: Service =
    Service { host: "api.ecr", ..regional("ecr", Protocol::Json("1.1", "AmazonEC2ContainerRegistry_V20150921"), 10.0) };
pub(crate) static ELB: Service =
    Service { endpoint_name: "elbv2", ..regional("elasticloadbalancing", Protocol::Query("2015-12-01"), 10.0) };
pub(crate) static EVENTS: Service = regional("events", Protocol::Json("1.1", "AWSEvents"), 10.0);
pub(crate) static IAM: Service = global("iam", Protocol::Query("2010-05-08"), 10.0);
pub(crate) static KINESIS: Service = regional("kinesis", Protocol::Json("1.1", "Kinesis_20131202"), 5.0);
pub(crate) static KMS: Service = regional("kms", Protocol::Json("1.1", "TrentService"), 20.0);
pub(crate) static LAMBDA: Service = regional("lambda", Protocol::RestJson, 10.0);
pub(crate) static LOGS: Service = regional("logs", Protocol::Json("1.1", "Logs_20140328"), 5.0);
pub(crate) static ROUTE53: Service = global("route53", Protocol::RestXml, 4.0);
/// Buckets are named in the path: the same at AWS and at servers that imitate it.
pub(crate) static S3: Service = BUCKETS;
const BUCKETS: Service = regional("s3", Protocol::RestXml, 50.0);
/// Objects of buckets as they are.
pub(crate) static S3_OBJECTS: Service = Service { protocol: Protocol::RestBytes, ..BUCKETS };
pub(crate) static SECRETS_MANAGER: Service = regional("secretsmanager", Protocol::Json("1.1", "secretsmanager"), 10.0);
pub(crate) static SNS: Service = regional("sns", Protocol::Query("2010-03-31"), 20.0);
pub(crate) static SQS: Service = regional("sqs", Protocol::Json("1.0", "AmazonSQS"), 20.0);
pub(crate) static SSM: Service = regional("ssm", Protocol::Json("1.1", "AmazonSSM"), 5.0);

/// It tells the tags of other services' objects.
pub(crate) static TAGGING: Service = Service {
    signing_name: "tagging",
    host: "tagging",
    endpoint_name: "resourcegroupstaggingapi",
    ..regional("tag", Protocol::Json("1.1", "ResourceGroupsTaggingAPI_20170126"), 5.0)
};

impl Service {
    /// The IAM action that an operation needs. S3 names some of them otherwise (Service Authorization Reference, Amazon S3).
    pub(super) fn action(&self, operation: &str) -> String {
        let action = match operation {
            // API Gateway's permissions are the methods of its paths.
            _ if self.name == "apigateway" => "GET",
            "GetBucketAccelerateConfiguration" => "GetAccelerateConfiguration",
            "GetBucketCors" => "GetBucketCORS",
            "GetBucketEncryption" => "GetEncryptionConfiguration",
            "GetBucketLifecycleConfiguration" => "GetLifecycleConfiguration",
            "GetBucketNotificationConfiguration" => "GetBucketNotification",
            "GetObjectLockConfiguration" => "GetBucketObjectLockConfiguration",
            "GetPublicAccessBlock" => "GetBucketPublicAccessBlock",
            "GetBucketReplication" => "GetReplicationConfiguration",
            "ListBuckets" => "ListAllMyBuckets",
            "ListObjectsV2" => "ListBucket",
            operation => operation,
        };
        format!("{}:{action}", self.name)
    }

    /// The host of the service in a region, and the region that requests are signed for.
    /// Services of all regions answer at one host, and sign for one region of the partition
    /// (AWS General Reference, "Service endpoints", IAM).
    pub(crate) fn endpoint(&self, region: &str, partition: &str, dns_suffix: &str) -> (String, String) {
        let host = self.host;
        match (self.global, partition) {
            (false, _) => (format!("https://{host}.{region}.{dns_suffix}"), region.to_owned()),
            (true, _) if host == "cloudtrail" => {
                let home = match partition {
                    "aws" => "us-east-1",
                    "aws-cn" => "cn-north-1",
                    "aws-us-gov" => "us-gov-west-1",
                    _ => region,
                };
                (format!("https://{host}.{home}.{dns_suffix}"), home.to_owned())
            }
            (true, "aws") if host == "organizations" => {
                (format!("https://{host}.us-east-1.{dns_suffix}"), "us-east-1".to_owned())
            }
            (true, "aws") => (format!("https://{host}.{dns_suffix}"), "us-east-1".to_owned()),
            (true, "aws-cn") => (format!("https://{host}.cn-north-1.{dns_suffix}"), "cn-north-1".to_owned()),
            (true, "aws-us-gov") => (format!("https://{host}.us-gov.{dns_suffix}"), "us-gov-west-1".to_owned()),
            (true, _) => (format!("https://{host}.{region}.{dns_suffix}"), region.to_owned()),
        }
    }
}
