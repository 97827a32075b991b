//! The scan: every stage once, in order.
//! Knows nothing of formats, arguments or terminals.

use crate::attribute::{self, BlockId, History};
use crate::compare::{Comparison, Sides, compare};
use crate::config::{self, Configuration};
use crate::fetch::{self, FetchSettings, Live, Progress};
use crate::git::{Approved, Repository};
use crate::interrupt::Interrupt;
use crate::judge::{Evidence, judge};
use crate::model::{Address, Attribution, Kind, Notice, Report, RepositoryInfo, ScanInfo};
use crate::plan::{self, ReadPlan};
use crate::redact::{RedactionKey, hex};
use crate::state::{self, State, StateText};
use crate::{discover, error::Error, providers, record};
use provider_api::Provider;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What a scan needs to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the root modules are.
    pub dir: PathBuf,
    /// The approved revision; none for the default.
    pub reference: Option<String>,
    /// Where the state is, instead of what the backend says.
    pub states: Vec<String>,
    /// The Terraform workspace.
    pub workspace: String,
    /// A recording to read live objects from.
    pub live: Option<PathBuf>,
    /// Where to keep what was read.
    pub record: Option<PathBuf>,
    /// Whether to report objects in no state.
    pub unmanaged: bool,
    /// How long reading live objects may take in all.
    pub deadline: Duration,
}

/// A root module and the states that belong to it.
struct Root {
    configuration: Configuration,
    texts: Vec<StateText>,
}

/// Scans.
///
/// # Errors
/// When nothing can be said at all: no repository, no state, no root module, an unreadable recording, an interruption.
/// What can be said in part is in the report.
pub async fn run(settings: &Settings, interrupt: &Interrupt, progress: &(dyn Fn(Progress) + Sync)) -> Result<Report, Error> {
    let started_at = jiff::Timestamp::now();
    let repository = Repository::discover(&settings.dir)?;
    let approved = repository.approved(settings.reference.as_deref())?;
    let roots = read_roots(settings, &repository, &approved)?;
    let states: Vec<(&Configuration, State<'_>)> = parse_states(&roots)?;
    interrupt.check()?;

    let keys: Vec<RedactionKey> = roots.iter().flat_map(|root| &root.texts).map(|text| RedactionKey::of_state(&text.text)).collect();
    let (configurations, states): (Vec<&Configuration>, Vec<State<'_>>) = states.into_iter().unzip();
    let providers = open_providers(settings)?;
    let plan = plan::reads(&configurations, &states, &providers, settings.unmanaged);
    let live = fetch::fetch(&plan, &providers, &FetchSettings { deadline: settings.deadline }, interrupt, progress).await?;
    if let Some(dir) = &settings.record {
        record::write(dir, &plan, &live, &redactor(&states, &keys))?;
    }

    let sides = Sides {
        states: &states,
        configurations: &configurations,
        keys: &keys,
        plan: &plan,
        live: &live,
        types: &providers::types,
        recorded_live: settings.live.is_some(),
    };
    let comparison = compare(&sides);
    interrupt.check()?;
    let history = history(&repository, &approved, &configurations, &comparison)?;
    interrupt.check()?;
    let attribution = |configuration: &Configuration, address: &Address, _: Kind| attribution(&history, configuration, address);
    let notices = notices(&configurations, &states);
    let scan = ScanInfo {
        id: scan_id(started_at, &approved),
        started_at: started_at.to_string(),
        finished_at: jiff::Timestamp::now().to_string(),
        repository: repository_info(&repository, &approved),
        states: states.iter().map(|state| state.info.clone()).collect(),
        complete: false,
        exit_code: 0,
    };
    let evidence = Evidence {
        configurations: &configurations,
        states: &states,
        keys: &keys,
        comparison,
        attribution: &attribution,
        unmanaged: settings.unmanaged,
    };
    Ok(judge(evidence, scan, notices))
}
