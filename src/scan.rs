//! The scan: every stage once, in order.
//! Knows nothing of formats, arguments or terminals.

mod history;
mod notices;

use crate::activity;
use crate::attributions::Attributions;
use crate::compare::{Level, Sides, compare};
use crate::config::{self, Configuration, VariableSource};
use crate::evidence::EvidenceSettings;
use crate::fetch::{self, FetchSettings, Live, Progress};
use crate::git::{Approved, Repository, Tree};
use crate::interrupt::Interrupt;
use crate::inventory::{self, Inventory};
use crate::judge::{Evidence, judge};
use crate::model::{Address, Notice, Report, RepositoryInfo, ScanInfo};
use crate::objects::Objects;
use crate::plan::{self, InstanceIndex, ReadPlan};
use crate::providers::{Opening, Readers};
use crate::redact::{RedactionKey, hex};
use crate::settings::{self, SettingsFile};
use crate::show::{self, Shown};
use crate::state::{self, State, StateText};
use crate::{confirm, discover, error::Error, installation, providers, record};
use provider_api::Provider;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};
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
    /// The Terraform workspace.
    pub workspace: String,
    /// What the environment and the command line give the root modules' variables, in order.
    pub variables: Vec<VariableInput>,
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
}

/// Whether an instance of a state is to be read.
type Wanted<'a> = &'a (dyn Fn(&Configuration, &Address) -> bool + Sync);

/// Reads configuration, state and live objects, all or those that are wanted, and hands everything to `finish`.
async fn gathered<T>(
    settings: &Settings,
    wanted: Option<Wanted<'_>>,
    interrupt: &Interrupt,
    progress: &(dyn Fn(Progress) + Sync),
    finish: impl AsyncFnOnce(&Gathered<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let repository = Repository::discover(&settings.subject.dir)?;
    let approved = repository.approved(settings.subject.reference.as_deref())?;
    let roots = read_roots(&settings.subject, &settings.environment, &repository, &approved)?;
    let states: Vec<(&Configuration, State<'_>)> = parse_states(&roots)?;
    interrupt.check()?;
    let evaluated = with_recorded(&repository, &approved, &states)?;
    interrupt.check()?;

    let keys: Vec<RedactionKey> =
        roots.iter().flat_map(|root| &root.texts).map(|text| RedactionKey::of_state(&text.text)).collect();
    let configurations =
        states.iter().zip(&evaluated).map(|((plain, _), evaluated)| evaluated.as_ref().unwrap_or(*plain));
    let configurations: Vec<&Configuration> = configurations.collect();
    let states: Vec<State<'_>> = states.into_iter().map(|(_, state)| state).collect();
    let Planned { mut providers, mut plan, file, mut notices } =
        planned(settings, (&repository, &approved), &configurations, &states)?;
    if let Some(wanted) = wanted {
        let address = |index: InstanceIndex| &states[index.state].instances[index.instance].address;
        plan.retain(|index| wanted(configurations[index.state], address(index)));
    }
    let limits = FetchSettings { deadline: settings.deadline, ..FetchSettings::default() };
    let begun = Instant::now();
    let mut live = fetch::fetch(&mut plan, &providers, &limits, interrupt, progress).await?;
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
    let mut again = match settings.confirm {
        true => confirm::reads(&plan, &compare(&Sides { live: &live, ..sides }), &providers),
        false => ReadPlan::default(),
    };
    // Both readings share one deadline.
    let limits = FetchSettings { deadline: settings.deadline.saturating_sub(begun.elapsed()), ..limits };
    let confirmed = fetch::fetch(&mut again, &providers, &limits, interrupt, progress).await?;
    if let Some(dir) = &settings.record {
        record::write(dir, &[(&plan, &live), (&again, &confirmed)], &redactor(&states, &keys))?;
    }
    notices.extend(confirm::merge(&mut live, confirmed));
    let (sides, until) = (Sides { live: &live, ..sides }, begun + settings.deadline);
    let gathered = Gathered {
        repository: &repository,
        approved: &approved,
        sides,
        file: &file,
        providers: &providers,
        until,
        notices,
    };
    finish(&gathered).await
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
    file: SettingsFile,
    /// What the settings have to say.
    notices: Vec<Notice>,
}

/// Opens the provider modules, and plans the reads as configuration, state and settings have it.
fn planned<'a>(
    settings: &Settings,
    (repository, approved): (&Repository, &Approved),
    configurations: &[&Configuration],
    states: &'a [State<'_>],
) -> Result<Planned<'a>, Error> {
    let tree = repository.tree(approved.commit)?;
    let file = settings::read(&tree, settings.config.as_deref())?;
    let providers = open_providers(settings, &file)?;
    let mut plan = plan::reads(configurations, states, &providers, &settings.inventory);
    let work_dir = repository.work_dir().unwrap_or(Path::new("."));
    for connection in &mut plan.connections {
        connection.configuration.installation = installation::of(&tree, work_dir, &connection.directory);
    }
    let unused = settings::apply(&file, &settings.environment, &mut plan)?;
    Ok(Planned {
        providers,
        plan,
        file,
        notices: unused.iter().map(|address| notices::unused_notice(address)).collect(),
    })
}

/// Compares what was gathered, asks the history, and judges.
fn report(
    settings: &Settings,
    gathered: &Gathered<'_>,
    started_at: jiff::Timestamp,
    interrupt: &Interrupt,
) -> Result<Report, Error> {
    let Gathered { repository, approved, sides, notices: said, .. } = gathered;
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
        directories: history::directories(configurations),
        programs: sides.live.programs().into_iter().collect(),
        complete: false,
        exit_code: 0,
    };
    let evidence = Evidence { configurations, states, keys, comparison, attributions };
    Ok(judge(evidence, scan, notices))
}

/// Reads the configuration of every root module, and the text of its state.
fn read_roots(
    subject: &Subject,
    environment: &BTreeMap<OsString, OsString>,
    repository: &Repository,
    approved: &Approved,
) -> Result<Vec<Root>, Error> {
    let tree = repository.tree(approved.commit)?;
    let dir = repository.relative(&subject.dir)?;
    let (only_here, environment) = (!subject.states.is_empty(), environment.clone());
    let search = discover::Search { only_here, environment, ..discover::Search::default() };
    let modules = discover::root_modules(&tree, &dir, &search)?.root_modules;
    if !subject.states.is_empty() && modules.len() > 1 {
        return Err(Error::AmbiguousState { dir, count: modules.len() });
    }
    let variables = variables(subject, repository, &tree)?;
    let work_dir = repository.work_dir().unwrap_or(Path::new("."));
    let options = config::Options {
        workspace: subject.workspace.clone(),
        variables,
        work_dir: Some(work_dir.to_owned()),
        overlay: None,
    };
    let mut roots = Vec::new();
    for module in modules {
        let configuration = module.configuration(&tree, &options);
        let texts = if subject.states.is_empty() {
            backend_state(&configuration, work_dir, &subject.workspace)?
        } else {
            let texts = subject.states.iter().map(|source| state::read(source, Path::new(".")));
            texts.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect()
        };
        roots.push(Root { configuration, texts });
    }
    Ok(roots)
}

/// The managed resource types that states record, each with the address of its provider.
///
/// # Errors
/// No repository, no state, no root module: what [`run`] ends with for the same subject.
pub fn recorded_types(
    subject: &Subject,
    environment: &BTreeMap<OsString, OsString>,
) -> Result<BTreeSet<(String, String)>, Error> {
    let repository = Repository::discover(&subject.dir)?;
    let approved = repository.approved(subject.reference.as_deref())?;
    let roots = read_roots(subject, environment, &repository, &approved)?;
    let mut types = BTreeSet::new();
    for (_, state) in parse_states(&roots)? {
        for instance in &state.instances {
            types.insert((instance.provider.source.to_string(), instance.address.resource_type.to_string()));
        }
    }
    Ok(types)
}

/// The state that a backend block names.
fn backend_state(configuration: &Configuration, work_dir: &Path, workspace: &str) -> Result<Vec<StateText>, Error> {
    let dir = || if configuration.directory.is_empty() { ".".to_owned() } else { configuration.directory.clone() };
    match config::backend::local_state_path(configuration, workspace) {
        Some(path) => {
            let path = work_dir.join(&configuration.directory).join(path);
            Ok(state::read(&path.to_string_lossy(), Path::new("."))?)
        }
        None => {
            let backend = configuration.backend.as_ref().map_or("local", |backend| backend.kind.as_str()).to_owned();
            Err(Error::Backend { dir: dir(), backend })
        }
    }
}

/// The configuration that belongs to each state, where recorded objects lend it values.
fn with_recorded(
    repository: &Repository,
    approved: &Approved,
    states: &[(&Configuration, State<'_>)],
) -> Result<Vec<Option<Configuration>>, Error> {
    let tree = repository.tree(approved.commit)?;
    let evaluated = states.iter().map(|(configuration, state)| {
        configuration.recorded(&tree, repository.work_dir(), &Objects::new(state, configuration, &providers::types))
    });
    Ok(evaluated.collect())
}

/// What the environment and the command line give the root modules' variables. A file that the approved commit holds is
/// read from there.
fn variables(subject: &Subject, repository: &Repository, tree: &Tree<'_>) -> Result<Vec<VariableSource>, Error> {
    let mut sources = Vec::new();
    for given in &subject.variables {
        sources.push(match given {
            VariableInput::Given(source) => source.clone(),
            VariableInput::File(path) => variable_file(path, repository, tree)?,
        });
    }
    Ok(sources)
}

/// Bytes of a file of variable values that are read.
const VARIABLE_FILE: u64 = 4 << 20;

fn variable_file(path: &Path, repository: &Repository, tree: &Tree<'_>) -> Result<VariableSource, Error> {
    let shown = path.to_string_lossy().into_owned();
    let wrong = |cause: String| Error::Usage(format!("--var-file {shown} cannot be read: {cause}"));
    let committed = repository.relative(path).ok().and_then(|relative| {
        let bytes = tree.read(&relative, VARIABLE_FILE).ok()?;
        Some((relative, bytes))
    });
    let (shown, bytes) = match committed {
        Some(committed) => committed,
        None => {
            let file = std::fs::File::open(path).map_err(|error| wrong(error.to_string()))?;
            let mut bytes = Vec::new();
            file.take(VARIABLE_FILE + 1).read_to_end(&mut bytes).map_err(|error| wrong(error.to_string()))?;
            if bytes.len() as u64 > VARIABLE_FILE {
                return Err(wrong(format!("it has more than {VARIABLE_FILE} bytes")));
            }
            (shown.clone(), bytes)
        }
    };
    let text = String::from_utf8(bytes).map_err(|_| wrong("it is not UTF-8; save it as UTF-8".into()))?;
    Ok(VariableSource::File { path: shown, text })
}

/// Every state with its root module's configuration.
fn parse_states(roots: &[Root]) -> Result<Vec<(&Configuration, State<'_>)>, Error> {
    let mut parsed = Vec::new();
    for root in roots {
        for text in &root.texts {
            let mut state = state::parse(text)?;
            state.instances.iter_mut().for_each(|instance| identify(instance, &text.source));
            parsed.push((&root.configuration, state));
        }
    }
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
