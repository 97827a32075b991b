//! Which tips a branch had earlier, as far as this clone remembers: its reflog, and what was noted at earlier runs.
//! Knows nothing of what was at those tips.

use super::{Approved, Repository};
use gix::ObjectId;
use gix::bstr::ByteSlice;
use jiff::Timestamp;
use std::io::{Read, Write};
use std::path::Path;

/// The file with noted tips.
const FILE: &str = "tips";

/// More of it is not read.
const LIMIT: u64 = 4 << 20;

/// Entries of a reflog that are looked at, and tips that are noted.
const ENTRIES: usize = 10_000;

/// A commit that the approved ref stood at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierTip {
    /// The commit.
    pub commit: ObjectId,
    /// When it was seen there.
    pub at: Option<Timestamp>,
    /// Who remembers: `the reflog of refs/remotes/origin/main`.
    pub source: String,
}

impl Repository {
    /// The full name of the approved ref; none where it is no branch.
    pub(super) fn branch_name(&self, approved: &Approved) -> Option<String> {
        let reference = self.inner.try_find_reference(approved.reference.as_str()).ok()??;
        let name = reference.name().as_bstr().to_str_lossy().into_owned();
        ["refs/heads/", "refs/remotes/"].iter().any(|kind| name.starts_with(kind)).then_some(name)
    }

    /// Tips that the approved ref had, oldest first. The reflog of a branch of one's own counts only where the repository has no
    /// remote: elsewhere such a branch is nobody's record.
    pub fn earlier_tips(&self, approved: &Approved, noted: Option<&Path>) -> Vec<EarlierTip> {
        let Some(name) = self.branch_name(approved) else { return Vec::new() };
        let counts = name.starts_with("refs/remotes/") || self.inner.remote_names().is_empty();
        let mut tips = if counts { self.reflog(&name) } else { Vec::new() };
        tips.extend(noted.map(|dir| noted_tips(dir, &name)).unwrap_or_default());
        tips
    }

    fn reflog(&self, name: &str) -> Vec<EarlierTip> {
        let source = format!("the reflog of {name}");
        let read = || {
            let reference = self.inner.try_find_reference(name).ok()??;
            let mut log = reference.log_iter();
            let lines = log.all().ok()??;
            // What a branch was cloned at stands only as what the first line left.
            let tips = |line: gix::refs::file::log::LineRef<'_>| {
                let at = Timestamp::from_second(line.signature.seconds()).ok();
                [line.previous_oid(), line.new_oid()].map(|commit| EarlierTip { commit, at, source: source.clone() })
            };
            Some(lines.take(ENTRIES).filter_map(Result::ok).flat_map(tips).collect::<Vec<_>>())
        };
        let mut tips = read().unwrap_or_default();
        tips.retain(|tip| !tip.commit.is_null());
        // Each line begins where the one before ended.
        tips.dedup_by_key(|tip| tip.commit);
        tips
    }

    /// Notes where the approved ref stands, for later runs to compare with. A folder that cannot be written to is left as it is.
    pub fn note_tip(&self, approved: &Approved, dir: &Path, now: Timestamp) {
        let Some(name) = self.branch_name(approved) else { return };
        let known = noted_tips(dir, &name);
        if known.last().is_some_and(|tip| tip.commit == approved.commit) || known.len() >= ENTRIES {
            return;
        }
        let line = format!("{} {now} {name}\n", approved.commit);
        let write = || {
            std::fs::create_dir_all(dir)?;
            let mut file = std::fs::OpenOptions::new().create(true).append(true).open(dir.join(FILE))?;
            file.write_all(line.as_bytes())
        };
        let _: std::io::Result<()> = write();
    }
}

fn noted_tips(dir: &Path, name: &str) -> Vec<EarlierTip> {
    let mut text = String::new();
    let read = std::fs::File::open(dir.join(FILE)).and_then(|file| file.take(LIMIT).read_to_string(&mut text));
    if read.is_err() {
        return Vec::new();
    }
    let tip = |line: &str| {
        let mut words = line.splitn(3, ' ');
        let (commit, at, branch) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?, words.next()?);
        let source = "driftline's own notes of earlier runs".to_owned();
        (branch == name).then_some(EarlierTip { commit, at: Some(at), source })
    };
    text.lines().filter_map(tip).collect()
}
