//! `aws_lb_listener`: DescribeListeners for each load balancer that a managed listener belongs to, or for all where
//! unmanaged ones are wanted; DescribeTags for managed ones.
//! Not read: what DescribeListenerAttributes tells (headers, timeouts) and how people sign in by OpenID Connect.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType =
    ResourceType { name: "aws_lb_listener", permissions: PERMISSIONS, identity: &[], rules: &[], owners: &[] };

pub(super) const PERMISSIONS: &[&str] = &[
    "elasticloadbalancing:DescribeListeners",
    "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DescribeTags",
];

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::load_balancers::{actions, listeners, load_balancers, tags};
    use crate::sdk::prelude::*;
    use serde_json::Value;
    use std::collections::{BTreeSet, HashMap};

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        let recorded = batch.all_recorded();
        let living = load_balancers(place).await?;
        let living: BTreeSet<&str> = living.iter().filter_map(|one| one.text("LoadBalancerArn")).collect();
        let wanted: BTreeSet<&str> = match batch.wants_unrequested() {
            true => living.clone(),
            false => recorded.values().filter_map(|one| one.text("load_balancer_arn")).collect(),
        };
        // With its load balancer a listener is gone too.
        let wanted: Vec<String> = wanted.intersection(&living).map(|arn| (*arn).to_owned()).collect();
        let lists = concurrently(wanted, |arn| async move { listeners(place, &arn).await }).await;
        let requested: Vec<String> = batch.ids();
        let mut tags = tags_of_living(place, batch, &lists, requested).await;
        for list in lists {
            for listener in list?.iter() {
                let arn = listener.text("ListenerArn").unwrap_or_default();
                let mut object = convert(arn, listener, recorded.get(arn));
                if let Some(tags) = tags.remove(arn) {
                    object = object.tag_list(&tags, ("Key", "Value"));
                }
                batch.add(arn, Origin::Created, || object);
            }
        }
        Ok(())
    }

    /// DescribeTags refuses a whole call for one object that is gone.
    async fn tags_of_living(
        place: &Place,
        batch: &mut Batch<'_>,
        lists: &[Result<std::sync::Arc<Vec<Value>>, Gap>],
        requested: Vec<String>,
    ) -> HashMap<String, Vec<Value>> {
        let living: BTreeSet<&str> = lists
            .iter()
            .flatten()
            .flat_map(|list| list.iter())
            .filter_map(|listener| listener.text("ListenerArn"))
            .collect();
        let requested = requested.into_iter().filter(|arn| living.contains(arn.as_str())).collect();
        tags(place, batch, requested).await
    }

    fn convert(arn: &str, listener: &Value, recorded: Option<&Recorded>) -> Object {
        let written = recorded.and_then(|recorded| recorded.0.get("default_action"));
        let certificate = listener.list("Certificates.member").iter().find(|one| one.flag("IsDefault") != Some(false));
        let alpn = listener.list("AlpnPolicy.member").first().and_then(Value::as_str);
        Object::new()
            .value("id", arn)
            .value("arn", arn)
            .text("alpn_policy", alpn)
            .text("certificate_arn", certificate.and_then(|one| one.text("CertificateArn")))
            .blocks("default_action", actions(listener.list("DefaultActions.member"), written))
            .text("load_balancer_arn", listener.text("LoadBalancerArn"))
            .number("port", listener.number("Port"))
            .text("protocol", listener.text("Protocol"))
            .text("ssl_policy", listener.text("SslPolicy"))
    }
}
