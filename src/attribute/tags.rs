//! Reads annotated tags that approve what they point at.
//! Knows nothing of whether their signatures are good.

use super::landing::message;
use super::people::{People, PersonId};
use super::policy;
use super::trailers::trailers;
use super::verdict::APPROVING;
use crate::signature;
use gix::ObjectId;
use gix::bstr::ByteSlice;
use std::collections::HashMap;

/// An annotated tag that says that its tagger approves.
#[derive(Debug)]
pub(super) struct Tag {
    /// Without `refs/tags/`.
    pub(super) name: String,
    pub(super) id: ObjectId,
    pub(super) tagger: PersonId,
    /// When it was made, as the tagger claims, in seconds since 1970 (UTC).
    pub(super) at: i64,
}

/// More tags than these are not looked at.
const TAGS: usize = 100_000;

/// A longer tag is not read.
const LIMIT: u64 = 1 << 20;

/// Longest name kept, in characters.
const NAME: usize = 200;

/// All tags that approve, by the commit that they point at: those whose name fits a pattern, and those with an approving
/// trailer that names the tagger. None where a tag has no tagger.
pub(super) fn read(
    repository: &gix::Repository,
    patterns: &[String],
    people: &mut People,
) -> HashMap<ObjectId, Vec<Tag>> {
    let mut found: HashMap<ObjectId, Vec<Tag>> = HashMap::new();
    let Ok(references) = repository.references() else { return found };
    let Ok(tags) = references.tags() else { return found };
    for reference in tags.filter_map(Result::ok).take(TAGS) {
        let full = reference.name().as_bstr().to_str_lossy();
        let name: String = full.strip_prefix("refs/tags/").unwrap_or(&full).chars().take(NAME).collect();
        let Some(id) = reference.try_id().map(gix::Id::detach) else { continue };
        let is_small = matches!(repository.try_find_header(id), Ok(Some(header))
            if header.kind() == gix::objs::Kind::Tag && header.size() <= LIMIT);
        if let Some((target, tag)) = is_small.then(|| read_tag(repository, id, name, patterns, people)).flatten() {
            found.entry(target).or_default().push(tag);
        }
    }
    found
}

fn read_tag(
    repository: &gix::Repository,
    id: ObjectId,
    name: String,
    patterns: &[String],
    people: &mut People,
) -> Option<(ObjectId, Tag)> {
    let object = repository.try_find_object(id).ok()??;
    // The signature stands behind the message, where it would hide the trailers.
    let unsigned = signature::of_tag(&object.data).map(|signed| signed.payload);
    let tag = gix::objs::TagRef::from_bytes(unsigned.as_deref().unwrap_or(&object.data), id.kind()).ok()?;
    // The name in the object is what was signed: a tag that goes by another name says nothing.
    if tag.target_kind != gix::objs::Kind::Commit
        || tag.name.to_str_lossy().chars().take(NAME).collect::<String>() != name
    {
        return None;
    }
    let signature = tag.tagger().ok()??;
    let tagger = people.person(signature.name, signature.email);
    let approves = patterns.iter().any(|pattern| policy::fits(pattern, &name))
        || trailers(&message(tag.message)).iter().any(|trailer| {
            let approving = APPROVING.iter().any(|key| trailer.key.eq_ignore_ascii_case(key));
            approving
                && people.named(&trailer.value).is_some_and(|named| people.canonical(named) == people.canonical(tagger))
        });
    approves.then(|| (tag.target(), Tag { name, id, tagger, at: signature.seconds() }))
}
