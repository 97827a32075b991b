//! `aws_iam_account_password_policy`: GetAccountPasswordPolicy. An account has one at most.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_iam_account_password_policy",
    permissions: &["iam:GetAccountPasswordPolicy"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use service::IAM;

    /// The id that Terraform gives to the only one.
    const ID: &str = "iam-account-password-policy";

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        match place.call(&IAM, Ask::of("GetAccountPasswordPolicy")).await {
            Ok(answer) => {
                if let Some(policy) = answer.at("GetAccountPasswordPolicyResult.PasswordPolicy") {
                    batch.add(ID, Origin::Created, || convert(policy));
                }
                Ok(())
            }
            Err(failure) if failure.is(&["NoSuchEntity"]) => Ok(()),
            Err(failure) => Err(failure.into()),
        }
    }

    fn convert(policy: &Value) -> Object {
        Object::new()
            .value("id", ID)
            .flag("allow_users_to_change_password", policy.flag("AllowUsersToChangePassword"))
            .flag("expire_passwords", policy.flag("ExpirePasswords"))
            .flag("hard_expiry", policy.flag("HardExpiry"))
            .number("max_password_age", policy.number("MaxPasswordAge"))
            .number("minimum_password_length", policy.number("MinimumPasswordLength"))
            .number("password_reuse_prevention", policy.number("PasswordReusePrevention"))
            .flag("require_lowercase_characters", policy.flag("RequireLowercaseCharacters"))
            .flag("require_numbers", policy.flag("RequireNumbers"))
            .flag("require_symbols", policy.flag("RequireSymbols"))
            .flag("require_uppercase_characters", policy.flag("RequireUppercaseCharacters"))
    }
}
