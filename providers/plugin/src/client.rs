//! The calls of Terraform's plugin protocols 5 and 6.
//! Knows nothing of processes, nor of what answers mean.

use crate::schema::Protocol;
use crate::wire::{
    ConfigureRequest, ConfigureResponse, Empty, IdentitySchemas, ListEvent, ListRequest, ProviderSchema, ReadRequest,
    ReadResponse, UpgradeIdentityResponse, UpgradeRequest, UpgradeStateResponse,
};
use prost::Message;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;
use tonic::{Code, Request, Status, Streaming};
use tonic_prost::ProstCodec;

/// The largest message that is taken; providers built on `terraform-plugin-go` send as much.
const MAX_MESSAGE: usize = 256 << 20;

/// A connected provider.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    channel: Channel,
    pub(crate) protocol: Protocol,
}

impl Client {
    pub(crate) fn new(channel: Channel, protocol: Protocol) -> Self {
        Self { channel, protocol }
    }

    pub(crate) async fn schema(&self) -> Result<ProviderSchema, Status> {
        self.call(self.path("GetSchema", "GetProviderSchema"), Empty {}).await
    }

    /// The schemas of identities; none of a provider that is older than they are.
    pub(crate) async fn identity_schemas(&self) -> Result<IdentitySchemas, Status> {
        let name = "GetResourceIdentitySchemas";
        match self.call(self.path(name, name), Empty {}).await {
            Err(status) if status.code() == Code::Unimplemented => Ok(IdentitySchemas::default()),
            answer => answer,
        }
    }

    pub(crate) async fn configure(&self, request: ConfigureRequest) -> Result<ConfigureResponse, Status> {
        self.call(self.path("Configure", "ConfigureProvider"), request).await
    }

    pub(crate) async fn upgrade_state(&self, request: UpgradeRequest) -> Result<UpgradeStateResponse, Status> {
        self.call(self.path("UpgradeResourceState", "UpgradeResourceState"), request).await
    }

    pub(crate) async fn upgrade_identity(&self, request: UpgradeRequest) -> Result<UpgradeIdentityResponse, Status> {
        self.call(self.path("UpgradeResourceIdentity", "UpgradeResourceIdentity"), request).await
    }

    pub(crate) async fn read(&self, request: ReadRequest) -> Result<ReadResponse, Status> {
        self.call(self.path("ReadResource", "ReadResource"), request).await
    }

    pub(crate) async fn list(&self, request: ListRequest) -> Result<Streaming<ListEvent>, Status> {
        let mut grpc = self.ready().await?;
        let path = self.path("ListResource", "ListResource");
        let codec = ProstCodec::<ListRequest, ListEvent>::default();
        grpc.server_streaming(Request::new(request), path, codec).await.map(tonic::Response::into_inner)
    }

    fn path(&self, v5: &'static str, v6: &'static str) -> PathAndQuery {
        let path = match self.protocol {
            Protocol::V5 => format!("/tfplugin5.Provider/{v5}"),
            Protocol::V6 => format!("/tfplugin6.Provider/{v6}"),
        };
        PathAndQuery::from_maybe_shared(path).expect("a path of letters")
    }

    async fn ready(&self) -> Result<Grpc<Channel>, Status> {
        let mut grpc = Grpc::new(self.channel.clone()).max_decoding_message_size(MAX_MESSAGE);
        grpc.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        Ok(grpc)
    }

    async fn call<Q, A>(&self, path: PathAndQuery, request: Q) -> Result<A, Status>
    where
        Q: Message + Send + Sync + 'static,
        A: Message + Default + Send + Sync + 'static,
    {
        let mut grpc = self.ready().await?;
        let codec = ProstCodec::<Q, A>::default();
        grpc.unary(Request::new(request), path, codec).await.map(tonic::Response::into_inner)
    }
}
