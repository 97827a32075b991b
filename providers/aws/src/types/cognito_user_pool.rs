//! `aws_cognito_user_pool`: DescribeUserPool and GetUserPoolMfaConfig for each managed one, ListUserPools for all others.
//! Not read: `schema`, which holds the standard attributes too; `sign_in_policy` and `web_authn_configuration`.

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_cognito_user_pool",
    permissions: &["cognito-idp:DescribeUserPool", "cognito-idp:GetUserPoolMfaConfig", "cognito-idp:ListUserPools"],
    identity: &[],
    rules: &[
        Rule { pattern: "estimated_number_of_users", kind: RuleKind::Volatile("counts people as they come and go") },
        Rule {
            pattern: "last_modified_date",
            kind: RuleKind::Volatile("moves with every change, and with nothing else"),
        },
        Rule { pattern: "sms_configuration.*.external_id", kind: RuleKind::Sensitive },
    ],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::mirror::Mirror;
    use crate::sdk::prelude::*;
    use crate::timestamp::of_seconds;
    use serde_json::Value;
    use service::COGNITO;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        if batch.wants_unrequested() {
            let ask = Ask::of("ListUserPools").with("MaxResults", 60);
            for one in place.list(&COGNITO, ask, Paging::by("UserPools", "NextToken")).await?.iter() {
                let Some(id) = one.text("Id").filter(|id| !batch.requests(id)) else { continue };
                batch.add(id, Origin::Created, || Object::new().value("id", id).text("name", one.text("Name")));
            }
        }
        let answers = concurrently(batch.ids(), |id| async move {
            let ask = |operation| place.call(&COGNITO, Ask::of(operation).with("UserPoolId", id.as_str()));
            let answers = tokio::join!(ask("DescribeUserPool"), ask("GetUserPoolMfaConfig"));
            (id, answers)
        })
        .await;
        for (id, (answer, factors)) in answers {
            let Some(answer) = batch.existing(&id, answer, &["ResourceNotFoundException"]) else { continue };
            let Some(pool) = answer.at("UserPool") else { continue };
            let object = with_blocks(convert(place, &id, pool), pool);
            let object = batch.detailed(&id, object, factors, |object, answer| {
                let token = answer
                    .flag("SoftwareTokenMfaConfiguration.Enabled")
                    .filter(|enabled| *enabled)
                    .map(|enabled| Object::new().value("enabled", enabled));
                let mail = answer.at("EmailMfaConfiguration").filter(|mail| mail.is_object()).map(|mail| {
                    Object::new().text("message", mail.text("Message")).text("subject", mail.text("Subject"))
                });
                object
                    .blocks("email_mfa_configuration", mail)
                    .text("mfa_configuration", answer.text("MfaConfiguration").or(Some("OFF")))
                    .blocks("software_token_mfa_configuration", token)
            });
            batch.found(&id, || object);
        }
        Ok(())
    }

    fn convert(place: &Place, id: &str, pool: &Value) -> Object {
        Object::new()
            .value("id", id)
            .texts("alias_attributes", pool.texts("AliasAttributes"))
            .text("arn", pool.text("Arn"))
            .texts("auto_verified_attributes", pool.texts("AutoVerifiedAttributes"))
            .text_if_known("creation_date", of_seconds(pool.at("CreationDate")).as_deref())
            .text("custom_domain", pool.text("CustomDomain"))
            .text("deletion_protection", pool.text("DeletionProtection"))
            .text("domain", pool.text("Domain"))
            .text("email_verification_message", pool.text("EmailVerificationMessage"))
            .text("email_verification_subject", pool.text("EmailVerificationSubject"))
            .value("endpoint", format!("cognito-idp.{}.{}/{id}", place.region, place.dns_suffix()))
            .text("name", pool.text("Name"))
            .text("sms_authentication_message", pool.text("SmsAuthenticationMessage"))
            .text("sms_verification_message", pool.text("SmsVerificationMessage"))
            .tag_map(pool.at("UserPoolTags"))
            .text_if_known("user_pool_tier", pool.text("UserPoolTier"))
            .texts("username_attributes", pool.texts("UsernameAttributes"))
    }

    /// The blocks that the schema copied from the API.
    fn with_blocks(object: Object, pool: &Value) -> Object {
        let blocks = [
            ("account_recovery_setting", "AccountRecoverySetting"),
            ("admin_create_user_config", "AdminCreateUserConfig"),
            ("device_configuration", "DeviceConfiguration"),
            ("password_policy", "Policies.PasswordPolicy"),
            ("sms_configuration", "SmsConfiguration"),
            ("user_attribute_update_settings", "UserAttributeUpdateSettings"),
            ("user_pool_add_ons", "UserPoolAddOns"),
            ("username_configuration", "UsernameConfiguration"),
            ("verification_message_template", "VerificationMessageTemplate"),
        ];
        let object = blocks.into_iter().fold(object, |object, (name, member)| {
            let set = pool.at(member).filter(|one| one.as_object().is_some_and(|one| !one.is_empty()));
            match Mirror::of("aws_cognito_user_pool", name) {
                Some(mirror) => object.blocks(name, set.map(|one| mirror.convert(one))),
                None => object,
            }
        });
        let mail = pool.at("EmailConfiguration").filter(|mail| mail.is_object()).map(|mail| {
            Object::new()
                .text("configuration_set", mail.text("ConfigurationSet"))
                .text("email_sending_account", mail.text("EmailSendingAccount"))
                .text("from_email_address", mail.text("From"))
                .text("reply_to_email_address", mail.text("ReplyToEmailAddress"))
                .text("source_arn", mail.text("SourceArn"))
        });
        let object = match mail {
            Some(mail) => object.blocks("email_configuration", [mail]),
            None => object,
        };
        let functions = pool.at("LambdaConfig").filter(|one| one.as_object().is_some_and(|one| !one.is_empty()));
        let functions = functions.map(|one| {
            let sender = |path: &str| {
                one.at(path).filter(|sender| sender.is_object()).map(|sender| {
                    Object::new()
                        .text("lambda_arn", sender.text("LambdaArn"))
                        .text("lambda_version", sender.text("LambdaVersion"))
                })
            };
            Object::new()
                .text("create_auth_challenge", one.text("CreateAuthChallenge"))
                .blocks("custom_email_sender", sender("CustomEmailSender"))
                .text("custom_message", one.text("CustomMessage"))
                .blocks("custom_sms_sender", sender("CustomSMSSender"))
                .text("define_auth_challenge", one.text("DefineAuthChallenge"))
                .text("kms_key_id", one.text("KMSKeyID"))
                .text("post_authentication", one.text("PostAuthentication"))
                .text("post_confirmation", one.text("PostConfirmation"))
                .text("pre_authentication", one.text("PreAuthentication"))
                .text("pre_sign_up", one.text("PreSignUp"))
                .text("pre_token_generation", one.text("PreTokenGeneration"))
                .blocks("pre_token_generation_config", sender("PreTokenGenerationConfig"))
                .text("user_migration", one.text("UserMigration"))
                .text("verify_auth_challenge_response", one.text("VerifyAuthChallengeResponse"))
        });
        object.blocks("lambda_config", functions)
    }
}
