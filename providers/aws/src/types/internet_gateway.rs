//! `aws_internet_gateway`.

use provider_api::ResourceType;

pub(super) static TYPE: ResourceType =
    ResourceType { name: "aws_internet_gateway", permissions: &[], rules: &[], owners: &[] };

#[cfg(feature = "sdk")]
pub(super) mod live {
    use crate::sdk::prelude::*;

    pub(crate) async fn read(_place: &Place, _batch: &mut Batch<'_>) -> Result<(), Gap> {
        Err(Gap { ids: Vec::new(), class: GapClass::Unsupported, cause: "not read yet".to_owned() })
    }
}
