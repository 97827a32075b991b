//! Which account and region recorded attributes speak of, read off ARNs, owners and zones.
//! Knows nothing of what the account or the region holds.

use provider_api::{Attributes, Scope};

/// The account and region that recorded attributes speak of; empty where they do not tell.
pub fn recorded_scope(attributes: &Attributes) -> Scope {
    let text = |name: &str| attributes.get(name).and_then(serde_json::Value::as_str).filter(|text| !text.is_empty());
    let (region, account) = text("arn").map(arn_scope).unwrap_or_default();
    Scope {
        account: account.or_else(|| text("owner_id").filter(|owner| is_account(owner)).map(str::to_owned)),
        region: region.or_else(|| text("availability_zone").and_then(zone_region)),
    }
}

/// The region and the account of an ARN: `arn:partition:service:region:account:resource`.
fn arn_scope(arn: &str) -> (Option<String>, Option<String>) {
    let mut parts = arn.splitn(6, ':');
    if parts.next() != Some("arn") {
        return (None, None);
    }
    let region = parts.nth(2).filter(|region| is_region(region)).map(str::to_owned);
    let account = parts.next().filter(|account| is_account(account)).map(str::to_owned);
    (region, account)
}

/// Account numbers have twelve digits.
fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `eu-west-1`, `us-gov-east-1`: words of letters, then a number.
fn is_region(text: &str) -> bool {
    let mut words: Vec<&str> = text.split('-').collect();
    let number = words.pop().unwrap_or_default();
    words.len() >= 2
        && !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && words.iter().all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()))
}

/// The region of a zone: what stands up to and with the first number. Covers local zones (`us-west-2-lax-1a`).
fn zone_region(zone: &str) -> Option<String> {
    let start = zone.find(|c: char| c.is_ascii_digit())?;
    let end = zone[start..].find(|c: char| !c.is_ascii_digit()).map_or(zone.len(), |length| start + length);
    Some(zone[..end].to_owned()).filter(|region| is_region(region))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(attributes: serde_json::Value, account: Option<&str>, region: Option<&str>) {
        let scope = recorded_scope(attributes.as_object().expect("an object"));
        assert_eq!((scope.account.as_deref(), scope.region.as_deref()), (account, region), "{attributes}");
    }

    #[test]
    fn scope_is_read_off_what_is_recorded() {
        use serde_json::json;
        let account = Some("123456789012");
        check(json!({"arn": "arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-1"}), account, Some("eu-west-1"));
        check(json!({"arn": "arn:aws-us-gov:ec2:us-gov-west-1::image/ami-1"}), None, Some("us-gov-west-1"));
        check(json!({"owner_id": "123456789012", "availability_zone": "us-west-2-lax-1a"}), account, Some("us-west-2"));
        check(json!({"owner_id": "amazon", "availability_zone": "1"}), None, None);
        check(json!({"arn": "arn:", "owner_id": "", "availability_zone": "é1"}), None, None);
        check(json!({"arn": 7}), None, None);
    }
}
