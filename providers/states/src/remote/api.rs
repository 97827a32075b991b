//! The calls: discovery, workspaces, state versions, the state itself.
//! Knows nothing of configuration.

use super::documents::{Document, Resource, To};
use super::settings::Mapping;
use super::{Remote, credentials};
use crate::error::printable;
use crate::web::{Ask, Elsewhere, is_loopback};
use crate::{Class, Kept, Lock, MAX_BYTES, Run, StoreError, Version};
use md5::{Digest, Md5};
use reqwest::{StatusCode, Url};
use serde_json::{Map, Value};

/// The most bytes of a document; the one of a state version names every resource of the state.
const DOCUMENT: u64 = 64 << 20;
/// The most bytes of a discovery document, as Terraform has it.
const DISCOVERY: u64 = 1 << 20;
/// How many a page has; the API allows no more.
const PAGE: usize = 100;
/// The most pages that are read.
const PAGES: usize = 100;

/// What a call came to.
enum Got {
    Document(Document),
    /// An answer that says no: what it means depends on the call.
    Refused(StatusCode),
}

impl Remote {
    fn error(&self, class: Class, cause: impl AsRef<str>) -> StoreError {
        StoreError::new(&self.settings.place, class, cause)
    }

    /// The token for the host that the configuration names: the block's own, or the one that Terraform's command line has.
    fn token(&self) -> Result<&str, StoreError> {
        let host = &self.settings.host;
        let found = self.settings.token.as_ref().or(self.credentials.token.as_ref());
        let token = found.ok_or_else(|| {
            let mut cause = format!("there is no token for {host}");
            for unread in &self.credentials.unread {
                cause = format!("{cause}; {unread}");
            }
            let hint = format!("set {}, or run `terraform login {host}`", credentials::variable(host));
            self.error(Class::Denied, cause).with_hint(hint)
        })?;
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(self.error(Class::Unset, format!("the token for {host} has characters that no token has")));
        }
        Ok(token)
    }

    /// Where the API is: what the host's discovery document says, or what the command line's configuration puts in its place.
    /// An address on another host is followed, as Terraform does, and gets the token: the named host says, authenticated by
    /// its certificate, who answers for it. It must be HTTPS, or loopback.
    async fn service(&self) -> Result<&Url, StoreError> {
        self.service.get_or_try_init(|| self.discovered()).await
    }

    pub(super) async fn discovered(&self) -> Result<Url, StoreError> {
        let host = &self.settings.host;
        let no_address = || self.error(Class::Unset, "its `hostname` makes no address");
        let at = Url::parse(&format!("https://{host}/.well-known/terraform.json")).map_err(|_| no_address())?;
        let discovered;
        let services = match &self.credentials.services {
            Some(services) => services,
            None => {
                discovered = self.discovery(at.clone()).await?;
                &discovered
            }
        };
        let named = self.settings.services.iter().find_map(|name| services.get(*name)?.as_str());
        let named = named.ok_or_else(|| {
            let cause = format!("{host} names no service that keeps states ({})", self.settings.services.join(", "));
            self.error(Class::NotFound, cause).with_hint("check `hostname`")
        })?;
        let mut service = at.join(named).map_err(|_| self.error(Class::Failed, "the address of its API is none"))?;
        let local = self.credentials.services.is_some() || is_loopback(&at);
        let safe = service.scheme() == "https" || (service.scheme() == "http" && local && is_loopback(&service));
        if !safe || !service.username().is_empty() || service.password().is_some() {
            let cause = format!("{host} names an address of its API that is not HTTPS, or has a password in it");
            return Err(self.error(Class::Failed, cause));
        }
        service.set_fragment(None);
        service.set_query(None);
        Ok(service)
    }

    /// Terraform sends the token along that its command line has, though not the block's own (disco/disco.go of
    /// terraform-svchost, `discover`). Unlike Terraform, no redirect to another host is followed.
    pub(super) async fn discovery(&self, at: Url) -> Result<Map<String, Value>, StoreError> {
        let host = &self.settings.host;
        let mut ask = Ask::get(at, DISCOVERY).header("accept", "application/json");
        if let Some(token) = &self.credentials.token {
            ask = ask.header("authorization", &format!("Bearer {token}"));
        }
        let answer = self.client.ask(ask).await?;
        if answer.status != StatusCode::OK {
            let cause = format!("{host} does not say where its API is (status {})", answer.status.as_u16());
            let class = if answer.status == StatusCode::NOT_FOUND { Class::NotFound } else { Class::Failed };
            return Err(self.error(class, cause).with_hint("check `hostname`"));
        }
        serde_json::from_slice(&answer.body)
            .map_err(|_| self.error(Class::Failed, format!("what {host} says of where its API is, is no JSON object")))
    }

    /// Asks the API. An answer that the token is not accepted is an error everywhere.
    async fn get(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Got, StoreError> {
        let mut url = self.service().await?.clone();
        if let Some(odd) = path.iter().find(|segment| is_odd(segment)) {
            return Err(self.error(Class::Unset, format!("`{odd}` is no name that can be asked for")));
        }
        let based = || self.error(Class::Failed, "the address of its API is none");
        url.path_segments_mut().map_err(|()| based())?.pop_if_empty().extend(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let called = format!("GET {}", url.path());
        let ask = Ask::get(url, DOCUMENT)
            .header("accept", "application/vnd.api+json")
            .header("authorization", &format!("Bearer {}", self.token()?));
        let answer = self.client.ask(ask).await?;
        match answer.status {
            StatusCode::OK => {
                let cause = format!("{called} is answered with what is no document of this API");
                serde_json::from_slice(&answer.body).map(Got::Document).map_err(|_| self.error(Class::Failed, cause))
            }
            StatusCode::UNAUTHORIZED => {
                let host = &self.settings.host;
                let cause =
                    format!("{host} does not accept the token (status 401): it has expired, or is another host's");
                let hint = format!("set {}, or run `terraform login {host}`", credentials::variable(host));
                Err(self.error(Class::Denied, cause).with_hint(hint))
            }
            refused => Ok(Got::Refused(refused)),
        }
    }

    /// Asks for related resources too, and does without where they are refused: not every token may read runs or users, and
    /// not every service knows the relations.
    async fn get_including(&self, path: &[&str], include: &str) -> Result<Got, StoreError> {
        match self.get(path, &[("include", include)]).await? {
            Got::Refused(status) if matches!(status.as_u16(), 400 | 403 | 404 | 422) => self.get(path, &[]).await,
            got => Ok(got),
        }
    }

    fn refused(&self, what: &str, status: StatusCode) -> StoreError {
        let number = status.as_u16();
        match status {
            StatusCode::FORBIDDEN => self.error(Class::Denied, format!("the token may not read {what} (status 403)")),
            StatusCode::NOT_FOUND => {
                let cause = format!(
                    "there is no {what}, or the token may not see it: the service answers both with status 404"
                );
                self.error(Class::NotFound, cause)
                    .with_hint("check the organization and the names, then the token's access")
            }
            _ => self.error(Class::Failed, format!("asking for {what} is answered with status {number}")),
        }
    }

    /// A workspace, with who locks it.
    async fn workspace(&self, name: &str) -> Result<Document, StoreError> {
        let organization = &self.settings.organization;
        let path = ["organizations", organization, "workspaces", name];
        let document = match self.get_including(&path, "locked_by").await? {
            Got::Document(document) => document,
            Got::Refused(status) => {
                return Err(self.refused(&format!("workspace `{name}` in `{organization}`"), status));
            }
        };
        let same = |found: &&Resource| found.text(|of| &of.name).is_none_or(|told| told.eq_ignore_ascii_case(name));
        let found = document.one().filter(same);
        let id = found.map(|found| found.id.clone());
        let id = id.ok_or_else(|| {
            self.error(Class::Failed, format!("asked for `{name}`, it answers with another workspace"))
        })?;
        if let Ok(mut ids) = self.ids.lock() {
            ids.insert(name.to_owned(), id);
        }
        Ok(document)
    }

    /// The current state version of a workspace; none where it has none.
    async fn current(&self, id: &str, include: Option<&str>) -> Result<Option<Document>, StoreError> {
        let path = ["workspaces", id, "current-state-version"];
        let got = match include {
            Some(include) => self.get_including(&path, include).await?,
            None => self.get(&path, &[]).await?,
        };
        match got {
            Got::Document(document) if document.one().is_some() => Ok(Some(document)),
            Got::Document(_) | Got::Refused(StatusCode::NOT_FOUND) => Ok(None),
            Got::Refused(status) => Err(self.refused("the state of the workspace", status)),
        }
    }

    pub(super) async fn kept(&self, workspace: &str) -> Result<Kept, StoreError> {
        let name = self.settings.remote_name(workspace)?;
        let document = self.workspace(&name).await?;
        let Some(found) = document.one() else { return Ok(Kept::default()) };
        let lock = lock(&document, found);
        let lock_unread =
            found.is_locked().is_none().then(|| "the service does not tell whether it is locked".to_owned());
        let current = self.current(&found.id, Some("created_by,run,run.created_by")).await?;
        let Some((document, version)) = current.as_ref().and_then(|document| Some((document, document.one()?))) else {
            // The same answer stands for «not allowed»: the workspace tells them apart.
            if found.allows("can-read-state-versions") == Some(false) {
                return Err(self.error(Class::Denied, format!("the token may not read the state versions of `{name}`")));
            }
            return Ok(Kept { lock, lock_unread, ..Kept::default() });
        };
        let (bytes, checked_by) = self.download(version).await?;
        let (id, modified_at) = (Some(printable(&version.id)), version.text(|of| &of.created_at).map(printable));
        let run = Some(run(document, version));
        // Terraform takes an empty answer as no state.
        let bytes = Some(bytes).filter(|bytes| !bytes.is_empty());
        Ok(Kept { bytes, stamp: id.clone(), version: id, modified_at, checked_by, lock, lock_unread, run })
    }

    /// The state itself. The token goes along only to the API's own host; other hosts know the reader by what is in the
    /// address, and get nothing else.
    async fn download(&self, version: &Resource) -> Result<(Vec<u8>, Option<String>), StoreError> {
        let pending = version.text(|of| &of.status) == Some("pending");
        let address = version.text(|of| &of.hosted_state_download_url).filter(|_| !pending).ok_or_else(|| {
            let cause = if pending {
                "its upload has not been finished"
            } else {
                "the service does not say where it can be downloaded"
            };
            self.error(if pending { Class::Damaged } else { Class::Failed }, cause)
        })?;
        let service = self.service().await?;
        let url =
            service.join(address).map_err(|_| self.error(Class::Failed, "the address of its download is none"))?;
        let own = url.origin() == service.origin();
        if !(own || url.scheme() == "https" || (is_loopback(&url) && is_loopback(service))) {
            return Err(self.error(Class::Failed, "the address of its download is not HTTPS"));
        }
        let mut ask =
            Ask { elsewhere: Elsewhere::Bare, ..Ask::get(url, MAX_BYTES) }.header("accept", "application/json");
        if own {
            ask = ask.header("authorization", &format!("Bearer {}", self.token()?));
        }
        let answer = self.client.ask(ask).await?;
        match answer.status {
            StatusCode::OK => {}
            StatusCode::NO_CONTENT => return Ok((Vec::new(), None)),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                let cause = format!("the token may not download it (status {})", answer.status.as_u16());
                return Err(self.error(Class::Denied, cause));
            }
            other => {
                return Err(
                    self.error(Class::Failed, format!("its download is answered with status {}", other.as_u16()))
                );
            }
        }
        let checked_by = self.check(version, &answer.body)?;
        Ok((answer.body, checked_by))
    }

    /// Some services tell a checksum; all tell the size, of which HashiCorp's documents do not say whether it is the
    /// packed one: only fewer bytes than that are too few.
    fn check(&self, version: &Resource, body: &[u8]) -> Result<Option<String>, StoreError> {
        if version.number(|of| &of.size).is_some_and(|size| (body.len() as u64) < size) {
            return Err(self.error(Class::Damaged, "it has fewer bytes than the service says that it has"));
        }
        let hexadecimal = |text: &&str| text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let Some(told) = version.text(|of| &of.md5).filter(hexadecimal) else { return Ok(None) };
        let digest: String = Md5::digest(body).iter().map(|byte| format!("{byte:02x}")).collect();
        if !digest.eq_ignore_ascii_case(told) {
            return Err(self.error(Class::Damaged, "its MD5 is not the one that the service tells"));
        }
        Ok(Some("md5 of the state version".into()))
    }

    pub(super) async fn stamped(&self, workspace: &str) -> Result<Option<String>, StoreError> {
        let name = self.settings.remote_name(workspace)?;
        let known = self.ids.lock().ok().and_then(|ids| ids.get(&name).cloned());
        let id = match known {
            Some(id) => id,
            None => match self.workspace(&name).await?.one() {
                Some(found) => found.id.clone(),
                None => return Ok(None),
            },
        };
        let current = self.current(&id, None).await?;
        Ok(current.and_then(|document| Some(printable(&document.one()?.id))))
    }

    /// All pages of a list, at most `most` of its resources.
    async fn all(
        &self,
        path: &[&str],
        query: &[(String, String)],
        what: &str,
        most: usize,
    ) -> Result<Vec<Resource>, StoreError> {
        let mut all = Vec::new();
        for page in 1..=PAGES {
            let (number, size) = (page.to_string(), PAGE.to_string());
            let mut query: Vec<(&str, &str)> =
                query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            query.extend([("page[number]", number.as_str()), ("page[size]", size.as_str())]);
            let document = match self.get(path, &query).await? {
                Got::Document(document) => document,
                Got::Refused(status) => return Err(self.refused(what, status)),
            };
            let more = document.has_more() && !document.data.is_empty();
            all.extend(document.data);
            if all.len() >= most || !more {
                all.truncate(most);
                return Ok(all);
            }
        }
        Err(self.error(Class::TooLarge, format!("{what} has more than {PAGES} pages")))
    }

    /// The names of the workspaces as Terraform's command line has them.
    pub(super) async fn listed(&self) -> Result<Vec<String>, StoreError> {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut query = Vec::new();
        match &self.settings.mapping {
            Mapping::Default(name) | Mapping::Name(name) => query.push(pair("search[name]", name)),
            Mapping::Prefix(prefix) => query.push(pair("search[name]", prefix)),
            Mapping::Tags(tags) => query.push(pair("search[tags]", &tags.join(","))),
            Mapping::Bindings(pairs) => {
                for (index, (key, value)) in pairs.iter().enumerate() {
                    query.push((format!("filter[tagged][{index}][key]"), key.clone()));
                    query.push((format!("filter[tagged][{index}][value]"), value.clone()));
                }
                // Services that do not know values filter by the keys at least, as with Terraform.
                let keys: Vec<&str> = pairs.iter().map(|(key, _)| key.as_str()).collect();
                query.push(pair("search[tags]", &keys.join(",")));
            }
        }
        let project = match &self.settings.project {
            Some(name) => Some(self.project(name).await?),
            None => None,
        };
        query.extend(project.iter().map(|id| pair("filter[project][id]", id)));
        let organization = &self.settings.organization;
        let path = ["organizations", organization, "workspaces"];
        let found = self.all(&path, &query, &format!("the list of workspaces of `{organization}`"), usize::MAX).await?;
        let mut names: Vec<String> =
            found.iter().filter_map(|found| self.local_name(found, project.as_deref())).collect();
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// None for a workspace that has no state, or is not one of the root module's: a search finds names that contain it.
    fn local_name(&self, found: &Resource, project: Option<&str>) -> Option<String> {
        let elsewhere = |id: &str| found.named(To::Project).is_some_and(|named| named.id != id);
        // Who may not read states may be told that there is none: reading says that it is denied.
        let empty = found.lacks(To::CurrentStateVersion) && found.allows("can-read-state-versions") != Some(false);
        if empty || project.is_some_and(elsewhere) {
            return None;
        }
        let name = found.text(|of| &of.name)?;
        match &self.settings.mapping {
            Mapping::Prefix(prefix) => {
                name.strip_prefix(prefix.as_str()).filter(|rest| !rest.is_empty()).map(str::to_owned)
            }
            _ => Some(name.to_owned()),
        }
    }

    /// A project's id. Terraform lists the workspaces of all projects where it does not find the one that is named; which
    /// ones belong to the root module is then not known.
    async fn project(&self, name: &str) -> Result<String, StoreError> {
        let organization = &self.settings.organization;
        let query = [("filter[names]".to_owned(), name.to_owned())];
        let what = format!("project `{name}` in `{organization}`");
        let found = self.all(&["organizations", organization, "projects"], &query, &what, usize::MAX).await?;
        let own = found.into_iter().find(|found| found.text(|of| &of.name) == Some(name));
        own.map(|found| found.id).ok_or_else(|| self.refused(&what, StatusCode::NOT_FOUND))
    }

    pub(super) async fn earlier(&self, workspace: &str, most: usize) -> Result<Vec<Version>, StoreError> {
        let name = self.settings.remote_name(workspace)?;
        let organization = self.settings.organization.clone();
        let what = format!("the list of state versions of `{name}`");
        let query =
            [("filter[organization][name]".to_owned(), organization), ("filter[workspace][name]".to_owned(), name)];
        let found = self.all(&["state-versions"], &query, &what, most).await?;
        let version = |found: &Resource| Version {
            id: printable(&found.id),
            modified_at: found.text(|of| &of.created_at).map(printable).unwrap_or_default(),
            bytes: found.number(|of| &of.size),
        };
        Ok(found.iter().map(version).collect())
    }
}

/// A segment of a path that would be another one, or none, on the way. Terraform refuses more (go-tfe, `validStringID`).
fn is_odd(segment: &str) -> bool {
    let other = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '/' | '\\');
    segment.is_empty() || matches!(segment, "." | "..") || segment.contains(other)
}

/// Who holds the lock of a workspace: a user, a team or a run. The API does not tell since when.
fn lock(document: &Document, workspace: &Resource) -> Option<Lock> {
    workspace.is_locked().filter(|locked| *locked)?;
    let Some(by) = workspace.named(To::LockedBy) else { return Some(Lock::default()) };
    let holder = document.related(workspace, To::LockedBy);
    let name = holder.and_then(|holder| holder.text(|of| &of.username).or_else(|| holder.text(|of| &of.name)));
    let who = name.map_or_else(|| format!("{} {}", by.kind.trim_end_matches('s'), by.id), str::to_owned);
    let operation = if by.kind == "runs" { "run" } else { "" };
    Some(Lock { id: printable(by.id), operation: operation.into(), who: printable(&who), since: String::new() })
}

/// Who wrote a state version: the run and the user who started it, else the user who uploaded it. A user who is not sent
/// along stays unknown.
fn run(document: &Document, version: &Resource) -> Run {
    let user = |of: &Resource| document.related(of, To::CreatedBy)?.text(|of| &of.username).map(printable);
    let run = document.related(version, To::Run);
    Run {
        id: version.named(To::Run).map(|named| printable(named.id)).unwrap_or_default(),
        author: run.and_then(user).or_else(|| user(version)),
        at: version.text(|of| &of.created_at).map(printable),
        source: run.and_then(|run| run.text(|of| &of.source)).map(printable),
        commit: version.text(|of| &of.vcs_commit_sha).map(printable),
    }
}
