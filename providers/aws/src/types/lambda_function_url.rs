//! `aws_lambda_function_url`: GetFunctionUrlConfig for each managed one. URLs are listed by function, so those of functions
//! without a managed one are not sought.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_lambda_function_url",
    permissions: &["lambda:GetFunctionUrlConfig"],
    identity: &[],
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
            .identified(["function_name"])
            .into_iter()
            .map(|(id, [function])| {
                let qualifier = recorded.get(id.as_str()).and_then(|one| one.text("qualifier")).map(str::to_owned);
                (id, function, qualifier)
            })
            .collect();
        let answers = concurrently(wanted, |(id, function, qualifier)| async move {
            let ask = Ask::of("GetFunctionUrlConfig").at(format!("/2021-10-31/functions/{}/url", encoded(&function)));
            let ask = match &qualifier {
                Some(qualifier) => ask.with("Qualifier", qualifier.as_str()),
                None => ask,
            };
            (id, function, qualifier, place.call(&LAMBDA, ask).await)
        })
        .await;
        for (id, function, qualifier, answer) in answers {
            let Some(answer) = batch.existing(&id, answer, &["ResourceNotFoundException"]) else { continue };
            batch.found(&id, || convert(&id, &function, &answer).text("qualifier", qualifier.as_deref()));
        }
        Ok(())
    }

    /// `function_name` stays as it was written, by name or by ARN.
    fn convert(id: &str, function: &str, answer: &Value) -> Object {
        let cors = answer.at("Cors").filter(|cors| cors.as_object().is_some_and(|cors| !cors.is_empty())).map(|cors| {
            Object::new()
                .flag("allow_credentials", cors.flag("AllowCredentials"))
                .texts("allow_headers", cors.texts("AllowHeaders"))
                .texts("allow_methods", cors.texts("AllowMethods"))
                .texts("allow_origins", cors.texts("AllowOrigins"))
                .texts("expose_headers", cors.texts("ExposeHeaders"))
                .number("max_age", cors.number("MaxAge"))
        });
        let url = answer.text("FunctionUrl");
        let host = url.and_then(|url| url.strip_prefix("https://"));
        Object::new()
            .value("id", id)
            .text("authorization_type", answer.text("AuthType"))
            .blocks("cors", cors)
            .text("function_arn", answer.text("FunctionArn"))
            .value("function_name", function)
            .text("function_url", url)
            .text("invoke_mode", answer.text("InvokeMode").or(Some("BUFFERED")))
            .text("url_id", host.and_then(|host| host.split('.').next()))
    }
}
