//! The scan: every stage once, in order.
//! Knows nothing of formats, arguments or terminals.

mod asking;
mod history;
mod listing;
mod live;
mod notices;
mod variables;

use crate::activity;
use crate::attributions::Attributions;
use crate::compare::{Level, Sides, compare};
use crate::config::{Configuration, VariableSource};
use crate::discover::{self, Discovered, Filter, LeftOut, Search};
use crate::evidence::EvidenceSettings;
use crate::fetch::{self, FetchSettings, Live, Progress};
use crate::git::{Approved, Repository};
use crate::interrupt::Interrupt;
use crate::inventory::{self, Inventory};
use crate::judge::{Evidence, judge};
use crate::model::{Address, Notice, Report, RepositoryInfo, ScanInfo, UnreadState};
use crate::objects::Objects;
use crate::plan::{self, InstanceIndex, ReadPlan};
use crate::providers::{Opening, Readers};
use crate::redact::{RedactionKey, hex};
use crate::settings::{self, SettingsFile};
use crate::show::{self, Shown};
use crate::state::{self, State, StateText};
use crate::states::{self, Moved, ReadState, Roots, Unread};
use crate::{aws_access, confirm, error::Error, installation, providers, record};
pub use listing::{ListedState, Listing, listing};
use live::Earlier;
use provider_api::Provider;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What is looked at: root modules at an approved revision, and their states.
#[derive(Debug, Clone)]
pub struct Subject {
    /// Where the root modules are.
    pub dir: PathBuf,
    /// The approved revision; none for the default.
    pub reference: Option<String>,
    /// Where the state is, instead of what the backend says.
    pub states: Vec<String>,
    /// What the environment and the command line give the root modules' variables, in order.
    pub variables: Vec<VariableInput>,
    /// How long reading all states may take.
    pub deadline: Duration,
    /// Patterns of the workspaces that are looked at, of the command line or the environment; empty for what the settings say.
    pub workspaces: Vec<String>,
    /// Patterns of the directories of root modules that are looked at; empty for all.
    pub include: Vec<String>,
    /// Patterns of those that are not.
    pub exclude: Vec<String>,
    /// `KEY=VALUE`, or files of such, that complete backend blocks.
    pub backend_config: Vec<String>,
    /// Whether programs are run that the configuration names as providers of keys.
    pub allow_programs: bool,
}

/// A value, or a file of values, for variables of root modules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VariableInput {
    /// What needs no reading.
    Given(VariableSource),
    /// `--var-file`.
    File(PathBuf),
}

/// What a scan needs to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What is scanned.
    pub subject: Subject,
    /// A recording to read live objects from.
    pub live: Option<PathBuf>,
    /// Where to keep what was read.
    pub record: Option<PathBuf>,
    /// Where it is recorded who changed what drifted; none where that is not asked.
    pub activity: Vec<activity::Source>,
    /// Which objects in no state to report.
    pub inventory: Inventory,
    /// How long reading live objects may take in all.
    pub deadline: Duration,
    /// Requests a second that one service of an account and region is asked at most; none for the politeness default.
    pub max_rps: Option<u32>,
    /// Which provider modules read live objects.
    pub readers: Readers,
    /// Whether what native readers suspect is read once more through the plugin.
    pub confirm: bool,
    /// What counts as a difference.
    pub level: Level,
    /// The settings to use instead of those of the approved commit.
    pub config: Option<PathBuf>,
    /// Where evidence of approvals comes from.
    pub evidence: EvidenceSettings,
    /// The environment, of which plugins see a part and settings may take values.
    pub environment: BTreeMap<OsString, OsString>,
}

/// Scans.
///
/// # Errors
/// When nothing can be said at all: no repository, no state, no root module, an unreadable recording, an interruption.
/// What can be said in part is in the report.
pub async fn run(
    settings: &Settings,
    interrupt: &Interrupt,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Report, Error> {
    let started_at = jiff::Timestamp::now();
    let finish = async |gathered: &Gathered<'_>| {
        let report = report(settings, gathered, started_at, interrupt)?;
        with_activity(report, settings, gathered, interrupt).await
    };
    gathered(settings, None, interrupt, progress, finish).await
}

/// What is known of the resources of these addresses, or without any of all. Live objects are read for those that are
/// named, and not at all `offline`.
///
/// # Errors
/// As [`run`].
pub async fn show(
    settings: &Settings,
    addresses: &[Address],
    offline: bool,
    interrupt: &Interrupt,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Vec<Shown>, Error> {
    let wanted = |configuration: &Configuration, address: &Address| {
        !offline && show::is_named(addresses, configuration, address)
    };
    let finish = async |gathered: &Gathered<'_>| Ok(show::shown(&gathered.sides, addresses));
    gathered(settings, Some(&wanted), interrupt, progress, finish).await
}

/// Everything that was read.
struct Gathered<'a> {
    repository: &'a Repository,
    approved: &'a Approved,
    sides: Sides<'a>,
    file: &'a SettingsFile,
    providers: &'a [Box<dyn Provider>],
    /// When reading has to end.
    until: Instant,
    /// What reading has to say.
    notices: Vec<Notice>,
    /// The states that could not be read.
    unread: &'a [UnreadState],
    /// Directories that were not looked at.
    left_out: &'a [LeftOut],
}

/// Whether an instance of a state is to be read.
type Wanted<'a> = &'a (dyn Fn(&Configuration, &Address) -> bool + Sync);

/// What was not looked at, and what is to be said of that.
struct Selection {
    left_out: Vec<LeftOut>,
    notices: Vec<Notice>,
}

/// What stays the same while states and live objects are read.
struct Context<'a> {
    settings: &'a Settings,
    repository: &'a Repository,
    approved: &'a Approved,
    file: &'a SettingsFile,
    selection: Selection,
    wanted: Option<Wanted<'a>>,
    interrupt: &'a Interrupt,
    progress: &'a (dyn Fn(Progress) + Sync),
    begun: Instant,
}

/// Reads configuration, state and live objects, all or those that are wanted, and hands everything to `finish`. Where a state
/// moved meanwhile, it and what belongs to it is read once more.
async fn gathered<T>(
    settings: &Settings,
    wanted: Option<Wanted<'_>>,
    interrupt: &Interrupt,
    progress: &(dyn Fn(Progress) + Sync),
    finish: impl AsyncFn(&Gathered<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let repository = &Repository::discover(&settings.subject.dir)?;
    let approved = &repository.approved(settings.subject.reference.as_deref())?;
    let file = &settings::read(&repository.tree(approved.commit)?, settings.config.as_deref())?;
    let environment = Arc::new(settings.environment.clone());
    let read = read_roots(&settings.subject, (repository, approved, file), &environment, interrupt).await?;
    let Read { mut roots, left_out, notices } = read;
    let begun = Instant::now();
    let selection = Selection { left_out, notices };
    let context = Context { settings, repository, approved, file, selection, wanted, interrupt, progress, begun };
    match looked(&context, &roots, None, &finish).await? {
        Looked::Whole(outcome) => Ok(outcome),
        Looked::Moved(moved, earlier) => {
            let earlier = earlier.replacing(&mut roots, moved);
            match looked(&context, &roots, Some(earlier), &finish).await? {
                Looked::Whole(outcome) => Ok(outcome),
                Looked::Moved(..) => unreachable!("states are looked at twice at most"),
            }
        }
    }
}

/// What became of reading live objects.
enum Looked<T> {
    /// All was read, and what was made of it.
    Whole(T),
    /// States moved meanwhile.
    Moved(Vec<Moved>, Earlier),
}

/// Reads the live objects of what the states record.
async fn looked<T>(
    context: &Context<'_>,
    roots: &Roots,
    earlier: Option<Earlier>,
    finish: &impl AsyncFn(&Gathered<'_>) -> Result<T, Error>,
) -> Result<Looked<T>, Error> {
    let Context { settings, repository, approved, interrupt, .. } = *context;
    let Parsed { states, unread, places } = parse_states(roots)?;
    interrupt.check()?;
    let evaluated = with_recorded(repository, approved, &states)?;
    interrupt.check()?;
    let keys: Vec<RedactionKey> = states.iter().map(|(_, text, _)| RedactionKey::of_state(&text.text)).collect();
    let configurations =
        states.iter().zip(&evaluated).map(|((plain, ..), evaluated)| evaluated.as_ref().unwrap_or(*plain));
    let configurations: Vec<&Configuration> = configurations.collect();
    let states: Vec<State<'_>> = states.into_iter().map(|(.., state)| state).collect();
    let Planned { mut providers, mut plan, mut notices } = planned(context, &configurations, &states)?;
    if let Some(wanted) = context.wanted {
        let address = |index: InstanceIndex| &states[index.state].instances[index.instance].address;
        plan.retain(|index| wanted(configurations[index.state], address(index)));
    }
    let limits = context.limits();
    let (again, said) = earlier.map(|earlier| earlier.split(&places)).unzip();
    let mut live = live::read(&mut plan, &providers, again, &limits, (interrupt, context.progress)).await?;
    providers.extend(telling_activity(settings));
    let nothing = Live::default();
    let sides = Sides {
        states: &states,
        configurations: &configurations,
        keys: &keys,
        plan: &plan,
        live: &nothing,
        types: &providers::types,
        recorded_live: settings.live.is_some(),
        level: settings.level,
    };
    let mut confirming = match settings.confirm {
        true => confirm::reads(&plan, &compare(&Sides { live: &live, ..sides }), &providers),
        false => ReadPlan::default(),
    };
    // Both readings share one deadline.
    let confirmed = fetch::fetch(&mut confirming, &providers, &context.limits(), interrupt, context.progress).await?;
    let (moved, unseen) = states::moved(&roots.roots, interrupt).await?;
    match said {
        None if !moved.is_empty() => return Ok(Looked::Moved(moved, Earlier::new(live, places, settings))),
        None => {}
        Some(said) => notices.extend(notices::moved(&said, &moved)),
    }
    notices.extend(notices::unseen(&unseen));
    if let Some(dir) = &settings.record {
        record::write(dir, &[(&plan, &live), (&confirming, &confirmed)], &redactor(&states, &keys))?;
    }
    notices.extend(confirm::merge(&mut live, confirmed));
    notices.extend(notices::of_states(&states, &unread));
    notices.extend(context.selection.notices.iter().cloned());
    let (sides, until) = (Sides { live: &live, ..sides }, context.begun + settings.deadline);
    let (providers, file, unread, left_out) =
        (&providers[..], context.file, &unread[..], &context.selection.left_out[..]);
    let gathered = Gathered { repository, approved, sides, file, providers, until, notices, unread, left_out };
    finish(&gathered).await.map(Looked::Whole)
}

impl Context<'_> {
    /// What is left of the deadline.
    fn limits(&self) -> FetchSettings {
        let deadline = self.settings.deadline.saturating_sub(self.begun.elapsed());
        FetchSettings { deadline, ..FetchSettings::default() }
    }
}

/// Adds who changed live what drifted, where that is asked, and keeps the answers with a recording.
async fn with_activity(
    mut report: Report,
    settings: &Settings,
    gathered: &Gathered<'_>,
    interrupt: &Interrupt,
) -> Result<Report, Error> {
    if settings.activity.is_empty() {
        return Ok(report);
    }
    let Sides { plan, live, .. } = gathered.sides;
    let sides = activity::Sides { plan, live, providers: gathered.providers, replays: settings.live.is_some() };
    let answers = activity::add(&mut report, &settings.activity, sides, gathered.until, interrupt).await?;
    if let Some(dir) = &settings.record {
        record::add_activity(dir, answers)?;
    }
    report.scan.finished_at = jiff::Timestamp::now().to_string();
    Ok(report)
}

/// What tells who changed objects beside the readers.
fn telling_activity(settings: &Settings) -> Vec<Box<dyn Provider>> {
    if settings.activity.is_empty() || settings.live.is_some() {
        return Vec::new();
    }
    providers::telling_activity(&Opening {
        readers: settings.readers,
        max_rps: settings.max_rps,
        plugin: &settings::PluginSettings::default(),
        environment: &settings.environment,
    })
}

/// What is to be read, and by whom.
struct Planned<'a> {
    providers: Vec<Box<dyn Provider>>,
    plan: ReadPlan<'a>,
    /// What the settings have to say.
    notices: Vec<Notice>,
}

/// Opens the provider modules, and plans the reads as configuration, state and settings have it.
fn planned<'a>(
    context: &Context<'_>,
    configurations: &[&Configuration],
    states: &'a [State<'_>],
) -> Result<Planned<'a>, Error> {
    let Context { settings, repository, approved, file, .. } = *context;
    let tree = repository.tree(approved.commit)?;
    let providers = open_providers(settings, file)?;
    let mut plan = plan::reads(configurations, states, &providers, &settings.inventory);
    let work_dir = repository.work_dir().unwrap_or(Path::new("."));
    for connection in &mut plan.connections {
        connection.configuration.installation = installation::of(&tree, work_dir, &connection.directory);
    }
    let unused = settings::apply(file, &settings.environment, &mut plan)?;
    let notices = unused.iter().map(|address| notices::unused_notice(address)).collect();
    Ok(Planned { providers, plan, notices })
}

/// Compares what was gathered, asks the history, and judges.
fn report(
    settings: &Settings,
    gathered: &Gathered<'_>,
    started_at: jiff::Timestamp,
    interrupt: &Interrupt,
) -> Result<Report, Error> {
    let Gathered { repository, approved, sides, notices: said, unread, left_out: not_looked_at, .. } = gathered;
    let Sides { states, configurations, keys, .. } = *sides;
    let mut comparison = compare(sides);
    let left_out = inventory::apply(&settings.inventory, &mut comparison);
    interrupt.check()?;
    let (history, of_evidence) = history::history(settings, gathered, &comparison, interrupt)?;
    interrupt.check()?;
    let attributions = Attributions(history.as_ref());
    let mut notices = notices::notices(configurations, states);
    notices.extend(said.iter().cloned());
    notices.extend(notices::level_notice(settings));
    notices.extend(notices::failures(configurations, &repository.tree(approved.commit)?));
    notices.extend(of_evidence);
    notices.extend(left_out.iter().map(notices::left_out_notice));
    let scan = ScanInfo {
        id: scan_id(started_at, approved),
        started_at: started_at.to_string(),
        finished_at: jiff::Timestamp::now().to_string(),
        repository: repository_info(repository, approved),
        states: states.iter().map(|state| state.info.clone()).collect(),
        unread: unread.to_vec(),
        left_out: not_looked_at.iter().map(|one| (one.directory.clone(), one.reason.clone())).collect(),
        directories: history::directories(configurations),
        programs: sides.live.programs().into_iter().collect(),
        complete: false,
        exit_code: 0,
    };
    let evidence = Evidence { configurations, states, keys, comparison, attributions };
    Ok(judge(evidence, scan, notices))
}

/// Finds the root modules, and reads the states of each.
async fn read_roots(
    subject: &Subject,
    (repository, approved, file): (&Repository, &Approved, &SettingsFile),
    environment: &Arc<BTreeMap<OsString, OsString>>,
    interrupt: &Interrupt,
) -> Result<Read, Error> {
    let tree = repository.tree(approved.commit)?;
    let dir = repository.relative(&subject.dir)?;
    let or = |typed: &[String], set: &[String]| if typed.is_empty() { set.to_vec() } else { typed.to_vec() };
    let filter = Filter::new(&or(&subject.include, &file.scan.include), &or(&subject.exclude, &file.scan.exclude))?;
    let search = Search { only_here: !subject.states.is_empty(), filter, environment: environment.as_ref().clone() };
    let Discovered { root_modules, left_out, unmatched } = discover::root_modules(&tree, &dir, &search)?;
    let work_dir = repository.work_dir().unwrap_or(Path::new("."));
    let asking = asking::Asking { subject, file, repository, tree: &tree, environment, work_dir };
    let asked: Vec<_> = root_modules.into_iter().map(|module| (asking.of(&module), module)).collect();
    let place = states::Place {
        tree: &tree,
        work_dir,
        environment,
        aws: aws_access::aws(),
        interrupt,
        given: &|module, workspace| asking.given(module, workspace),
        deadline: subject.deadline,
    };
    let roots = states::read(&asked, &place).await?;
    let unused = asking.unused(&dir, &asked, &roots);
    let skipped = roots.skipped.iter().map(|skipped| {
        let reason = format!("the settings skip its workspace `{}`: {}", skipped.workspace, skipped.reason);
        LeftOut { directory: skipped.root_module.clone(), reason }
    });
    let left_out = left_out.into_iter().chain(skipped).collect();
    Ok(Read { roots, left_out, notices: notices::of_selection(&unmatched, &unused) })
}

/// The states that were read, and what was not looked at.
struct Read {
    roots: Roots,
    left_out: Vec<LeftOut>,
    notices: Vec<Notice>,
}

/// The managed resource types that states record, each with the address of its provider.
///
/// # Errors
/// No repository, no state, no root module: what [`run`] ends with for the same subject.
pub async fn recorded_types(
    subject: &Subject,
    environment: BTreeMap<OsString, OsString>,
    interrupt: &Interrupt,
) -> Result<BTreeSet<(String, String)>, Error> {
    let repository = Repository::discover(&subject.dir)?;
    let approved = repository.approved(subject.reference.as_deref())?;
    let file = settings::read(&repository.tree(approved.commit)?, None)?;
    let environment = Arc::new(environment);
    let Read { roots, .. } = read_roots(subject, (&repository, &approved, &file), &environment, interrupt).await?;
    // What cannot be read would be missing from the policy.
    if let Some(unread) = roots.unread.into_iter().next() {
        return Err(unread.error);
    }
    let mut types = BTreeSet::new();
    for state in roots.roots.iter().flat_map(|root| &root.states) {
        for instance in &state::parse(&state.text)?.instances {
            types.insert((instance.provider.source.to_string(), instance.address.resource_type.to_string()));
        }
    }
    Ok(types)
}

/// The configuration that belongs to each state, where recorded objects lend it values.
fn with_recorded(
    repository: &Repository,
    approved: &Approved,
    states: &[(&Configuration, &StateText, State<'_>)],
) -> Result<Vec<Option<Configuration>>, Error> {
    let tree = repository.tree(approved.commit)?;
    let evaluated = states.iter().map(|(configuration, _, state)| {
        configuration.recorded(&tree, repository.work_dir(), &Objects::new(state, configuration, &providers::types))
    });
    Ok(evaluated.collect())
}

/// The states that could be parsed, and those that could not.
struct Parsed<'a> {
    states: Vec<(&'a Configuration, &'a StateText, State<'a>)>,
    unread: Vec<UnreadState>,
    /// Of each the positions of its root module and of itself there.
    places: Vec<(usize, usize)>,
}

/// Every state with its root module's configuration. One that is none is told, and stops no other.
fn parse_states(roots: &Roots) -> Result<Parsed<'_>, Error> {
    let mut parsed = Parsed { states: Vec::new(), unread: Vec::new(), places: Vec::new() };
    let mut faults = Vec::new();
    for (root, one) in roots.roots.iter().enumerate() {
        for (position, ReadState { text, .. }) in one.states.iter().enumerate() {
            match state::parse(text) {
                Ok(mut state) => {
                    state.instances.iter_mut().for_each(|instance| identify(instance, &text.source));
                    parsed.states.push((&one.configuration, text, state));
                    parsed.places.push((root, position));
                }
                Err(error) => faults.push((one, error)),
            }
        }
    }
    let count = roots.unread.len() + faults.len();
    if parsed.states.is_empty() && count > 0 {
        let first = roots.unread.first().map(|unread| (unread.error.to_string(), unread.error.hint()));
        let first =
            first.or_else(|| faults.first().map(|(_, error)| (error.to_string(), Some(error.hint().to_owned()))));
        let (cause, hint) = first.unwrap_or_default();
        return Err(Error::NoState { count, cause, hint });
    }
    if parsed.states.is_empty() {
        return Err(Error::Usage("no workspace that has a state is among those that are wanted".into()));
    }
    parsed.unread.extend(roots.unread.iter().map(Unread::told));
    parsed.unread.extend(faults.into_iter().map(|(root, error)| UnreadState {
        root_module: root.configuration.directory.clone(),
        workspace: Some(root.configuration.workspace.clone()),
        cause: error.to_string(),
        hint: error.hint().to_owned(),
    }));
    Ok(parsed)
}

/// Completes an id that is not unique by itself, for example an S3 object's, which is only its key.
fn identify(instance: &mut state::Instance<'_>, source: &str) {
    if providers::logical().serves(&instance.provider.source) {
        // `random_password` calls every instance `none`, and several states of one root module have the same addresses.
        instance.id = format!("{} in {source}", instance.address);
        return;
    }
    let Some(table) = providers::types(&instance.provider.source) else { return };
    let Some(resource_type) = table.resource_type(&instance.address.resource_type) else { return };
    if resource_type.identity.is_empty() || instance.id.is_empty() {
        return;
    }
    // What does not parse is reported where it is compared.
    if let Ok(attributes) = serde_json::from_str(instance.attributes.get()) {
        instance.id = resource_type.identify(&instance.id, &attributes);
    }
}

/// The recording, or every built-in provider module.
fn open_providers(settings: &Settings, file: &SettingsFile) -> Result<Vec<Box<dyn Provider>>, Error> {
    match &settings.live {
        Some(dir) => Ok(providers::replay(dir, settings.readers)?),
        None => Ok(providers::live(&Opening {
            readers: settings.readers,
            max_rps: settings.max_rps,
            plugin: &file.plugin,
            environment: &settings.environment,
        })),
    }
}

/// Replaces sensitive values in what is kept, by the rules that hold for printing them.
fn redactor<'a>(states: &'a [State<'a>], keys: &'a [RedactionKey]) -> record::Redactor<'a> {
    record::Redactor { states, keys, types: &providers::types }
}

pub(crate) fn repository_info(repository: &Repository, approved: &Approved) -> RepositoryInfo {
    let root = repository.work_dir().and_then(|dir| dir.file_name()).map(|name| name.to_string_lossy().into_owned());
    RepositoryInfo {
        root: root.unwrap_or_default(),
        reference: approved.reference.clone(),
        commit: approved.commit.to_string(),
    }
}

/// Tells scans apart: by their time to the nanosecond, their process and their commit.
fn scan_id(started_at: jiff::Timestamp, approved: &Approved) -> String {
    let seed = format!("{}\0{}\0{}", started_at.as_nanosecond(), std::process::id(), approved.commit);
    hex(&Sha256::digest(seed)[..16])
}
