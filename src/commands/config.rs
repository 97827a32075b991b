//! `driftline config`: what is in force, and from where.
//! Knows nothing of how values are chosen.

use crate::cli::{ConfigArguments, Format, ScanArguments};
use crate::discover::{self, DiscoverError, Filter, RootModule, Search};
use crate::error::Error;
use crate::git::Repository;
use crate::judge::IN_SYNC;
use crate::report::{config_json, inert};
use crate::scan::VariableInput;
use crate::settings::{self, ConfigDocument, ModuleRow, Origin, Row, SettingsFile};
use std::collections::BTreeMap;
use std::ffi::OsString;

/// Variables of the environment that change what is done, or whose value is a secret that goes to a forge.
const VARIABLES: [&str; 6] =
    ["NO_COLOR", "GH_TOKEN", "GITHUB_TOKEN", "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN", "GITLAB_TOKEN"];

/// Shows all settings.
pub(super) fn run(arguments: ConfigArguments) -> Result<u8, Error> {
    let mut scan = arguments.scan;
    // The one flag that is not the scan's: where this report goes.
    let targets = super::targets(&std::mem::take(&mut scan.output.report), &[Format::Text, Format::Json])?;
    let repository = Repository::discover(&scan.dir)?;
    let approved = repository.approved(scan.r#ref.as_deref())?;
    let tree = repository.tree(approved.commit)?;
    let file = settings::read(&tree, scan.config.as_deref())?;
    let environment: BTreeMap<OsString, OsString> = std::env::vars_os().collect();
    let in_force = settings::scan_in_force(&scan, &file, &environment, repository.work_dir())?;
    let evidence = settings::evidence_in_force(&scan.evidence, &file, repository.work_dir())?;
    let directory = repository.relative(&scan.dir)?;
    let filter = Filter::new(&in_force.include.value, &in_force.exclude.value)?;
    let search = Search { filter, environment: environment.clone(), ..Search::default() };
    let modules = match discover::root_modules(&tree, &directory, &search) {
        Ok(found) => found.root_modules,
        // Settings hold before there is anything to scan.
        Err(DiscoverError::Nothing { .. } | DiscoverError::AllLeftOut { .. }) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let found: Vec<(String, Vec<String>)> =
        modules.iter().map(|module| (module.directory.clone(), Vec::new())).collect();
    let mut rows = settings::rows(&in_force, &evidence, &file);
    rows.extend(given(&scan.variables.in_order(), &environment));
    rows.extend(flags(&scan));
    let document = ConfigDocument {
        format_version: "1.0",
        reference: approved.reference.clone(),
        commit: approved.commit.to_string(),
        file: file.source.path.as_ref().map(|path| path.to_string_lossy().into_owned()),
        committed: file.source.committed,
        settings: rows,
        root_modules: modules.iter().flat_map(|module| module_rows(module, &file)).collect(),
        unused: file.unused_root_modules(&directory, &found),
    };
    for target in targets {
        let text = match target.format {
            Format::Json => config_json(&document),
            _ => inert_lines(&settings::config_text(&document)),
        };
        super::write(target.file.as_deref(), &text)?;
    }
    Ok(IN_SYNC)
}

/// What only the command line can say.
fn flags(scan: &ScanArguments) -> Vec<Row> {
    let mut rows = Vec::new();
    let flag = |name: &str| Origin::Flag(name.into());
    let listed = |list: &[String]| serde_json::Value::from(list.to_vec());
    if !scan.states.backend_config.is_empty() {
        rows.push(Row::new("flags", "backend_config", listed(&scan.states.backend_config), &flag("--backend-config")));
    }
    if !scan.state.is_empty() {
        rows.push(Row::new("flags", "state", listed(&scan.state), &flag("--state")));
    }
    if scan.states.allow_programs {
        rows.push(Row::new("flags", "allow_programs", true.into(), &flag("--allow-programs")));
    }
    if let Some(live) = &scan.live {
        rows.push(Row::new("flags", "live", live.to_string_lossy().into(), &flag("--live")));
    }
    rows
}

/// What holds for a root module, and for those of its workspaces that entries tell apart.
fn module_rows(module: &RootModule, file: &SettingsFile) -> Vec<ModuleRow> {
    let plain = file.root_module(&module.directory, None);
    let row = |workspace: Option<&str>, rows: Vec<Row>| ModuleRow {
        directory: module.directory.clone(),
        workspace: workspace.map(str::to_owned),
        settings: rows,
    };
    let mut all = vec![row(None, plain.rows())];
    let mut seen = Vec::new();
    for workspace in file.root_modules.iter().filter_map(|entry| entry.workspace.as_deref()) {
        let own = file.root_module(&module.directory, Some(workspace));
        if own != plain && !seen.contains(&workspace) {
            seen.push(workspace);
            all.push(row(Some(workspace), own.rows()));
        }
    }
    all
}

/// What the environment and the command line give to variables, and the tokens that there are: their names only.
fn given(variables: &[VariableInput], environment: &BTreeMap<OsString, OsString>) -> Vec<Row> {
    use crate::config::VariableSource;
    let mut rows = Vec::new();
    for (name, value) in environment {
        let Some(name) = name.to_str().filter(|_| !value.is_empty()) else { continue };
        if VARIABLES.contains(&name) || name.starts_with("TF_VAR_") {
            rows.push(Row::hidden("environment", name, &Origin::Environment(name.to_owned())));
        }
    }
    for variable in variables {
        match variable {
            VariableInput::Given(VariableSource::Text { name, .. }) => {
                rows.push(Row::hidden("flags", &format!("variables.{name}"), &Origin::Flag("--var".into())));
            }
            VariableInput::File(path) => rows.push(Row::new(
                "flags",
                "variable_files",
                path.to_string_lossy().into(),
                &Origin::Flag("--var-file".into()),
            )),
            VariableInput::Given(_) => {}
        }
    }
    rows
}

/// Nothing in it steers a terminal.
fn inert_lines(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", inert(line))).collect()
}
