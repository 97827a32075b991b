//! Writes a finished report: whole or not at all.
//! Knows nothing of what it says.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A report that could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// Whoever read standard output has gone (`driftline scan | head`). Not worth a message.
    #[error("standard output was closed")]
    ClosedPipe,
    /// Standard output took no more.
    #[error("cannot write the report to standard output")]
    Output(#[source] io::Error),
    /// The file could not be written; what was there before is still there.
    #[error("cannot write the report to `{}`", super::inert(&path.to_string_lossy()))]
    File {
        /// Where it should have gone.
        path: PathBuf,
        /// Why it did not.
        #[source]
        source: io::Error,
    },
}

impl WriteError {
    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        let cause = match self {
            Self::ClosedPipe => return None,
            Self::Output(source) | Self::File { source, .. } => source.kind(),
        };
        match cause {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Some("free some space or write elsewhere"),
            io::ErrorKind::NotFound => Some("create the folder first"),
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Some("write to a folder that this user may write to")
            }
            io::ErrorKind::IsADirectory => Some("name a file"),
            _ => None,
        }
    }
}

/// Writes a report to a file, or to standard output where no file or `-` is given.
///
/// A file is replaced in one step once all of it is on the disk: nobody ever reads half a report, and where writing
/// fails the earlier report remains. A path that is a device or a pipe is written to as it is.
pub fn write(path: Option<&Path>, render: &Render<'_>) -> Result<(), WriteError> {
    match path {
        Some(path) if path != Path::new("-") => {
            write_file(path, render).map_err(|source| WriteError::File { path: path.to_owned(), source })
        }
        _ => write_output(&mut io::stdout().lock(), render),
    }
}

/// Writes a report.
pub type Render<'a> = dyn Fn(&mut dyn Write) -> io::Result<()> + 'a;

fn buffered(output: impl Write, render: &Render<'_>) -> io::Result<()> {
    let mut buffer = io::BufWriter::with_capacity(1 << 16, output);
    render(&mut buffer)?;
    buffer.flush()
}

fn write_output(output: &mut impl Write, render: &Render<'_>) -> Result<(), WriteError> {
    buffered(output, render).map_err(|source| match source.kind() {
        io::ErrorKind::BrokenPipe => WriteError::ClosedPipe,
        _ => WriteError::Output(source),
    })
}

fn write_file(path: &Path, render: &Render<'_>) -> io::Result<()> {
    let existing = match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
        Ok(metadata) if !metadata.is_file() => return write_in_place(path, render),
        Ok(metadata) => Some(metadata.permissions()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    // Replacing a link would leave the file that it names as it was.
    let target = if existing.is_some() { fs::canonicalize(path)? } else { path.to_owned() };
    let folder = match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".driftline-").suffix(".part");
    #[cfg(unix)]
    if existing.is_none() {
        // As any new file: the process's mask applies. The default would be private to the user.
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder)?;
    buffered(&mut file, render)?;
    if let Some(permissions) = existing {
        file.as_file().set_permissions(permissions)?;
    }
    file.as_file().sync_all()?;
    file.persist(&target).map_err(|error| error.error)?;
    Ok(())
}

fn write_in_place(path: &Path, render: &Render<'_>) -> io::Result<()> {
    buffered(fs::OpenOptions::new().write(true).open(path)?, render)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: Option<&Path>, bytes: &[u8]) -> Result<(), WriteError> {
        super::write(path, &|out| out.write_all(bytes))
    }

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().expect("a temporary folder")
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .expect("the folder")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_made_and_replaced_whole() {
        let folder = folder();
        let path = folder.path().join("report.json");
        for text in ["first, and longer", "second"] {
            write(Some(&path), text.as_bytes()).expect("written");
            assert_eq!(fs::read_to_string(&path).expect("the report"), text);
        }
        assert_eq!(names(folder.path()), ["report.json"]);
    }

    #[cfg(unix)]
    #[test]
    fn permissions_and_links_are_kept() {
        use std::os::unix::fs::PermissionsExt;
        let folder = folder();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "old").expect("written");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("permissions");
        std::os::unix::fs::symlink("file", &link).expect("a link");
        write(Some(&link), b"new").expect("written");
        assert_eq!(fs::read_to_string(&file).expect("the report"), "new");
        assert_eq!(fs::metadata(&file).expect("metadata").permissions().mode() & 0o777, 0o640);
        assert!(fs::symlink_metadata(&link).expect("metadata").is_symlink());
    }

    #[test]
    fn a_folder_and_a_missing_folder_are_errors_that_name_the_path() {
        let folder = folder();
        let error = write(Some(folder.path()), b"x").expect_err("a folder");
        assert_eq!(error.hint(), Some("name a file"));
        let path = folder.path().join("absent/report.json");
        let error = write(Some(&path), b"x").expect_err("no folder");
        assert!(error.to_string().contains("absent"), "{error}");
        assert_eq!(error.hint(), Some("create the folder first"));
        assert!(names(folder.path()).is_empty());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_device_is_an_error_and_stays_a_device() {
        use std::os::unix::fs::FileTypeExt;
        let error = write(Some(Path::new("/dev/full")), b"x").expect_err("full");
        assert_eq!(error.hint(), Some("free some space or write elsewhere"));
        assert!(fs::metadata("/dev/full").expect("metadata").file_type().is_char_device());
    }

    #[test]
    fn a_closed_pipe_is_told_from_other_failures() {
        struct Broken(io::ErrorKind);
        impl Write for Broken {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(self.0.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut closed = Broken(io::ErrorKind::BrokenPipe);
        assert!(matches!(write_output(&mut closed, &|out| out.write_all(b"x")), Err(WriteError::ClosedPipe)));
        let mut full = Broken(io::ErrorKind::StorageFull);
        assert!(matches!(write_output(&mut full, &|out| out.write_all(b"x")), Err(WriteError::Output(_))));
    }
}
