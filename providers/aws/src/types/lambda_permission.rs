//! `aws_lambda_permission`: GetPolicy for each function, or version of it, that a managed statement belongs to. Statements
//! are listed by function, so those of other functions are not sought.
//! Not read: `event_source_token`.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_lambda_permission",
    permissions: &["lambda:GetPolicy"],
    identity: &["function_name", "qualifier"],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use service::LAMBDA;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let recorded = batch.all_recorded();
        let wanted: Vec<_> = batch
            .identified(["function_name", "statement_id"])
            .into_iter()
            .map(|(id, [function, statement])| {
                let qualifier = recorded.get(id.as_str()).and_then(|one| one.text("qualifier")).map(str::to_owned);
                (id, function, qualifier, statement)
            })
            .collect();
        let answers = concurrently(wanted, |(id, function, qualifier, statement)| async move {
            let ask = Ask::of("GetPolicy").at(format!("/2015-03-31/functions/{}/policy", encoded(&function)));
            let ask = match &qualifier {
                Some(qualifier) => ask.with("Qualifier", qualifier.as_str()),
                None => ask,
            };
            (id, function, qualifier, statement, place.once(&LAMBDA, ask).await)
        })
        .await;
        for (id, function, qualifier, statement, answer) in answers {
            let Some(answer) = batch.existing(&id, answer, &["ResourceNotFoundException"]) else { continue };
            // A policy that cannot be read says nothing of what is in it.
            let Ok(policy) = serde_json::from_str::<Value>(answer.text("Policy").unwrap_or_default()) else {
                let cause = format!("GetPolicy of {function}: the policy is not JSON");
                batch.gap(&id, Gap { ids: Vec::new(), class: GapClass::Failed, cause });
                continue;
            };
            let statements = policy.list("Statement");
            if let Some(one) = statements.iter().find(|one| one.text("Sid") == Some(&statement)) {
                batch.found(&id, || convert(&function, one).text("qualifier", qualifier.as_deref()));
            }
        }
        Ok(())
    }

    /// `function_name` stays as it was written, by name or by ARN.
    fn convert(function: &str, statement: &Value) -> Object {
        let principal =
            statement.text("Principal.Service").or(statement.text("Principal.AWS")).or(statement.text("Principal"));
        // The provider records an account's root as the account (resource_aws_lambda_permission, read).
        let account = principal.and_then(|arn| arn.strip_suffix(":root")).and_then(|arn| arn.rsplit(':').next());
        let condition = |operator: &str, key: &str| {
            statement.at(&format!("Condition.{operator}")).and_then(|keys| keys.get(key)).and_then(Value::as_str)
        };
        Object::new()
            .text("action", statement.text("Action"))
            .value("function_name", function)
            .text("function_url_auth_type", condition("StringEquals", "lambda:FunctionUrlAuthType"))
            .text("principal", account.or(principal))
            .text("principal_org_id", condition("StringEquals", "aws:PrincipalOrgID"))
            .text("source_account", condition("StringEquals", "AWS:SourceAccount"))
            .text("source_arn", condition("ArnLike", "AWS:SourceArn"))
            .text("statement_id", statement.text("Sid"))
    }
}
