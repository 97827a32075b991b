//! Which paths settings may name: what is committed must not overwrite files of whoever scans, nor read beyond its repository.
//! Knows nothing of what is written there.

use super::SettingsFile;
use std::path::{Component, Path, PathBuf};

/// Refuses what a file of the approved commit must not say: it speaks for the repository, and not for whoever scans it.
///
/// # Errors
/// The path of the key, and why.
pub(super) fn check_committed(settings: &SettingsFile) -> Result<(), (String, String)> {
    let outputs = settings.scan.report.iter().filter_map(|target| target.file.as_deref().map(|file| ("report", file)));
    let outputs = outputs.chain(settings.scan.record.as_deref().map(|dir| ("record", dir)));
    for (key, path) in outputs {
        inside(path).map_err(|cause| (format!("scan.{key}"), cause))?;
    }
    if let Some(dir) = &settings.evidence.cache {
        inside(dir).map_err(|cause| ("evidence.cache".to_owned(), cause))?;
    }
    if settings.evidence.forge.is_some() {
        let cause = "the forge's token goes to the address that `forge` names, so that no commit may name it: use --forge, \
                     or a file of your own with --config";
        return Err(("evidence.forge".into(), cause.into()));
    }
    for (position, entry) in settings.root_modules.iter().enumerate() {
        let key = |key: &str| format!("root_module.{position}.{key}");
        for path in &entry.variable_files {
            no_escape(&entry.directory, path).map_err(|cause| (key("variable_files"), cause))?;
        }
        for path in entry.backend_config.iter().filter(|text| !text.contains('=')) {
            no_escape(&entry.directory, path).map_err(|cause| (key("backend_config"), cause))?;
        }
    }
    Ok(())
}

/// A path to write to lies in the work tree and not in Git's own data.
fn inside(path: &Path) -> Result<(), String> {
    let mut any = false;
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::Normal(name) if is_git(&name.to_string_lossy()) => {
                return Err("a committed file may not name a path in Git's own data".into());
            }
            Component::Normal(_) => any = true,
            _ => return Err("a committed file may only name a path to write to that lies in the repository".into()),
        }
    }
    // What other systems take for a drive or a separator is no name here.
    if !any || path.to_string_lossy().contains(['\\', ':']) {
        return Err("a committed file may only name a path to write to that lies in the repository".into());
    }
    Ok(())
}

/// `.git` as any file system may write it: without regard to case, and with what some drop at the end.
fn is_git(name: &str) -> bool {
    let name = name.trim_end_matches([' ', '.']).to_lowercase();
    name == ".git" || name == "git~1"
}

/// A file that is read stays in the repository, seen from any directory that the entry means.
fn no_escape(directory: &str, path: &str) -> Result<(), String> {
    // `**` may stand for no directory at all.
    let parts = directory.split('/').filter(|part| !part.is_empty() && *part != "." && *part != "**");
    let mut depth = i64::try_from(parts.count()).unwrap_or(0);
    for component in Path::new(path).components() {
        match component {
            Component::CurDir => {}
            Component::Normal(_) => depth += 1,
            Component::ParentDir => depth -= 1,
            _ => depth = -1,
        }
        if depth < 0 {
            return Err("a committed file may only name files of its repository here".into());
        }
    }
    Ok(())
}

/// Where a committed output path leads, with every link on the way followed.
///
/// # Errors
/// When that is not in the work tree, or is in Git's own data.
pub(super) fn output(work_dir: &Path, path: &Path) -> Result<PathBuf, String> {
    let outside = || format!("`{}` leads out of the work tree by a link", path.display());
    let root = work_dir.canonicalize().map_err(|error| format!("the work tree cannot be looked at: {error}"))?;
    let full = root.join(path);
    // What is there already; below it nothing is a link.
    let mut there = full.as_path();
    while there.symlink_metadata().is_err() {
        there = there.parent().ok_or_else(outside)?;
    }
    let real = there.canonicalize().map_err(|_| outside())?;
    let inner = real.strip_prefix(&root).map_err(|_| outside())?;
    match inner.components().any(|part| is_git(&part.as_os_str().to_string_lossy())) {
        true => Err(outside()),
        false => Ok(full),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn committed_outputs_stay_inside() {
        for good in ["drift.json", "./out/drift.json", "a/.gitignore"] {
            assert_eq!(inside(Path::new(good)), Ok(()), "{good}");
        }
        for bad in [
            "/etc/passwd",
            "../x",
            "a/../../x",
            "a/../b",
            "",
            ".",
            ".git/config",
            ".GIT/hooks/pre-commit",
            "a/.git/x",
            ".git./x",
            "git~1/x",
            "C:\\x",
            "a\\..\\..\\x",
        ] {
            assert!(inside(Path::new(bad)).is_err(), "{bad}");
        }
        for (directory, path, good) in [
            ("live/a", "prod.tfvars", true),
            ("live/a", "../../shared.tfvars", true),
            ("live/a", "../../../x", false),
            ("**", "../x", false),
            ("live/*", "../../x", true),
            (".", "x", true),
            (".", "../x", false),
            ("live", "/etc/x", false),
            ("live", "../../live/x", false),
        ] {
            assert_eq!(no_escape(directory, path).is_ok(), good, "{directory} {path}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_do_not_lead_out() {
        let outer = tempfile::tempdir().expect("a folder");
        let work = outer.path().join("work");
        std::fs::create_dir_all(work.join(".git/hooks")).expect("folders");
        std::fs::create_dir_all(work.join("out")).expect("folders");
        let link = |target: &str, name: &str| std::os::unix::fs::symlink(target, work.join(name)).expect("a link");
        link("..", "up");
        link(".git", "data");
        link("../gone", "dangling");
        link("out", "within");
        for good in ["x.json", "out/x.json", "new/deep/x.json", "within/x.json"] {
            assert!(output(&work, Path::new(good)).is_ok(), "{good}");
        }
        for bad in ["up/x.json", "data/config", "dangling", "dangling/x"] {
            assert!(output(&work, Path::new(bad)).is_err(), "{bad}");
        }
    }
}
