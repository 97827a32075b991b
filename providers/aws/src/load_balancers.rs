//! What Elastic Load Balancing tells in bulk: load balancers, target groups, and the listeners and rules below them; tags
//! for twenty objects a call. Knows nothing of any resource type.

use crate::sdk::prelude::*;
use serde_json::{Map, Value};
use service::ELB;
use std::collections::HashMap;
use std::sync::Arc;

/// The most ARNs that DescribeTags takes.
const ARNS_A_CALL: usize = 20;

/// Every load balancer of the newer kinds.
pub(crate) async fn load_balancers(place: &Place) -> Result<Arc<Vec<Value>>, Gap> {
    list(place, Ask::of("DescribeLoadBalancers").with("PageSize", 400), &BALANCERS).await
}

/// Every target group.
pub(crate) async fn target_groups(place: &Place) -> Result<Arc<Vec<Value>>, Gap> {
    list(place, Ask::of("DescribeTargetGroups").with("PageSize", 400), &TARGET_GROUPS).await
}

/// Every listener of a load balancer.
pub(crate) async fn listeners(place: &Place, balancer: &str) -> Result<Arc<Vec<Value>>, Gap> {
    list(place, Ask::of("DescribeListeners").with("LoadBalancerArn", balancer), &LISTENERS).await
}

/// Every rule of a listener.
pub(crate) async fn rules(place: &Place, listener: &str) -> Result<Arc<Vec<Value>>, Gap> {
    list(place, Ask::of("DescribeRules").with("ListenerArn", listener), &RULES).await
}

static BALANCERS: Paging = Paging {
    items: "DescribeLoadBalancersResult.LoadBalancers.member",
    answered: "DescribeLoadBalancersResult.NextMarker",
    asked: "Marker",
};
static TARGET_GROUPS: Paging = Paging {
    items: "DescribeTargetGroupsResult.TargetGroups.member",
    answered: "DescribeTargetGroupsResult.NextMarker",
    asked: "Marker",
};
static LISTENERS: Paging = Paging {
    items: "DescribeListenersResult.Listeners.member",
    answered: "DescribeListenersResult.NextMarker",
    asked: "Marker",
};
static RULES: Paging =
    Paging { items: "DescribeRulesResult.Rules.member", answered: "DescribeRulesResult.NextMarker", asked: "Marker" };

async fn list(place: &Place, ask: Ask, paging: &'static Paging) -> Result<Arc<Vec<Value>>, Gap> {
    place.list(&ELB, ask, *paging).await
}

/// The tags of objects by their ARN; objects whose tags could not be read are gaps.
pub(crate) async fn tags(place: &Place, batch: &mut Batch<'_>, arns: Vec<String>) -> HashMap<String, Vec<Value>> {
    let chunks: Vec<Vec<String>> = arns.chunks(ARNS_A_CALL).map(<[_]>::to_vec).collect();
    let answers = concurrently(chunks, |arns| async move {
        let ask = (1..).zip(&arns).fold(Ask::of("DescribeTags"), |ask, (number, arn)| {
            ask.with(&format!("ResourceArns.member.{number}"), arn.as_str())
        });
        (arns, place.call(&ELB, ask).await)
    })
    .await;
    let mut tags = HashMap::new();
    for (arns, answer) in answers {
        match answer {
            Ok(answer) => {
                for one in answer.list("DescribeTagsResult.TagDescriptions.member") {
                    let arn = one.text("ResourceArn").unwrap_or_default().to_owned();
                    tags.insert(arn, one.list("Tags.member").to_vec());
                }
            }
            Err(failure) => arns.iter().for_each(|arn| batch.gap(arn, failure.clone().into())),
        }
    }
    tags
}

/// The attributes of a load balancer or a target group, by their keys.
pub(crate) fn attributes<'a>(answer: &'a Value, operation: &str) -> HashMap<&'a str, &'a str> {
    let list = answer.list(&format!("{operation}Result.Attributes.member")).iter();
    list.filter_map(|one| Some((one.text("Key")?, one.at("Value").and_then(Value::as_str).unwrap_or_default())))
        .collect()
}

/// The part of an ARN that metrics name.
pub(crate) fn suffix(arn: &str) -> &str {
    let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
    resource.strip_prefix("loadbalancer/").unwrap_or(resource)
}

/// The actions of a listener or a rule. How people sign in is told without the secret of it.
/// `recorded` are the same actions as they were recorded: a single target group may be written in two ways.
pub(crate) fn actions(actions: &[Value], recorded: Option<&Value>) -> Vec<Object> {
    let mut sorted: Vec<&Value> = actions.iter().collect();
    sorted.sort_by_key(|action| action.number("Order").unwrap_or(0));
    let action = |(position, action): (usize, &Value)| {
        let written = recorded.and_then(|recorded| recorded.get(position));
        let as_block = written.is_some_and(|written| !written.list("forward").is_empty());
        let as_argument = written.is_none_or(|written| written.text("target_group_arn").is_some()) || !as_block;
        let forward = action.at("ForwardConfig").filter(|_| action.text("Type") == Some("forward"));
        let several = forward.is_some_and(|forward| forward.list("TargetGroups.member").len() > 1);
        let target = action.text("TargetGroupArn").filter(|_| as_argument && !several);
        Object::new()
            // Where the API leaves it out, the provider records 0.
            .number("order", action.number("Order").or(Some(0)))
            .text("type", action.text("Type"))
            .text("target_group_arn", target)
            .blocks("authenticate_cognito", action.at("AuthenticateCognitoConfig").map(cognito))
            .blocks("fixed_response", action.at("FixedResponseConfig").map(fixed_response))
            .blocks("forward", forward.filter(|_| as_block || several).map(forward_block))
            .blocks("redirect", action.at("RedirectConfig").map(redirect))
    };
    sorted.into_iter().enumerate().map(action).collect()
}

fn fixed_response(config: &Value) -> Object {
    Object::new()
        .text("content_type", config.text("ContentType"))
        .text("message_body", config.text("MessageBody"))
        .text("status_code", config.text("StatusCode"))
}

fn forward_block(config: &Value) -> Object {
    let groups = config
        .list("TargetGroups.member")
        .iter()
        .map(|group| Object::new().text("arn", group.text("TargetGroupArn")).number("weight", group.number("Weight")));
    let stickiness = config.at("TargetGroupStickinessConfig").filter(|one| one.is_object()).map(|one| {
        Object::new().number("duration", one.number("DurationSeconds")).flag("enabled", one.flag("Enabled"))
    });
    Object::new().blocks("target_group", groups).blocks("stickiness", stickiness)
}

fn redirect(config: &Value) -> Object {
    Object::new()
        .text("host", config.text("Host"))
        .text("path", config.text("Path"))
        .text("port", config.text("Port"))
        .text("protocol", config.text("Protocol"))
        .text("query", config.text("Query"))
        .text("status_code", config.text("StatusCode"))
}

fn cognito(config: &Value) -> Object {
    let extra: Map<String, Value> = config
        .list("AuthenticationRequestExtraParams.entry")
        .iter()
        .filter_map(|entry| Some((entry.text("key")?.to_owned(), entry.at("value")?.clone())))
        .collect();
    Object::new()
        .value("authentication_request_extra_params", extra)
        .text("on_unauthenticated_request", config.text("OnUnauthenticatedRequest"))
        .text("scope", config.text("Scope"))
        .text("session_cookie_name", config.text("SessionCookieName"))
        .number("session_timeout", config.number("SessionTimeout"))
        .text("user_pool_arn", config.text("UserPoolArn"))
        .text("user_pool_client_id", config.text("UserPoolClientId"))
        .text("user_pool_domain", config.text("UserPoolDomain"))
}
