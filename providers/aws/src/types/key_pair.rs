//! `aws_key_pair`: DescribeKeyPairs.
//! Not read: `public_key`, which the provider does not read either and whose change `fingerprint` tells; `key_name_prefix`,
//! which follows from `key_name`.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType = ResourceType {
    name: "aws_key_pair",
    permissions: &["ec2:DescribeKeyPairs"],
    identity: &[],
    rules: &[],
    owners: &[],
};

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;
    use crate::timestamp::timestamp;
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
            .created(pair.create_time().and_then(timestamp))
            .text_if_known("arn", place.arn(place.account.as_deref(), &format!("key-pair/{name}")).as_deref())
            .text("fingerprint", pair.key_fingerprint())
            .value("id", name)
            .value("key_name", name)
            .text("key_pair_id", pair.key_pair_id())
            .text("key_type", pair.key_type().map(|kind| kind.as_str()))
            .tags(pair.tags())
    }
}

#[cfg(all(test, feature = "sdk"))]
mod tests {
    use crate::sdk::tests::{answer, attributes, ids, place, read};
    use serde_json::json;

    const PAIRS: &str = "<keySet><item><keyName>admin</keyName><keyPairId>key-1</keyPairId><keyType>ed25519</keyType>\
        <keyFingerprint>aa:bb</keyFingerprint><publicKey>ssh-ed25519 AAAA admin</publicKey></item>\
        <item><keyName>rogue</keyName></item></keySet>";

    #[test]
    fn key_pairs_are_known_by_name() {
        let outcome = read(
            &place(|action| answer(action, PAIRS)),
            "aws_key_pair",
            &[json!({"id": "admin"}), json!({"id": "gone"})],
        );
        let expected = json!({"arn": "arn:aws:ec2:eu-west-1:123456789012:key-pair/admin", "fingerprint": "aa:bb", "id": "admin",
            "key_name": "admin", "key_pair_id": "key-1", "key_type": "ed25519", "tags_all": {}});
        assert_eq!(attributes(&outcome.objects, "admin"), expected, "the public key is not compared");
        assert_eq!((ids(&outcome.objects), ids(&outcome.unrequested)), (vec!["admin"], vec!["rogue"]));
    }
}
