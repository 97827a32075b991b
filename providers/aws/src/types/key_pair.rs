//! `aws_key_pair`: DescribeKeyPairs.
//! Not read: `public_key`, which the provider does not read either and whose change `fingerprint` tells; `key_name_prefix`,
//! which follows from `key_name`.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType =
    ResourceType { name: "aws_key_pair", permissions: &["ec2:DescribeKeyPairs"], rules: &[], owners: &[] };

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use aws_sdk_ec2::types::KeyPairInfo;

    pub(crate) async fn read(place: &Place, batch: &mut Batch<'_>) -> Result<(), Gap> {
        for pair in place.key_pairs().await? {
            batch.add(pair.key_name().unwrap_or_default(), Origin::Created, || convert(place, pair));
        }
        Ok(())
    }

    fn convert(place: &Place, pair: &KeyPairInfo) -> Object {
        let name = pair.key_name().unwrap_or_default();
        Object::new()
            .text_if_known("arn", place.arn(place.account.as_deref(), &format!("key-pair/{name}")).as_deref())
            .text("fingerprint", pair.key_fingerprint())
            .value("id", name)
            .value("key_name", name)
            .text("key_pair_id", pair.key_pair_id())
            .text("key_type", pair.key_type().map(|kind| kind.as_str()))
            .tags(pair.tags())
    }
}
