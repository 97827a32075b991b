//! What a walk keeps for the next one: the same answers, from every earlier tip, whatever stands in the file.

use super::random::{Dice, random_history, write};
use super::repository::Repository;
use super::{check, vpc};
use crate::attribute::{History, history};
use gix::ObjectId;
use std::fmt::Write as _;
use std::path::Path;

/// All that a history knows, as text.
fn told(history: &History) -> String {
    let mut text = String::new();
    for block in history.blocks() {
        let _ = writeln!(text, "{block:?} {:?} {:?}", history.attribution(block), history.events(block));
    }
    let _ = write!(text, "{:?} {:?}", history.unparseable(), history.incomplete());
    text
}

fn at(repository: &gix::Repository, tip: &str, keep: Option<&Path>) -> History {
    history(repository, tip.parse::<ObjectId>().expect("a hash"), &[], keep).expect("a history")
}

#[test]
fn every_earlier_tip_leads_to_the_same() {
    for seed in 0..6 {
        let repository = Repository::new();
        let nodes = random_history(&mut Dice(seed), 40);
        let hashes = write(&repository, &nodes);
        let opened = repository.open();
        let tip = &hashes[hashes.len() - 1];
        let expected = told(&at(&opened, tip, None));
        let mut chain = vec![nodes.len() - 1];
        while let Some(parent) = nodes[chain[chain.len() - 1]].parents.first() {
            chain.push(*parent);
        }
        // One jump from each, and all of them one by one.
        let step_by_step = tempfile::tempdir().expect("a directory");
        for earlier in chain.iter().rev() {
            let keep = tempfile::tempdir().expect("a directory");
            at(&opened, &hashes[*earlier], Some(keep.path()));
            assert_eq!(told(&at(&opened, tip, Some(keep.path()))), expected, "seed {seed} from {earlier}");
            let one = at(&opened, &hashes[*earlier], Some(step_by_step.path()));
            assert_eq!(told(&one), told(&at(&opened, &hashes[*earlier], None)), "seed {seed} at {earlier}");
        }
    }
}

fn kept_file(keep: &Path) -> std::path::PathBuf {
    let mut files = std::fs::read_dir(keep).expect("a directory");
    let file = files.next().expect("a file").expect("a file").path();
    assert!(files.next().is_none());
    file
}

#[test]
fn it_is_used_and_gone_on_from() {
    let repository = Repository::new();
    let one = repository.commit_file("main.tf", &vpc("a", "1"), "one");
    let keep = tempfile::tempdir().expect("a directory");
    at(&repository.open(), &one, Some(keep.path()));
    let first = std::fs::read(kept_file(keep.path())).expect("a file");
    at(&repository.open(), &one, Some(keep.path()));
    assert_eq!(std::fs::read(kept_file(keep.path())).expect("a file"), first);
    let two = repository.commit_file("main.tf", &vpc("a", "2"), "two");
    check(&at(&repository.open(), &two, Some(keep.path())), "resource.aws_vpc.a", &two, &two);
    assert_ne!(std::fs::read(kept_file(keep.path())).expect("a file"), first);
    // Without what the old commits hold only what was kept can answer.
    let blob = repository.git(&["rev-parse", "HEAD~1:main.tf"]);
    std::fs::remove_file(repository.path().join(".git/objects").join(&blob[..2]).join(&blob[2..])).expect("an object");
    check(&at(&repository.open(), &two, Some(keep.path())), "resource.aws_vpc.a", &two, &two);
    assert!(at(&repository.open(), &two, None).incomplete().is_some());
}

#[test]
fn another_branch_is_walked_anew() {
    let repository = Repository::new();
    let one = repository.commit_file("main.tf", &vpc("a", "1"), "one");
    repository.branch("side", "main");
    let side = repository.commit_file("main.tf", &vpc("a", "2"), "side");
    repository.checkout("main");
    let two = repository.commit_file("main.tf", &vpc("a", "3"), "two");
    let keep = tempfile::tempdir().expect("a directory");
    for tip in [&side, &two, &one, &side] {
        check(&at(&repository.open(), tip, Some(keep.path())), "resource.aws_vpc.a", tip, tip);
    }
    // The side branch merged: its commits are known, and no part of the chain.
    let merge = repository.merge(&["-s", "ours", "side"].map(|word| word), super::repository::ANN, "merge");
    at(&repository.open(), &side, Some(keep.path()));
    check(&at(&repository.open(), &merge, Some(keep.path())), "resource.aws_vpc.a", &two, &two);
}

#[test]
fn nothing_uncertain_is_kept() {
    let repository = Repository::new();
    repository.commit_file("main.tf", &vpc("a", "1"), "one");
    repository.commit_file("main.tf", &vpc("a", "2"), "two");
    let shallow = repository.cloned(&["--depth", "1"]);
    let keep = tempfile::tempdir().expect("a directory");
    at(&shallow.open(), &shallow.head(), Some(keep.path()));
    assert_eq!(std::fs::read_dir(keep.path()).expect("a directory").count(), 0);
}

#[test]
fn what_stands_there_is_not_trusted() {
    use sha2::Digest;
    let repository = Repository::new();
    repository.commit_file("main.tf", &vpc("a", "1"), "one");
    let two = repository.commit_file("main.tf", &vpc("a", "2"), "two");
    let opened = repository.open();
    let expected = told(&at(&opened, &two, None));
    let keep = tempfile::tempdir().expect("a directory");
    at(&opened, &two, Some(keep.path()));
    let path = kept_file(keep.path());
    let good = std::fs::read(&path).expect("a file");
    let header = good.iter().position(|byte| *byte == b'\n').expect("a line") + 1;
    let mut dice = Dice(7);
    for round in 0..600 {
        let mut content = good[header + 32..].to_vec();
        if round % 5 == 0 {
            content.truncate(dice.below(content.len()));
        }
        for _ in 0..=dice.below(3) {
            let count = content.len().max(1);
            if let Some(byte) = content.get_mut(dice.below(count)) {
                *byte = dice.below(256) as u8;
            }
        }
        let mut bytes = good[..header].to_vec();
        // Half of them claim to be whole.
        let digest =
            if round % 2 == 0 { sha2::Sha256::digest(&content).to_vec() } else { good[header..header + 32].into() };
        bytes.extend(digest);
        bytes.extend(&content);
        std::fs::write(&path, &bytes).expect("a file");
        let found = told(&at(&opened, &two, Some(keep.path())));
        if round % 2 == 1 {
            assert_eq!(found, expected, "round {round}");
        }
    }
}

/// The file that is kept with other content, whose digest is right.
fn tampered(good: &[u8], change: impl FnOnce(&mut [u8])) -> Vec<u8> {
    use sha2::Digest;
    let header = good.iter().position(|byte| *byte == b'\n').expect("a line") + 1;
    let mut content = good[header + 32..].to_vec();
    change(&mut content);
    [&good[..header], &sha2::Sha256::digest(&content)[..], &content].concat()
}

#[test]
fn what_stands_there_twice_is_walked_anew() {
    let repository = Repository::new();
    repository.write("y/w.tf", &vpc("a", "1"));
    let tip = repository.commit_file("x/v.tf", &format!("{}{}", vpc("k", "1"), vpc("q", "1")), "one");
    let opened = repository.open();
    let expected = told(&at(&opened, &tip, None));
    for (from, to) in [(b'q', b'k'), (b'y', b'x')] {
        let keep = tempfile::tempdir().expect("a directory");
        at(&opened, &tip, Some(keep.path()));
        let path = kept_file(keep.path());
        let good = std::fs::read(&path).expect("a file");
        let length = good.len();
        let mut found = 0;
        for place in 0..length {
            // One letter behind its length: a whole name.
            let is_name = |content: &[u8]| place > 0 && content.get(place - 1..=place) == Some(&[1, from]);
            let bytes = tampered(&good, |content| {
                if is_name(content) {
                    content[place] = to;
                    found += 1;
                }
            });
            if bytes != good {
                std::fs::write(&path, &bytes).expect("a file");
                assert_eq!(told(&at(&opened, &tip, Some(keep.path()))), expected, "{place}");
            }
        }
        assert!(found > 0, "{from}");
    }
}
