//! `aws_s3_bucket`: ListBuckets for all, and the settings of each managed one, a call each, for there is no bulk form.
//! They are shared with the resources that stand for a setting. Not read: `replication_configuration`, a website's
//! redirects, `hosted_zone_id` and `website_…`, which follow from the region.

use crate::rules::{document, document_of, elements, ids, set_members};
use provider_api::{Attributes, Owner, ResourceType, Rule, RuleKind};
use serde_json::{Value, json};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_s3_bucket",
    permissions: &[
        "s3:GetAccelerateConfiguration",
        "s3:GetBucketAcl",
        "s3:GetBucketCORS",
        "s3:GetBucketLogging",
        "s3:GetBucketObjectLockConfiguration",
        "s3:GetBucketPolicy",
        "s3:GetBucketRequestPayment",
        "s3:GetBucketTagging",
        "s3:GetBucketVersioning",
        "s3:GetBucketWebsite",
        "s3:GetEncryptionConfiguration",
        "s3:GetLifecycleConfiguration",
        "s3:ListAllMyBuckets",
        "tag:GetResources",
    ],
    identity: &[],
    rules: &[Rule { pattern: "policy", kind: RuleKind::Policy }],
    owners: &[
        owner(
            "acceleration_status",
            "aws_s3_bucket_accelerate_configuration",
            |one| one.get("status").into_iter().flat_map(word).collect(),
            word,
        ),
        owner("cors_rule", "aws_s3_bucket_cors_configuration", |one| of(one, "cors_rule", cors), cors),
        owner("grant", "aws_s3_bucket_acl", acl_grants, grants),
        owner("lifecycle_rule", "aws_s3_bucket_lifecycle_configuration", |one| of(one, "rule", lifecycle), lifecycle),
        owner(
            "logging",
            "aws_s3_bucket_logging",
            |one| vec![json!([one.get("target_bucket"), prefix(one.get("target_prefix"))])],
            logging,
        ),
        owner(
            "object_lock_configuration",
            "aws_s3_bucket_object_lock_configuration",
            |one| of(one, "rule", retention),
            |locks| elements(locks).iter().filter_map(|lock| lock.get("rule")).flat_map(retention).collect(),
        ),
        owner("policy", "aws_s3_bucket_policy", |one| document_of(one, "policy"), document),
        owner(
            "request_payer",
            "aws_s3_bucket_request_payment_configuration",
            |one| one.get("payer").into_iter().flat_map(payer).collect(),
            payer,
        ),
        owner(
            "server_side_encryption_configuration",
            "aws_s3_bucket_server_side_encryption_configuration",
            |one| of(one, "rule", encryption),
            |all| elements(all).iter().filter_map(|one| one.get("rule")).flat_map(encryption).collect(),
        ),
        owner(
            "versioning",
            "aws_s3_bucket_versioning",
            |one| of(one, "versioning_configuration", versioning),
            versioning,
        ),
        owner("website", "aws_s3_bucket_website_configuration", site, website),
        owner("website_domain", "aws_s3_bucket_website_configuration", |one| of(one, "website_domain", word), word),
        owner("website_endpoint", "aws_s3_bucket_website_configuration", |one| of(one, "website_endpoint", word), word),
    ],
};

const fn owner(
    attribute: &'static str,
    resource_type: &'static str,
    parts: fn(&Attributes) -> Vec<Value>,
    split: fn(&Value) -> Vec<Value>,
) -> Owner {
    Owner { attribute, resource_type, parents: |one| ids(one, "bucket"), parts, split }
}

/// An attribute of a setting's own resource in parts.
fn of(one: &Attributes, name: &str, split: fn(&Value) -> Vec<Value>) -> Vec<Value> {
    one.get(name).map(split).unwrap_or_default()
}

fn word(value: &Value) -> Vec<Value> {
    value.as_str().filter(|text| !text.is_empty()).map(Value::from).into_iter().collect()
}

/// Who pays, unless it is the owner, as from the start.
fn payer(value: &Value) -> Vec<Value> {
    word(value).into_iter().filter(|payer| payer != "BucketOwner").collect()
}

/// The rules without their id, which a bucket does not record.
fn cors(rules: &Value) -> Vec<Value> {
    let rule = |rule: &Value| {
        let mut members = set_members(rule);
        members.remove("id");
        members
            .retain(|_, value| value.as_array().is_none_or(|values| !values.is_empty()) && value.as_i64() != Some(0));
        for value in members.values_mut() {
            if let Some(values) = value.as_array_mut() {
                values.sort_by_key(Value::to_string);
            }
        }
        Value::Object(members)
    };
    elements(rules).iter().map(rule).collect()
}

/// The rules of a bucket or of its lifecycle resource, in the same words: the older shape has no filter.
fn lifecycle(rules: &Value) -> Vec<Value> {
    let first = |value: &Value, name: &str| {
        value.get(name).map(elements).unwrap_or_default().into_iter().next().unwrap_or_default()
    };
    let number = |value: &Value, name: &str| value.get(name).and_then(Value::as_i64).unwrap_or(0);
    let rule = |rule: &Value| {
        let (filter, expiration) = (first(rule, "filter"), first(rule, "expiration"));
        let (and, old) = (first(&filter, "and"), first(rule, "noncurrent_version_expiration"));
        let prefixes = [rule.get("prefix"), filter.get("prefix"), and.get("prefix")].map(prefix);
        let abort = first(rule, "abort_incomplete_multipart_upload");
        let moves = |name: &str, days: &str| -> Vec<Value> {
            let moves = rule.get(name).map(elements).unwrap_or_default();
            let one = |one: &Value| {
                json!([number(one, days).max(number(one, "days")), prefix(one.get("date")), one.get("storage_class")])
            };
            moves.iter().map(one).collect()
        };
        json!([
            rule.get("id"),
            rule.get("enabled") == Some(&Value::Bool(true)) || prefix(rule.get("status")) == "Enabled",
            prefixes.iter().find(|prefix| !prefix.is_empty()),
            [number(&expiration, "days"), number(&old, "days").max(number(&old, "noncurrent_days"))],
            prefix(expiration.get("date")),
            expiration.get("expired_object_delete_marker") == Some(&Value::Bool(true)),
            number(rule, "abort_incomplete_multipart_upload_days").max(number(&abort, "days_after_initiation")),
            moves("transition", "days"),
            moves("noncurrent_version_transition", "noncurrent_days"),
        ])
    };
    elements(rules).iter().map(rule).collect()
}

fn prefix(value: Option<&Value>) -> &str {
    value.and_then(Value::as_str).unwrap_or_default()
}

fn logging(all: &Value) -> Vec<Value> {
    elements(all).iter().map(|one| json!([one.get("target_bucket"), prefix(one.get("target_prefix"))])).collect()
}

fn retention(rules: &Value) -> Vec<Value> {
    let rules = elements(rules);
    let retentions = rules.iter().filter_map(|rule| rule.get("default_retention")).flat_map(elements);
    retentions
        .map(|one| {
            json!([
                one.get("mode"),
                one.get("days").and_then(Value::as_i64).unwrap_or(0),
                one.get("years").and_then(Value::as_i64).unwrap_or(0)
            ])
        })
        .collect()
}

/// The rules, less the encryption that every bucket has had from the start since 2023 (S3 User Guide, "Setting default
/// server-side encryption behavior"): a resource that sets another one replaces it.
fn encryption(rules: &Value) -> Vec<Value> {
    let mut parts = Vec::new();
    for rule in elements(rules) {
        for default in rule.get("apply_server_side_encryption_by_default").map(elements).unwrap_or_default() {
            let algorithm = prefix(default.get("sse_algorithm"));
            let key = prefix(default.get("kms_master_key_id"));
            if (algorithm, key) != ("AES256", "") {
                parts.push(json!([algorithm, key]));
            }
        }
        if rule.get("bucket_key_enabled") == Some(&Value::Bool(true)) {
            parts.push(json!("bucket key"));
        }
    }
    parts
}

/// The same for the bucket's `enabled` and for the resource's `status`.
fn versioning(blocks: &Value) -> Vec<Value> {
    let mut parts = Vec::new();
    for block in elements(blocks) {
        if block.get("enabled") == Some(&Value::Bool(true)) || prefix(block.get("status")) == "Enabled" {
            parts.push(json!("versions"));
        }
        if block.get("mfa_delete") == Some(&Value::Bool(true)) || prefix(block.get("mfa_delete")) == "Enabled" {
            parts.push(json!("MFA"));
        }
    }
    parts
}

fn website(all: &Value) -> Vec<Value> {
    elements(all)
        .iter()
        .map(|one| json!([prefix(one.get("index_document")), prefix(one.get("error_document"))]))
        .collect()
}

fn site(one: &Attributes) -> Vec<Value> {
    let inner = |block: &str, name: &str| {
        let first = one.get(block).map(elements).unwrap_or_default().into_iter().next().unwrap_or_default();
        prefix(first.get(name)).to_owned()
    };
    vec![json!([inner("index_document", "suffix"), inner("error_document", "key")])]
}

/// One part for each permission of each grantee.
fn grants(all: &Value) -> Vec<Value> {
    let mut parts = Vec::new();
    for grant in elements(all) {
        for permission in grant.get("permissions").map(elements).unwrap_or_default() {
            parts.push(json!([prefix(grant.get("id")), prefix(grant.get("uri")), permission]));
        }
    }
    parts
}

fn acl_grants(acl: &Attributes) -> Vec<Value> {
    let policies = acl.get("access_control_policy").map(elements).unwrap_or_default();
    let grants = policies.iter().filter_map(|policy| policy.get("grant")).flat_map(elements);
    grants
        .map(|grant| {
            let grantee = grant.get("grantee").map(elements).unwrap_or_default().into_iter().next().unwrap_or_default();
            json!([prefix(grantee.get("id")), prefix(grantee.get("uri")), grant.get("permission")])
        })
        .collect()
}

#[cfg(feature = "sdk")]
pub(super) mod live {
    use super::super::s3_bucket_server_side_encryption_configuration::live::rules;
    use crate::buckets::{self, Setting, setting};
    use crate::sdk::prelude::*;
    use crate::tagging::told;
    use serde_json::Value;
    use service::S3;
    use std::collections::{BTreeMap, HashMap};

    const BUCKETS: Paging =
        Paging { items: "Buckets.Bucket", answered: "ContinuationToken", asked: "continuation-token" };

    /// How a setting fills its attributes.
    type Fill = fn(Object, &Value) -> Object;

    static SETTINGS: [(&Setting, Fill); 12] = [
        (&buckets::ACCELERATE, |object, answer| object.text("acceleration_status", answer.text("Status"))),
        (&buckets::ACL, |object, answer| object.blocks("grant", grants(answer))),
        (&buckets::CORS, |object, answer| object.blocks("cors_rule", answer.list("CORSRule").iter().map(cors_rule))),
        (&buckets::ENCRYPTION, |object, answer| {
            let any = answer.at("Rule").map(|_| Object::new().blocks("rule", rules(answer)));
            object.blocks("server_side_encryption_configuration", any)
        }),
        (&buckets::LIFECYCLE, |object, answer| {
            object.blocks("lifecycle_rule", answer.list("Rule").iter().map(lifecycle_rule))
        }),
        (&buckets::LOGGING, |object, answer| {
            let logging = answer.at("LoggingEnabled").filter(|logging| logging.is_object()).map(|logging| {
                Object::new()
                    .text("target_bucket", logging.text("TargetBucket"))
                    .text("target_prefix", logging.text("TargetPrefix"))
            });
            object.blocks("logging", logging)
        }),
        (&buckets::OBJECT_LOCK, object_lock),
        (&buckets::POLICY, |object, answer| object.text("policy", answer.as_str())),
        (&buckets::REQUEST_PAYMENT, |object, answer| object.text_if_known("request_payer", answer.text("Payer"))),
        (&buckets::TAGS, |object, answer| object.tag_list(answer.list("TagSet.Tag"), ("Key", "Value"))),
        (&buckets::VERSIONING, |object, answer| {
            let on = |name: &str| Some(answer.text(name) == Some("Enabled"));
            let block = Object::new().flag("enabled", on("Status")).flag("mfa_delete", on("MfaDelete"));
            object.blocks("versioning", [block])
        }),
        (&buckets::WEBSITE, website),
    ];

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let ask = Ask::of("ListBuckets").with("max-buckets", 1000);
        let listed = place.list(&S3, ask, BUCKETS).await?;
        let listed: BTreeMap<&str, &Value> =
            listed.iter().filter_map(|bucket| Some((bucket.text("Name")?, bucket))).collect();
        let requested: Vec<&str> = listed.keys().copied().filter(|name| batch.requests(name)).collect();
        // The index of tags is a region's own.
        let here = |name: &&&str| listed[**name].text("BucketRegion") == Some(place.region.as_str());
        let arns =
            requested.iter().filter(here).map(|name| ((*name).to_owned(), place.global_arn("s3", name))).collect();
        let told = told(place, batch, "s3", arns).await;
        let wanted =
            |name: &str, which: &usize| SETTINGS[*which].0.query != buckets::TAGS.query || told.of(name).is_none();
        let calls: Vec<(String, usize)> = requested
            .iter()
            .flat_map(|name| (0..SETTINGS.len()).map(|which| ((*name).to_owned(), which)))
            .filter(|(name, which)| wanted(name, which))
            .collect();
        let answers = concurrently(calls, |(name, which)| async move {
            let answer = setting(place, &name, SETTINGS[which].0).await;
            (name, which, answer)
        })
        .await;
        let mut objects: HashMap<String, Object> = HashMap::new();
        for (name, which, answer) in answers {
            let object = objects.remove(&name).unwrap_or_else(|| match told.of(&name) {
                Some(tags) => identity(place, &name).tag_list(tags, ("Key", "Value")),
                None => identity(place, &name),
            });
            let object = match answer {
                Ok(Some(answer)) => (SETTINGS[which].1)(object, &answer),
                // It went while it was read.
                Ok(None) => object,
                Err(failure) => {
                    batch.gap(&name, failure.into());
                    object
                }
            };
            objects.insert(name, object);
        }
        for (name, bucket) in listed {
            // ListBuckets lists all regions. Without a word on it the bucket counts as this region's.
            let here = bucket.text("BucketRegion").is_none_or(|region| region == place.region);
            if here || batch.requests(name) {
                let object = objects.remove(name);
                let made = bucket.text("CreationDate").map(str::to_owned);
                batch.add(name, Origin::Created, || object.unwrap_or_else(|| identity(place, name)).created(made));
            }
        }
        Ok(())
    }

    fn identity(place: &Place, name: &str) -> Object {
        Object::new()
            .value("id", name)
            .value("arn", place.global_arn("s3", name))
            .value("bucket", name)
            .value("bucket_domain_name", format!("{name}.s3.{}", place.dns_suffix()))
    }

    fn cors_rule(rule: &Value) -> Object {
        let texts = |name: &str| -> Vec<&str> { rule.list(name).iter().filter_map(Value::as_str).collect() };
        Object::new()
            .texts("allowed_headers", texts("AllowedHeader"))
            .texts("allowed_methods", texts("AllowedMethod"))
            .texts("allowed_origins", texts("AllowedOrigin"))
            .texts("expose_headers", texts("ExposeHeader"))
            .number("max_age_seconds", rule.number("MaxAgeSeconds"))
    }

    /// A rule in the bucket's own, older shape.
    fn lifecycle_rule(rule: &Value) -> Object {
        let prefixes = ["Prefix", "Filter.Prefix", "Filter.And.Prefix"];
        let tags = rule.list("Filter.And.Tag").iter().chain(rule.list("Filter.Tag"));
        let tags: serde_json::Map<String, Value> = tags
            .filter_map(|tag| Some((tag.text("Key")?.to_owned(), Value::from(tag.text("Value").unwrap_or_default()))))
            .collect();
        let expiration = rule.at("Expiration").map(|expiration| {
            Object::new()
                .text("date", expiration.text("Date"))
                .number("days", expiration.number("Days"))
                .flag("expired_object_delete_marker", expiration.flag("ExpiredObjectDeleteMarker"))
        });
        let old = rule
            .at("NoncurrentVersionExpiration")
            .map(|expiration| Object::new().number("days", expiration.number("NoncurrentDays")));
        let old_moves = rule.list("NoncurrentVersionTransition").iter().map(|one| {
            Object::new().number("days", one.number("NoncurrentDays")).text("storage_class", one.text("StorageClass"))
        });
        let moves = rule.list("Transition").iter().map(|one| {
            Object::new()
                .text("date", one.text("Date"))
                .number("days", one.number("Days"))
                .text("storage_class", one.text("StorageClass"))
        });
        Object::new()
            .number(
                "abort_incomplete_multipart_upload_days",
                rule.number("AbortIncompleteMultipartUpload.DaysAfterInitiation"),
            )
            .value("enabled", rule.text("Status") == Some("Enabled"))
            .blocks("expiration", expiration)
            .text("id", rule.text("ID"))
            .blocks("noncurrent_version_expiration", old)
            .blocks("noncurrent_version_transition", old_moves)
            .text("prefix", prefixes.iter().find_map(|path| rule.text(path)))
            .value("tags", tags)
            .blocks("transition", moves)
    }

    /// One grant for each grantee, with all its permissions.
    fn grants(answer: &Value) -> Vec<Object> {
        let mut by_grantee: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
        for grant in answer.list("AccessControlList.Grant") {
            let grantee = (grant.text("Grantee.ID").unwrap_or_default(), grant.text("Grantee.URI").unwrap_or_default());
            by_grantee.entry(grantee).or_default().extend(grant.text("Permission"));
        }
        let grant = |((id, uri), permissions): ((&str, &str), Vec<&str>)| {
            let kind = if uri.is_empty() { "CanonicalUser" } else { "Group" };
            Object::new().value("id", id).texts("permissions", permissions).value("type", kind).value("uri", uri)
        };
        by_grantee.into_iter().map(grant).collect()
    }

    fn object_lock(object: Object, answer: &Value) -> Object {
        let enabled = answer.text("ObjectLockEnabled");
        let rule = answer.at("Rule.DefaultRetention").map(|retention| {
            let retention = Object::new()
                .number("days", retention.number("Days"))
                .text("mode", retention.text("Mode"))
                .number("years", retention.number("Years"));
            Object::new().blocks("default_retention", [retention])
        });
        let lock = enabled.map(|enabled| Object::new().value("object_lock_enabled", enabled).blocks("rule", rule));
        object.value("object_lock_enabled", enabled == Some("Enabled")).blocks("object_lock_configuration", lock)
    }

    /// Redirects are written otherwise in a bucket than S3 answers them: with them the attribute counts as not read.
    fn website(object: Object, answer: &Value) -> Object {
        if answer.at("RedirectAllRequestsTo").or(answer.at("RoutingRules")).is_some() {
            return object;
        }
        let any = answer.as_object().is_some_and(|members| !members.is_empty());
        let website = any.then(|| {
            Object::new()
                .text("error_document", answer.text("ErrorDocument.Key"))
                .text("index_document", answer.text("IndexDocument.Suffix"))
                .text("redirect_all_requests_to", None)
                .text("routing_rules", None)
        });
        object.blocks("website", website)
    }
}
