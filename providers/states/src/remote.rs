//! The remote backend and the cloud block: HCP Terraform, Terraform Enterprise, and what speaks their API.
//! Knows nothing of what a state says.

mod api;
mod credentials;
mod documents;
#[cfg(test)]
pub(crate) mod loopback;
mod settings;
#[cfg(test)]
mod tests;

use crate::error::printable;
use crate::web::{Client, Trust};
use crate::{Backend, Kept, Store, StoreError, Surroundings, Version};
use credentials::Credentials;
use futures::future::BoxFuture;
use reqwest::Url;
use settings::{Mapping, Settings};
use std::collections::BTreeMap;
use std::sync::Mutex;
use tokio::sync::OnceCell;

/// Opens it. Reads where Terraform keeps its tokens; sends nothing yet.
pub(crate) fn open(backend: &Backend, around: &Surroundings) -> Result<Box<dyn Store>, StoreError> {
    let settings = Settings::read(backend, around)?;
    let credentials = Credentials::find(&settings.host, around);
    let client = Client::new(&settings.place, around, &Trust::default())?;
    Ok(Box::new(Remote { settings, credentials, client, service: OnceCell::new(), ids: Mutex::default() }))
}

struct Remote {
    settings: Settings,
    credentials: Credentials,
    client: Client,
    /// Where the API is, once it was discovered.
    service: OnceCell<Url>,
    /// The ids of workspaces that were read.
    ids: Mutex<BTreeMap<String, String>>,
}

impl Store for Remote {
    fn place(&self, workspace: &str) -> String {
        let name = self.settings.remote_name(workspace).unwrap_or_else(|_| workspace.to_owned());
        printable(&format!("{}/{name}", self.settings.place))
    }

    fn workspaces(&self) -> BoxFuture<'_, Result<Vec<String>, StoreError>> {
        Box::pin(async {
            match &self.settings.mapping {
                Mapping::Default(_) => Ok(vec![crate::DEFAULT_WORKSPACE.to_owned()]),
                Mapping::Name(name) => Ok(vec![name.clone()]),
                _ => self.client.within(self.listed()).await,
            }
        })
    }

    fn read<'a>(&'a self, workspace: &'a str) -> BoxFuture<'a, Result<Kept, StoreError>> {
        Box::pin(self.client.within(self.kept(workspace)))
    }

    fn stamp<'a>(&'a self, workspace: &'a str) -> BoxFuture<'a, Result<Option<String>, StoreError>> {
        Box::pin(self.client.within(self.stamped(workspace)))
    }

    fn versions<'a>(&'a self, workspace: &'a str, most: usize) -> BoxFuture<'a, Result<Vec<Version>, StoreError>> {
        Box::pin(self.client.within(self.earlier(workspace, most)))
    }
}
