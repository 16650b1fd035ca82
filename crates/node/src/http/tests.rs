//! The server over real sockets.

mod bounds;
mod support;

use std::{sync::atomic::Ordering, time::Instant};

use serde_json::json;
use tokio::{io::AsyncReadExt, time::timeout};

use super::{Limits, Options};
use support::{PATIENCE, Server, get, post};

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
        assert_eq!(answer.header("connection"), Some("close"));
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
    assert!(
        start.elapsed() < Limits::default().bounds.grace,
        "it waited"
    );
}
