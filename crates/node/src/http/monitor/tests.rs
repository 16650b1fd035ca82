use std::{
    net::SocketAddr,
    sync::atomic::{AtomicUsize, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::oneshot,
    task::JoinHandle,
};

use super::*;

struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<()>,
}

impl Server {
    async fn start(render: Render) -> Self {
        Self::start_at("127.0.0.1", render).await
    }

    async fn start_at(ip: &str, render: Render) -> Self {
        let listener = TcpListener::bind((ip, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let (stop, stopped) = oneshot::channel();
        let ended = tokio::spawn(serve_metrics(render, listener, async {
            stopped.await.ok();
        }));
        Self {
            address,
            stop,
            ended,
        }
    }

    /// The whole answer to a request, head and body.
    async fn ask(&self, line: &str) -> String {
        self.ask_by(line, "Host: localhost").await
    }

    async fn ask_by(&self, line: &str, host: &str) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let request = format!(
            "{line} HTTP/1.1\r\n{host}\r\nOrigin: https://a.example\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }
}

#[tokio::test]
async fn there_are_metrics_and_nothing_else() {
    let server = Server::start(Arc::new(|| Ok("a 1\n# EOF\n".to_owned()))).await;
    let answer = server.ask("GET /metrics").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.ends_with("\r\n\r\na 1\n# EOF\n"), "{answer}");
    assert!(answer.contains(OPEN_METRICS), "{answer}");
    // A page in the operator's browser does not read them.
    assert!(!answer.contains("a.example"), "{answer}");
    for (line, status) in [
        ("GET /", "404"),
        ("GET /api/v1/health", "404"),
        ("POST /rpc/v1", "404"),
        ("POST /metrics", "405"),
    ] {
        let answer = server.ask(line).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{line}: {answer}"
        );
    }
    server.stop.send(()).unwrap();
    server.ended.await.unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
}

#[tokio::test]
async fn monitoring_on_other_machines_asks_by_name() {
    let render: Render = Arc::new(|| Ok("a 1\n# EOF\n".to_owned()));
    let server = Server::start_at("0.0.0.0", render).await;
    let answer = server.ask_by("GET /metrics", "Host: node-1:9484").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn a_page_whose_name_leads_here_reads_nothing() {
    let server = Server::start(Arc::new(|| Ok("a 1\n# EOF\n".to_owned()))).await;
    for host in ["Host: 127.0.0.1:9484", "Host: [::1]", "host: 10.0.0.1:9484"] {
        let answer = server.ask_by("GET /metrics", host).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    for host in [
        "Host: evil.test:9484",
        "Host: localhost\r\nHost: localhost",
        "X: y",
    ] {
        let answer = server.ask_by("GET /metrics", host).await;
        assert!(answer.starts_with("HTTP/1.1 421"), "{host}: {answer}");
        assert!(!answer.contains("a 1"), "{answer}");
    }
}

#[tokio::test]
async fn a_failure_is_said() {
    let server = Server::start(Arc::new(|| Err(fmt::Error))).await;
    let answer = server.ask("GET /metrics").await;
    assert!(answer.starts_with("HTTP/1.1 500"), "{answer}");
}

#[tokio::test]
async fn readers_take_turns_and_one_that_reads_nothing_holds_up_none() {
    let (at_once, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counted, seen) = (Arc::clone(&at_once), Arc::clone(&most));
    let megabytes = "x".repeat(8_000_000);
    let server = Server::start(Arc::new(move || {
        seen.fetch_max(counted.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        let text = megabytes.clone();
        counted.fetch_sub(1, Ordering::SeqCst);
        Ok(text)
    }))
    .await;
    let mut stalled = Vec::new();
    for _ in 0..4 {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let request = b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
        stream.write_all(request).await.unwrap();
        // Its answer has begun, and is never taken.
        stream.readable().await.unwrap();
        stalled.push(stream);
    }
    let (one, other) = tokio::join!(server.ask("GET /metrics"), server.ask("GET /metrics"));
    assert!(one.len() > 8_000_000 && other.len() > 8_000_000);
    assert_eq!(most.load(Ordering::SeqCst), 1);
}
