//! A loopback server that answers as a forge's REST API documents, for the program itself.
//! Knows nothing of what the answers mean.

use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// One answer: its status, headers and document.
#[derive(Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub document: Value,
}

impl Reply {
    /// A document with status 200.
    pub fn json(document: Value) -> Self {
        Self { status: 200, headers: Vec::new(), document }
    }
}

/// A running server.
pub struct Forge {
    /// Its address.
    pub url: String,
    /// Paths with queries, and whether the token came along.
    calls: Arc<Mutex<Vec<(String, bool)>>>,
    ended: Arc<AtomicBool>,
    address: std::net::SocketAddr,
}

impl Forge {
    /// Answers these paths; anything else is 404. `token` is what has to come along.
    pub fn start(replies: BTreeMap<String, Reply>, token: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (calls, ended) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (seen, end, replies, token) = (calls.clone(), ended.clone(), Arc::new(replies), token.to_owned());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if end.load(Ordering::SeqCst) {
                    return;
                }
                let (seen, replies, token) = (seen.clone(), replies.clone(), token.clone());
                std::thread::spawn(move || serve(stream, &seen, &replies, &token));
            }
        });
        Self { url: format!("http://{address}"), calls, ended, address }
    }

    /// How many calls came, all with the token.
    #[track_caller]
    pub fn calls(&self) -> usize {
        let calls = self.calls.lock().expect("the list of calls");
        assert!(calls.iter().all(|(_, token)| *token), "{calls:?}");
        calls.len()
    }
}

impl Drop for Forge {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(stream: TcpStream, calls: &Mutex<Vec<(String, bool)>>, replies: &BTreeMap<String, Reply>, token: &str) {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    if reader.read_line(&mut first).unwrap_or(0) == 0 {
        return;
    }
    let mut has_token = false;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 || line == "\r\n" {
            break;
        }
        has_token |= line.contains(token);
    }
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let bare = path.split('?').next().unwrap_or_default().to_owned();
    calls.lock().expect("the list of calls").push((path, has_token));
    let missing = Reply { status: 404, headers: Vec::new(), document: serde_json::json!({"message": "Not Found"}) };
    let reply = replies.get(&bare).cloned().unwrap_or(missing);
    let text = reply.document.to_string();
    let headers: String = reply.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let mut stream = reader.into_inner();
    let _ = write!(
        stream,
        "HTTP/1.1 {} X\r\nContent-Type: application/json\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{text}",
        reply.status,
        text.len()
    );
}
