//! The server over real sockets, with a backend that only does what a test asks for.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::body::Bytes;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{mpsc, oneshot, watch},
    task::JoinHandle,
    time::{sleep, timeout},
};

use crate::explorer::{Content, Document};

use super::{Backend, Health, Limits, Options, Reply, RequestFacts, serve};

/// Longer than anything here takes, so that a test fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Default)]
struct Fake {
    unhealthy: AtomicBool,
    working: AtomicUsize,
    most_working: AtomicUsize,
}

impl Backend for Fake {
    /// Does what the body says: `facts`, `sleep MILLIS`, `bytes COUNT`, `cookie VALUE`, `status N`
    /// or `panic`; echoes everything else.
    async fn rpc(self: Arc<Self>, facts: RequestFacts, body: Bytes) -> Reply {
        let working = self.working.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_working.fetch_max(working, Ordering::SeqCst);
        let text = String::from_utf8_lossy(&body).into_owned();
        let (word, rest) = text.split_once(' ').unwrap_or((&text, ""));
        let mut reply = Reply {
            status: 200,
            body: body.to_vec(),
            set_cookie: None,
        };
        match word {
            "facts" => {
                let facts = json!([
                    facts.peer.to_string(),
                    facts.origin,
                    facts.host,
                    facts.cookie
                ]);
                reply.body = facts.to_string().into();
            }
            "sleep" => sleep(Duration::from_millis(rest.parse().unwrap())).await,
            "bytes" => reply.body = vec![b'x'; rest.parse().unwrap()],
            "cookie" => reply.set_cookie = Some(rest.to_owned()),
            "status" => reply.status = rest.parse().unwrap(),
            "panic" => panic!("asked for"),
            _ => {}
        }
        self.working.fetch_sub(1, Ordering::SeqCst);
        reply
    }

    fn health(&self) -> Health {
        let healthy = !self.unhealthy.load(Ordering::SeqCst);
        Health {
            kwil_alive: true,
            healthy,
            services: BTreeMap::from([("user", json!({ "mode": "open" }))]),
        }
    }

    fn openrpc(&self) -> &'static str {
        r#"{"openrpc":"1.2.6"}"#
    }

    fn has_explorer(&self) -> bool {
        true
    }

    /// Shows what was asked, by whom.
    async fn explore(self: Arc<Self>, peer: IpAddr, path: &str, query: &str) -> Document {
        let (status, content) = match path {
            "/explorer/page" => (200, Content::Page("<!DOCTYPE html>".to_owned())),
            "/explorer/style" => (200, Content::Stylesheet),
            "/explorer/away" => (303, Content::Redirect("/explorer/there".to_owned())),
            _ => {
                let asked = json!([peer.to_string(), path, query]).to_string();
                (429, Content::Json(asked.into()))
            }
        };
        Document {
            status,
            content,
            retry_after: Some(7).filter(|_| status == 429),
        }
    }

    /// One event, then nothing until the server stops.
    fn listen(
        self: Arc<Self>,
        _: IpAddr,
        mut stop: watch::Receiver<bool>,
    ) -> Result<mpsc::Receiver<Bytes>, Document> {
        let (sender, receiver) = mpsc::channel(1);
        tokio::spawn(async move {
            sender
                .send(Bytes::from_static(b"data: 1\n\n"))
                .await
                .unwrap();
            stop.wait_for(|stop| *stop).await.unwrap();
        });
        Ok(receiver)
    }
}

struct Server {
    address: SocketAddr,
    backend: Arc<Fake>,
    stop: Option<oneshot::Sender<()>>,
    ended: JoinHandle<()>,
}

impl Server {
    async fn start(limits: Limits) -> Self {
        Self::with(Options {
            limits,
            ..Options::default()
        })
        .await
    }

    async fn with(options: Options) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let backend = Arc::new(Fake::default());
        let (stop, stopped) = oneshot::channel();
        let ended = tokio::spawn(serve(Arc::clone(&backend), listener, options, async {
            stopped.await.ok();
        }));
        Self {
            address,
            backend,
            stop: Some(stop),
            ended,
        }
    }

    async fn connect(&self) -> Client {
        Client(TcpStream::connect(self.address).await.unwrap())
    }

    /// One request on a connection of its own.
    async fn ask(&self, request: &str) -> Answer {
        let mut client = self.connect().await;
        client.send(request).await;
        client.answer().await.unwrap()
    }

    async fn post(&self, body: &str) -> Answer {
        self.ask(&post(body)).await
    }

    async fn stop(mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        timeout(PATIENCE, self.ended).await.unwrap().unwrap();
    }
}

struct Client(TcpStream);

impl Client {
    async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// The next answer; `None` when the server hangs up instead.
    async fn answer(&mut self) -> Option<Answer> {
        timeout(PATIENCE, self.read_answer()).await.unwrap()
    }

    async fn read_answer(&mut self) -> Option<Answer> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.0.read_u8().await.ok()?);
        }
        let head = String::from_utf8(head).unwrap();
        let status = head.split(' ').nth(1)?.parse().unwrap();
        let mut answer = Answer {
            status,
            head,
            body: Vec::new(),
        };
        let len = answer.header("content-length").unwrap_or("0").parse();
        answer.body.resize(len.unwrap(), 0);
        self.0.read_exact(&mut answer.body).await.ok()?;
        Some(answer)
    }

    /// How long it takes until the server hangs up.
    async fn hung_up(mut self) -> Duration {
        let start = Instant::now();
        let mut rest = Vec::new();
        // Whether by an end or by a reset.
        let _ = timeout(PATIENCE, self.0.read_to_end(&mut rest))
            .await
            .unwrap();
        start.elapsed()
    }
}

struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    fn json(&self) -> Value {
        assert_eq!(
            self.header("content-type"),
            Some("application/json; charset=utf-8")
        );
        serde_json::from_slice(&self.body).unwrap()
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    #[track_caller]
    fn assert_refused(&self, status: u16, code: i32, text: &str) {
        let body = self.json();
        assert_eq!(self.status, status);
        assert_eq!(body["jsonrpc"], "2.0");
        assert_eq!(body["id"], -1);
        assert_eq!(body["error"]["code"], code);
        let message = body["error"]["message"].as_str().unwrap();
        assert!(message.contains(text), "{message}");
    }
}

fn post(body: &str) -> String {
    let len = body.len();
    format!("POST /rpc/v1 HTTP/1.1\r\nHost: node\r\nContent-Length: {len}\r\n\r\n{body}")
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: node\r\n\r\n")
}

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[tokio::test]
async fn methods_are_called_by_post() {
    let server = Server::start(Limits::default()).await;
    let answer = server.post("hello").await;
    assert_eq!((answer.status, answer.text()), (200, "hello"));
    assert_eq!(
        answer.header("content-type"),
        Some("application/json; charset=utf-8")
    );
    assert_eq!(answer.header("set-cookie"), None);
    assert_eq!(server.post("status 404").await.status, 404);
    for method in ["GET", "PUT", "DELETE", "PATCH", "TRACE", "ANYTHING"] {
        let answer = server
            .ask(&format!("{method} /rpc/v1 HTTP/1.1\r\nHost: node\r\n\r\n"))
            .await;
        answer.assert_refused(405, -32600, "POST");
        assert_eq!(answer.header("allow"), Some("POST, OPTIONS"));
    }
}

#[tokio::test]
async fn chunked_bodies_are_read() {
    let server = Server::start(Limits::default()).await;
    let answer = server
        .ask(
            "POST /rpc/v1 HTTP/1.1\r\nHost: node\r\nTransfer-Encoding: chunked\r\n\r\n\
             3\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n",
        )
        .await;
    assert_eq!((answer.status, answer.text()), (200, "abcde"));
}

#[tokio::test]
async fn health_is_for_load_balancers() {
    let server = Server::start(Limits::default()).await;
    let whole = |healthy| json!({ "kwil_alive": true, "healthy": healthy, "services": { "user": { "mode": "open" } } });
    let answer = server.ask(&get("/api/v1/health")).await;
    assert_eq!((answer.status, answer.json()), (200, whole(true)));
    let answer = server.ask(&get("/api/v1/health/user")).await;
    assert_eq!(
        (answer.status, answer.json()),
        (200, json!({ "mode": "open" }))
    );
    for unknown in ["admin", "%ff", "%2e%2e"] {
        let answer = server.ask(&get(&format!("/api/v1/health/{unknown}"))).await;
        assert!(answer.status == 404 || answer.status == 400, "{unknown}");
    }
    // Whatever else is below `/api/v1` the explorer answers.
    let answer = server.ask(&get("/api/v1/health/user/x")).await;
    assert_eq!(
        (answer.status, &answer.json()[1]),
        (429, &json!("/api/v1/health/user/x"))
    );
    server.backend.unhealthy.store(true, Ordering::SeqCst);
    let answer = server.ask(&get("/api/v1/health")).await;
    assert_eq!((answer.status, answer.json()), (503, whole(false)));
    assert_eq!(server.ask(&get("/api/v1/health/user")).await.status, 503);
    let answer = server
        .ask("POST /api/v1/health HTTP/1.1\r\nHost: node\r\nContent-Length: 0\r\n\r\n")
        .await;
    assert_eq!(answer.status, 405);
    assert!(answer.json()["error"].is_string());
    assert_eq!(answer.header("allow"), Some("GET, HEAD, OPTIONS"));
}

#[tokio::test]
async fn the_rest_of_the_paths() {
    let server = Server::start(Limits::default()).await;
    let answer = server.ask(&get("/spec/v1")).await;
    assert_eq!(
        (answer.status, answer.json()),
        (200, json!({ "openrpc": "1.2.6" }))
    );
    let answer = server.ask(&get("/")).await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (302, Some("/explorer/"))
    );
    for path in ["/rpc/v2", "/rpc/v1/", "/../rpc/v1", "/spec/v1?x=1/.."] {
        let answer = server.ask(&get(path)).await;
        let expected = if path.starts_with("/spec") { 200 } else { 404 };
        assert_eq!(answer.status, expected, "{path}");
        answer.json();
    }
}

#[tokio::test]
async fn cors_headers_are_on_every_answer() {
    let limits = Limits {
        body_bytes: 100,
        ..Limits::default()
    };
    let server = Server::start(limits).await;
    let origin = "https://app.example";
    let long = "x".repeat(101);
    for (request, status) in [
        ("OPTIONS /rpc/v1 HTTP/1.1\r\nContent-Length: 0", 200),
        ("OPTIONS /spec/v1 HTTP/1.1\r\nContent-Length: 0", 200),
        ("POST /rpc/v1 HTTP/1.1\r\nContent-Length: 0", 200),
        ("DELETE /rpc/v1 HTTP/1.1\r\nContent-Length: 0", 405),
        ("POST /rpc/v1 HTTP/1.1\r\nContent-Length: 101", 413),
        ("GET /api/v1/health HTTP/1.1\r\nA: b", 200),
        ("GET /nothing HTTP/1.1\r\nA: b", 404),
    ] {
        for sent in [Some(origin), None] {
            let origin = sent.map_or(String::new(), |origin| format!("\r\nOrigin: {origin}"));
            let body = if status == 413 { &long } else { "" };
            let answer = server
                .ask(&format!("{request}\r\nHost: node{origin}\r\n\r\n{body}"))
                .await;
            assert_eq!(answer.status, status, "{request}");
            for (name, value) in [
                ("access-control-allow-origin", sent),
                ("access-control-allow-credentials", Some("true")),
                ("access-control-allow-methods", Some("GET, POST, OPTIONS")),
                (
                    "access-control-allow-headers",
                    Some(
                        "Accept, Content-Type, Content-Length, Accept-Encoding, Authorization, \
                         ResponseType, Range",
                    ),
                ),
                ("vary", Some("Origin")),
                ("cache-control", Some("no-store")),
                ("x-content-type-options", Some("nosniff")),
            ] {
                assert_eq!(answer.header(name), value, "{name} of {request}");
            }
            if request.starts_with("OPTIONS") {
                assert!(answer.body.is_empty());
            }
        }
    }
}

#[tokio::test]
async fn an_origin_that_can_not_be_one_is_not_echoed() {
    let server = Server::start(Limits::default()).await;
    let long = format!("Origin: {}\r\n", "a".repeat(513));
    for (origin, status) in [(long.as_str(), 431), ("Origin: a\r\nOrigin: b\r\n", 400)] {
        let answer = server
            .ask(&format!(
                "POST /rpc/v1 HTTP/1.1\r\nHost: node\r\n{origin}Content-Length: 0\r\n\r\n"
            ))
            .await;
        answer.assert_refused(status, -32600, "header Origin");
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
}

#[tokio::test]
async fn facts_and_cookies_pass() {
    let server = Server::start(Limits::default()).await;
    let request = "POST /rpc/v1 HTTP/1.1\r\nHost: node:1\r\nOrigin: http://a\r\n\
                   Cookie: kgw_session=t; Path=/\r\nX-Forwarded-For: 192.0.2.1\r\n\
                   Content-Length: 5\r\n\r\nfacts";
    let answer = server.ask(request).await.json();
    assert_eq!(
        answer,
        json!(["127.0.0.1", "http://a", "node:1", "kgw_session=t; Path=/"])
    );
    let answer = server.post("cookie kgw_session=; Path=/; Max-Age=0").await;
    assert_eq!(
        answer.header("set-cookie"),
        Some("kgw_session=; Path=/; Max-Age=0")
    );
    let behind_proxy = Server::with(Options {
        trust_forwarded_for: true,
        ..Options::default()
    })
    .await;
    assert_eq!(behind_proxy.ask(request).await.json()[0], "192.0.2.1");
}

#[tokio::test]
async fn a_backend_that_answers_nonsense_is_an_internal_error() {
    let server = Server::start(Limits::default()).await;
    for nonsense in ["status 99", "status 0", "cookie a\r\nSet-Cookie: b"] {
        let answer = server.post(nonsense).await;
        answer.assert_refused(500, -32603, "internal");
        assert_eq!(answer.header("set-cookie"), None);
    }
}

#[tokio::test]
async fn a_panic_ends_one_connection_only() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.connect().await;
    client.send(&post("panic")).await;
    assert!(client.answer().await.is_none());
    assert_eq!(server.post("hello").await.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn a_body_announced_too_long_is_refused_before_it_is_sent() {
    let limits = Limits {
        body_bytes: 1_000,
        ..Limits::default()
    };
    let server = Server::start(limits).await;
    assert_eq!(server.post(&"x".repeat(1_000)).await.status, 200);
    for len in ["1001", "9999999999999"] {
        let answer = server
            .ask(&format!(
                "POST /rpc/v1 HTTP/1.1\r\nHost: node\r\nExpect: 100-continue\r\n\
                 Content-Length: {len}\r\n\r\n"
            ))
            .await;
        answer.assert_refused(413, -32600, "longer than 1000 bytes");
        assert_eq!(answer.header("connection"), Some("close"));
    }
}

#[tokio::test]
async fn a_body_that_grows_too_long_is_refused_while_it_comes() {
    let limits = Limits {
        body_bytes: 100_000,
        ..Limits::default()
    };
    let server = Server::start(limits).await;
    let mut client = server.connect().await;
    client
        .send("POST /rpc/v1 HTTP/1.1\r\nHost: node\r\nTransfer-Encoding: chunked\r\n\r\n")
        .await;
    // Sent to the end although the answer is there long before: the client must still get it.
    let chunk = format!("{:x}\r\n{}\r\n", 50_000, "x".repeat(50_000));
    for _ in 0..100 {
        client.send(&chunk).await;
    }
    let answer = client.answer().await.unwrap();
    answer.assert_refused(413, -32600, "longer than 100000 bytes");
}

#[tokio::test]
async fn all_bodies_together_are_bounded_but_small_ones_pass() {
    let limits = Limits {
        free_bytes: 100,
        bodies_bytes: 1_000,
        ..Limits::default()
    };
    let server = Server::start(limits).await;
    let mut uploading = server.connect().await;
    uploading
        .send("POST /rpc/v1 HTTP/1.1\r\nHost: node\r\nContent-Length: 1001\r\n\r\n")
        .await;
    uploading.send(&"x".repeat(1_000)).await;
    let start = Instant::now();
    loop {
        let answer = server.post(&"y".repeat(250)).await;
        if answer.status != 200 {
            answer.assert_refused(503, -32001, "busy");
            break;
        }
        assert!(start.elapsed() < PATIENCE);
    }
    assert_eq!(server.post(&"y".repeat(100)).await.status, 200);
    uploading.send("x").await;
    assert_eq!(uploading.answer().await.unwrap().status, 200);
    assert_eq!(server.post(&"y".repeat(1_000)).await.status, 200);
}

#[tokio::test]
async fn slow_heads_and_idle_connections_end() {
    let limits = Limits {
        head: millis(200),
        ..Limits::default()
    };
    let server = Server::start(limits).await;
    let silent = server.connect().await;
    let mut half = server.connect().await;
    half.send("POST /rpc/v1 HTTP/1.1\r\nHost:").await;
    let mut idle = server.connect().await;
    idle.send(&post("hello")).await;
    assert_eq!(idle.answer().await.unwrap().status, 200);
    let mut dripping = server.connect().await;
    dripping.send("POST /rpc/v1 HTTP/1.1\r\nX: ").await;
    let drip = async {
        let mut sent = 0;
        while dripping.0.write_all(b"x").await.is_ok() && sent < 1_000 {
            sent += 1;
            sleep(millis(20)).await;
        }
        sent
    };
    let (silent, half, idle, sent) =
        tokio::join!(silent.hung_up(), half.hung_up(), idle.hung_up(), drip);
    for elapsed in [silent, half, idle] {
        assert!(elapsed > millis(100) && elapsed < PATIENCE, "{elapsed:?}");
    }
    assert!(sent < 500, "{sent}");
}

#[tokio::test]
async fn slow_bodies_end() {
    let limits = Limits {
        body: millis(200),
        head: millis(200),
        linger: millis(50),
        ..Limits::default()
    };
    let server = Server::start(limits).await;
    let mut client = server.connect().await;
    client
        .send("POST /rpc/v1 HTTP/1.1\r\nHost: node\r\nContent-Length: 10\r\n\r\nabc")
        .await;
    let answer = client.answer().await.unwrap();
    answer.assert_refused(408, -32600, "did not arrive within");
    client.hung_up().await;
}

#[tokio::test]
async fn broken_bodies_end() {
    let server = Server::start(Limits::default()).await;
    let answer = server
        .ask(
            "POST /rpc/v1 HTTP/1.1\r\nHost: node\r\nTransfer-Encoding: chunked\r\n\r\n\
             nonsense\r\nabc\r\n",
        )
        .await;
    answer.assert_refused(400, -32600, "malformed");
}

#[tokio::test]
async fn work_that_takes_too_long_is_a_timeout() {
    let limits = Limits {
        rpc: millis(100),
        ..Limits::default()
    };
    let server = Server::start(limits).await;
    let mut client = server.connect().await;
    client.send(&post("sleep 60000")).await;
    let answer = client.answer().await.unwrap();
    answer.assert_refused(503, -32001, "RPC timeout");
    assert_eq!(answer.json()["error"]["message"], "RPC timeout");
    // The request was read to its end, so the connection is as good as before.
    client.send(&post("hello")).await;
    assert_eq!(client.answer().await.unwrap().text(), "hello");
}

#[tokio::test]
async fn only_so_many_requests_are_worked_on() {
    let limits = Limits {
        requests_in_flight: 2,
        ..Limits::default()
    };
    let server = Server::start(limits).await;
    let mut clients = Vec::new();
    for _ in 0..10 {
        let mut client = server.connect().await;
        client.send(&post("sleep 20")).await;
        clients.push(client);
    }
    for mut client in clients {
        assert_eq!(client.answer().await.unwrap().status, 200);
    }
    assert_eq!(server.backend.most_working.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn slow_uploads_take_no_turns() {
    let limits = Limits {
        requests_in_flight: 1,
        ..Limits::default()
    };
    let server = Server::start(limits).await;
    let mut slow = server.connect().await;
    slow.send("POST /rpc/v1 HTTP/1.1\r\nHost: node\r\nContent-Length: 10\r\n\r\nabc")
        .await;
    assert_eq!(server.post("hello").await.status, 200);
}

#[tokio::test]
async fn an_answer_that_nobody_takes_is_dropped() {
    let limits = Limits {
        write_stall: millis(200),
        replies_bytes: 1_000,
        ..Limits::default()
    };
    let server = Server::start(limits).await;
    let mut stalled = server.connect().await;
    // More than the buffers of both sockets hold, and more than all answers together may.
    stalled.send(&post("bytes 50000000")).await;
    stalled.0.readable().await.unwrap();
    // Its share of the memory comes back, so that the next answer does not wait for ever.
    let start = Instant::now();
    let answer = server.post("bytes 100000").await;
    assert_eq!((answer.status, answer.body.len()), (200, 100_000));
    assert!(start.elapsed() > millis(100));
    assert!(stalled.answer().await.is_none());
}

#[tokio::test]
async fn newcomers_beyond_the_limit_are_told() {
    let limits = Limits {
        connections: 2,
        refusals: 1,
        linger: millis(300),
        ..Limits::default()
    };
    let server = Server::start(limits).await;
    let mut first = server.connect().await;
    first.send(&post("hello")).await;
    first.answer().await.unwrap();
    let second = server.connect().await;
    let mut third = server.connect().await;
    let fourth = server.connect().await;
    let answer = third.answer().await.unwrap();
    answer.assert_refused(503, -32001, "busy");
    assert_eq!(answer.header("connection"), Some("close"));
    fourth.hung_up().await;
    third.hung_up().await;
    // Those inside are served on, and make room when they leave.
    first.send(&post("hello")).await;
    assert_eq!(first.answer().await.unwrap().status, 200);
    drop(second);
    let start = Instant::now();
    loop {
        let mut client = server.connect().await;
        client.send(&post("hello")).await;
        if client
            .answer()
            .await
            .is_some_and(|answer| answer.status == 200)
        {
            break;
        }
        assert!(start.elapsed() < PATIENCE);
        sleep(millis(10)).await;
    }
}

#[tokio::test]
async fn a_thousand_idle_connections_stop_nobody() {
    let server = Server::start(Limits::default()).await;
    let mut idle = Vec::new();
    for _ in 0..1_000 {
        idle.push(server.connect().await);
    }
    let start = Instant::now();
    assert_eq!(server.post("hello").await.status, 200);
    assert!(start.elapsed() < Duration::from_secs(5));
    let last = idle.last_mut().unwrap();
    last.send(&post("hello")).await;
    assert_eq!(last.answer().await.unwrap().status, 200);
    let start = Instant::now();
    server.stop().await;
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "idle ones end at once"
    );
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order_and_garbage_ends_them() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.connect().await;
    let garbage = "\x00\x01garbage\r\n\r\n";
    client
        .send(&[&post("sleep 20"), &post("two"), garbage].concat())
        .await;
    assert_eq!(client.answer().await.unwrap().text(), "sleep 20");
    assert_eq!(client.answer().await.unwrap().text(), "two");
    assert_eq!(client.answer().await.map(|answer| answer.status), Some(400));
    assert!(client.answer().await.is_none());
    for hostile in [
        "POST /rpc/v1 HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        "POST /rpc/v1 HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "POST /rpc/v1 HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "\u{16}\u{3}\u{1}",
    ] {
        let mut client = server.connect().await;
        client.send(hostile).await;
        client.0.shutdown().await.unwrap();
        let status = client.answer().await.map_or(400, |answer| answer.status);
        assert_eq!(status, 400, "{hostile}");
    }
    assert_eq!(server.post("hello").await.status, 200);
}

#[tokio::test]
async fn a_head_that_is_too_long_is_refused() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.connect().await;
    let head = format!("POST /rpc/v1 HTTP/1.1\r\nX: {}", "x".repeat(32 * 1024));
    client.send(&head).await;
    assert_eq!(client.answer().await.unwrap().status, 431);
    let cookie = "x".repeat(8 * 1024 + 1);
    let answer = server
        .ask(&format!(
            "POST /rpc/v1 HTTP/1.1\r\nHost: node\r\nCookie: {cookie}\r\nContent-Length: 0\r\n\r\n"
        ))
        .await;
    answer.assert_refused(431, -32600, "Cookie");
}

#[tokio::test]
async fn shutdown_finishes_what_is_in_flight_and_takes_nothing_new() {
    let server = Server::start(Limits::default()).await;
    let address = server.address;
    let mut client = server.connect().await;
    client.send(&post("sleep 300")).await;
    let mut uploading = server.connect().await;
    uploading
        .send("POST /rpc/v1 HTTP/1.1\r\nHost: node\r\nContent-Length: 5\r\n\r\nhe")
        .await;
    let idle = server.connect().await;
    sleep(millis(100)).await;
    let stopped = tokio::spawn(server.stop());
    idle.hung_up().await;
    uploading.send("llo").await;
    assert_eq!(uploading.answer().await.unwrap().text(), "hello");
    let answer = client.answer().await.unwrap();
    assert_eq!((answer.status, answer.text()), (200, "sleep 300"));
    stopped.await.unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn shutdown_cuts_off_what_does_not_finish() {
    let limits = Limits {
        grace: millis(200),
        ..Limits::default()
    };
    let server = Server::start(limits).await;
    let mut client = server.connect().await;
    client.send(&post("sleep 60000")).await;
    sleep(millis(100)).await;
    let start = Instant::now();
    server.stop().await;
    assert!(start.elapsed() >= millis(200) && start.elapsed() < PATIENCE);
    assert!(client.answer().await.is_none());
}

#[tokio::test]
async fn what_explores_is_asked_with_its_path_and_its_sender() {
    let server = Server::start(Limits::default()).await;
    let answer = server.ask(&get("/api/v1/blocks?limit=2")).await;
    assert_eq!(answer.status, 429);
    assert_eq!(
        answer.json(),
        json!(["127.0.0.1", "/api/v1/blocks", "limit=2"])
    );
    assert_eq!(answer.header("retry-after"), Some("7"));
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(answer.header("access-control-allow-credentials"), None);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let answer = server.ask(&get("/explorer/page")).await;
    assert_eq!((answer.status, answer.text()), (200, "<!DOCTYPE html>"));
    assert_eq!(
        answer.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"));
    assert!(policy.contains("frame-ancestors 'none'; require-trusted-types-for 'script'"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    let style = server.ask(&get("/explorer/style")).await;
    assert_eq!(
        style.header("content-type"),
        Some("text/css; charset=utf-8")
    );
    assert!(style.header("cache-control").unwrap().contains("immutable"));
    let away = server.ask(&get("/explorer/away")).await;
    assert_eq!(
        (away.status, away.header("location")),
        (303, Some("/explorer/there"))
    );
    let root = server.ask(&get("/")).await;
    assert_eq!(
        (root.status, root.header("location")),
        (302, Some("/explorer/"))
    );
    for path in ["/explorer/", "/api/v1/blocks", "/api/v1/events", "/"] {
        let request = format!("POST {path} HTTP/1.1\r\nHost: node\r\nContent-Length: 0\r\n\r\n");
        let answer = server.ask(&request).await;
        assert_eq!(answer.status, 405, "{path}");
        assert_eq!(answer.header("allow"), Some("GET, HEAD, OPTIONS"));
    }
}

#[tokio::test]
async fn events_end_when_the_server_stops() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.connect().await;
    client.send(&get("/api/v1/events")).await;
    let mut text = String::new();
    while !text.contains("data: 1\n\n") {
        let mut part = [0; 1024];
        let len = timeout(PATIENCE, client.0.read(&mut part))
            .await
            .unwrap()
            .unwrap();
        assert!(len > 0, "{text}");
        text += std::str::from_utf8(&part[..len]).unwrap();
    }
    assert!(text.contains("content-type: text/event-stream"), "{text}");
    assert!(text.contains("access-control-allow-origin: *"), "{text}");
    let start = Instant::now();
    server.stop().await;
    assert!(start.elapsed() < Limits::default().grace, "it waited");
}
