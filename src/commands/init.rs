//! `driftline init`: a commented `driftline.toml` for the repository that is there.
//! Knows nothing of what the file says.

use crate::cli::InitArguments;
use crate::config::{self, Configuration, Declared};
use crate::discover::{self, DiscoverError};
use crate::error::Error;
use crate::forge::of_remote;
use crate::git::{Repository, Tree};
use crate::judge::IN_SYNC;
use crate::report::inert;
use crate::settings::{self, FILE, FoundModule, FoundRepository, ProviderStub};

/// Where forges look for owners of code.
const CODE_OWNERS: [&str; 4] = ["CODEOWNERS", ".github/CODEOWNERS", ".gitlab/CODEOWNERS", "docs/CODEOWNERS"];

/// Looks at the repository and writes the file.
pub(super) fn run(arguments: &InitArguments) -> Result<u8, Error> {
    let repository = Repository::discover(&arguments.dir)?;
    let approved = repository.approved(arguments.r#ref.as_deref())?;
    let tree = repository.tree(approved.commit)?;
    let found = found(&repository, &tree, approved.reference.clone())?;
    let text = settings::written(&found);
    if arguments.stdout {
        super::write(None, &text)?;
        return Ok(IN_SYNC);
    }
    let work_dir = repository.work_dir().ok_or_else(|| {
        Error::Usage("a bare repository has no work tree to write to: print the file with --stdout".into())
    })?;
    let path = work_dir.join(FILE);
    // A link counts as a file that is there, wherever it leads.
    if !arguments.force && path.symlink_metadata().is_ok() {
        return Err(Error::Usage(format!(
            "`{}` is there already: replace it with --force, or print the new one with --stdout",
            path.display()
        )));
    }
    super::write(Some(&path), &text)?;
    let counted = |count: usize, thing: &str| format!("{count} {thing}{}", if count == 1 { "" } else { "s" });
    let (modules, stubs) = (found.modules.len(), found.providers.len());
    let summary = format!(
        "Wrote {}: {}, {} with arguments that are not known. Nothing in it is set yet.\n\
         Next: edit and commit it, then `driftline config` shows what is in force, and `driftline scan` uses it.",
        inert(&path.to_string_lossy()),
        counted(modules, "root module"),
        counted(stubs, "provider configuration"),
    );
    super::write(None, &format!("{summary}\n"))?;
    Ok(IN_SYNC)
}

/// What there is in the commit and beside it.
fn found(repository: &Repository, tree: &Tree<'_>, reference: String) -> Result<FoundRepository, Error> {
    let modules = match discover::root_modules(tree, "", &discover::Search::default()) {
        Ok(found) => found.root_modules,
        // A file can be written before there is anything to scan.
        Err(DiscoverError::Nothing { .. } | DiscoverError::AllLeftOut { .. }) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let environment = std::env::vars_os().collect();
    let options = config::Options { work_dir: repository.work_dir().map(Into::into), ..config::Options::default() };
    let mut found = FoundRepository {
        reference,
        code_owners: CODE_OWNERS.into_iter().find(|path| tree.read(path, 4 << 20).is_ok()).map(str::to_owned),
        forge: repository
            .remote_url()
            .and_then(|url| of_remote(&url, &environment))
            .map(|place| (place.kind.as_str().to_owned(), place.repository)),
        ..FoundRepository::default()
    };
    for module in modules {
        let configuration = config::read(tree, &module.directory, &options);
        let backend = configuration.backend.as_ref().map_or("local, by default", |backend| backend.kind.as_str());
        found.modules.push(FoundModule { directory: module.directory.clone(), backend: backend.to_owned() });
        found.providers.extend(stubs(&configuration));
    }
    Ok(found)
}

/// The provider configurations that the commit alone does not tell.
fn stubs(configuration: &Configuration) -> Vec<ProviderStub> {
    let stub = |(reference, declared): (&crate::model::ProviderReference, &config::DeclaredProvider)| {
        let unknown = declared.attributes.iter().filter(|(_, value)| !is_known(value));
        let arguments: Vec<String> = unknown.map(|(name, _)| name.clone()).collect();
        (!arguments.is_empty()).then(|| ProviderStub {
            address: reference.to_string(),
            root_module: configuration.directory.clone(),
            arguments,
        })
    };
    configuration.providers.iter().filter_map(stub).collect()
}

fn is_known(value: &Declared) -> bool {
    match value {
        Declared::Known(_) => true,
        Declared::List(elements) => elements.iter().all(is_known),
        Declared::Object(entries) => entries.values().all(is_known),
        Declared::NotKnown => false,
    }
}
