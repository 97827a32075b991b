//! `aws_wafv2_web_acl`: GetWebACL and ListTagsForResource for each managed one, ListWebACLs for the region's others.
//! Those of CloudFront (scope `CLOUDFRONT`) live in one region only and are read where they are managed.
//! Not read: `rule_json`, which is another spelling of `rule`; `association_config` and `data_protection_config`.

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_wafv2_web_acl",
    permissions: &["wafv2:GetWebACL", "wafv2:ListTagsForResource", "wafv2:ListWebACLs"],
    identity: &[],
    rules: &[Rule {
        pattern: "lock_token",
        kind: RuleKind::Volatile("changes with every change, and with nothing else"),
    }],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::mirror::Mirror;
    use crate::sdk::prelude::*;
    use aws_smithy_types::base64;
    use serde_json::Value;
    use service::WAF;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        if batch.wants_unrequested() {
            let ask = Ask::of("ListWebACLs").with("Scope", "REGIONAL").with("Limit", 100);
            for one in place.list(&WAF, ask, Paging::by("WebACLs", "NextMarker")).await?.iter() {
                let Some(id) = one.text("Id").filter(|id| !batch.requests(id)) else { continue };
                batch.add(id, Origin::Created, || Object::new().value("id", id).text("name", one.text("Name")));
            }
        }
        let recorded = batch.all_recorded();
        let wanted = batch.identified(["name", "scope", "arn"]);
        let answers = concurrently(wanted, |(id, [name, scope, arn])| async move {
            let ask = Ask::of("GetWebACL").with("Id", id.as_str()).with("Name", name).with("Scope", scope.as_str());
            let tags = Ask::of("ListTagsForResource").with("ResourceARN", arn);
            let answers = tokio::join!(place.call(&WAF, ask), place.call(&WAF, tags));
            (id, scope, answers)
        })
        .await;
        for (id, scope, (acl, tags)) in answers {
            let Some(answer) = batch.existing(&id, acl, &["WAFNonexistentItemException"]) else { continue };
            let Some(acl) = answer.at("WebACL") else { continue };
            // Rules that were written as JSON are recorded in no other way.
            let as_json = recorded.get(id.as_str()).is_some_and(|one| one.text("rule_json").is_some());
            let object = convert(&id, &scope, acl, as_json)
                .text("application_integration_url", answer.text("ApplicationIntegrationURL"))
                .text("lock_token", answer.text("LockToken"));
            let object = batch.detailed(&id, object, tags, |object, answer| {
                object.tag_list(answer.list("TagInfoForResource.TagList"), ("Key", "Value"))
            });
            batch.found(&id, || object);
        }
        Ok(())
    }

    fn convert(id: &str, scope: &str, acl: &Value, as_json: bool) -> Object {
        let bodies = acl.at("CustomResponseBodies").and_then(Value::as_object).into_iter().flatten();
        let bodies = bodies.map(|(key, body)| {
            Object::new()
                .text("content", body.text("Content"))
                .text("content_type", body.text("ContentType"))
                .value("key", key.as_str())
        });
        let mut object = Object::new()
            .value("id", id)
            .text("arn", acl.text("ARN"))
            .number("capacity", acl.number("Capacity"))
            .blocks("custom_response_body", bodies)
            .text("description", acl.text("Description"))
            .text("name", acl.text("Name"))
            .value("scope", scope)
            .texts("token_domains", acl.texts("TokenDomains"));
        let names = ["captcha_config", "challenge_config", "default_action", "visibility_config"];
        let members = ["CaptchaConfig", "ChallengeConfig", "DefaultAction", "VisibilityConfig"];
        for (name, member) in names.into_iter().zip(members) {
            if let Some(mirror) = Mirror::of("aws_wafv2_web_acl", name) {
                object =
                    object.blocks(name, acl.at(member).filter(|one| one.is_object()).map(|one| mirror.convert(one)));
            }
        }
        match Mirror::of("aws_wafv2_web_acl", "rule").filter(|_| !as_json) {
            Some(mirror) => {
                let mut rules = acl.list("Rules").to_vec();
                rules.iter_mut().for_each(decode);
                object.blocks("rule", mirror.each(&rules))
            }
            None => object,
        }
    }

    /// What is searched for comes as base64, and is recorded as text.
    fn decode(value: &mut Value) {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    match member.as_str().filter(|_| name == "SearchString").map(base64::decode) {
                        Some(Ok(bytes)) => *member = Value::from(String::from_utf8_lossy(&bytes).into_owned()),
                        _ => decode(member),
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(decode),
            _ => {}
        }
    }
}
