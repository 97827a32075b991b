//! A loopback server that answers as the EC2 and STS query APIs do, for the faults that no emulator produces on demand.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What to answer to one call.
pub enum Answer {
    /// This document with status 200.
    Xml(String),
    /// An error as EC2 writes it.
    Error(u16, &'static str, &'static str),
    /// A page that is no API's answer.
    Html(u16),
    /// Nothing, and the connection stays open.
    Hang,
    /// Nothing, and the connection is closed.
    Close,
}

/// A running server.
pub struct Endpoint {
    /// Its address, for `AWS_ENDPOINT_URL`.
    pub url: String,
    calls: Arc<Mutex<Vec<String>>>,
    ended: Arc<AtomicBool>,
    address: std::net::SocketAddr,
}

impl Endpoint {
    /// Starts on a free loopback port. `answer` gets the action's name.
    pub fn start(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (calls, ended) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (seen, end, answer) = (Arc::clone(&calls), Arc::clone(&ended), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if end.load(Ordering::SeqCst) {
                    return;
                }
                let (seen, end, answer) = (Arc::clone(&seen), Arc::clone(&end), Arc::clone(&answer));
                std::thread::spawn(move || serve(stream, &seen, &end, &*answer));
            }
        });
        Self { url: format!("http://{address}"), calls, ended, address }
    }

    /// How often an action was called.
    pub fn calls(&self, action: &str) -> usize {
        self.calls.lock().expect("the list of calls").iter().filter(|call| *call == action).count()
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(stream: TcpStream, calls: &Mutex<Vec<String>>, ended: &AtomicBool, answer: &dyn Fn(&str) -> Answer) {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    if reader.read_exact(&mut body).is_err() {
        return;
    }
    let body = String::from_utf8_lossy(&body).into_owned();
    let action = body.split('&').find_map(|pair| pair.strip_prefix("Action=")).unwrap_or("").to_owned();
    calls.lock().expect("the list of calls").push(action.clone());
    let (status, kind, text) = match answer(&action) {
        Answer::Xml(text) => (200, "text/xml", text),
        Answer::Error(status, code, message) => (
            status,
            "text/xml",
            format!(
                "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors><RequestID>r-1</RequestID></Response>"
            ),
        ),
        Answer::Html(status) => {
            (status, "text/html", "<html><body><h1>Internal Server Error</h1></body></html>".to_owned())
        }
        Answer::Close => return,
        Answer::Hang => {
            while !ended.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(50));
            }
            return;
        }
    };
    let mut stream = reader.into_inner();
    let _ = write!(
        stream,
        "HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
        text.len()
    );
}

/// The caller's identity.
pub fn caller(account: &str) -> Answer {
    Answer::Xml(format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
         <Arn>arn:aws:iam::{account}:user/reader</Arn><UserId>reader</UserId><Account>{account}</Account>\
         </GetCallerIdentityResult><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
    ))
}

/// A list answer of EC2 with these items in this set.
pub fn list(action: &str, set: &str, items: &str) -> Answer {
    Answer::Xml(format!(
        "<{action}Response xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>r-1</requestId><{set}>{items}</{set}></{action}Response>"
    ))
}
