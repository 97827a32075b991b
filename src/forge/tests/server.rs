//! A loopback HTTP server: documents by path, paged as the forges page them, with entity tags, and replies that go first.

use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What a client sent.
#[derive(Debug, Clone)]
pub(super) struct Request {
    /// Path and query.
    pub(super) target: String,
    pub(super) headers: Vec<(String, String)>,
}

impl Request {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    fn query(&self, name: &str) -> Option<&str> {
        let pairs = self.target.split_once('?')?.1.split('&').filter_map(|pair| pair.split_once('='));
        pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value)
    }
}

/// An answer that goes before what the documents say.
#[derive(Debug, Clone)]
pub(super) enum Reply {
    Status(u16, Vec<(&'static str, String)>, String),
    /// Promises more than comes.
    Torn,
    /// More than anybody reads.
    Endless,
    /// Closes the connection without a word.
    Silent,
}

/// How lists are paged.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Paging {
    /// `Link`, to the repository's number and not its name.
    Links,
    /// `X-Next-Page`, beside links to an address that only the server knows.
    Numbers,
}

/// The documents of a forge.
#[derive(Default)]
pub(super) struct Documents {
    pub(super) by_path: BTreeMap<String, Value>,
    /// Replies that go first, one for each request.
    pub(super) first: BTreeMap<String, VecDeque<Reply>>,
    /// Paths that mean others.
    pub(super) aliases: Vec<(String, String)>,
}

impl Documents {
    pub(super) fn set(&mut self, path: &str, document: Value) {
        self.by_path.insert(path.to_owned(), document);
    }

    pub(super) fn first(&mut self, path: &str, replies: impl IntoIterator<Item = Reply>) {
        self.first.entry(path.to_owned()).or_default().extend(replies);
    }
}

/// A running server. It ends with the process.
pub(super) struct Server {
    pub(super) url: String,
    pub(super) documents: Arc<Mutex<Documents>>,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    pub(super) fn start(documents: Documents, paging: Paging) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let server = Self { url: url.clone(), documents: Arc::new(Mutex::new(documents)), requests: Arc::default() };
        let (documents, requests) = (server.documents.clone(), server.requests.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (documents, requests, url) = (documents.clone(), requests.clone(), url.clone());
                std::thread::spawn(move || serve(stream, &documents, &requests, &url, paging));
            }
        });
        server
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("requests").clone()
    }

    /// How often a path was asked for.
    pub(super) fn asked(&self, path: &str) -> usize {
        self.requests().iter().filter(|request| request.path() == path).count()
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut Documents)) {
        change(&mut self.documents.lock().expect("documents"));
    }
}

fn serve(
    stream: TcpStream,
    documents: &Mutex<Documents>,
    requests: &Mutex<Vec<Request>>,
    url: &str,
    paging: Paging,
) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let target = line.split(' ').nth(1)?.to_owned();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let request = Request { target, headers };
    requests.lock().expect("requests").push(request.clone());
    let mut documents = documents.lock().expect("documents");
    let reply = documents.first.get_mut(request.path()).and_then(VecDeque::pop_front);
    let reply = reply.unwrap_or_else(|| document(&request, &documents, url, paging));
    drop(documents);
    write(stream, reply)
}

fn document(request: &Request, documents: &Documents, url: &str, paging: Paging) -> Reply {
    let mut path = request.path().to_owned();
    for (alias, meant) in &documents.aliases {
        if let Some(rest) = path.strip_prefix(alias.as_str()) {
            path = format!("{meant}{rest}");
        }
    }
    let Some(document) = documents.by_path.get(&path) else {
        return Reply::Status(404, Vec::new(), json!({"message": "Not Found", "status": "404"}).to_string());
    };
    let number = |name, or| request.query(name).and_then(|text| text.parse().ok()).unwrap_or(or);
    let (size, page): (usize, usize) = (number("per_page", 30).min(100), number("page", 1));
    let mut document = document.clone();
    let list = match &mut document {
        Value::Array(list) => Some(list),
        Value::Object(object) => ["check_runs", "statuses"]
            .into_iter()
            .find(|key| object.contains_key(*key))
            .and_then(|key| object[key].as_array_mut()),
        _ => None,
    };
    let mut headers = Vec::new();
    if let Some(list) = list {
        let more = list.len() > size * page;
        *list = list.iter().skip(size * (page - 1)).take(size).cloned().collect();
        let next = if more { (page + 1).to_string() } else { String::new() };
        let numbered =
            documents.aliases.first().map_or_else(|| path.clone(), |(alias, meant)| path.replacen(meant, alias, 1));
        let link = |base: &str, page: &str, rel: &str| {
            format!("<{base}{numbered}?per_page={size}&page={page}>; rel=\"{rel}\"")
        };
        match paging {
            Paging::Links if more => {
                headers.push(("Link", format!("{}, {}", link(url, "1", "first"), link(url, &next, "next"))));
            }
            Paging::Links => {}
            Paging::Numbers => {
                headers.push(("Link", link("http://gitlab.internal", &next, "next")));
                headers.push(("X-Next-Page", next));
            }
        }
    }
    let body = document.to_string();
    let etag = format!("W/\"{}\"", crate::forge::cache::digest(body.as_bytes()));
    if request.header("if-none-match") == Some(&etag) {
        return Reply::Status(304, vec![("ETag", etag)], String::new());
    }
    headers.push(("ETag", etag));
    Reply::Status(200, headers, body)
}

fn write(mut stream: TcpStream, reply: Reply) -> Option<()> {
    let head = "Connection: close\r\nContent-Type: application/json\r\n";
    match reply {
        Reply::Status(status, headers, body) => {
            let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
            let length = if status == 304 { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
            write!(stream, "HTTP/1.1 {status} Words\r\n{head}{headers}{length}\r\n{body}").ok()?;
        }
        Reply::Torn => write!(stream, "HTTP/1.1 200 OK\r\n{head}Content-Length: 1000\r\n\r\n[").ok()?,
        Reply::Endless => {
            write!(stream, "HTTP/1.1 200 OK\r\n{head}\r\n\"").ok()?;
            let block = vec![b'a'; 1 << 20];
            for _ in 0..64 {
                stream.write_all(&block).ok()?;
            }
        }
        Reply::Silent => {}
    }
    stream.shutdown(std::net::Shutdown::Write).ok()?;
    // Closing with something unread would reset the connection under the answer.
    std::io::copy(&mut stream.take(1 << 16), &mut std::io::sink()).ok().map(drop)
}
