//! Random histories with branches, back-merges, octopuses and evil merges, checked against the definition itself.

use super::repository::{ANN, Repository};
use super::vpc;
use std::collections::HashSet;
use std::fmt::Write;

/// A small generator, the same on every machine.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

const BLOCKS: usize = 4;

/// A commit: its parents, and what each block says; none where it is not declared.
pub(super) struct Node {
    pub(super) parents: Vec<usize>,
    says: [Option<usize>; BLOCKS],
}

pub(super) fn random_history(dice: &mut Dice, length: usize) -> Vec<Node> {
    let mut nodes = vec![Node { parents: Vec::new(), says: [Some(0), Some(0), None, Some(0)] }];
    // Two or three lines of development; the first is the trunk.
    let mut tips = [0, 0, 0];
    while nodes.len() < length {
        let line = dice.below(tips.len());
        let mut parents = vec![tips[line]];
        for _ in 0..[0, 0, 0, 1, 1, 2][dice.below(6)] {
            let other = tips[dice.below(tips.len())];
            if !parents.contains(&other) {
                parents.push(other);
            }
        }
        let mut says = nodes[parents[0]].says;
        for (block, value) in says.iter_mut().enumerate() {
            // A merge takes any side's form; anything may say something new, or old, or go.
            *value = nodes[parents[dice.below(parents.len())]].says[block];
            match dice.below(12) {
                0 | 1 => *value = Some(dice.below(3)),
                2 => *value = None,
                _ => {}
            }
        }
        nodes.push(Node { parents, says });
        tips[line] = nodes.len() - 1;
        if dice.below(8) == 0 {
            tips[line] = tips[dice.below(tips.len())];
        }
    }
    let last = tips[0];
    nodes.push(Node { parents: vec![last], says: nodes[last].says });
    nodes
}

/// Writes the nodes as commits and gives their hashes.
pub(super) fn write(repository: &Repository, nodes: &[Node]) -> Vec<String> {
    let mut stream = String::new();
    for (index, node) in nodes.iter().enumerate() {
        let when = 1_700_000_000 - index * 60;
        let _ = write!(stream, "commit refs/heads/n{index}\nmark :{}\n", index + 1);
        let _ = write!(stream, "author {ANN} {when} +0000\ncommitter {ANN} {when} +0000\ndata 1\nx\n");
        for (position, parent) in node.parents.iter().enumerate() {
            let _ = writeln!(stream, "{} :{}", if position == 0 { "from" } else { "merge" }, parent + 1);
        }
        stream.push_str("deleteall\n");
        for (block, value) in node.says.iter().enumerate() {
            if let Some(value) = value {
                // What is said moves between two files and changes its looks from commit to commit.
                let text = format!("{}# {index}\n", vpc(&format!("b{block}"), &value.to_string()));
                let file = format!("f{block}{}.tf", index % 2);
                let _ = write!(stream, "M 100644 inline {file}\ndata {}\n{text}\n", text.len());
            }
        }
        stream.push('\n');
    }
    repository.git_as(ANN, ANN, &["fast-import", "--quiet", "--force"], stream.as_bytes());
    let names: Vec<String> = (0..nodes.len()).map(|index| format!("n{index}")).collect();
    let mut arguments = vec!["rev-parse"];
    arguments.extend(names.iter().map(String::as_str));
    repository.git(&arguments).lines().map(str::to_owned).collect()
}

fn ancestors(nodes: &[Node], tip: usize) -> HashSet<usize> {
    let mut found = HashSet::new();
    let mut open = vec![tip];
    while let Some(node) = open.pop() {
        if found.insert(node) {
            open.extend(&nodes[node].parents);
        }
    }
    found
}

/// The landing by definition, and all commits that may be called declaring: those merged after which the block has its
/// final form, that no parent had, and from which it went unchanged to the merge; else the merge.
fn truth(nodes: &[Node], block: usize) -> Option<(usize, HashSet<usize>)> {
    let mut chain = vec![nodes.len() - 1];
    while let Some(parent) = nodes[chain[chain.len() - 1]].parents.first() {
        chain.push(*parent);
    }
    let before = |commit: usize| nodes[commit].parents.first().and_then(|parent| nodes[*parent].says[block]);
    let landing = *chain.iter().find(|commit| nodes[**commit].says[block] != before(**commit))?;
    let Some(first) = nodes[landing].parents.first() else { return Some((landing, HashSet::from([landing]))) };
    let merged: HashSet<usize> = &ancestors(nodes, landing) - &ancestors(nodes, *first);
    let same = |commit: &usize| nodes[*commit].says[block] == nodes[landing].says[block];
    let mut declaring = HashSet::new();
    let mut reached = HashSet::new();
    let mut open = vec![landing];
    while let Some(commit) = open.pop() {
        if !reached.insert(commit) {
            continue;
        }
        let (inside, outside): (Vec<_>, Vec<_>) =
            nodes[commit].parents.iter().copied().filter(same).partition(|parent| merged.contains(parent));
        if inside.is_empty() {
            declaring.insert(if outside.is_empty() { commit } else { landing });
        }
        open.extend(inside);
    }
    Some((landing, declaring))
}

#[test]
fn random_histories_by_definition() {
    let mut merges = 0;
    for seed in 0..40 {
        let mut dice = Dice(seed);
        let nodes = random_history(&mut dice, 30);
        let repository = Repository::new();
        let hashes = write(&repository, &nodes);
        let history = repository.history_at(&hashes[nodes.len() - 1]);
        for block in 0..BLOCKS {
            let found = history.attribution(&super::id(&format!("resource.aws_vpc.b{block}")));
            let Some((landing, declaring)) = truth(&nodes, block) else {
                assert_eq!(found.reason.as_deref(), Some("not in Git"), "seed {seed} block {block}");
                continue;
            };
            merges += usize::from(nodes[landing].parents.len() > 1);
            assert_eq!(found.approving_commit.as_ref(), Some(&hashes[landing]), "seed {seed} block {block}");
            let named = hashes.iter().position(|hash| Some(hash) == found.declaring_commit.as_ref());
            assert!(
                named.is_some_and(|named| declaring.contains(&named)),
                "seed {seed} block {block}: {named:?} {declaring:?}"
            );
        }
    }
    assert!(merges > 20, "too few merges to prove anything: {merges}");
}

/// What a shallow clone answers at all is what the whole history answers.
#[test]
fn random_shallow_clones_never_guess() {
    let (mut answered, mut unknown) = (0, 0);
    // The last one has a merge whose commits the chain had before, out of sight at depth 6.
    for seed in (100..110).chain([274]) {
        let mut dice = Dice(seed);
        let nodes = random_history(&mut dice, 24);
        let repository = Repository::new();
        let hashes = write(&repository, &nodes);
        let tip = format!("n{}", nodes.len() - 1);
        let whole = repository.history_at(&hashes[nodes.len() - 1]);
        for depth in ["2", "4", "6", "9"] {
            let shallow = repository.cloned(&["--bare", "--depth", depth, "--branch", &tip]).history_at(&tip);
            for block in 0..BLOCKS {
                let id = super::id(&format!("resource.aws_vpc.b{block}"));
                let (part, all) = (shallow.attribution(&id), whole.attribution(&id));
                if part.approving_commit.is_none() {
                    unknown += 1;
                    continue;
                }
                answered += 1;
                let what = format!("seed {seed} depth {depth} block {block}");
                assert_eq!(part.approving_commit, all.approving_commit, "{what}");
                assert_eq!(part.declaring_commit, all.declaring_commit, "{what}");
                if part.segregation != all.segregation {
                    assert_eq!(part.segregation.name(), "unknown", "{what}");
                }
            }
        }
    }
    assert!(answered > 50 && unknown > 20, "{answered} answered, {unknown} unknown");
}
