//! The local backend: files below the root module's directory.
//! Knows nothing of any network.

use crate::{Backend, Class, DEFAULT_WORKSPACE, Kept, Lock, MAX_BYTES, Store, StoreError, Surroundings};
use futures::future::BoxFuture;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// The most workspaces that are listed.
const MOST: usize = 10_000;

/// Opens it. Sends nothing.
pub(crate) fn open(backend: &Backend, around: &Surroundings) -> Result<Box<dyn Store>, StoreError> {
    let path = PathBuf::from(backend.text("path").unwrap_or("terraform.tfstate"));
    let folder = PathBuf::from(backend.text("workspace_dir").unwrap_or("terraform.tfstate.d"));
    Ok(Box::new(Local { directory: around.directory.clone(), path, folder }))
}

/// Where the files are; the paths are relative to the directory, or absolute.
struct Local {
    directory: PathBuf,
    path: PathBuf,
    folder: PathBuf,
}

impl Local {
    /// The default workspace alone is kept where `path` says.
    fn relative(&self, workspace: &str) -> PathBuf {
        match workspace {
            DEFAULT_WORKSPACE => self.path.clone(),
            other => self.folder.join(other).join("terraform.tfstate"),
        }
    }

    fn error(&self, path: &Path, error: &std::io::Error) -> StoreError {
        let class = if error.kind() == ErrorKind::PermissionDenied { Class::Denied } else { Class::Failed };
        StoreError::new(format!("`{}`", path.display()), class, error.to_string())
    }

    fn listed(&self) -> Result<Vec<String>, StoreError> {
        let mut names = Vec::new();
        if self.directory.join(&self.path).is_file() {
            names.push(DEFAULT_WORKSPACE.to_owned());
        }
        let folder = self.directory.join(&self.folder);
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(names),
            Err(error) => return Err(self.error(&self.folder, &error)),
        };
        for entry in entries.take(MOST) {
            let entry = entry.map_err(|error| self.error(&self.folder, &error))?;
            // Terraform makes the folder of a workspace before it has a state.
            if let Ok(name) = entry.file_name().into_string()
                && entry.path().join("terraform.tfstate").is_file()
            {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    fn kept(&self, workspace: &str) -> Result<Kept, StoreError> {
        let relative = self.relative(workspace);
        let path = self.directory.join(&relative);
        let file = match std::fs::File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Kept::default()),
            Err(error) => return Err(self.error(&relative, &error)),
        };
        let metadata = file.metadata().map_err(|error| self.error(&relative, &error))?;
        let mut bytes = Vec::new();
        if metadata.len() <= MAX_BYTES {
            file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| self.error(&relative, &error))?;
        }
        if metadata.len().max(bytes.len() as u64) > MAX_BYTES {
            let cause = format!("it has more than {} MiB", MAX_BYTES >> 20);
            return Err(StoreError::new(format!("`{}`", relative.display()), Class::TooLarge, cause));
        }
        let modified = metadata.modified().ok().and_then(|time| jiff::Timestamp::try_from(time).ok());
        Ok(Kept {
            bytes: Some(bytes),
            stamp: Some(stamp(&metadata)),
            modified_at: modified.map(|time| time.to_string()),
            lock: lock(&path),
            ..Kept::default()
        })
    }
}

/// Changes with every writing: Terraform replaces the file, or writes it anew.
fn stamp(metadata: &std::fs::Metadata) -> String {
    #[cfg(unix)]
    let file = std::os::unix::fs::MetadataExt::ino(metadata);
    #[cfg(not(unix))]
    let file = 0;
    let modified = metadata.modified().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    format!("{file} {} {}", metadata.len(), modified.unwrap_or_default().as_nanos())
}

/// The lock beside a state: `.terraform.tfstate.lock.info` (internal/states/statemgr/filesystem.go, `lockInfoPath`).
fn lock(path: &Path) -> Option<Lock> {
    let name = path.file_name()?.to_str()?;
    let mut text = Vec::new();
    let file = std::fs::File::open(path.with_file_name(format!(".{name}.lock.info"))).ok()?;
    file.take(64 << 10).read_to_end(&mut text).ok()?;
    Some(Lock::parse(&text))
}

impl Store for Local {
    fn place(&self, workspace: &str) -> String {
        crate::error::printable(&self.relative(workspace).to_string_lossy())
    }

    fn workspaces(&self) -> BoxFuture<'_, Result<Vec<String>, StoreError>> {
        Box::pin(async { self.listed() })
    }

    fn read<'a>(&'a self, workspace: &'a str) -> BoxFuture<'a, Result<Kept, StoreError>> {
        Box::pin(async { self.kept(workspace) })
    }

    fn stamp<'a>(&'a self, workspace: &'a str) -> BoxFuture<'a, Result<Option<String>, StoreError>> {
        // What cannot be looked at is read again, and that error told.
        Box::pin(async {
            let metadata = std::fs::metadata(self.directory.join(self.relative(workspace)));
            Ok(metadata.ok().map(|metadata| stamp(&metadata)))
        })
    }
}
