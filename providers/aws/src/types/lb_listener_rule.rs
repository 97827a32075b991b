//! `aws_lb_listener_rule`: DescribeRules for each listener that a managed rule belongs to; DescribeTags for managed ones.
//! Rules are listed by listener, so those of listeners that no managed rule belongs to are not sought.
//! Not read: how people sign in by OpenID Connect.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType =
    ResourceType { name: "aws_lb_listener_rule", permissions: PERMISSIONS, identity: &[], rules: &[], owners: &[] };

pub(super) const PERMISSIONS: &[&str] = &["elasticloadbalancing:DescribeRules", "elasticloadbalancing:DescribeTags"];

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::load_balancers::{actions, rules, tags};
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use std::collections::BTreeMap;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let recorded = batch.all_recorded();
        let mut by_listener: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for instance in batch.instances() {
            match recorded.get(instance.id).and_then(|one| one.text("listener_arn")) {
                Some(listener) => by_listener.entry(listener.to_owned()).or_default().push(instance.id),
                None => batch.unidentified(instance, "listener_arn"),
            }
        }
        let listeners: Vec<String> = by_listener.keys().cloned().collect();
        let lists = concurrently(listeners, |listener| async move {
            let list = rules(place, &listener).await;
            (listener, list)
        })
        .await;
        let mut found = Vec::new();
        for (listener, list) in lists {
            match list {
                Ok(list) => found.extend(list.iter().map(|rule| (listener.clone(), rule.clone()))),
                // A listener that is gone takes its rules with it.
                Err(gap) if gap.cause.contains("ListenerNotFound") => {}
                Err(gap) => by_listener[&listener].iter().for_each(|id| batch.gap(id, gap.clone())),
            }
        }
        let arns = found.iter().filter_map(|(_, rule)| rule.text("RuleArn"));
        let requested: Vec<String> = arns.filter(|arn| batch.requests(arn)).map(str::to_owned).collect();
        let mut tags = tags(place, batch, requested).await;
        for (listener, rule) in &found {
            // The default rule is the listener's own.
            let Some(arn) = rule.text("RuleArn").filter(|_| rule.flag("IsDefault") != Some(true)) else { continue };
            let mut object = convert(arn, listener, rule, recorded.get(arn));
            if let Some(tags) = tags.remove(arn) {
                object = object.tag_list(&tags, ("Key", "Value"));
            }
            batch.add(arn, Origin::Created, || object);
        }
        Ok(())
    }

    fn convert(arn: &str, listener: &str, rule: &Value, recorded: Option<&Recorded>) -> Object {
        let written = recorded.and_then(|recorded| recorded.0.get("action"));
        Object::new()
            .value("id", arn)
            .value("arn", arn)
            .blocks("action", actions(rule.list("Actions.member"), written))
            .blocks("condition", rule.list("Conditions.member").iter().map(condition))
            .value("listener_arn", listener)
            .number("priority", rule.number("Priority"))
    }

    fn condition(condition: &Value) -> Object {
        let values = |path: &str| -> Vec<&str> {
            condition.list(&format!("{path}.Values.member")).iter().filter_map(Value::as_str).collect()
        };
        let block = |field: &str, path: &str| {
            let values = values(path);
            let this = condition.text("Field") == Some(field) && !values.is_empty();
            this.then(|| Object::new().texts("values", values))
        };
        let header = block("http-header", "HttpHeaderConfig")
            .map(|object| object.text("http_header_name", condition.text("HttpHeaderConfig.HttpHeaderName")));
        let queries = condition
            .list("QueryStringConfig.Values.member")
            .iter()
            .map(|pair| Object::new().text("key", pair.text("Key")).text("value", pair.text("Value")));
        Object::new()
            .blocks("host_header", block("host-header", "HostHeaderConfig"))
            .blocks("http_header", header)
            .blocks("http_request_method", block("http-request-method", "HttpRequestMethodConfig"))
            .blocks("path_pattern", block("path-pattern", "PathPatternConfig"))
            .blocks("query_string", queries)
            .blocks("source_ip", block("source-ip", "SourceIpConfig"))
    }
}
