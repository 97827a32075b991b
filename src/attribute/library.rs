//! Reads every version of every configuration file once, on all cores, and reduces it to blocks.
//! Knows nothing of commits or of the order of versions.

use super::block::{self, Block, Digest, Name, NameId};
use super::syntax::Syntax;
use super::{edges, split};
use gix::ObjectId;
use gix::bstr::ByteSlice;
use rayon::prelude::*;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A version of a file: its blob, and how to read it. Of a submodule its commit, which is nothing to read.
pub(super) type Version = (ObjectId, Syntax);

/// What a version of a file says, or why that is not known.
#[derive(Debug)]
pub(super) enum Content {
    /// Its blocks, in order.
    Blocks(Vec<Arc<Block>>),
    /// It is no configuration: a syntax error, not UTF-8, or too large.
    Unparseable(String),
    /// The blob is not in this clone.
    Missing,
}

/// A larger file is not read. The largest generated ones seen are a tenth of it.
const FILE_LIMIT: u64 = 32 << 20;

/// All versions read.
#[derive(Debug, Default)]
pub(super) struct Library {
    versions: HashMap<Version, Arc<Content>>,
    ids: HashMap<Name, NameId>,
    /// By number.
    names: Vec<Name>,
}

/// What all threads share while they read.
#[derive(Default)]
struct Seen(Mutex<Shared>);

#[derive(Default)]
struct Shared {
    /// Blocks by the digest of their text: most versions of a file repeat most blocks of the one before.
    pieces: HashMap<Digest, Arc<[Arc<Block>]>>,
    names: HashMap<Name, NameId>,
}

impl Seen {
    fn lock(&self) -> MutexGuard<'_, Shared> {
        // A panic of another thread leaves a map that lacks an entry at worst.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Numbers the names of blocks.
    fn numbered(&self, blocks: Vec<Block>) -> Vec<Arc<Block>> {
        let mut shared = self.lock();
        let mut number = |mut block: Block| {
            let next = shared.names.len() as NameId;
            block.id = *shared.names.entry(block.name.clone()).or_insert(next);
            Arc::new(block)
        };
        blocks.into_iter().map(&mut number).collect()
    }
}

impl Library {
    /// Reads the versions, of which none may be there twice. Each is parsed once, and each block of equal text once among
    /// all of them. Names that have numbers already keep them.
    pub(super) fn read(repository: &gix::ThreadSafeRepository, versions: Vec<Version>, names: Vec<Name>) -> Self {
        let names = (0..).zip(names).map(|(number, name)| (name, number)).collect();
        let seen = Seen(Mutex::new(Shared { pieces: HashMap::new(), names }));
        let read = |repository: &mut gix::Repository, version: Version| {
            (version, Arc::new(read_version(repository, version, &seen)))
        };
        let versions = versions.into_par_iter().map_init(|| edges::cached(repository), read).collect::<HashMap<_, _>>();
        let shared = seen.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut names: Vec<_> = shared.names.iter().map(|(name, id)| (*id, name.clone())).collect();
        names.sort_unstable_by_key(|(id, _)| *id);
        Self { versions, ids: shared.names, names: names.into_iter().map(|(_, name)| name).collect() }
    }

    /// A version that was asked for.
    pub(super) fn get(&self, version: Version) -> Arc<Content> {
        self.versions.get(&version).cloned().unwrap_or_else(|| Arc::new(Content::Missing))
    }

    /// The number of a name, if any block bears it.
    pub(super) fn id(&self, name: &Name) -> Option<NameId> {
        self.ids.get(name).copied()
    }

    /// The same, to keep.
    pub(super) fn into_names(self) -> Vec<Name> {
        self.names
    }

    /// All names, by number.
    pub(super) fn names(&self) -> &[Name] {
        &self.names
    }

    /// The name of a number that a block of this library bears.
    pub(super) fn name(&self, id: NameId) -> &Name {
        &self.names[id as usize]
    }
}

fn read_version(repository: &gix::Repository, (id, syntax): Version, seen: &Seen) -> Content {
    if syntax == Syntax::Submodule {
        return Content::Blocks(seen.numbered(vec![block::submodule(id)]));
    }
    match repository.try_find_header(id) {
        Ok(Some(header)) if header.size() > FILE_LIMIT => {
            return Content::Unparseable(format!("larger than {} MiB", FILE_LIMIT >> 20));
        }
        Ok(Some(_)) => {}
        _ => return Content::Missing,
    }
    let Ok(Some(object)) = repository.try_find_object(id) else { return Content::Missing };
    if object.kind != gix::objs::Kind::Blob {
        return Content::Missing;
    }
    let data = object.data.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&object.data);
    let Ok(text) = data.to_str() else { return Content::Unparseable("not UTF-8".into()) };
    let json = |blocks: Option<Vec<Block>>| blocks.ok_or_else(|| "not a JSON object".to_owned());
    let blocks = match syntax {
        Syntax::Json => json(block::from_json(text)).map(|blocks| seen.numbered(blocks)),
        Syntax::JsonValues => json(block::from_json_values(text)).map(|blocks| seen.numbered(blocks)),
        Syntax::Values => parsed(text).map(|body| seen.numbered(block::from_values(&body))),
        Syntax::Lock => parsed(text).map(|body| seen.numbered(block::from_lock(&body))),
        Syntax::Hcl | Syntax::Submodule => by_pieces(text, seen).map_or_else(|| whole(text, seen), Ok),
    };
    blocks.map_or_else(Content::Unparseable, Content::Blocks)
}

/// Splits a file into its blocks and parses those whose text was not seen yet. None where that does not work out.
fn by_pieces(text: &str, seen: &Seen) -> Option<Vec<Arc<Block>>> {
    let mut blocks = Vec::new();
    for range in split::blocks(text)? {
        let piece = &text[range];
        let digest = block::digest(piece.as_bytes());
        let known = seen.lock().pieces.get(&digest).cloned();
        let known = match known {
            Some(known) => known,
            None => {
                let body = hcl_edit::parser::parse_body(piece).ok()?;
                let [hcl_edit::structure::Structure::Block(block)] = body.iter().collect::<Vec<_>>()[..] else {
                    return None;
                };
                let parsed: Arc<[_]> = seen.numbered(block::from_hcl(block)).into();
                seen.lock().pieces.entry(digest).or_insert(parsed).clone()
            }
        };
        blocks.extend(known.iter().cloned());
    }
    Some(blocks)
}

fn whole(text: &str, seen: &Seen) -> Result<Vec<Arc<Block>>, String> {
    Ok(seen.numbered(parsed(text)?.blocks().flat_map(block::from_hcl).collect()))
}

fn parsed(text: &str) -> Result<hcl_edit::structure::Body, String> {
    hcl_edit::parser::parse_body(text).map_err(|error| {
        let place = error.location();
        format!("line {}, column {}: {}", place.line(), place.column(), error.message())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digests(text: &str) -> Vec<(String, Digest)> {
        let blocks =
            by_pieces(text, &Seen::default()).map_or_else(|| whole(text, &Seen::default()), Ok).expect("configuration");
        blocks.iter().map(|block| (block.name.labels.join("."), block.digest)).collect()
    }

    #[test]
    fn formatting_does_not_count() {
        let one = "resource \"a\" \"b\" {\n  x = 1\n  y = { k = [1, 2] }\n\n  n {\n    z = 1\n  }\n}\n";
        let other = "# new\nresource a b { # c\n  n {\n    /* d */\n    z = 1 // e\n  }\n  y = {\n    \"k\" : [\n      1,\n      2,\n    ]\n  }\n\n  x    = 1\n}";
        assert_eq!(digests(one), digests(other));
        let both = format!("{one}\n{}", other.replace('b', "bb"));
        assert_eq!(digests(&both)[0].1, digests(&both)[1].1);
    }

    #[test]
    fn meaning_does() {
        let digest = |body: &str| digests(&format!("r \"a\" \"b\" {{\n{body}\n}}\n"))[0].1;
        let base = digest("x = 1\nn {\n a = 1\n}\nn {\n a = 2\n}");
        assert_eq!(base, digest("n {\n a = 1\n}\nn {\n a = 2\n}\nx = 1"));
        for other in [
            "x = 2\nn {\n a = 1\n}\nn {\n a = 2\n}",
            "x = 1\nn {\n a = 2\n}\nn {\n a = 1\n}",
            "x = 1\nn {\n a = 1\n}",
            "x = 1\nn {\n b = 1\n}\nn {\n a = 2\n}",
            "x = 1\nn = [{ a = 1 }, { a = 2 }]",
        ] {
            assert_ne!(base, digest(other), "{other}");
        }
    }

    #[test]
    fn whole_and_pieces_agree() {
        let text = "locals {\n  a = 1\n  b = { x = 2 }\n}\nprovider \"aws\" {\n  alias = \"w\"\n}\nmoved {\n  from = aws_vpc.a[0]\n  to   = module.m[\"k\"].aws_vpc.b\n}\n";
        let names =
            |blocks: Vec<Arc<Block>>| blocks.iter().map(|block| (block.name.clone(), block.digest)).collect::<Vec<_>>();
        let pieces = names(by_pieces(text, &Seen::default()).expect("pieces"));
        assert_eq!(pieces, names(whole(text, &Seen::default()).expect("whole")));
        let labels: Vec<_> = pieces.iter().map(|(name, _)| name.labels.join(" ")).collect();
        assert_eq!(labels, ["a", "b", "aws w", "aws_vpc.a module.m.aws_vpc.b"]);
    }

    #[test]
    fn json() {
        let blocks = block::from_json(
            r#"{"//": "c", "resource": {"aws_vpc": {"a": {"cidr": "x", "//": 1}, "b": [{"cidr": "y"}]}},
                "locals": {"n": 1.0}, "provider": {"aws": [{"alias": "w"}, {}]}, "moved": [{"from": "a.b[0]", "to": "a.c"}]}"#,
        )
        .expect("an object");
        let labels: Vec<_> =
            blocks.iter().map(|block| format!("{} {}", block.name.kind, block.name.labels.join(" "))).collect();
        assert_eq!(
            labels,
            ["locals n", "moved a.b a.c", "provider aws w", "provider aws", "resource aws_vpc a", "resource aws_vpc b"]
        );
        let same = block::from_json(r#"{"resource": [{"aws_vpc": {"a": {"cidr": "x"}}}]}"#).expect("an object");
        assert_eq!(same[0].digest, blocks[4].digest);
        assert!(block::from_json("[]").is_none());
        assert!(block::from_json("{").is_none());
        assert!(block::from_json(&format!("{{\"a\": {}", "[".repeat(100_000))).is_none());
    }

    #[test]
    fn deep_nesting_is_no_configuration() {
        for (open, close) in
            [("[", "]"), ("{ a = ", "}"), ("(", ")"), ("!", ""), ("\"${", "}\""), ("a ? b : ", ""), ("f(", ")")]
        {
            let text = format!("r \"a\" \"b\" {{\n  x = {}1{}\n}}\n", open.repeat(100_000), close.repeat(100_000));
            assert!(by_pieces(&text, &Seen::default()).is_none(), "{open}");
            assert!(whole(&text, &Seen::default()).is_err(), "{open}");
        }
        let nested = format!("{}{}", "a {\n".repeat(100_000), "}\n".repeat(100_000));
        assert!(whole(&nested, &Seen::default()).is_err());
    }
}
