//! What is known of a resource type, as data: rules for comparing its attributes.
//! Knows nothing of how objects are read.

use crate::{Attributes, SchemaSet, TypeSchema};
use serde_json::Value;

/// One resource type and the rules by which its attributes are compared.
#[derive(Debug)]
pub struct ResourceType {
    /// Terraform's name of the type, for example `aws_vpc`.
    pub name: &'static str,
    /// Permissions that reading the type needs, for example `ec2:DescribeVpcs`, sorted.
    pub permissions: &'static [&'static str],
    /// Recorded attributes that identify an object together with its id, where the id alone is not unique in its account
    /// and region: an S3 object's bucket, for its id is only the key. Empty for most types.
    pub identity: &'static [&'static str],
    /// Rules beyond what the schema says (which already knows computed, sensitive and set).
    pub rules: &'static [Rule],
    /// Resources that may own part of an object of this type.
    pub owners: &'static [Owner],
}

impl ResourceType {
    /// The id by which an object of the type is known in its account and region: the recorded one, behind the attributes
    /// that identify it too, joined by `:`, which no name
    /// of the first and no id of the last of them holds.
    pub fn identify(&self, id: &str, attributes: &Attributes) -> String {
        let texts =
            self.identity.iter().filter_map(|name| attributes.get(*name)?.as_str()).filter(|text| !text.is_empty());
        texts.chain([id]).collect::<Vec<_>>().join(":")
    }
}

/// A rule for one attribute path pattern (see [`crate::AttributePath::matches`]).
/// Each folds a difference only where both values are exactly what the rule expects.
#[derive(Debug)]
pub struct Rule {
    /// The pattern, for example `ingress.*.protocol`.
    pub pattern: &'static str,
    /// What holds there.
    pub kind: RuleKind,
}

/// What a rule says of the values at its paths.
#[derive(Debug)]
pub enum RuleKind {
    /// A list in the schema whose order means nothing.
    Set,
    /// A string that holds a JSON document: compared by value.
    Json,
    /// A string that holds an IAM policy document: compared by meaning.
    Policy,
    /// A string whose case means nothing.
    CaseInsensitive,
    /// The value (as JSON text) that stands for "not set": it equals null on the other side.
    Default(&'static str),
    /// Two spellings of one value, for example `6` and `tcp`.
    Alias(&'static [(&'static str, &'static str)]),
    /// A version that may be written short: `8.0` stands for `8.0.45`.
    Version,
    /// An object that may be written by its name or by its ARN, which ends in `/name` or `:name`.
    NameOrArn,
    /// Changes by itself; never compared. The reason is shown with the coverage.
    Volatile(&'static str),
    /// Holds a secret that the schema does not mark.
    Sensitive,
    /// A collection to which the provider adds elements of its own: those that are declared must be there, others may.
    /// Between state and live nothing is folded.
    Extended,
    /// Recorded as a digest or otherwise not as the API answers it: the function brings either side to one form.
    Canonical(fn(&Value) -> Value),
}

/// Another resource type that may own part of an attribute: separate rule resources of a security group, an association
/// resource that fills an attribute of its parent.
///
/// A difference is folded only where every element that the live side has beyond the recorded one is exactly what an
/// instance of the owner type in the same state recorded. What is *gone* from the live side is never folded.
#[derive(Debug)]
pub struct Owner {
    /// The attribute of the parent, for example `ingress`.
    pub attribute: &'static str,
    /// The owning resource type, for example `aws_security_group_rule`.
    pub resource_type: &'static str,
    /// The id of the parent (its `id` attribute), out of the owner's recorded attributes; of several where the owner stands
    /// for a part of each.
    pub parents: fn(&Attributes) -> Vec<String>,
    /// What the owner's recorded attributes contribute to the parent's attribute, in atomic parts.
    pub parts: fn(&Attributes) -> Vec<Value>,
    /// The parent's attribute value in atomic parts, the same shape as `parts` yields.
    pub split: fn(&Value) -> Vec<Value>,
}

/// A resource that manages objects which are listed as another type's: an exclusive attachment stands for the single ones.
#[derive(Debug)]
pub struct StandIn {
    /// The resource type that stands for others, for example `aws_iam_policy_attachment`.
    pub resource_type: &'static str,
    /// The attribute that has to be declared for it: where it is not, the provider records what is there, whoever made it.
    pub attribute: Option<&'static str>,
    /// The types and ids of the objects that it manages, out of its recorded attributes.
    pub objects: fn(&Attributes) -> Vec<(&'static str, String)>,
}

/// The resource types of one provider with their schemas.
#[derive(Debug)]
pub struct TypeTable {
    /// The types, sorted by name.
    pub types: &'static [&'static ResourceType],
    /// Owners of attributes that many types have, such as tags. Types without the attribute are not concerned.
    pub owners: &'static [Owner],
    /// Resources that manage objects of other types.
    pub stand_ins: &'static [StandIn],
    /// Trimmed schemas of the Terraform provider.
    pub schemas: SchemaSet,
}

impl TypeTable {
    /// The rules of a type, if the provider has it.
    pub fn resource_type(&self, name: &str) -> Option<&'static ResourceType> {
        self.types
            .binary_search_by(|resource_type| resource_type.name.cmp(name))
            .ok()
            .map(|position| self.types[position])
    }

    /// The schema of a type, if the table has it.
    pub fn schema(&self, name: &str) -> Option<&TypeSchema> {
        self.schemas.get(name)
    }
}
