//! What backends and keys of states need of AWS, out of the AWS module, where it was built in.
//! Knows nothing of any backend.

use provider_states::Aws;
use std::sync::Arc;

/// Access to AWS; none where driftline was built without the SDK.
#[cfg(not(feature = "aws"))]
pub(crate) fn aws() -> Option<Arc<dyn Aws>> {
    None
}

/// Access to AWS.
#[cfg(feature = "aws")]
pub(crate) fn aws() -> Option<Arc<dyn Aws>> {
    Some(Arc::new(with_sdk::Access(provider_aws::Access::new())))
}

#[cfg(feature = "aws")]
mod with_sdk {
    use futures::future::BoxFuture;
    use provider_api::GapClass;
    use provider_aws::Refused;
    use provider_states::{Aws, AwsIdentity, AwsRefusal, Class};
    use serde_json::{Map, Value};

    pub(super) struct Access(pub(super) provider_aws::Access);

    fn refusal(refused: Refused) -> AwsRefusal {
        let class = match refused.class {
            _ if refused.is_missing => Class::NotFound,
            GapClass::Denied => Class::Denied,
            GapClass::TimedOut => Class::TimedOut,
            GapClass::Throttled | GapClass::Failed | GapClass::Unsupported => Class::Failed,
        };
        AwsRefusal { class, cause: refused.cause }
    }

    impl Aws for Access {
        fn identity<'a>(&'a self, settings: &'a Map<String, Value>) -> BoxFuture<'a, Result<AwsIdentity, AwsRefusal>> {
            Box::pin(async move {
                let found = self.0.identity(settings).await.map_err(refusal)?;
                Ok(AwsIdentity {
                    key_id: found.key_id,
                    secret: found.secret,
                    token: found.token,
                    expires: found.expires,
                    region: Some(found.region),
                })
            })
        }

        fn ask<'a>(
            &'a self,
            settings: &'a Map<String, Value>,
            service: &'a str,
            operation: &'a str,
            body: Value,
        ) -> BoxFuture<'a, Result<Value, AwsRefusal>> {
            Box::pin(async move { self.0.ask(settings, service, operation, &body).await.map_err(refusal) })
        }

        fn s3<'a>(
            &'a self,
            settings: &'a Map<String, Value>,
            path: &'a str,
        ) -> BoxFuture<'a, Result<Vec<u8>, AwsRefusal>> {
            Box::pin(async move { self.0.s3(settings, path).await.map_err(refusal) })
        }
    }
}
