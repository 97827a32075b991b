//! What is asked of each root module: the command line before the settings, the settings before what Terraform would do.
//! Knows nothing of how states are read.

use super::{Subject, VariableInput, variables};
use crate::config::VariableSource;
use crate::discover::RootModule;
use crate::error::Error;
use crate::git::{Repository, Tree};
use crate::settings::SettingsFile;
use crate::states::{Asked, Given, Roots};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Where it is said.
pub(super) struct Asking<'a> {
    pub(super) subject: &'a Subject,
    pub(super) file: &'a SettingsFile,
    pub(super) repository: &'a Repository,
    pub(super) tree: &'a Tree<'a>,
    pub(super) environment: &'a BTreeMap<OsString, OsString>,
    pub(super) work_dir: &'a Path,
}

impl Asking<'_> {
    /// What is asked of a root module.
    pub(super) fn of(&self, module: &RootModule) -> Asked {
        let set = self.file.root_module(&module.directory, None);
        let Subject { states, workspaces, backend_config, allow_programs, .. } = self.subject;
        let typed = !states.is_empty();
        // Paths of the command line are those of whoever typed them, the settings' are the repository's.
        let rooted = |text: String| match text.contains('=') {
            true => text,
            false => self.work_dir.join(text).to_string_lossy().into_owned(),
        };
        // A file where the user stands, else one of the root module, where `terraform init` would look.
        let here = |text: &String| match std::path::absolute(text) {
            Ok(path) if path.is_file() => path.to_string_lossy().into_owned(),
            _ => text.clone(),
        };
        Asked {
            sources: if typed { states.clone() } else { set.states },
            base: if typed { PathBuf::from(".") } else { self.work_dir.to_owned() },
            workspaces: if workspaces.is_empty() { set.workspaces } else { workspaces.clone() },
            backend_config: set.backend_config.into_iter().map(rooted).chain(backend_config.iter().map(here)).collect(),
            allow_programs: *allow_programs,
        }
    }

    /// What its variables are given in a workspace, and whether that is skipped.
    pub(super) fn given(&self, module: &RootModule, workspace: &str) -> Result<Given, Error> {
        let set = self.file.root_module(&module.directory, Some(workspace));
        let of_settings = set.variable_inputs(self.environment, self.work_dir)?;
        let of_environment =
            |input: &&VariableInput| matches!(input, VariableInput::Given(VariableSource::Environment { .. }));
        let (environment, typed): (Vec<_>, Vec<_>) = self.subject.variables.iter().partition(of_environment);
        let inputs = environment.into_iter().cloned().chain(of_settings).chain(typed.into_iter().cloned());
        let inputs: Vec<VariableInput> = inputs.collect();
        Ok(Given { variables: variables::read(&inputs, self.repository, self.tree)?, skip: set.skip })
    }

    /// Entries of the settings that concern none of what was found.
    pub(super) fn unused(&self, scanned: &str, asked: &[(Asked, RootModule)], roots: &Roots) -> Vec<String> {
        let found = asked.iter().map(|(_, module)| {
            let own = roots.roots.iter().filter(|root| root.configuration.directory == module.directory);
            let skipped = roots.skipped.iter().filter(|skipped| skipped.root_module == module.directory);
            let unread = roots.unread.iter().filter(|unread| unread.root_module == module.directory);
            let workspaces = own.map(|root| root.configuration.workspace.clone());
            let workspaces = workspaces.chain(skipped.map(|skipped| skipped.workspace.clone()));
            (module.directory.clone(), workspaces.chain(unread.filter_map(|unread| unread.workspace.clone())).collect())
        });
        self.file.unused_root_modules(scanned, &found.collect::<Vec<(String, Vec<String>)>>())
    }
}
