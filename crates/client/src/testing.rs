//! Nodes of tests, which answer as they are told.

use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use ed25519_zebra::{SigningKey, VerificationKey};
use idos_proof::{ChainId, Root, RootCertificate, RootStatement, ValidatorSet};
use idos_types::{Digest, Member, ValidatorKey};
use serde_json::{Value as Json, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// The chain of these tests.
pub(crate) const CHAIN: &str = "idos-horizon";

/// What a node does with a request.
pub(crate) enum Does {
    /// Answers with this result.
    Gives(Json),
    /// The same, with a cookie.
    SetsCookie(Json, &'static str),
    /// Answers with this error.
    Fails(Json),
    /// Hangs up.
    HangsUp,
    /// Never answers.
    KeepsSilent,
    /// Answers with this as the whole body.
    Says(&'static str),
}

/// A node that listens until it is dropped.
pub(crate) struct FakeNode {
    pub(crate) url: String,
    asked: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl FakeNode {
    /// `does` is told the method, the parameters and the cookie of each request.
    pub(crate) async fn new<F>(does: F) -> Self
    where
        F: Fn(&str, &Json, Option<&str>) -> Does + Send + Sync + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let (counter, does) = (Arc::clone(&asked), Arc::new(does));
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, Arc::clone(&does), Arc::clone(&counter)));
            }
        });
        Self { url, asked, task }
    }

    /// How many requests came.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Drop for FakeNode {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The URL of a node that does not run.
pub(crate) async fn dead() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

async fn serve<F>(mut stream: TcpStream, does: Arc<F>, asked: Arc<AtomicUsize>)
where
    F: Fn(&str, &Json, Option<&str>) -> Does,
{
    let mut bytes = Vec::new();
    let (head, body) = loop {
        let mut chunk = [0; 4096];
        let read = stream.read(&mut chunk).await.unwrap_or(0);
        if read == 0 {
            return;
        }
        bytes.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let head = head.to_ascii_lowercase();
        let len = head.split("content-length: ").nth(1).unwrap();
        let len: usize = len.lines().next().unwrap().parse().unwrap();
        if body.len() >= len {
            break (head, body.to_owned());
        }
    };
    asked.fetch_add(1, Ordering::SeqCst);
    let request: Json = serde_json::from_str(&body).unwrap();
    let cookie = head.split("cookie: ").nth(1);
    let cookie = cookie.and_then(|rest| rest.lines().next());
    let did = does(
        request["method"].as_str().unwrap(),
        &request["params"],
        cookie,
    );
    let mut set_cookie = String::new();
    let answer = match did {
        Does::Gives(result) => json!({"jsonrpc": "2.0", "id": request["id"], "result": result}),
        Does::SetsCookie(result, cookie) => {
            set_cookie = format!("Set-Cookie: {cookie}\r\n");
            json!({"jsonrpc": "2.0", "id": request["id"], "result": result})
        }
        Does::Fails(error) => json!({"jsonrpc": "2.0", "id": request["id"], "error": error}),
        Does::HangsUp => return,
        Does::KeepsSilent => return std::future::pending().await,
        Does::Says(body) => Json::from(body),
    };
    let body = match answer {
        Json::String(body) => body,
        json => json.to_string(),
    };
    let response = format!(
        "HTTP/1.1 200 OK\r\nConnection: close\r\n{set_cookie}Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let _ = stream.write_all(response.as_bytes()).await;
}

fn signing_key(number: u8) -> SigningKey {
    SigningKey::from([number + 1; 32])
}

/// The validators with these numbers.
pub(crate) fn set(numbers: Range<u8>) -> ValidatorSet {
    let member = |number| Member {
        key: ValidatorKey(VerificationKey::from(&signing_key(number)).into()),
        address: "192.0.2.1:8485".parse().unwrap(),
    };
    let members = numbers.map(member).collect();
    ValidatorSet::of(idos_types::ValidatorSet::new(members).unwrap()).unwrap()
}

/// What they certify.
pub(crate) fn statement(epoch: u64, height: u64) -> RootStatement {
    RootStatement {
        chain_id: ChainId::new(CHAIN).unwrap(),
        epoch,
        height,
        ends_epoch: false,
        header: Digest::of(b"header"),
        root: Root {
            hash: Digest::of(b"root"),
            count: 1,
        },
        time: crate::proved::now(),
    }
}

/// What all of these validators certified.
pub(crate) fn certified(statement: RootStatement, signers: Range<u8>) -> RootCertificate {
    let (set, message) = (set(signers.clone()), statement.signed_bytes());
    let mut signatures: Vec<_> = signers
        .map(signing_key)
        .map(|key| {
            let number = set.position(&VerificationKey::from(&key).into()).unwrap();
            (number, key.sign(&message).to_bytes())
        })
        .collect();
    signatures.sort_unstable_by_key(|(number, _)| *number);
    RootCertificate::new(statement, set.len(), signatures).unwrap()
}
