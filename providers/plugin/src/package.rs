//! Packages of providers: hashed as Terraform hashes them, and opened so that what was hashed is what is executed.
//! Knows nothing of where packages are, nor of lock files.
//!
//! The hash `h1` is that of Go modules: the SHA-256 of a list of all files, by name, with the SHA-256 of each.
//! <https://developer.hashicorp.com/terraform/language/files/dependency-lock#package-checksums>

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{File, Permissions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// More files than any package has.
const MAX_FILES: usize = 10_000;

/// More bytes than any package has.
const MAX_BYTES: u64 = 8 << 30;

/// Bits that let others than the owner write.
const OTHERS_WRITE: u32 = 0o022;

/// A package whose executable is open.
#[derive(Debug)]
pub(crate) struct Package {
    /// What was hashed, and nothing that takes its name later.
    executable: File,
    path: PathBuf,
    /// The hash of the whole package.
    pub(crate) h1: String,
    /// Holds the executable of a packed package; removed with it.
    _unpacked: Option<tempfile::TempDir>,
}

impl Package {
    /// Opens and hashes an unpacked package.
    ///
    /// # Errors
    /// Why it must not be executed, as a fragment fit for people.
    pub(crate) fn open_directory(directory: &Path, name: &str) -> Result<Self, String> {
        let directory = directory.canonicalize().map_err(|error| reason(directory, &error))?;
        refuse_writable(&directory, &std::fs::metadata(&directory).map_err(|error| reason(&directory, &error))?)?;
        let mut files = BTreeMap::new();
        collect(&directory, "", &mut files)?;
        let executable = executable_of(files.keys(), name)
            .ok_or_else(|| format!("`{}` holds no file terraform-provider-{name}", directory.display()))?;
        let path = directory.join(executable);
        let mut open = None;
        let mut sums = BTreeMap::new();
        for (relative, path) in &files {
            let mut file = File::open(path).map_err(|error| reason(path, &error))?;
            sums.insert(relative.clone(), sum(&mut file).map_err(|error| reason(path, &error))?);
            if relative == executable {
                refuse_writable(path, &file.metadata().map_err(|error| reason(path, &error))?)?;
                open = Some(file);
            }
        }
        let executable = open.ok_or("the package has no executable")?;
        Ok(Self { executable, path, h1: h1(&sums), _unpacked: None })
    }

    /// Opens the executable of a provider under development. It is not hashed: it changes with each build.
    ///
    /// # Errors
    /// Why it must not be executed.
    pub(crate) fn open_override(directory: &Path, name: &str) -> Result<Self, String> {
        let mut files = BTreeMap::new();
        for entry in std::fs::read_dir(directory).map_err(|error| reason(directory, &error))?.flatten() {
            if let Ok(file) = entry.file_name().into_string() {
                files.insert(file, entry.path());
            }
        }
        let executable = executable_of(files.keys(), name)
            .ok_or_else(|| format!("`{}` holds no file terraform-provider-{name}", directory.display()))?;
        let path = directory.join(executable);
        let executable = File::open(&path).map_err(|error| reason(&path, &error))?;
        refuse_writable(&path, &executable.metadata().map_err(|error| reason(&path, &error))?)?;
        Ok(Self { executable, path, h1: String::new(), _unpacked: None })
    }

    /// Hashes a packed package, and unpacks its executable to a directory that only its owner may enter.
    ///
    /// # Errors
    /// Why it must not be executed.
    pub(crate) fn open_archive(archive: &Path, name: &str) -> Result<Self, String> {
        let file = File::open(archive).map_err(|error| reason(archive, &error))?;
        refuse_writable(archive, &file.metadata().map_err(|error| reason(archive, &error))?)?;
        let broken = |error: zip::result::ZipError| format!("`{}` cannot be unpacked: {error}", archive.display());
        let mut zip = zip::ZipArchive::new(file).map_err(broken)?;
        if zip.len() > MAX_FILES {
            return Err(format!("`{}` holds far too many files", archive.display()));
        }
        let mut names = Vec::with_capacity(zip.len());
        for position in 0..zip.len() {
            names.push(zip.by_index_raw(position).map_err(broken)?.name().map_err(broken)?.into_owned());
        }
        let executable = executable_of(names.iter(), name)
            .ok_or_else(|| format!("`{}` holds no file terraform-provider-{name}", archive.display()))?
            .clone();
        let directory = tempfile::Builder::new().prefix("driftline-").tempdir().map_err(|error| error.to_string())?;
        let path = directory.path().join(&executable);
        let mut sums = BTreeMap::new();
        let mut left = MAX_BYTES;
        for (position, name) in names.iter().enumerate().filter(|(_, name)| !name.ends_with('/')) {
            let mut entry = zip.by_index(position).map_err(broken)?.take(left);
            let mut hasher = Sha256::new();
            let mut unpacked = match *name == executable {
                true => Some(File::create_new(&path).map_err(|error| reason(&path, &error))?),
                false => None,
            };
            left -= copy(&mut entry, &mut hasher, unpacked.as_mut()).map_err(|error| reason(archive, &error))?;
            if left == 0 {
                return Err(format!("`{}` is far too large", archive.display()));
            }
            if sums.insert(name.clone(), hex(&hasher.finalize())).is_some() {
                return Err(format!("`{}` holds one name twice", archive.display()));
            }
        }
        std::fs::set_permissions(&path, Permissions::from_mode(0o700)).map_err(|error| reason(&path, &error))?;
        let executable = File::open(&path).map_err(|error| reason(&path, &error))?;
        Ok(Self { executable, path, h1: h1(&sums), _unpacked: Some(directory) })
    }

    /// What to execute: the open file where the system has a name for it, so that nothing can take its place.
    pub(crate) fn program(&self) -> PathBuf {
        match cfg!(target_os = "linux") {
            true => PathBuf::from(format!("/proc/self/fd/{}", self.executable.as_raw_fd())),
            false => self.path.clone(),
        }
    }
}

/// All regular files below a directory by their relative names. A link may lead out of what is hashed, so none is taken.
fn collect(directory: &Path, prefix: &str, files: &mut BTreeMap<String, PathBuf>) -> Result<(), String> {
    for entry in std::fs::read_dir(directory).map_err(|error| reason(directory, &error))? {
        let entry = entry.map_err(|error| reason(directory, &error))?;
        let path = entry.path();
        let name =
            entry.file_name().into_string().map_err(|_| format!("`{}` has a name that is no text", path.display()))?;
        if name.contains('\n') {
            return Err(format!("`{}` has a name of several lines", path.display()));
        }
        let kind = entry.file_type().map_err(|error| reason(&path, &error))?;
        let relative = format!("{prefix}{name}");
        if kind.is_dir() {
            collect(&path, &format!("{relative}/"), files)?;
        } else if kind.is_file() {
            files.insert(relative, path);
        } else {
            return Err(format!("`{}` is neither a file nor a directory", path.display()));
        }
        if files.len() > MAX_FILES {
            return Err(format!("`{}` holds far too many files", directory.display()));
        }
    }
    Ok(())
}

/// The first file in the order of names that can be the executable of a provider.
fn executable_of<'n>(names: impl Iterator<Item = &'n String>, name: &str) -> Option<&'n String> {
    let wanted = format!("terraform-provider-{name}");
    let mut candidates: Vec<&String> = names
        .filter(|file| {
            let rest = file.strip_prefix(&wanted);
            rest.is_some_and(|rest| !rest.contains('/') && (rest.is_empty() || rest.starts_with(['_', '.'])))
        })
        .collect();
    candidates.sort();
    candidates.first().copied()
}

fn refuse_writable(path: &Path, metadata: &std::fs::Metadata) -> Result<(), String> {
    match metadata.mode() & OTHERS_WRITE {
        0 => Ok(()),
        _ => Err(format!("others than its owner may write to `{}`: run `chmod go-w` on it", path.display())),
    }
}

/// The SHA-256 of a file; leaves it at its beginning.
fn sum(file: &mut File) -> std::io::Result<String> {
    let mut hasher = Sha256::new();
    copy(&mut file.take(MAX_BYTES), &mut hasher, None)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(hex(&hasher.finalize()))
}

fn copy(from: &mut impl Read, hasher: &mut Sha256, mut to: Option<&mut File>) -> std::io::Result<u64> {
    let mut buffer = vec![0; 1 << 18];
    let mut copied = 0;
    loop {
        let read = from.read(&mut buffer)?;
        if read == 0 {
            return Ok(copied);
        }
        hasher.update(&buffer[..read]);
        if let Some(file) = &mut to {
            file.write_all(&buffer[..read])?;
        }
        copied += read as u64;
    }
}

fn h1(sums: &BTreeMap<String, String>) -> String {
    let list = sums.iter().fold(String::new(), |mut list, (name, sum)| {
        let _ = writeln!(list, "{sum}  {name}");
        list
    });
    format!("h1:{}", STANDARD.encode(Sha256::digest(list)))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn reason(path: &Path, error: &std::io::Error) -> String {
    format!("`{}` cannot be read: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(files: &[(&str, &str)]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            let path = directory.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
            std::fs::write(path, text).expect("a file");
        }
        directory
    }

    /// Reckoned by hand with `sha256sum` and `base64`, as the rule says.
    const H1: &str = "h1:OqfBaC4niYvWe3A2C1WcEDaqwpEKYnU/S+Zv24VM9n0=";

    #[test]
    fn a_package_packed_and_unpacked_has_one_hash() {
        let files = [("terraform-provider-thing_v1.0.0", "#!/bin/sh\n"), ("docs/README.md", "read me\n")];
        let unpacked = directory(&files);
        let package = Package::open_directory(unpacked.path(), "thing").expect("a package");
        let archive = unpacked.path().join("thing.zip");
        let mut zip = zip::ZipWriter::new(File::create(&archive).expect("a file"));
        for (name, text) in files {
            zip.start_file(name, zip::write::SimpleFileOptions::default()).expect("an entry");
            zip.write_all(text.as_bytes()).expect("written");
        }
        zip.finish().expect("an archive");
        let packed = Package::open_archive(&archive, "thing").expect("a package");
        assert_eq!((package.h1.as_str(), packed.h1.as_str()), (H1, H1));
        let mut text = String::new();
        (&packed.executable).read_to_string(&mut text).expect("a text");
        assert_eq!(text, "#!/bin/sh\n");
    }

    #[test]
    fn what_others_may_write_is_refused() {
        let package = directory(&[("terraform-provider-thing", "")]);
        let executable = package.path().join("terraform-provider-thing");
        std::fs::set_permissions(&executable, Permissions::from_mode(0o775)).expect("permissions");
        let refused = Package::open_directory(package.path(), "thing").expect_err("group-writable");
        assert!(refused.contains("chmod go-w"), "{refused}");
        std::fs::set_permissions(&executable, Permissions::from_mode(0o755)).expect("permissions");
        assert!(Package::open_directory(package.path(), "thing").is_ok());
        std::fs::set_permissions(package.path(), Permissions::from_mode(0o777)).expect("permissions");
        assert!(Package::open_directory(package.path(), "thing").is_err());
    }

    #[test]
    fn links_and_other_names_are_refused() {
        let package = directory(&[("terraform-provider-things", ""), ("terraform-provider-thing_v2", "")]);
        std::os::unix::fs::symlink("/etc/passwd", package.path().join("link")).expect("a link");
        assert!(Package::open_directory(package.path(), "thing").is_err());
        let other = directory(&[("terraform-provider-things", "")]);
        assert!(Package::open_directory(other.path(), "thing").is_err());
        assert!(Package::open_directory(&other.path().join("absent"), "thing").is_err());
    }
}
