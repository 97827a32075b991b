//! `aws_cognito_user_pool_client`: DescribeUserPoolClient for each managed client. Clients are listed by pool, so those in
//! no state are not sought.
//! Not read: `client_secret`; `generate_secret`, which only Terraform knows.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_cognito_user_pool_client",
    permissions: &["cognito-idp:DescribeUserPoolClient"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use service::COGNITO;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let wanted = batch.identified(["user_pool_id"]);
        let answers = concurrently(wanted, |(id, [pool])| async move {
            let ask = Ask::of("DescribeUserPoolClient").with("UserPoolId", pool).with("ClientId", id.as_str());
            (id, place.call(&COGNITO, ask).await)
        })
        .await;
        for (id, answer) in answers {
            let Some(answer) = batch.existing(&id, answer, &["ResourceNotFoundException"]) else { continue };
            if let Some(client) = answer.at("UserPoolClient").filter(|client| client.is_object()) {
                batch.found(&id, || convert(&id, client));
            }
        }
        Ok(())
    }

    fn convert(id: &str, client: &Value) -> Object {
        let analytics = client.at("AnalyticsConfiguration").filter(|one| one.is_object()).map(|one| {
            Object::new()
                .text_or_null("application_arn", one.text("ApplicationArn"))
                .text_or_null("application_id", one.text("ApplicationId"))
                .text_or_null("external_id", one.text("ExternalId"))
                .text_or_null("role_arn", one.text("RoleArn"))
                .flag("user_data_shared", one.flag("UserDataShared"))
        });
        let rotation = client.at("RefreshTokenRotation").filter(|one| one.is_object()).map(|one| {
            Object::new()
                .text("feature", one.text("Feature"))
                .number_or_null("retry_grace_period_seconds", one.number("RetryGracePeriodSeconds"))
        });
        let units = client.at("TokenValidityUnits").filter(|one| one.as_object().is_some_and(|one| !one.is_empty()));
        let units = units.map(|one| {
            Object::new()
                .text_or_null("access_token", one.text("AccessToken"))
                .text_or_null("id_token", one.text("IdToken"))
                .text_or_null("refresh_token", one.text("RefreshToken"))
        });
        Object::new()
            .value("id", id)
            .number("access_token_validity", client.number("AccessTokenValidity"))
            .texts("allowed_oauth_flows", client.texts("AllowedOAuthFlows"))
            .flag("allowed_oauth_flows_user_pool_client", client.flag("AllowedOAuthFlowsUserPoolClient"))
            .texts("allowed_oauth_scopes", client.texts("AllowedOAuthScopes"))
            .blocks("analytics_configuration", analytics)
            .number_if_known("auth_session_validity", client.number("AuthSessionValidity"))
            .texts("callback_urls", client.texts("CallbackURLs"))
            .text("default_redirect_uri", client.text("DefaultRedirectURI"))
            .flag(
                "enable_propagate_additional_user_context_data",
                client.flag("EnablePropagateAdditionalUserContextData"),
            )
            .flag_if_known("enable_token_revocation", client.flag("EnableTokenRevocation"))
            .texts("explicit_auth_flows", client.texts("ExplicitAuthFlows"))
            .number("id_token_validity", client.number("IdTokenValidity"))
            .texts("logout_urls", client.texts("LogoutURLs"))
            .text("name", client.text("ClientName"))
            .text("prevent_user_existence_errors", client.text("PreventUserExistenceErrors"))
            .texts("read_attributes", client.texts("ReadAttributes"))
            .blocks("refresh_token_rotation", rotation)
            .number("refresh_token_validity", client.number("RefreshTokenValidity"))
            .texts("supported_identity_providers", client.texts("SupportedIdentityProviders"))
            .blocks("token_validity_units", units)
            .text("user_pool_id", client.text("UserPoolId"))
            .texts("write_attributes", client.texts("WriteAttributes"))
    }
}
