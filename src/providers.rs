//! The provider modules that are built in, in the order in which they are asked. The one list to extend for a new provider.
//! Knows nothing of what they read.

use crate::logical::{self, Logical};
use crate::settings::PluginSettings;
use provider_api::{ActivityOutcome, ActivityRequest, GapClass, Provider, Scope, TypeTable};
use provider_recorded::{Recorded, RecordingError};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

/// Which provider modules read live objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Readers {
    /// Native bulk readers, and provider plugins for what these do not read.
    #[default]
    Auto,
    /// Native bulk readers only.
    Native,
    /// Provider plugins only: everything as Terraform sees it.
    Plugin,
}

/// What opening provider modules needs to know.
pub struct Opening<'a> {
    /// Which ones.
    pub readers: Readers,
    /// Requests a second to any one service at most, for those that count them.
    pub max_rps: Option<u32>,
    /// How plugins are run.
    pub plugin: &'a PluginSettings,
    /// The environment.
    pub environment: &'a BTreeMap<OsString, OsString>,
}

/// What exists in state only.
pub fn logical() -> Box<dyn Provider> {
    Box::new(Logical { builtin_only: false })
}

/// Every provider module that reads live objects. Of several that serve a source the first one that reads a type is asked.
pub fn live(opening: &Opening<'_>) -> Vec<Box<dyn Provider>> {
    let mut open: Vec<Box<dyn Provider>> = vec![Box::new(Logical { builtin_only: opening.readers == Readers::Plugin })];
    if opening.readers != Readers::Plugin {
        open.extend(native(opening.max_rps));
    }
    if opening.readers != Readers::Native {
        open.extend(plugin(opening));
    }
    open
}

/// What replays a recording, by the readers that made it.
///
/// # Errors
/// When it is none, or damaged.
pub fn replay(dir: &Path, readers: Readers) -> Result<Vec<Box<dyn Provider>>, RecordingError> {
    let mut open: Vec<Box<dyn Provider>> = vec![Box::new(Logical { builtin_only: true })];
    let recorded = Recorded::open(dir)?.with_recorded_scope(provider_aws::recorded_scope);
    for one in recorded.by_reader() {
        let wanted = match readers {
            Readers::Auto => true,
            Readers::Native => !one.reads_as_terraform(),
            Readers::Plugin => one.reads_as_terraform(),
        };
        if wanted {
            open.push(Box::new(one));
        }
    }
    // What a plugin was asked for is in the recording; the rest is where it always is.
    open.push(logical());
    Ok(open)
}

fn native(max_rps: Option<u32>) -> Vec<Box<dyn Provider>> {
    #[cfg(not(feature = "aws"))]
    let _ = max_rps;
    vec![
        #[cfg(feature = "aws")]
        Box::new(provider_aws::Aws::new(max_rps)),
    ]
}

#[cfg(all(feature = "plugin", unix))]
fn plugin(opening: &Opening<'_>) -> Vec<Box<dyn Provider>> {
    let options = provider_plugin::Options {
        environment: opening.environment.clone(),
        allowed: opening.plugin.environment.clone(),
        mutual_tls: opening.plugin.mutual_tls,
        registries_are_one: opening.plugin.registries_are_one,
        parallelism: opening.plugin.parallelism,
        read_limit: opening.plugin.read_seconds.map(std::time::Duration::from_secs),
    };
    // A plugin does not say which account it reads; the native readers know how to ask.
    vec![Box::new(provider_plugin::Plugin::new(options, native(opening.max_rps)))]
}

#[cfg(not(all(feature = "plugin", unix)))]
fn plugin(_: &Opening<'_>) -> Vec<Box<dyn Provider>> {
    Vec::new()
}

/// What can tell who changed objects where only plugins read them: the plugin protocol has no word for it.
pub fn telling_activity(opening: &Opening<'_>) -> Vec<Box<dyn Provider>> {
    if opening.readers == Readers::Plugin { native(opening.max_rps) } else { Vec::new() }
}

/// Who changed objects of a provider address, out of exported records in a folder.
pub fn exported_activity(source: &str, folder: &Path, scope: &Scope, request: &ActivityRequest<'_>) -> ActivityOutcome {
    match source.ends_with("/hashicorp/aws") {
        true => provider_aws::activity_of_folder(folder, scope, request),
        false => {
            let cause = format!("no exported records are known of who changed objects of {source}");
            ActivityOutcome::unread(GapClass::Unsupported, cause)
        }
    }
}

/// Whether provider plugins can be read at all.
pub const HAS_PLUGINS: bool = cfg!(all(feature = "plugin", unix));

/// The resource types behind a provider address such as `registry.terraform.io/hashicorp/aws`, with the rules for
/// comparing them. Needed for recordings too, so it does not depend on what can be read live.
pub fn types(source: &str) -> Option<&'static TypeTable> {
    logical::types(source).or_else(|| source.ends_with("/hashicorp/aws").then(provider_aws::types))
}
