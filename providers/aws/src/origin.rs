//! Who made an object that nobody asked for, as far as the object itself tells.
//! Knows nothing of any resource type in particular.

use aws_sdk_ec2::types::{OperatorResponse, Tag};
use provider_api::Origin;

/// Owned by an object of a type, for example `aws_instance i-1`.
pub(crate) fn owned_by(resource_type: &str, id: &str) -> Origin {
    Origin::OwnedBy(format!("{resource_type} {id}"))
}

/// The service that operates an object on the account's behalf, for example EKS in its automatic mode.
pub(crate) fn operator(operator: Option<&OperatorResponse>) -> Option<Origin> {
    let operator = operator.filter(|operator| operator.managed() == Some(true))?;
    Some(Origin::OwnedBy(operator.principal().unwrap_or("a service of AWS").to_owned()))
}

/// The owner that a tag names. `owners` pairs keys of tags, which the owner sets, with types.
pub(crate) fn by_tag(tags: &[Tag], owners: &[(&str, &str)]) -> Option<Origin> {
    owners.iter().find_map(|(key, resource_type)| {
        let tag = tags.iter().find(|tag| tag.key() == Some(key))?;
        Some(owned_by(resource_type, tag.value().unwrap_or_default()))
    })
}

/// The first word of a text that is an id with one of these prefixes, with its type: services write the ids of what they
/// made an object for into its description.
pub(crate) fn by_text(text: &str, prefixes: &[(&str, &str)]) -> Option<Origin> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    words.into_iter().find_map(|word| {
        let (_, resource_type) = prefixes.iter().find(|(prefix, _)| word.starts_with(prefix))?;
        Some(owned_by(resource_type, word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_are_read_off_tags_and_texts() {
        let tags = [Tag::builder().key("aws:autoscaling:groupName").value("web").build()];
        let groups = [("aws:autoscaling:groupName", "aws_autoscaling_group")];
        assert_eq!(by_tag(&tags, &groups), Some(Origin::OwnedBy("aws_autoscaling_group web".into())));
        assert_eq!(by_tag(&tags, &[("Name", "x")]), None);
        let prefixes = [("nat-", "aws_nat_gateway"), ("vpce-", "aws_vpc_endpoint")];
        let text = "Interface for NAT Gateway nat-0a1b;\u{1b}[31m";
        assert_eq!(by_text(text, &prefixes), Some(Origin::OwnedBy("aws_nat_gateway nat-0a1b".into())));
        assert_eq!(by_text("donate", &prefixes), None);
    }

    #[test]
    fn operators_own_only_what_they_manage() {
        let managed = OperatorResponse::builder().managed(true).principal("eks.amazonaws.com").build();
        assert_eq!(operator(Some(&managed)), Some(Origin::OwnedBy("eks.amazonaws.com".into())));
        assert_eq!(operator(Some(&OperatorResponse::builder().managed(false).build())), None);
        assert_eq!(operator(None), None);
    }
}
