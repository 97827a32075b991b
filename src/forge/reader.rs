//! Reads documents and lists of documents, from the forge or from what was kept of it, and notes what each was.
//! Knows nothing of what they mean.

use super::cache::{Cache, Entry, digest};
use super::error::Missing;
use super::http::{Client, Patience, call};
use serde::de::{DeserializeOwned, IgnoredAny};

/// Pages of one list.
const PAGES: usize = 100;
/// Bytes of one list.
const LONGEST_LIST: usize = 64 << 20;

/// Where answers come from.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) client: Client,
    pub(super) cache: Option<Cache>,
    pub(super) offline: bool,
}

/// An answer, whatever its status.
struct Document {
    status: u16,
    body: Vec<u8>,
    next: Option<String>,
    at: String,
}

/// Reads for one purpose, and keeps what that purpose has to show for it.
pub(super) struct Reader<'a> {
    source: &'a Source,
    patience: &'a Patience,
    /// The digests of all answers so far.
    pub(super) evidence: Vec<String>,
    /// What could not be read.
    pub(super) problems: Vec<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(source: &'a Source, patience: &'a Patience) -> Self {
        Self { source, patience, evidence: Vec::new(), problems: Vec::new() }
    }

    /// Another reader of the same source, with nothing to show yet.
    pub(super) fn fresh(&self) -> Self {
        Self::new(self.source, self.patience)
    }

    /// Reads a document, and when the forge said so.
    pub(super) fn read<T: DeserializeOwned>(&mut self, path: &str) -> Result<(T, String), Missing> {
        let document = self.get(path)?;
        Ok((parsed(path, &document)?, document.at))
    }

    /// Reads a document; none where the forge says in so many words that there is none, as against not showing it.
    pub(super) fn read_unless<T: DeserializeOwned>(
        &mut self,
        path: &str,
        absent: &str,
    ) -> Result<(Option<T>, String), Missing> {
        let document = self.get(path)?;
        if document.status == 404 && String::from_utf8_lossy(&document.body).contains(absent) {
            return Ok((None, document.at));
        }
        Ok((Some(parsed(path, &document)?), document.at))
    }

    /// Reads a list to its end.
    pub(super) fn list<T: DeserializeOwned>(&mut self, path: &str) -> Result<Vec<T>, Missing> {
        let mut all = Vec::new();
        self.pages(path, |page: Vec<T>| all.extend(page))?;
        Ok(all)
    }

    /// Reads all pages of a list, whatever surrounds the list in each. Gives the time of the first one.
    pub(super) fn pages<T: DeserializeOwned>(
        &mut self,
        path: &str,
        mut each: impl FnMut(T),
    ) -> Result<String, Missing> {
        let separator = if path.contains('?') { '&' } else { '?' };
        let mut next = format!("{path}{separator}per_page=100");
        let (mut first, mut bytes, mut seen) = (None, 0, Vec::new());
        loop {
            let document = self.get(&next)?;
            bytes += document.body.len();
            each(parsed(path, &document)?);
            let at = first.get_or_insert(document.at).clone();
            seen.push(next);
            let Some(following) = document.next else { return Ok(at) };
            if seen.contains(&following) || seen.len() >= PAGES || bytes > LONGEST_LIST {
                return Err(Missing::malformed(&call(path), "goes on and on: no list is read further than 100 pages"));
            }
            next = following;
        }
    }

    /// Does without what cannot be read, unless nothing else could be read either.
    pub(super) fn optional<T>(&mut self, result: Result<T, Missing>) -> Result<Option<T>, Missing> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(missing) if missing.is_general() => Err(missing),
            Err(missing) => {
                self.problem(&missing);
                Ok(None)
            }
        }
    }

    /// Notes what could not be read.
    pub(super) fn problem(&mut self, missing: &Missing) {
        let hint = missing.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
        self.problems.push(format!("{missing}{hint}"));
    }

    /// Takes over what another reader has to show.
    pub(super) fn absorb(&mut self, evidence: &[String], problems: &[String]) {
        self.evidence.extend_from_slice(evidence);
        self.problems.extend_from_slice(problems);
    }

    fn get(&mut self, path: &str) -> Result<Document, Missing> {
        let url = self.source.client.api.url(path);
        let kept = self.source.cache.as_ref().and_then(|cache| cache.get(&url));
        let (entry, body) = if self.source.offline {
            kept.ok_or_else(|| Missing::NotCached { call: call(path) })?
        } else {
            self.ask(path, url, kept)?
        };
        self.evidence.push(entry.sha256);
        Ok(Document { status: entry.status, body, next: entry.next, at: entry.fetched_at })
    }

    fn ask(&mut self, path: &str, url: String, kept: Option<(Entry, Vec<u8>)>) -> Result<(Entry, Vec<u8>), Missing> {
        let etag = kept.as_ref().and_then(|(entry, _)| entry.etag.as_deref());
        let reply = self.source.client.get(path, etag, self.patience)?;
        let now = jiff::Timestamp::now();
        let fetched_at = now.round(jiff::Unit::Second).unwrap_or(now).to_string();
        let (entry, body) = match kept {
            Some((entry, body)) if reply.status == 304 => (Entry { fetched_at, ..entry }, body),
            _ => {
                if reply.status == 200 && serde_json::from_slice::<IgnoredAny>(&reply.body).is_err() {
                    return Err(Missing::malformed(&call(path), "is not JSON"));
                }
                let (status, sha256) = (reply.status, digest(&reply.body));
                (Entry { url, status, sha256, etag: reply.etag, next: reply.next, fetched_at }, reply.body)
            }
        };
        if let Some(Err(error)) = self.source.cache.as_ref().map(|cache| cache.put(&entry, &body)) {
            let cause = error.kind();
            self.problems.push(format!(
                "{}: the answer could not be kept: {cause}; free or open the cache's folder",
                call(path)
            ));
        }
        Ok((entry, body))
    }
}

fn parsed<T: DeserializeOwned>(path: &str, document: &Document) -> Result<T, Missing> {
    let call = call(path);
    if document.status != 200 {
        let cause = match document.status {
            403 => "the forge refuses it (403)".to_owned(),
            404 => "the forge shows no such thing (404)".to_owned(),
            status => format!("the forge refuses it ({status})"),
        };
        return Err(Missing::Call { call, status: Some(document.status), cause });
    }
    serde_json::from_slice(&document.body).map_err(|error| {
        Missing::malformed(&call, &format!("is not as documented (line {}, column {})", error.line(), error.column()))
    })
}
