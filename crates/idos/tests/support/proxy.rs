//! Somebody between a client and a node, who passes on what they like.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use serde_json::{Value, json};

/// What becomes of an answer: it is changed in place; `false` if nothing is answered at all.
type Changes = dyn Fn(&str, &mut Value) -> bool + Send + Sync;
/// The member of an answer that is given to a request in place of passing it on, if any is: `result`
/// or `error`, and what it is.
type Instead = dyn Fn(&str) -> Option<(&'static str, Value)> + Send + Sync;

/// It listens until the test ends.
pub(crate) struct Proxy {
    pub(crate) url: String,
    methods: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// Before this node; `change` is told the method and the whole answer.
    pub(crate) fn before(
        node: &str,
        change: impl Fn(&str, &mut Value) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self::between(node, |_| None, change)
    }

    /// Before this node, which never hears of what `instead` answers; it is told the method.
    pub(crate) fn in_place_of(
        node: &str,
        instead: impl Fn(&str) -> Option<(&'static str, Value)> + Send + Sync + 'static,
    ) -> Self {
        Self::between(node, instead, |_, _| true)
    }

    fn between(
        node: &str,
        instead: impl Fn(&str) -> Option<(&'static str, Value)> + Send + Sync + 'static,
        change: impl Fn(&str, &mut Value) -> bool + Send + Sync + 'static,
    ) -> Self {
        let instead: Arc<Instead> = Arc::new(instead);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (node, change): (_, Arc<Changes>) = (node.to_owned(), Arc::new(change));
        let methods = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&methods);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (node, change, seen) = (node.clone(), Arc::clone(&change), Arc::clone(&seen));
                let instead = Arc::clone(&instead);
                thread::spawn(move || {
                    let mut stream = stream.unwrap();
                    let how = (instead.as_ref(), change.as_ref());
                    while pass_on(&mut stream, &node, how, &seen).is_some() {}
                });
            }
        });
        Self { url, methods }
    }

    /// Which methods were asked for.
    pub(crate) fn methods(&self) -> Vec<String> {
        self.methods.lock().unwrap().clone()
    }
}

fn pass_on(
    stream: &mut TcpStream,
    node: &str,
    (instead, change): (&Instead, &Changes),
    seen: &Mutex<Vec<String>>,
) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let (mut len, mut cookie, mut host) = (0, None, String::new());
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            if line == "\r\n" {
                break;
            }
            continue;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => len = value.parse().ok()?,
            "host" => host = value.to_owned(),
            "cookie" => cookie = Some(value.to_owned()),
            _ => {}
        }
    }
    let mut body = vec![0; len];
    reader.read_exact(&mut body).ok()?;
    let request: Value = serde_json::from_slice(&body).ok()?;
    let method = request["method"].as_str()?.to_owned();
    seen.lock().unwrap().push(method.clone());
    if let Some((member, said)) = instead(&method) {
        let answer = json!({ "jsonrpc": "2.0", "id": request["id"], member: said });
        return reply(stream, "", &answer);
    }

    // The node is to name the proxy as the domain of a sign-in.
    let mut forward = ureq::post(format!("{node}/rpc/v1"))
        .header("Content-Type", "application/json")
        .header("Host", host);
    if let Some(cookie) = cookie {
        forward = forward.header("Cookie", cookie);
    }
    let mut answered = forward.send(&body).ok()?;
    let cookie = answered.headers().get("set-cookie").cloned();
    let cookie = cookie.map_or(String::new(), |it| {
        format!("Set-Cookie: {}\r\n", it.to_str().unwrap())
    });
    let limited = answered.body_mut().with_config().limit(64_000_000);
    let mut answer: Value = serde_json::from_slice(&limited.read_to_vec().ok()?).ok()?;
    if !change(&method, &mut answer) {
        loop {
            thread::park();
        }
    }
    reply(stream, &cookie, &answer)
}

/// Answers; `cookie` is a whole header, or nothing.
fn reply(stream: &mut TcpStream, cookie: &str, answer: &Value) -> Option<()> {
    let answer = answer.to_string();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{cookie}Content-Length: {}\r\n\r\n",
        answer.len()
    );
    stream.write_all((head + &answer).as_bytes()).ok()
}

/// A refusal of a transaction.
pub(crate) fn rejection() -> (&'static str, Value) {
    let data = json!({ "code": 3, "hash": "00".repeat(32), "message": "not today" });
    let error = json!({ "code": -201, "message": "broadcast error", "data": data });
    ("error", error)
}
