//! `driftline blame`: who declared and approved resources, from Git alone.
//! Knows nothing of state or of what is live.

use super::targets;
use crate::cli::{BlameArguments, Format};
use crate::error::Error;
use crate::git::Repository;
use crate::model::Address;
use crate::report::{self, WriteError};
use crate::{attribute, blame, config, discover, judge};

/// Names the commits behind resources and reports them.
pub(super) fn run(arguments: &BlameArguments) -> Result<u8, Error> {
    let targets = targets(&arguments.report)?;
    if targets.iter().any(|target| target.format == Format::Sarif) {
        return Err(Error::Usage("blame finds no drift that SARIF could show; choose text or json".into()));
    }
    let addresses = arguments.addresses.iter().map(|text| text.parse::<Address>());
    let addresses = addresses.collect::<Result<Vec<_>, _>>().map_err(|error| Error::Address(error.to_string()))?;
    let repository = Repository::discover(&arguments.dir)?;
    let approved = repository.approved(arguments.r#ref.as_deref())?;
    let tree = repository.tree(approved.commit)?;
    let roots = discover::root_modules(&tree, &repository.relative(&arguments.dir)?)?;
    let mut resources = Vec::new();
    for root in roots {
        let configuration = config::read(&tree, &root.directory, &config::Settings::default());
        resources.extend(blame::resources(&configuration, &addresses));
    }
    let history = attribute::history(repository.inner(), approved.commit, &[])?;
    let resources = blame::found(&history, resources);
    let blamed = blame::report(&history, &resources);
    let rendered: Vec<_> = targets
        .into_iter()
        .map(|target| match target.format {
            Format::Json => (target.file, report::blame_json(&blamed)),
            _ => (target.file, report::blame_text(&blamed)),
        })
        .collect();
    for (file, text) in rendered {
        match report::write(file.as_deref(), text.as_bytes()) {
            // Whoever read has read enough.
            Ok(()) | Err(WriteError::ClosedPipe) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(judge::IN_SYNC)
}
