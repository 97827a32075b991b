//! The provider modules that are built in. The one list to extend for a new provider.
//! Knows nothing of what they read.

use crate::logical::{self, Logical};
use provider_api::{Provider, TypeTable};

/// What needs nobody to be asked, recording or not.
pub fn logical() -> Box<dyn Provider> {
    Box::new(Logical)
}

/// Every provider module that reads live objects. `max_rps` bounds the requests a second to any one service.
pub fn live(max_rps: Option<u32>) -> Vec<Box<dyn Provider>> {
    #[cfg(not(feature = "aws"))]
    let _ = max_rps;
    vec![
        #[cfg(feature = "aws")]
        Box::new(provider_aws::Aws::new(max_rps)),
    ]
}

/// The resource types behind a provider address such as `registry.terraform.io/hashicorp/aws`, with the rules for
/// comparing them. Needed for recordings too, so it does not depend on what can be read live.
pub fn types(source: &str) -> Option<&'static TypeTable> {
    logical::types(source).or_else(|| source.ends_with("/hashicorp/aws").then(provider_aws::types))
}
