//! `aws_ebs_snapshot`.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType =
    ResourceType { name: "aws_ebs_snapshot", permissions: &[], rules: &[], owners: &[] };

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;

    pub(crate) async fn read(_place: &Place, _batch: &mut Batch<'_>) -> Result<(), Gap> {
        Err(Gap { ids: Vec::new(), class: GapClass::Unsupported, cause: "not read yet".to_owned() })
    }
}
