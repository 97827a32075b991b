//! The provider contract, fulfilled by Terraform's own providers.
//! Knows nothing of any of them.

use crate::environment;
use crate::find::{Finder, Found};
use crate::limiter;
use crate::list;
use crate::pool::{Pool, Slot, Spec};
use crate::read;
use crate::source::Source;
use futures::FutureExt;
use futures::future::BoxFuture;
use provider_api::{
    Attributes, Connection, Gap, GapClass, Program, Provider, ProviderConfiguration, ReadOutcome, ReadRequest, Scope,
    Voucher,
};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The host of what is part of Terraform and is no plugin.
const BUILTIN: &str = "terraform.io";

/// How long one read may take. Some providers ask for twenty seconds before they believe that something is gone.
const READ_LIMIT: Duration = Duration::from_secs(120);

/// How providers are found and run.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The scanner's environment, of which a provider sees what it needs.
    pub environment: BTreeMap<OsString, OsString>,
    /// Further variables that providers may see; a pattern may end in `*`.
    pub allowed: Vec<String>,
    /// Whether to speak TLS with providers that do not ask for it.
    pub mutual_tls: bool,
    /// Whether Terraform's and OpenTofu's registries hold the same providers: a state that names one then finds what a lock
    /// file has from the other.
    pub registries_are_one: bool,
    /// How many instances are read at the same time, at most fifty; none for as many as still make it faster.
    pub parallelism: Option<usize>,
    /// How long one read may take; none for two minutes.
    pub read_limit: Option<Duration>,
}

/// Reads through the providers that root modules use.
pub struct Plugin {
    options: Options,
    finder: Arc<Finder>,
    pool: Arc<Pool>,
    /// Providers that can tell where a configuration leads: a plugin does not say which account it reads.
    locators: Vec<Box<dyn Provider>>,
}

impl Plugin {
    /// No process is started, nor any file read but the CLI configuration, before something is to be read.
    pub fn new(options: Options, locators: Vec<Box<dyn Provider>>) -> Self {
        let finder = Finder::new(options.environment.clone(), options.registries_are_one);
        Self { options, finder: Arc::new(finder), pool: Arc::default(), locators }
    }

    /// Where a configuration leads, as far as anybody can tell.
    async fn scope(&self, configuration: &ProviderConfiguration) -> Scope {
        if let Some(locator) = self.locators.iter().find(|locator| locator.serves(&configuration.source))
            && let Ok(connection) = locator.connect(configuration).await
        {
            return connection.scope().clone();
        }
        let region = configuration.known.get("region").and_then(serde_json::Value::as_str);
        Scope { account: None, region: region.map(str::to_owned) }
    }

    /// All that a process for this configuration is started with. Reads files of hundreds of megabytes.
    fn spec(finder: &Finder, options: &Options, configuration: &ProviderConfiguration) -> Result<Spec, String> {
        let source = Source::parse(&configuration.source).ok_or("not the address of a provider")?;
        let found = finder.find(&source, &configuration.installation)?;
        let variable =
            |name: &str| options.environment.get(std::ffi::OsStr::new(name)).filter(|value| !value.is_empty());
        let cache = variable("XDG_CACHE_HOME")
            .map(PathBuf::from)
            .or_else(|| variable("HOME").map(|home| PathBuf::from(home).join(".cache")));
        let directory = &configuration.installation.directory;
        Ok(Spec {
            environment: environment::allowed(&options.environment, &source.name, &options.allowed),
            source: source.to_string(),
            found,
            directory: if directory.is_dir() { directory.clone() } else { PathBuf::from("/") },
            arguments: configuration.known.clone(),
            mutual_tls: options.mutual_tls,
            read_limit: options.read_limit.unwrap_or(READ_LIMIT),
            parallelism: options.parallelism.map(|wanted| wanted.clamp(1, limiter::MOST)),
            cache: cache.map(|cache| cache.join("driftline")),
        })
    }
}

impl Provider for Plugin {
    fn reader(&self) -> &'static str {
        "plugin"
    }

    /// Everything but what is part of Terraform: which providers there are, only a root module can tell.
    fn serves(&self, source: &str) -> bool {
        Source::parse(source).is_some_and(|source| source.host != BUILTIN)
    }

    fn resource_types(&self) -> Vec<String> {
        Vec::new()
    }

    fn reads_as_terraform(&self) -> bool {
        true
    }

    fn joins_requests(&self) -> bool {
        false
    }

    fn recorded_scope(&self, attributes: &Attributes) -> Scope {
        let scopes = self.locators.iter().map(|locator| locator.recorded_scope(attributes));
        scopes.into_iter().find(|scope| *scope != Scope::default()).unwrap_or_default()
    }

    fn connect<'a>(
        &'a self,
        configuration: &'a ProviderConfiguration,
    ) -> BoxFuture<'a, Result<Box<dyn Connection>, Gap>> {
        async move {
            let unsupported = |cause| Gap { ids: Vec::new(), class: GapClass::Unsupported, cause };
            if !configuration.not_known.is_empty() {
                return Err(unsupported(not_known(configuration)));
            }
            let (finder, options, asked) = (self.finder.clone(), self.options.clone(), configuration.clone());
            let spec = tokio::task::spawn_blocking(move || Self::spec(&finder, &options, &asked)).await;
            let spec = spec.map_err(|error| unsupported(error.to_string()))?.map_err(unsupported)?;
            let scope = self.scope(configuration).await;
            Ok(Box::new(Open { pool: self.pool.clone(), spec, scope }) as Box<dyn Connection>)
        }
        .boxed()
    }
}

/// Which arguments would have to be guessed, and where they can be given.
fn not_known(configuration: &ProviderConfiguration) -> String {
    let names: Vec<String> = configuration.not_known.iter().map(|name| format!("`{name}`")).collect();
    format!(
        "{} of {} cannot be evaluated, and the provider is not asked with a guess: give a value in driftline.toml, under \
         [[provider]]",
        names.join(", "),
        configuration.name
    )
}

/// A provider configuration whose provider may run.
struct Open {
    pool: Arc<Pool>,
    spec: Spec,
    scope: Scope,
}

impl Open {
    /// The process is started by whoever asks first, and ends when the last has its answer.
    fn slot(&self) -> Arc<Slot> {
        self.pool.slot(&self.spec)
    }
}

impl Connection for Open {
    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn read<'a>(&'a self, request: &'a ReadRequest<'a>) -> BoxFuture<'a, ReadOutcome> {
        async move {
            let slot = self.slot();
            let (mut outcome, identities) = read::read(&slot, request).await;
            if request.unrequested {
                list::list(&slot, request, &identities, &mut outcome).await;
            }
            outcome
        }
        .boxed()
    }

    fn program(&self) -> Option<Program> {
        Some(match &self.spec.found {
            Found::Verified { package, version } => {
                Program { version: Some(version.clone()), h1: Some(package.h1.clone()), vouched_by: Voucher::LockFile }
            }
            Found::Override { .. } => Program { version: None, h1: None, vouched_by: Voucher::DevelopmentOverride },
            Found::Attached { .. } => Program { version: None, h1: None, vouched_by: Voucher::Reattach },
        })
    }

    fn listed_types(&self) -> BoxFuture<'_, Vec<String>> {
        async move {
            // Why it cannot be started is said by what is to be read.
            self.slot().ready().await.map(|ready| ready.catalog.listed()).unwrap_or_default()
        }
        .boxed()
    }
}
