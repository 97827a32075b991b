//! `aws_acm_certificate`: DescribeCertificate and ListTagsForCertificate for each managed one, ListCertificates for all
//! others. Not read: what was imported (`private_key`, `certificate_body`, `certificate_chain`), `validation_option`,
//! `early_renewal_duration` and `pending_renewal`, which only Terraform knows.

use provider_api::{ResourceType, Rule, RuleKind};

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_acm_certificate",
    permissions: &["acm:DescribeCertificate", "acm:ListCertificates", "acm:ListTagsForCertificate"],
    identity: &[],
    rules: &[
        Rule { pattern: "not_after", kind: RuleKind::Volatile(BY_ITSELF) },
        Rule { pattern: "not_before", kind: RuleKind::Volatile(BY_ITSELF) },
        Rule { pattern: "renewal_eligibility", kind: RuleKind::Volatile(BY_ITSELF) },
        Rule { pattern: "renewal_summary", kind: RuleKind::Volatile("how far a renewal has come") },
        Rule { pattern: "status", kind: RuleKind::Volatile(BY_ITSELF) },
        // The certificate's own domain name is one of them.
        Rule { pattern: "subject_alternative_names", kind: RuleKind::Extended },
    ],
    owners: &[],
};

/// Why what a certificate tells of its life is not compared.
const BY_ITSELF: &str = "a certificate is issued some time after it is asked for, and renewed by itself";

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use crate::timestamp::of_seconds;
    use serde_json::Value;
    use service::ACM;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        if batch.wants_unrequested() {
            let ask = Ask::of("ListCertificates").with("MaxItems", 1000);
            for one in place.list(&ACM, ask, Paging::by("CertificateSummaryList", "NextToken")).await?.iter() {
                let Some(arn) = one.text("CertificateArn").filter(|arn| !batch.requests(arn)) else { continue };
                batch.add(arn, Origin::Created, || {
                    Object::new().value("id", arn).value("arn", arn).text("domain_name", one.text("DomainName"))
                });
            }
        }
        let answers = concurrently(batch.ids(), |arn| async move {
            let ask = |operation| place.call(&ACM, Ask::of(operation).with("CertificateArn", arn.as_str()));
            let answers = tokio::join!(ask("DescribeCertificate"), ask("ListTagsForCertificate"));
            (arn, answers)
        })
        .await;
        for (arn, (certificate, tags)) in answers {
            let Some(answer) = batch.existing(&arn, certificate, &["ResourceNotFoundException"]) else { continue };
            let Some(certificate) = answer.at("Certificate") else { continue };
            // One whose validation ran out of time is as good as gone.
            if certificate.text("Status") == Some("VALIDATION_TIMED_OUT") {
                continue;
            }
            let object = batch.detailed(&arn, convert(&arn, certificate), tags, |object, answer| {
                object.tag_list(answer.list("Tags"), ("Key", "Value"))
            });
            batch.found(&arn, || object);
        }
        Ok(())
    }

    fn convert(arn: &str, one: &Value) -> Object {
        let domain = one.text("DomainName");
        let validations = one.list("DomainValidationOptions");
        let records = validations.iter().filter_map(|option| {
            let record = option.at("ResourceRecord").filter(|record| record.is_object())?;
            Some(
                Object::new()
                    .text("domain_name", option.text("DomainName"))
                    .text("resource_record_name", record.text("Name"))
                    .text("resource_record_type", record.text("Type"))
                    .text("resource_record_value", record.text("Value")),
            )
        });
        let imported = one.text("Type") == Some("IMPORTED");
        let method = validations.iter().find_map(|option| option.text("ValidationMethod"));
        let emails = validations.iter().flat_map(|option| option.texts("ValidationEmails"));
        let options = one
            .text("Options.CertificateTransparencyLoggingPreference")
            .map(|preference| Object::new().value("certificate_transparency_logging_preference", preference));
        Object::new()
            .value("id", arn)
            .value("arn", arn)
            .text("certificate_authority_arn", one.text("CertificateAuthorityArn"))
            .text("domain_name", domain)
            .blocks("domain_validation_options", records)
            .text("key_algorithm", one.text("KeyAlgorithm").map(|name| name.replace('-', "_")).as_deref())
            .text("not_after", of_seconds(one.at("NotAfter")).as_deref())
            .text("not_before", of_seconds(one.at("NotBefore")).as_deref())
            .blocks("options", options)
            .text("renewal_eligibility", one.text("RenewalEligibility"))
            .text("status", one.text("Status"))
            .texts("subject_alternative_names", one.texts("SubjectAlternativeNames"))
            .text("type", one.text("Type"))
            .texts("validation_emails", emails)
            .text("validation_method", if imported { None } else { method.or(Some("NONE")) })
    }
}
