//! Where a PostgreSQL server is and who asks: connection strings, the variables of libpq, password files; as lib/pq takes
//! them, through which Terraform connects.
//! Knows nothing of states, and opens no connection. What a connection string holds is never in an error.

use crate::{Class, StoreError, Surroundings};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Parameters of connections that are used or may be ignored (lib/pq's connector.go, `Config`). What else a connection
/// string holds is a setting of the server's session.
const KEYWORDS: &[&str] = &[
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "passfile",
    "options",
    "application_name",
    "fallback_application_name",
    "sslmode",
    "sslcert",
    "sslkey",
    "sslrootcert",
    "sslinline",
    "sslsni",
    "sslnegotiation",
    "connect_timeout",
    "target_session_attrs",
    "load_balance_hosts",
    "binary_parameters",
    "disable_prepared_binary_result",
    "client_encoding",
    "datestyle",
    "krbsrvname",
    "krbspn",
    "service",
    "servicefile",
    "gssencmode",
    "channel_binding",
    "min_protocol_version",
    "max_protocol_version",
    "ssl_min_protocol_version",
    "ssl_max_protocol_version",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
    "tz",
    "geqo",
    "timezone",
    "search_path",
    "statement_timeout",
    "lock_timeout",
    "role",
];
/// Those that are settings of the session all the same.
const SESSION: &[&str] = &["role", "tz"];

/// The variables that stand in for parameters.
const VARIABLES: &[(&str, &str)] = &[
    ("PGHOST", "host"),
    ("PGHOSTADDR", "hostaddr"),
    ("PGPORT", "port"),
    ("PGDATABASE", "dbname"),
    ("PGUSER", "user"),
    ("PGPASSWORD", "password"),
    ("PGPASSFILE", "passfile"),
    ("PGOPTIONS", "options"),
    ("PGAPPNAME", "application_name"),
    ("PGSSLMODE", "sslmode"),
    ("PGSSLCERT", "sslcert"),
    ("PGSSLKEY", "sslkey"),
    ("PGSSLROOTCERT", "sslrootcert"),
    ("PGSERVICE", "service"),
    ("PGCONNECT_TIMEOUT", "connect_timeout"),
];
/// The largest file of certificates or passwords that is read.
pub(super) const MOST_BYTES: u64 = 1 << 20;

/// Whether a connection string may have this parameter.
pub(crate) fn is_keyword(name: &str) -> bool {
    KEYWORDS.contains(&name)
}

/// One server to try.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(super) struct Server {
    /// A name, an address, or the folder of a Unix socket.
    pub(super) host: String,
    /// Where to connect instead, the name being for certificates alone.
    pub(super) address: Option<String>,
    pub(super) port: u16,
}

impl Server {
    /// The folder of a Unix socket, or `@` and its name where it has no file.
    pub(super) fn is_socket(&self) -> bool {
        self.address.is_none() && self.host.starts_with(['/', '@'])
    }
}

/// How far the connection is secured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Disable,
    Allow,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

/// Everything to connect with.
pub(super) struct Settings {
    pub(super) servers: Vec<Server>,
    pub(super) database: String,
    pub(super) user: String,
    pub(super) password: Option<String>,
    /// The command line of the session.
    pub(super) options: Option<String>,
    pub(super) mode: Mode,
    pub(super) certificate: Option<Vec<u8>>,
    pub(super) key: Option<Vec<u8>>,
    /// The authorities to trust; none for the machine's.
    pub(super) authorities: Option<Vec<u8>>,
}

fn unset(cause: impl AsRef<str>) -> StoreError {
    StoreError::new("pg backend", Class::Unset, cause)
}

impl Settings {
    /// Reads a connection string, completed by the environment.
    pub(super) fn read(connection: &str, around: &Surroundings) -> Result<Self, StoreError> {
        let mut given = BTreeMap::new();
        for (variable, name) in VARIABLES {
            if let Some(value) = around.variable(variable) {
                given.insert((*name).to_owned(), value.to_owned());
            }
        }
        given.extend(parameters(connection)?);
        if given.contains_key("service") {
            return Err(unset(
                "its connection string or PGSERVICE names a service file, which Terraform does not read",
            ));
        }
        let text = |name: &str| given.get(name).filter(|value| !value.is_empty()).cloned();
        let user = text("user").or_else(|| system_user(around));
        let user = user.ok_or_else(|| unset("neither its connection string nor PGUSER names a user"))?;
        let database = text("dbname").unwrap_or_else(|| user.clone());
        let servers = servers(&given)?;
        let password = text("password").or_else(|| {
            let file = text("passfile").map(PathBuf::from).or_else(|| Some(around.home()?.join(".pgpass")))?;
            password_of(&private_file(&file)?, servers.first()?, &database, &user)
        });
        let mut settings = Self {
            mode: mode(&given, &servers)?,
            options: options(&given),
            servers,
            database,
            user,
            password,
            certificate: None,
            key: None,
            authorities: None,
        };
        settings.read_certificates(&given, around)?;
        Ok(settings)
    }

    /// The files of TLS, with the defaults and exceptions of lib/pq's ssl.go.
    fn read_certificates(&mut self, given: &BTreeMap<String, String>, around: &Surroundings) -> Result<(), StoreError> {
        if self.mode == Mode::Disable {
            return Ok(());
        }
        let text = |name: &str| given.get(name).filter(|value| !value.is_empty()).cloned();
        if matches!(given.get("sslinline").map(String::as_str), Some("true" | "1" | "yes" | "on")) {
            let bytes = |name: &str| text(name).map(String::into_bytes);
            (self.certificate, self.key, self.authorities) = (bytes("sslcert"), bytes("sslkey"), bytes("sslrootcert"));
        } else {
            let file = |name: &str, default: &str| -> Result<Option<Vec<u8>>, StoreError> {
                let home = around.home().map(|home| home.join(".postgresql").join(default));
                let given = text(name);
                let Some(path) = given.as_ref().map(|path| around.directory.join(path)).or(home) else {
                    return Ok(None);
                };
                match bounded_file(&path) {
                    Ok(bytes) => Ok(Some(bytes)),
                    // In these modes no file of authorities means that nothing is checked.
                    Err(_) if given.is_none() || name == "sslcert" => Ok(None),
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound && self.mode < Mode::VerifyCa => {
                        Ok(None)
                    }
                    Err(error) => Err(unset(format!("the file that `{name}` names cannot be read: {error}"))),
                }
            };
            self.certificate = file("sslcert", "postgresql.crt")?;
            if self.certificate.is_some() {
                self.key = file("sslkey", "postgresql.key")?;
            }
            let system = text("sslrootcert").is_some_and(|path| path == "system");
            self.authorities = if system { None } else { file("sslrootcert", "root.crt")? };
        }
        if matches!(self.mode, Mode::Require | Mode::Prefer | Mode::Allow) && self.authorities.is_some() {
            self.mode = Mode::VerifyCa; // as libpq: where there is a file of authorities, it is checked against
        }
        Ok(())
    }
}

impl PartialOrd for Mode {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        (*self as u8).partial_cmp(&(*other as u8))
    }
}

fn mode(given: &BTreeMap<String, String>, servers: &[Server]) -> Result<Mode, StoreError> {
    if servers.iter().all(Server::is_socket) {
        return Ok(Mode::Disable); // there is no TLS on Unix sockets
    }
    let system = given.get("sslrootcert").is_some_and(|path| path == "system");
    match given.get("sslmode").map_or("", String::as_str) {
        "" if system => Ok(Mode::VerifyFull),
        "" | "require" => Ok(Mode::Require),
        "disable" => Ok(Mode::Disable),
        "allow" => Ok(Mode::Allow),
        "prefer" => Ok(Mode::Prefer),
        "verify-ca" => Ok(Mode::VerifyCa),
        "verify-full" => Ok(Mode::VerifyFull),
        _ => Err(unset("its `sslmode` is none of disable, allow, prefer, require, verify-ca and verify-full")),
    }
}

/// Hosts and ports are lists of the same length; a single port is for all.
fn servers(given: &BTreeMap<String, String>) -> Result<Vec<Server>, StoreError> {
    let list = |name: &str| -> Vec<String> {
        given
            .get(name)
            .filter(|text| !text.is_empty())
            .map(|text| text.split(',').map(str::to_owned).collect())
            .unwrap_or_default()
    };
    let (hosts, addresses, ports) = (list("host"), list("hostaddr"), list("port"));
    let most = hosts.len().max(addresses.len()).max(1);
    let port =
        |at: usize| match ports.get(at).or_else(|| ports.first().filter(|_| ports.len() == 1)).map(String::as_str) {
            None | Some("") => Ok(5432),
            Some(port) => port.parse::<u16>().map_err(|_| unset("its port is no number of a port")),
        };
    let one = |at: usize| {
        let address = addresses.get(at).filter(|address| !address.is_empty()).cloned();
        let host = hosts.get(at).filter(|host| !host.is_empty()).cloned();
        let host = host.or_else(|| address.clone()).unwrap_or_else(|| "localhost".into());
        Ok(Server { host: host.trim_matches(['[', ']']).to_owned(), address, port: port(at)? })
    };
    (0..most.min(16)).map(one).collect()
}

/// The command line of the session: its own, and the settings that the connection string has beside the parameters.
fn options(given: &BTreeMap<String, String>) -> Option<String> {
    let mut words: Vec<String> = given.get("options").filter(|text| !text.is_empty()).cloned().into_iter().collect();
    for (name, value) in given {
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
        if plain && (SESSION.contains(&name.as_str()) || !KEYWORDS.contains(&name.as_str())) {
            let name = if name == "tz" { "timezone" } else { name };
            words.push(format!("-c {name}={}", value.replace('\\', "\\\\").replace(' ', "\\ ")));
        }
    }
    (!words.is_empty()).then(|| words.join(" "))
}

fn system_user(around: &Surroundings) -> Option<String> {
    ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| around.variable(name)).map(str::to_owned)
}

/// The parameters of a connection string, which is an address or has keywords.
pub(super) fn parameters(connection: &str) -> Result<BTreeMap<String, String>, StoreError> {
    let rest = connection.strip_prefix("postgres://").or_else(|| connection.strip_prefix("postgresql://"));
    match rest {
        Some(rest) => address(rest).ok_or_else(|| unset("its `conn_str` is no address that can be understood")),
        None => keywords(connection).ok_or_else(|| unset("its `conn_str` is neither an address nor has it keywords")),
    }
}

/// `user:password@host:port,host:port/dbname?keyword=value` (libpq, "Connection URIs").
fn address(rest: &str) -> Option<BTreeMap<String, String>> {
    let mut given = BTreeMap::new();
    let mut put = |name: &str, value: &str| -> Option<()> {
        if !value.is_empty() {
            given.insert(name.to_owned(), crate::place::decoded(value)?);
        }
        Some(())
    };
    let (front, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, database) = front.split_once('/').unwrap_or((front, ""));
    let (user, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (user, password) = user.split_once(':').unwrap_or((user, ""));
    for (name, value) in [("user", user), ("password", password), ("dbname", database)] {
        put(name, value)?;
    }
    let (mut names, mut ports) = (Vec::new(), Vec::new());
    for host in hosts.split(',') {
        let behind = host.rfind(']').map_or(0, |at| at + 1);
        let (name, port) = match host.get(behind..)?.rfind(':') {
            Some(at) => (host.get(..behind + at)?, host.get(behind + at + 1..)?),
            None => (host, ""),
        };
        names.push(name);
        ports.push(port);
    }
    put("host", &names.join(","))?;
    if ports.iter().any(|port| !port.is_empty()) {
        put("port", &ports.join(","))?;
    }
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=')?;
        put(&crate::place::decoded(name)?, value)?;
    }
    Some(given)
}

/// `keyword = 'value' …`, a backslash before quotes and backslashes (libpq, "Keyword/Value Connection Strings").
fn keywords(text: &str) -> Option<BTreeMap<String, String>> {
    let mut given = BTreeMap::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (name, behind) = rest.split_once('=')?;
        let name = name.trim();
        if name.is_empty() || name.contains(char::is_whitespace) {
            return None;
        }
        let behind = behind.trim_start();
        let quoted = behind.starts_with('\'');
        let mut value = String::new();
        let mut characters = behind.char_indices().skip(usize::from(quoted));
        let mut end = None;
        while let Some((at, c)) = characters.next() {
            match c {
                '\\' => value.push(characters.next()?.1),
                '\'' if quoted => {
                    end = Some(at + 1);
                    break;
                }
                c if c.is_whitespace() && !quoted => {
                    end = Some(at);
                    break;
                }
                c => value.push(c),
            }
        }
        let end = if quoted { end? } else { end.unwrap_or(behind.len()) };
        given.insert(name.to_owned(), value);
        rest = behind.get(end..)?.trim_start();
    }
    Some(given)
}

/// A file's bytes, at most [`MOST_BYTES`].
fn bounded_file(path: &std::path::Path) -> std::io::Result<Vec<u8>> {
    use std::io::Read;
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(MOST_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A file of passwords; one that others may read is not used (libpq, "The Password File").
fn private_file(path: &std::path::Path) -> Option<String> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(path).ok()?.permissions().mode();
        if mode & 0o077 != 0 {
            return None;
        }
    }
    String::from_utf8(bounded_file(path).ok()?).ok()
}

/// The password of the first line `host:port:database:user:password` that fits, `*` fitting all.
fn password_of(file: &str, server: &Server, database: &str, user: &str) -> Option<String> {
    let port = server.port.to_string();
    let host = if server.is_socket() { "localhost" } else { &server.host };
    let wanted = [host, &port, database, user];
    let line = file.lines().filter(|line| !line.starts_with('#')).map(fields).find(|fields| {
        fields.len() == 5 && fields.iter().zip(wanted).all(|(field, wanted)| field == "*" || field == wanted)
    });
    line?.pop()
}

/// The fields of a line, a backslash standing before a colon or backslash that belongs to one.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut characters = line.chars();
    while let Some(c) = characters.next() {
        match c {
            ':' if fields.len() < 5 => fields.push(String::new()),
            c => {
                let c = if c == '\\' { characters.next().unwrap_or(c) } else { c };
                if let Some(field) = fields.last_mut() {
                    field.push(c);
                }
            }
        }
    }
    fields
}

#[cfg(test)]
mod tests;
