//! The pg backend: a table of PostgreSQL, a row for each workspace.
//! Knows nothing of what a state says.

mod bounded;
mod connection;
mod settings;
mod tls;

pub(crate) use settings::is_keyword;

use crate::error::printable;
use crate::{Backend, Class, Kept, Lock, MAX_BYTES, Store, StoreError, Surroundings};
use connection::{Session, is_no_table, meaning};
use futures::future::BoxFuture;
use settings::Settings;
use std::time::Duration;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Row};

/// The most workspaces that are listed.
const MOST: usize = 10_000;

/// Opens it. Sends nothing yet. Arguments and variables: internal/backend/remote-state/pg/backend.go; `table_name` is
/// OpenTofu's.
pub(crate) fn open(backend: &Backend, around: &Surroundings) -> Result<Box<dyn Store>, StoreError> {
    let given = |name: &str, variable: &str, default: &str| {
        backend.text(name).or_else(|| around.variable(variable)).unwrap_or(default).to_owned()
    };
    let settings = Settings::read(&given("conn_str", "PG_CONN_STR", ""), around)?;
    let schema = given("schema_name", "PG_SCHEMA_NAME", "terraform_remote_state");
    let table = given("table_name", "PG_TABLE_NAME", "states");
    let quoted = format!("{}.{}", quoted(&schema)?, quoted(&table)?);
    let server = settings.servers.first();
    let place = match server {
        Some(server) if server.is_socket() => format!("pg://{}/{schema}", settings.database),
        Some(server) => format!("pg://{}:{}/{}/{schema}", server.host, server.port, settings.database),
        None => format!("pg://{}/{schema}", settings.database),
    };
    Ok(Box::new(Postgres { settings, table: quoted, place: printable(&place), patience: around.patience }))
}

/// An identifier between quotes (PostgreSQL, "Identifiers and Key Words").
fn quoted(name: &str) -> Result<String, StoreError> {
    if name.contains('\0') {
        return Err(StoreError::new("pg backend", Class::Unset, "its schema or table has a zero byte in its name"));
    }
    Ok(format!("\"{}\"", name.replace('"', "\"\"")))
}

struct Postgres {
    settings: Settings,
    /// Schema and table, quoted.
    table: String,
    place: String,
    patience: Duration,
}

/// What is known of a row before its data is fetched.
struct Found {
    id: i64,
    stamp: String,
    bytes: i64,
    modified_at: Option<String>,
}

impl Postgres {
    fn error(&self, class: Class, cause: &str) -> StoreError {
        StoreError::new(&self.place, class, cause)
    }

    fn failed(&self, call: &str) -> impl Fn(tokio_postgres::Error) -> StoreError {
        move |error| meaning(&self.place, call, &error)
    }

    async fn session(&self) -> Result<Session, StoreError> {
        Session::open(&self.settings, self.patience, &self.place).await
    }

    /// Everything together within the patience of the surroundings.
    async fn within<T>(&self, work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let late = |_| self.error(Class::TimedOut, &format!("no answer within {} s", self.patience.as_secs()));
        tokio::time::timeout(self.patience, work).await.map_err(late)?
    }

    /// Rows whose data is empty are none: a state has at least a version.
    async fn names(&self, client: &Client) -> Result<Vec<String>, StoreError> {
        let query = format!(
            "SELECT name::text FROM {} WHERE octet_length(data) > 0 AND octet_length(name) <= 1024 ORDER BY name LIMIT {}",
            self.table,
            MOST + 1
        );
        let rows = match client.query_typed(&query, &[]).await {
            Ok(rows) => rows,
            Err(error) if is_no_table(&error) => return Ok(Vec::new()),
            Err(error) => return Err(self.failed("SELECT")(error)),
        };
        if rows.len() > MOST {
            return Err(self.error(Class::TooLarge, &format!("it has more than {MOST} workspaces")));
        }
        let names: Result<Vec<String>, _> = rows.iter().map(|row| row.try_get(0)).collect();
        let mut names = names.map_err(self.failed("SELECT"))?;
        names.sort();
        Ok(names)
    }

    /// A row without its data. The transaction that wrote a row, with the row's id, is another whenever the data is
    /// (PostgreSQL, "System Columns", `xmin`); when it was committed is told where the server keeps that.
    async fn found(&self, client: &Client, workspace: &str) -> Result<Option<Found>, StoreError> {
        let query = format!(
            "SELECT id::bigint, xmin::text, coalesce(octet_length(data), 0)::bigint, \
             CASE WHEN current_setting('track_commit_timestamp', true) = 'on' THEN \
             to_char(pg_catalog.pg_xact_commit_timestamp(xmin) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') END \
             FROM {} WHERE name = $1",
            self.table
        );
        let row = match client.query_typed_opt(&query, &[(&workspace, Type::TEXT)]).await {
            Ok(row) => row,
            Err(error) if is_no_table(&error) => return Ok(None),
            Err(error) => return Err(self.failed("SELECT")(error)),
        };
        let Some(row) = row else { return Ok(None) };
        let read = || {
            let (id, xmin): (i64, String) = (row.try_get(0)?, row.try_get(1)?);
            Ok(Found { id, stamp: format!("{id}.{xmin}"), bytes: row.try_get(2)?, modified_at: row.try_get(3)? })
        };
        Ok(Some(read().map_err(self.failed("SELECT"))?).filter(|found: &Found| found.bytes > 0))
    }

    async fn kept(&self, client: &Client, workspace: &str) -> Result<Kept, StoreError> {
        let Some(found) = self.found(client, workspace).await? else { return Ok(Kept::default()) };
        if u64::try_from(found.bytes).unwrap_or(u64::MAX) > MAX_BYTES {
            return Err(self.error(Class::TooLarge, &format!("it has more than {} MiB", MAX_BYTES >> 20)));
        }
        let query = format!("SELECT data::text FROM {} WHERE id = $1", self.table);
        let row = client.query_typed_one(&query, &[(&found.id, Type::INT8)]).await.map_err(self.failed("SELECT"))?;
        let data: String = row.try_get(0).map_err(self.failed("SELECT"))?;
        // The last query: one that is refused ends the transaction.
        let (lock, lock_unread) = match holder(client, found.id).await {
            Ok(lock) => (lock, None),
            Err(error) => (None, Some(meaning(&self.place, "SELECT of pg_locks", &error).cause)),
        };
        Ok(Kept {
            bytes: Some(data.into_bytes()),
            stamp: Some(found.stamp),
            modified_at: found.modified_at,
            lock,
            lock_unread,
            ..Kept::default()
        })
    }
}

/// Who holds the advisory lock of a row's id (internal/backend/remote-state/pg/client.go, `Lock`). A key of 64 bits is two
/// halves in `pg_locks`, with `objsubid` 1 (PostgreSQL, "pg_locks"). Since when the lock is held is nowhere; the session is
/// not much older, for Terraform locks first. Whoever may not see another's session sees its user alone.
async fn holder(client: &Client, id: i64) -> Result<Option<Lock>, tokio_postgres::Error> {
    let query = "SELECT l.pid, a.usename::text, a.application_name, host(a.client_addr), \
         to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') \
         FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid \
         WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 \
         AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()) \
         AND l.classid::bigint = (($1 >> 32) & 4294967295) AND l.objid::bigint = ($1 & 4294967295) LIMIT 1";
    let row = client.query_typed_opt(query, &[(&id, Type::INT8)]).await?;
    row.map(|row| lock(&row, id)).transpose()
}

fn lock(row: &Row, id: i64) -> Result<Lock, tokio_postgres::Error> {
    let (pid, user): (i32, Option<String>) = (row.try_get(0)?, row.try_get(1)?);
    let (application, address): (Option<String>, Option<String>) = (row.try_get(2)?, row.try_get(3)?);
    let since: Option<String> = row.try_get(4)?;
    let mut who = user.unwrap_or_else(|| "an unknown user".into());
    if let Some(address) = address {
        who = format!("{who}@{address}");
    }
    if let Some(application) = application.filter(|name| !name.is_empty()) {
        who = format!("{who} ({application})");
    }
    Ok(Lock {
        id: id.to_string(),
        operation: format!("advisory lock of server process {pid}"),
        who: printable(&who),
        since: printable(&since.unwrap_or_default()),
    })
}

impl Store for Postgres {
    fn place(&self, workspace: &str) -> String {
        printable(&format!("{}/{workspace}", self.place))
    }

    fn workspaces(&self) -> BoxFuture<'_, Result<Vec<String>, StoreError>> {
        Box::pin(self.within(async {
            let session = self.session().await?;
            let names = self.names(session.client()).await;
            session.close().await;
            names
        }))
    }

    fn read<'a>(&'a self, workspace: &'a str) -> BoxFuture<'a, Result<Kept, StoreError>> {
        Box::pin(self.within(async move {
            let session = self.session().await?;
            let kept = self.kept(session.client(), workspace).await;
            session.close().await;
            kept
        }))
    }

    fn stamp<'a>(&'a self, workspace: &'a str) -> BoxFuture<'a, Result<Option<String>, StoreError>> {
        Box::pin(self.within(async move {
            let session = self.session().await?;
            let found = self.found(session.client(), workspace).await;
            session.close().await;
            Ok(found?.map(|found| found.stamp))
        }))
    }
}

#[cfg(test)]
mod tests;
