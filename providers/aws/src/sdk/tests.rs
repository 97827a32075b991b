//! Readers against canned answers: what is read, what becomes a gap, and what is counted.

use super::meter::{Budget, FULL_RATE, MeteredClient, counted, permitting};
use super::place::Place;
use super::prelude::{Ask, Batch, service};
use super::services::Services;
use crate::types;
use aws_sdk_ec2::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider, SharedHttpClient};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use provider_api::{Gap, GapClass, ReadOutcome, ReadRequest, RequestedInstance};
use serde_json::Value;
use serde_json::value::RawValue;
use std::sync::Arc;
use std::time::Duration;

/// The answer to a call, by its operation or for the REST protocols by its path and query: HTTP status and body; none where
/// it never comes.
pub(crate) type Answer = Arc<dyn Fn(&str) -> Option<(u16, Vec<u8>)> + Send + Sync>;

struct Canned(Answer);

impl std::fmt::Debug for Canned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Canned")
    }
}

impl HttpConnector for Canned {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let form = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
        let target = request.headers().get("x-amz-target").and_then(|target| target.rsplit('.').next());
        let uri = request.uri().splitn(4, '/').nth(3).map(|path| format!("/{path}")).unwrap_or_default();
        let action = form.split('&').find_map(|pair| pair.strip_prefix("Action=")).or(target).unwrap_or(&uri);
        match self.0(action) {
            Some((status, body)) => {
                let status = StatusCode::try_from(status).expect("a status code");
                HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(body))))
            }
            None => HttpConnectorFuture::new(std::future::pending()),
        }
    }
}

pub(crate) fn place(answer: impl Fn(&str) -> Option<(u16, String)> + Send + Sync + 'static) -> Place {
    place_of_bytes(move |call| answer(call).map(|(status, text)| (status, text.into_bytes())))
}

/// The same with answers that need not be text.
pub(crate) fn place_of_bytes(answer: impl Fn(&str) -> Option<(u16, Vec<u8>)> + Send + Sync + 'static) -> Place {
    let answer: Answer = Arc::new(answer);
    let http: SharedHttpClient = http_client_fn(move |_, _| SharedHttpConnector::new(Canned(Arc::clone(&answer))));
    let budget = Arc::new(Budget::new(Duration::from_millis(20), FULL_RATE, 2.0));
    let retries = RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(1));
    let credentials = Credentials::new("key", "secret", None, None, "test");
    let shared = aws_config::SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(retries)
        .build();
    let config = aws_sdk_ec2::config::Builder::from(&shared)
        .http_client(MeteredClient { checked: Some("ec2"), inner: http.clone(), budget })
        .build();
    let mut services = Services::new(shared, http, Arc::default());
    services.account = Some("123456789012".to_owned());
    services.region = "eu-west-1".to_owned();
    let ec2 = aws_sdk_ec2::Client::from_conf(config);
    Place::new(Some("123456789012".to_owned()), "eu-west-1".to_owned(), ec2, services)
}

/// Reads instances of a type with these recorded attributes, and what nobody asked for.
pub(crate) fn read(place: &Place, resource_type: &str, recorded: &[Value]) -> ReadOutcome {
    let recorded: Vec<(String, Box<RawValue>)> = recorded
        .iter()
        .map(|attributes| {
            let id = attributes["id"].as_str().unwrap_or_default().to_owned();
            (id, serde_json::value::to_raw_value(attributes).expect("JSON"))
        })
        .collect();
    let instances = recorded.iter().map(|(id, attributes)| RequestedInstance::new(id, attributes)).collect();
    let request = ReadRequest { resource_type, instances, unrequested: true, until: None };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut batch = Batch::new(&request);
        let permissions = types::types().resource_type(resource_type).expect("a type").permissions;
        let reading = permitting(permissions, types::read(resource_type, place, &mut batch).expect("a reader"));
        let (result, calls) = counted(reading).await;
        ReadOutcome { api_calls: calls, ..batch.finish(result) }
    })
}

/// A successful answer.
pub(crate) fn answer(action: &str, inner: &str) -> Option<(u16, String)> {
    Some((200, format!("<{action}Response>{inner}</{action}Response>")))
}

/// The attributes of an object that was read; null where there is none.
pub(crate) fn attributes(objects: &[provider_api::LiveObject], id: &str) -> Value {
    let object = objects.iter().find(|object| object.id == id);
    object.map_or(Value::Null, |object| serde_json::from_str(object.attributes.get()).expect("JSON"))
}

pub(crate) fn ids(objects: &[provider_api::LiveObject]) -> Vec<&str> {
    objects.iter().map(|object| object.id.as_str()).collect()
}

pub(crate) fn error(status: u16, code: &str, message: &str) -> Option<(u16, String)> {
    let body =
        format!("<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors></Response>");
    Some((status, body))
}

const SUBNETS: &str = "<DescribeSubnetsResponse><subnetSet>\
    <item><subnetId>subnet-1</subnetId><vpcId>vpc-1</vpcId><ownerId>123456789012</ownerId><tagSet>\
    <item><key>aws:cloudformation:stack-name</key><value>x</value></item>\
    <item><key>Name</key><value>a\u{9b}31m</value></item></tagSet></item>\
    <item><subnetId>subnet-2</subnetId><ownerId>123456789012</ownerId><defaultForAz>true</defaultForAz></item>\
    <item><subnetId>subnet-3</subnetId><ownerId>210987654321</ownerId></item>\
    </subnetSet></DescribeSubnetsResponse>";

#[test]
fn requested_and_unrequested_objects_are_told_apart() {
    let place = place(|_| Some((200, SUBNETS.to_owned())));
    let outcome =
        read(&place, "aws_subnet", &[serde_json::json!({"id": "subnet-1"}), serde_json::json!({"id": "gone"})]);
    assert_eq!((ids(&outcome.objects), ids(&outcome.unrequested)), (vec!["subnet-1"], vec!["subnet-2"]));
    assert_eq!(outcome.unrequested[0].origin, provider_api::Origin::Default);
    let attributes: Value = serde_json::from_str(outcome.objects[0].attributes.get()).expect("JSON");
    assert_eq!(attributes["tags_all"], serde_json::json!({"Name": "a\u{9b}31m"}));
    assert!(outcome.gaps.is_empty());
}

#[test]
fn a_shared_list_is_fetched_and_counted_once() {
    let place = place(|_| Some((200, SUBNETS.to_owned())));
    assert_eq!(read(&place, "aws_subnet", &[]).api_calls, 1);
    let again = read(&place, "aws_default_subnet", &[serde_json::json!({"id": "subnet-2"})]);
    assert_eq!((ids(&again.objects), again.api_calls), (vec!["subnet-2"], 0));
}

/// Reads a type whose only list is answered so, and checks the gap and the number of attempts.
fn check_gap(answer: fn(&str) -> Option<(u16, String)>, class: GapClass, cause: &str, attempts: u64) {
    let outcome = read(&place(answer), "aws_subnet", &[serde_json::json!({"id": "subnet-1"})]);
    let gap = outcome.gaps.first().expect("a gap");
    assert_eq!((gap.class, gap.cause.as_str(), outcome.api_calls), (class, cause, attempts));
    assert!(gap.ids.is_empty() && outcome.objects.is_empty(), "the whole type is not read");
}

#[test]
fn failed_calls_leave_gaps() {
    let blob =
        |_: &str| error(403, "UnauthorizedOperation", "You may not. Encoded authorization failure message: s3cr3t");
    check_gap(blob, GapClass::Denied, "DescribeSubnets in eu-west-1: UnauthorizedOperation: You may not.", 1);
    let expired = |_: &str| error(400, "RequestExpired", "Request\nhas \u{9b}31mexpired");
    check_gap(expired, GapClass::Denied, "DescribeSubnets in eu-west-1: RequestExpired: Request has  31mexpired", 1);
    let throttled = |_: &str| error(503, "RequestLimitExceeded", "Slow down");
    check_gap(throttled, GapClass::Throttled, "DescribeSubnets in eu-west-1: RequestLimitExceeded: Slow down", 3);
    let unknown = |_: &str| error(400, "InvalidAction", "What?");
    check_gap(unknown, GapClass::Unsupported, "DescribeSubnets in eu-west-1: InvalidAction: What?", 1);
    let html = |_: &str| Some((500, "<!doctype html><html><body>Oops</body></html>".to_owned()));
    check_gap(
        html,
        GapClass::Failed,
        "DescribeSubnets in eu-west-1: HTTP 500 with an answer that is not the service's",
        3,
    );
    let no_xml = |_: &str| Some((200, "<html>".to_owned()));
    check_gap(
        no_xml,
        GapClass::Failed,
        "DescribeSubnets in eu-west-1: HTTP 200 with an answer that is not the service's",
        1,
    );
    check_gap(|_| None, GapClass::TimedOut, "DescribeSubnets in eu-west-1: no answer in time", 3);
}

#[test]
fn a_mute_endpoint_is_given_up() {
    let place = place(|_| None);
    let calls: u64 =
        ["aws_subnet", "aws_nat_gateway", "aws_eip", "aws_route", "aws_vpn_gateway", "aws_customer_gateway"]
            .iter()
            .map(|resource_type| read(&place, resource_type, &[]).api_calls)
            .sum();
    assert_eq!(calls, 12, "after twelve unanswered attempts no more are made");
}

#[test]
fn a_detail_that_cannot_be_read_is_a_gap_for_the_requested_ids_only() {
    let place = place(|action| match action {
        "DescribeVpcs" => Some((
            200,
            "<DescribeVpcsResponse><vpcSet><item><vpcId>vpc-1</vpcId><cidrBlock>10.0.0.0/8</cidrBlock></item>\
             <item><vpcId>vpc-2</vpcId></item></vpcSet></DescribeVpcsResponse>"
                .to_owned(),
        )),
        "DescribeVpcAttribute" | "DescribeNetworkAcls" => error(403, "UnauthorizedOperation", "No"),
        _ => Some((200, format!("<{action}Response/>"))),
    });
    let outcome = read(&place, "aws_vpc", &[serde_json::json!({"id": "vpc-1"})]);
    assert_eq!((ids(&outcome.objects), ids(&outcome.unrequested)), (vec!["vpc-1"], vec!["vpc-2"]));
    let attributes: Value = serde_json::from_str(outcome.objects[0].attributes.get()).expect("JSON");
    assert_eq!(attributes["cidr_block"], "10.0.0.0/8");
    assert_eq!(attributes.get("enable_dns_support"), None, "what was not read is left out");
    assert_eq!(attributes.get("default_network_acl_id"), None);
    assert!(!outcome.gaps.is_empty() && outcome.gaps.iter().all(|gap| gap.ids.iter().all(|id| id == "vpc-1")));
    assert!(outcome.gaps.iter().all(|gap| !gap.ids.is_empty() && gap.class == GapClass::Denied));
}

#[test]
fn recorded_attributes_that_say_nothing_are_a_gap_not_an_absence() {
    let place = place(|action| Some((200, format!("<{action}Response/>"))));
    let outcome = read(
        &place,
        "aws_route",
        &[serde_json::json!({"id": "r-1"}), serde_json::json!({"id": "r-2", "route_table_id": "rtb-1"})],
    );
    assert_eq!(outcome.gaps.iter().flat_map(|gap| &gap.ids).collect::<Vec<_>>(), ["r-1"]);
    assert!(outcome.objects.is_empty(), "the other one is absent");
}

#[test]
fn an_instance_s_details_fail_one_by_one() {
    let place = place(|action| {
        match action {
        "DescribeInstances" => Some((
            200,
            "<DescribeInstancesResponse><reservationSet><item><instancesSet>\
             <item><instanceId>i-1</instanceId><instanceType>t3.micro</instanceType>\
             <instanceState><name>running</name></instanceState></item>\
             <item><instanceId>i-2</instanceId><instanceState><name>terminated</name></instanceState></item>\
             <item><instanceId>i-3</instanceId><tagSet><item><key>aws:autoscaling:groupName</key><value>web</value></item>\
             </tagSet></item></instancesSet></item></reservationSet></DescribeInstancesResponse>"
                .to_owned(),
        )),
        "DescribeInstanceCreditSpecifications" => Some((
            200,
            "<DescribeInstanceCreditSpecificationsResponse><instanceCreditSpecificationSet><item>\
             <instanceId>i-1</instanceId><cpuCredits>standard</cpuCredits></item></instanceCreditSpecificationSet>\
             </DescribeInstanceCreditSpecificationsResponse>"
                .to_owned(),
        )),
        "DescribeInstanceAttribute" | "DescribeVolumes" => error(403, "UnauthorizedOperation", "No"),
        _ => Some((200, format!("<{action}Response/>"))),
    }
    });
    let recorded = [serde_json::json!({"id": "i-1"}), serde_json::json!({"id": "i-2"})];
    let outcome = read(&place, "aws_instance", &recorded);
    assert_eq!((ids(&outcome.objects), ids(&outcome.unrequested)), (vec!["i-1"], vec!["i-3"]));
    assert_eq!(outcome.unrequested[0].origin, provider_api::Origin::OwnedBy("aws_autoscaling_group web".to_owned()));
    let attributes: Value = serde_json::from_str(outcome.objects[0].attributes.get()).expect("JSON");
    assert_eq!(attributes["credit_specification"], serde_json::json!([{"cpu_credits": "standard"}]));
    assert_eq!(attributes["arn"], "arn:aws:ec2:eu-west-1:123456789012:instance/i-1");
    for name in ["disable_api_termination", "user_data", "root_block_device", "ebs_block_device"] {
        assert_eq!(attributes.get(name), None, "{name} was not read");
    }
    assert!(outcome.gaps.iter().all(|gap| gap.class == GapClass::Denied && !gap.ids.is_empty()));
    let causes: Vec<&str> = outcome.gaps.iter().filter_map(|gap| gap.cause.split(' ').next()).collect();
    assert_eq!(causes, ["DescribeVolumes", "DescribeInstanceAttribute"]);
}

#[test]
fn a_launch_template_without_its_latest_version_is_a_gap() {
    let place = place(|action| match action {
        "DescribeLaunchTemplates" => Some((
            200,
            "<DescribeLaunchTemplatesResponse><launchTemplates><item><launchTemplateId>lt-1</launchTemplateId>\
             <launchTemplateName>web</launchTemplateName><latestVersionNumber>2</latestVersionNumber></item>\
             </launchTemplates></DescribeLaunchTemplatesResponse>"
                .to_owned(),
        )),
        _ => Some((200, format!("<{action}Response/>"))),
    });
    let outcome = read(&place, "aws_launch_template", &[serde_json::json!({"id": "lt-1"})]);
    let attributes: Value = serde_json::from_str(outcome.objects[0].attributes.get()).expect("JSON");
    assert_eq!((&attributes["name"], attributes.get("image_id")), (&Value::from("web"), None));
    assert_eq!((outcome.gaps.len(), outcome.gaps[0].ids.as_slice()), (1, &["lt-1".to_owned()][..]));
    assert_eq!(outcome.api_calls, 3, "both lists, and the version alone");
}

#[test]
fn an_attachment_is_known_by_what_state_records_of_it() {
    let place = place(|_| {
        let volume = "<item><volumeId>vol-1</volumeId><status>in-use</status><attachmentSet><item>\
                      <instanceId>i-1</instanceId><device>/dev/sdh</device><status>attached</status></item></attachmentSet>\
                      </item>";
        Some((200, format!("<DescribeVolumesResponse><volumeSet>{volume}</volumeSet></DescribeVolumesResponse>")))
    });
    let recorded = [
        serde_json::json!({"id": "vai-1", "device_name": "/dev/sdh", "instance_id": "i-1", "volume_id": "vol-1"}),
        serde_json::json!({"id": "vai-2", "device_name": "/dev/sdi", "instance_id": "i-1", "volume_id": "vol-1"}),
        serde_json::json!({"id": "vai-3"}),
    ];
    let outcome = read(&place, "aws_volume_attachment", &recorded);
    assert_eq!((ids(&outcome.objects), outcome.unrequested.len()), (vec!["vai-1"], 0));
    assert_eq!(outcome.gaps.iter().flat_map(|gap| &gap.ids).collect::<Vec<_>>(), ["vai-3"]);
}

#[test]
fn a_call_that_the_type_does_not_declare_is_never_made() {
    let place = place(|action| Some((200, format!("<{action}Response/>"))));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (answers, calls) = runtime.block_on(counted(permitting(&["ec2:DescribeVpcs", "sqs:ListQueues"], async {
        let undeclared = place.subnets().await.map(<[_]>::len);
        let service = place.call(&service::SNS, Ask::of("ListTopics")).await.map(|_| 0).map_err(Gap::from);
        [place.vpcs().await.map(<[_]>::len), undeclared, service]
    })));
    assert_eq!((answers[0].as_ref().ok(), calls), (Some(&0), 1));
    for answer in &answers[1..] {
        let cause = &answer.as_ref().expect_err("a gap").cause;
        assert!(cause.contains("is not among the permissions that the resource type declares"), "{cause}");
    }
}

#[test]
fn objects_tell_when_they_were_made_and_where() {
    let place = place(|call| {
        let bucket = |name: &str, region: &str| {
            format!(
                "<Bucket><Name>{name}</Name><CreationDate>2026-01-02T03:04:05Z</CreationDate>\
                 <BucketRegion>{region}</BucketRegion></Bucket>"
            )
        };
        let buckets = [bucket("here", "eu-west-1"), bucket("there", "us-east-1")].concat();
        let body = format!("<ListAllMyBucketsResult><Buckets>{buckets}</Buckets></ListAllMyBucketsResult>");
        (call == "/?max-buckets=1000").then_some((200, body))
    });
    let outcome = read(&place, "aws_s3_bucket", &[]);
    assert_eq!(ids(&outcome.unrequested), ["here"], "buckets of other regions are listed there");
    assert_eq!(outcome.unrequested[0].created_at.as_deref(), Some("2026-01-02T03:04:05Z"));
    assert!(outcome.listed && outcome.gaps.is_empty());
}
