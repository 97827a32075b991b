//! What variables of root modules are given beyond their own files.
//! Knows nothing of what variables are declared.

use super::VariableInput;
use crate::config::VariableSource;
use crate::error::Error;
use crate::git::{Repository, Tree};
use std::io::Read;
use std::path::Path;

/// What the environment and the command line give the root modules' variables. A file that the approved commit holds is
/// read from there.
pub(super) fn read(
    inputs: &[VariableInput],
    repository: &Repository,
    tree: &Tree<'_>,
) -> Result<Vec<VariableSource>, Error> {
    let mut sources = Vec::new();
    for given in inputs {
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
