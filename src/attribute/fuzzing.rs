//! What the fuzz target for histories calls: commits, mailmaps and kept walks that anybody may have written.
//! Knows nothing of fuzzers; what it asserts is more than that nothing panics.

use super::people::{People, name_and_email};
use super::trailers::trailers;
use super::{BlockId, History, Scope, assemble, cache, conventions, graph, history, landing, owners, resumed};
use crate::blame::{self, Resource};
use crate::model::{
    Address, Attribution, Audit, AuditFinding, AuditRule, AuditedChange, AuditedLanding, Boundary, Completeness,
    RepositoryInfo, Severity,
};
use crate::report::{audit_csv, audit_json, audit_markdown, audit_text, blame_json, blame_text, inert};
use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::objs::tree::EntryKind;
use gix::objs::{Kind, Write};
use serde_json::Value;
use std::borrow::Cow;
use std::sync::OnceLock;

/// Three commits and a merge on disk, and what a walk to the merge kept.
struct Example {
    repository: gix::ThreadSafeRepository,
    /// The merge.
    known: ObjectId,
    /// A commit on top of it.
    later: ObjectId,
    /// The tree of that one.
    tree: ObjectId,
    /// What was kept at the merge, without its digest.
    kept: Vec<u8>,
    _directory: tempfile::TempDir,
}

const NOBODY: &[u8] = b"author A <a@example.com> 1 +0000\ncommitter B <b@example.com> 2 +0000\n\nT\n";

fn example() -> &'static Example {
    static EXAMPLE: OnceLock<Example> = OnceLock::new();
    EXAMPLE.get_or_init(|| {
        let directory = tempfile::tempdir().expect("a directory");
        let repository = gix::init_bare(directory.path().join("repository")).expect("a repository");
        let tree = |files: &[(&str, &str)]| {
            let entry = |(name, text): &(&str, &str)| gix::objs::tree::Entry {
                mode: EntryKind::Blob.into(),
                filename: (*name).into(),
                oid: repository.write_blob(text).expect("a blob").detach(),
            };
            let entries = files.iter().map(entry).collect();
            repository.write_object(gix::objs::Tree { entries }).expect("a tree").detach()
        };
        let vpc =
            |name: &str, value: &str| format!("resource \"aws_vpc\" \"{name}\" {{\n  x = {{ k = {value} }}\n}}\n");
        let moved = "moved {\n  from = aws_vpc.a\n  to   = aws_vpc.c\n}\nvariable \"v\" {\n  sensitive = true\n}\n";
        let first = tree(&[("a.tf", &vpc("a", "1")), ("b.tf", &vpc("b", "1"))]);
        let side = tree(&[("a.tf", &vpc("a", "1")), ("b.tf", &vpc("b", "2"))]);
        let broken = tree(&[("a.tf", &vpc("a", "2")), ("b.tf", "resource {")]);
        let merged = tree(&[("a.tf", &vpc("a", "2")), ("b.tf", &vpc("b", "2")), ("v.tfvars", "v = 1\n")]);
        let last = tree(&[("a.tf", &format!("{}{moved}", vpc("c", "2"))), ("v.tfvars", "v = 2\n")]);
        let commit = |tree, parents: &[ObjectId]| commit(&repository, tree, parents, NOBODY);
        let root = commit(first, &[]);
        let known = commit(merged, &[commit(broken, &[root]), commit(side, &[root])]);
        let later = commit(last, &[known]);
        let keep = directory.path().join("kept");
        history(&repository, known, &[], Some(&keep)).expect("a history");
        let kept = cache::content(&keep, &Scope::All).expect("a walk was kept");
        let example =
            Example { repository: repository.into_sync(), known, later, tree: last, kept, _directory: directory };
        resumes_as_walked(&example);
        example
    })
}

/// A path on the first line, a CODEOWNERS file behind it.
pub(crate) fn owners(bytes: &[u8]) {
    let (path, text) = bytes.split_once_str(b"\n").unwrap_or((b"a.tf", bytes));
    let path = path.to_str_lossy();
    for dialect in [owners::Dialect::GitHub, owners::Dialect::GitLab] {
        let Ok(parsed) = owners::Owners::parse(text, dialect) else { continue };
        let lines = text.lines().count();
        for rule in parsed.owners_of(&path) {
            assert!(!rule.owners.is_empty() && (1..=lines).contains(&rule.line), "{rule:?}");
        }
        assert!(parsed.skipped().iter().all(|skipped| (1..=lines).contains(&skipped.line)));
    }
}

/// Writes a commit of which all but the tree and the parents is given.
fn commit(repository: &gix::Repository, tree: ObjectId, parents: &[ObjectId], rest: &[u8]) -> ObjectId {
    let mut text = format!("tree {tree}\n").into_bytes();
    for parent in parents {
        text.extend(format!("parent {parent}\n").bytes());
    }
    text.extend(rest);
    repository.objects.write_buf(Kind::Commit, &text).expect("a commit")
}

/// What is kept and not tampered with gives what a walk from the beginning gives.
fn resumes_as_walked(example: &Example) {
    let repository = example.repository.to_thread_local();
    let walked = history(&repository, example.later, &[], None).expect("a history");
    let resumed = resume(example, &example.kept, example.later).expect("what was kept is good");
    assert_eq!(render(&walked), render(&resumed));
}

fn resume(example: &Example, kept: &[u8], tip: ObjectId) -> Option<History> {
    let repository = example.repository.to_thread_local();
    let mut people = People::new(b"");
    let earlier = cache::parsed(kept, &mut people)?;
    let found = resumed(&repository, earlier, tip, &mut people)?;
    Some(assemble(&repository, found, people))
}

/// A kept walk with some of its bytes changed, each by three bytes of input: where, little end first, and what to add.
pub(crate) fn kept(changes: &[u8]) {
    let example = example();
    let mut kept = example.kept.clone();
    for change in changes.chunks_exact(3) {
        let at = usize::from(u16::from_le_bytes([change[0], change[1]])) % kept.len();
        kept[at] = kept[at].wrapping_add(change[2]);
    }
    for tip in [example.known, example.later] {
        if let Some(history) = resume(example, &kept, tip) {
            render(&history);
        }
    }
}

/// A commit behind its tree and parents: people, headers and message.
pub(crate) fn commit_text(rest: &[u8]) {
    let example = example();
    let message = rest.find(b"\n\n").map_or(rest, |end| &rest[end + 2..]).to_str_lossy();
    check_message(&message);
    let repository = example.repository.to_thread_local().with_object_memory();
    let tip = commit(&repository, example.tree, &[example.known], rest);
    if let Ok(history) = history(&repository, tip, &[], None) {
        render(&history);
    }
}

fn check_message(message: &str) {
    let is_one_line = |text: &str| !text.contains('\n');
    let trailers = trailers(message);
    for trailer in &trailers {
        assert!(is_one_line(&trailer.value) && trailer.value.trim() == trailer.value, "{trailer:?}");
        assert!(is_one_line(&trailer.key) && !trailer.key.is_empty() && !trailer.key.contains(':'), "{trailer:?}");
        if let Some((name, email)) = name_and_email(&trailer.value) {
            assert!(!name.is_empty() || !email.is_empty());
        }
    }
    if let Some(name) = conventions::pull_request(message, &trailers) {
        assert!(!name.is_empty() && name.len() <= 220 && is_one_line(&name), "{name:?}");
    }
    if let Some(commit) = graph::reverts(message) {
        assert!((7..=64).contains(&commit.len()) && commit.bytes().all(|byte| byte.is_ascii_hexdigit()), "{commit:?}");
    }
    let subject = landing::subject(message);
    assert!(is_one_line(&subject) && subject.chars().count() <= 200, "{subject:?}");
}

/// A mailmap, and behind a zero byte people as commits and trailers name them, one a line.
pub(crate) fn mailmap(bytes: &[u8]) {
    let (mailmap, named) = bytes.split_once_str(b"\0").unwrap_or((bytes, b""));
    let mut people = People::new(mailmap);
    let named: Vec<_> = named.lines().filter_map(|line| people.named(&line.to_str_lossy())).collect();
    for person in &named {
        let shown = people.display(*person);
        // Two names of 128 characters and what is around them.
        assert!(!shown.is_empty() && shown.chars().count() <= 259, "{shown:?}");
        let resolved = people.resolved(*person);
        assert!(people.has_any_address(resolved) || resolved == people.canonical(*person));
        assert_eq!(people.resolved(resolved), resolved);
    }
}

/// Renders all there is of a history in all formats that show it, and checks that none of them obeys what it says.
fn render(history: &History) -> String {
    let resources: Vec<Resource> = history.blocks().map(resource).collect();
    let blamed = blame::report(history, &resources);
    let text = blame_text(&blamed);
    check_lines(&text);
    let lines = |one: &blame::Blamed<'_>| 2 + usize::from(one.attribution.subject.is_some()) + 2 * one.events.len();
    let expected = blamed.iter().map(lines).sum::<usize>() + blamed.len().saturating_sub(1);
    assert_eq!(text.lines().count(), expected, "{text}");
    let json = blame_json(&blamed);
    check_lines(&json);
    let read: Value = serde_json::from_str(&json).expect("JSON");
    for (one, read) in blamed.iter().zip(read["resources"].as_array().expect("a list")) {
        assert_eq!(read["attribution"]["subject"].as_str(), one.attribution.subject.as_deref());
        assert_eq!(read["events"].as_array().map(Vec::len), Some(one.events.len()));
    }
    check_audit(history);
    json
}

/// The block as a resource; other kinds are none, and stand for one that was never declared.
fn resource(block: &BlockId) -> Resource {
    let address: Option<Address> = block.labels.join(".").parse().ok();
    Resource {
        address: address.unwrap_or_else(|| "a.b".parse().expect("an address")),
        root_module: block.directory.clone(),
        block: Some(block.clone()),
        contributors: Vec::new(),
    }
}

/// No line holds what would steer a terminal, reorder text or hide.
fn check_lines(text: &str) {
    for line in text.lines() {
        assert!(matches!(inert(line), Cow::Borrowed(_)) && !line.contains('\r'), "{line:?}");
    }
}

/// The same of what landed. Tables have the rows that they have whatever people write.
fn check_audit(history: &History) {
    let audit = audit(history, |attribution| attribution);
    let plain = audit_of_plain_people(history);
    let (markdown, csv) = (audit_markdown(&audit), audit_csv(&audit));
    assert_eq!(markdown.lines().count(), audit_markdown(&plain).lines().count(), "{markdown}");
    check_lines(&markdown);
    check_lines(&audit_json(&audit));
    check_lines(&audit_text(&audit, crate::report::TextOptions { color: false, width: 80, verbose: false }));
    let rows: Vec<csv::StringRecord> =
        csv::Reader::from_reader(csv.as_bytes()).records().collect::<Result<_, _>>().expect("rows of equal length");
    assert_eq!(rows.len(), csv::Reader::from_reader(audit_csv(&plain).as_bytes()).records().count(), "{csv}");
    for cell in rows.iter().flatten() {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell:?}");
        check_lines(cell);
        assert!(!cell.contains('\n'), "{cell:?}");
    }
}

fn audit_of_plain_people(history: &History) -> Audit {
    audit(history, |attribution| Attribution {
        subject: attribution.subject.map(|_| "s".into()),
        authors: attribution.authors.iter().map(|_| "A <a@example.com>".into()).collect(),
        pull_request: attribution.pull_request.map(|_| "#1".into()),
        reason: attribution.reason.map(|_| "r".into()),
        approvers: attribution
            .approvers
            .into_iter()
            .map(|mut one| {
                one.identity = "B <b@example.com>".into();
                one
            })
            .collect(),
        ..attribution
    })
}

/// An audit of all that landed, and a finding of each, for each attribution as it is changed.
fn audit(history: &History, change: impl Fn(Attribution) -> Attribution) -> Audit {
    let mut landings = Vec::new();
    for position in 0..history.chain_length() {
        let Some(commit) = history.commit_at(position).map(|id| id.to_string()) else { continue };
        let Some(attribution) = history.landing_attribution(&commit) else { continue };
        let changes = history.landed_in(position..position + 1).into_iter().map(|landed| AuditedChange {
            kind: landed.kind.name(),
            directory: landed.block.directory,
            what: landed.block.labels.join("."),
            declaring_commit: landed.commit.map(|id| id.to_string()),
            attributes: Vec::new(),
            generated: false,
            deployed: None,
        });
        let changes = changes.collect();
        landings.push(AuditedLanding {
            attribution: change(attribution),
            is_merge: history.is_merge(position),
            changes,
        });
    }
    let finding = |landing: &AuditedLanding| AuditFinding {
        rule: AuditRule::ApprovalUnknown,
        severity: Severity::Low,
        commit: landing.attribution.approving_commit.clone(),
        pull_request: landing.attribution.pull_request.clone(),
        text: landing.attribution.reason.clone().unwrap_or_default(),
    };
    Audit {
        repository: RepositoryInfo { root: "r".into(), reference: "main".into(), commit: "0".repeat(40) },
        directory: String::new(),
        made_at: "2026-01-01T00:00:00Z".into(),
        since: None,
        until: Boundary { given: None, commit: None, at: None },
        findings: landings.iter().map(finding).collect(),
        landings,
        completeness: Completeness { complete: true, ..Completeness::default() },
        exit_code: 2,
    }
}
