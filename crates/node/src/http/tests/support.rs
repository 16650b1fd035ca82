//! A server with a backend that only does what a test asks for, and a client of bytes.

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
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{mpsc, oneshot, watch},
    task::JoinHandle,
    time::{sleep, timeout},
};

use crate::explorer::{Content, Document};

use super::super::{Backend, Health, Limits, Options, Reply, RequestFacts, Room, Turn, serve};

/// Longer than anything here takes, so that a test fails instead of hanging.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Default)]
pub(super) struct Fake {
    pub(super) unhealthy: AtomicBool,
    working: AtomicUsize,
    pub(super) waiting: AtomicUsize,
    pub(super) most_working: AtomicUsize,
}

impl Backend for Fake {
    /// Does what the body says: `facts`, `sleep MILLIS`, `wait MILLIS`, `bytes COUNT`, `cookie VALUE`,
    /// `status N` or `panic`; echoes everything else.
    async fn rpc(
        self: Arc<Self>,
        facts: RequestFacts,
        body: Bytes,
        turn: &mut Turn,
        room: Room,
    ) -> Reply {
        let working = self.working.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_working.fetch_max(working, Ordering::SeqCst);
        let text = String::from_utf8_lossy(&body).into_owned();
        let (word, rest) = text.split_once(' ').unwrap_or((&text, ""));
        let mut reply = Reply {
            status: 200,
            body,
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
            "wait" => {
                self.waiting.fetch_add(1, Ordering::SeqCst);
                let event = sleep(Duration::from_millis(rest.parse().unwrap()));
                if let Err(many) = turn.wait(event).await {
                    reply.body = many.to_string().into();
                }
                self.waiting.fetch_sub(1, Ordering::SeqCst);
            }
            "bytes" => match room.fill(vec![b'x'; rest.parse().unwrap()]) {
                Ok(bytes) => reply.body = bytes,
                Err(refusal) => {
                    (reply.status, reply.body) = (503, refusal.body().into());
                }
            },
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

pub(super) struct Server {
    pub(super) address: SocketAddr,
    pub(super) backend: Arc<Fake>,
    stop: Option<oneshot::Sender<()>>,
    ended: JoinHandle<()>,
}

impl Server {
    pub(super) async fn start(limits: Limits) -> Self {
        Self::with(Options {
            limits,
            ..Options::default()
        })
        .await
    }

    pub(super) async fn with(options: Options) -> Self {
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

    pub(super) async fn connect(&self) -> Client {
        Client(TcpStream::connect(self.address).await.unwrap())
    }

    /// From another address of this machine.
    pub(super) async fn connect_from(&self, address: &str) -> Client {
        let elsewhere = TcpSocket::new_v4().unwrap();
        elsewhere.bind(address.parse().unwrap()).unwrap();
        Client(elsewhere.connect(self.address).await.unwrap())
    }

    /// One request on a connection of its own.
    pub(super) async fn ask(&self, request: &str) -> Answer {
        let mut client = self.connect().await;
        client.send(request).await;
        client.answer().await.unwrap()
    }

    pub(super) async fn post(&self, body: &str) -> Answer {
        self.ask(&post(body)).await
    }

    pub(super) async fn stop(mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        timeout(PATIENCE, self.ended).await.unwrap().unwrap();
    }
}

pub(super) struct Client(pub(super) TcpStream);

impl Client {
    pub(super) async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// The next answer; `None` when the server hangs up instead.
    pub(super) async fn answer(&mut self) -> Option<Answer> {
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
    pub(super) async fn hung_up(mut self) -> Duration {
        let start = Instant::now();
        let mut rest = Vec::new();
        // Whether by an end or by a reset.
        let _ = timeout(PATIENCE, self.0.read_to_end(&mut rest))
            .await
            .unwrap();
        start.elapsed()
    }
}

pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub(super) fn json(&self) -> Value {
        assert_eq!(
            self.header("content-type"),
            Some("application/json; charset=utf-8")
        );
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    #[track_caller]
    pub(super) fn assert_refused(&self, status: u16, code: i32, text: &str) {
        let body = self.json();
        assert_eq!(self.status, status);
        assert_eq!(body["jsonrpc"], "2.0");
        assert_eq!(body["id"], -1);
        assert_eq!(body["error"]["code"], code);
        let message = body["error"]["message"].as_str().unwrap();
        assert!(message.contains(text), "{message}");
    }
}

pub(super) fn post(body: &str) -> String {
    let len = body.len();
    format!("POST /rpc/v1 HTTP/1.1\r\nHost: node\r\nContent-Length: {len}\r\n\r\n{body}")
}

pub(super) fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: node\r\n\r\n")
}

pub(super) fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}
