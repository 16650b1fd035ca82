//! Whatever clients send, and however slowly, nothing is held for long; and how serving ends.

use std::{
    num::NonZeroU64,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use idos_connections::Bounds;
use idos_types::limits::COOKIES_BYTES;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::sleep,
};

use super::{
    super::{Limits, Options},
    support::{Client, PATIENCE, Server, get, millis, post},
};

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
            // The rest of it may be on its way.
            assert_eq!(answer.header("connection"), Some("close"));
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
        bounds: Bounds {
            head: millis(200),
            ..Bounds::default()
        },
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
        bounds: Bounds {
            head: millis(200),
            linger: millis(50),
            ..Bounds::default()
        },
        body: millis(200),
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

/// Sends what is not done before the test ends, on so many connections, and waits until so many of them
/// are worked on.
async fn keep_busy(server: &Server, request: &str, count: usize, most: usize) -> Vec<Client> {
    let mut clients = Vec::new();
    for _ in 0..count {
        let mut client = server.connect().await;
        client.send(request).await;
        clients.push(client);
    }
    let start = Instant::now();
    while server.backend.most_working.load(Ordering::SeqCst) < most {
        assert!(start.elapsed() < PATIENCE);
        sleep(millis(1)).await;
    }
    clients
}

#[tokio::test]
async fn one_household_takes_a_part_of_the_turns() {
    let limits = Limits {
        requests_in_flight: 4,
        requests_in_flight_per_household: 2,
        rpc: millis(5_000),
        ..Limits::default()
    };
    let server = Server::start(limits.clone()).await;
    let busy = keep_busy(&server, &post("sleep 60000"), 10, 2).await;
    let mut other = server.connect_from("127.0.0.2:0").await;
    other.send(&post("hello")).await;
    assert_eq!(other.answer().await.unwrap().text(), "hello");
    let at_once = server.backend.most_working.load(Ordering::SeqCst);
    assert_eq!(at_once, 3, "two of the one, one of the other");
    // Whoever leaves leaves its turns.
    drop(busy);
    assert_eq!(server.post("hello").await.text(), "hello");

    // Behind a proxy it is the client whose share it is, not the proxy.
    let behind_proxy = Server::with(Options {
        trust_forwarded_for: true,
        limits,
    })
    .await;
    let from = |host: u8, body: &str| {
        let len = body.len();
        format!(
            "POST /rpc/v1 HTTP/1.1\r\nHost: node\r\nX-Forwarded-For: 192.0.2.{host}\r\n\
             Content-Length: {len}\r\n\r\n{body}"
        )
    };
    let _busy = keep_busy(&behind_proxy, &from(1, "sleep 60000"), 10, 2).await;
    let answer = behind_proxy.ask(&from(2, "hello")).await;
    assert_eq!(answer.text(), "hello");
}

#[tokio::test]
async fn whoever_waits_takes_no_turn_but_one_of_the_places_to_wait() {
    let limits = Limits {
        requests_in_flight: 1,
        requests_waiting: 2,
        ..Limits::default()
    };
    let server = Server::start(limits).await;
    let mut waiting = Vec::new();
    for _ in 0..2 {
        let mut client = server.connect().await;
        client.send(&post("wait 60000")).await;
        waiting.push(client);
    }
    let start = Instant::now();
    while server.backend.waiting.load(Ordering::SeqCst) < 2 {
        assert!(start.elapsed() < PATIENCE);
        sleep(millis(1)).await;
    }
    assert_eq!(server.post("hello").await.text(), "hello");
    let answer = server.post("wait 60000").await;
    let text = answer.text();
    assert!(
        text.contains("too many requests wait for a block"),
        "{text}"
    );
    // Whoever leaves leaves a place.
    drop(waiting.pop());
    let start = Instant::now();
    while server.post("wait 1").await.text() != "wait 1" {
        assert!(start.elapsed() < PATIENCE);
    }
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
        bounds: Bounds {
            write_stall: millis(200),
            ..Bounds::default()
        },
        replies_bytes: 1_000,
        ..Limits::default()
    };
    let server = Server::start(limits).await;
    let mut stalled = server.connect().await;
    // More than the buffers of both sockets hold, and more than all answers together may.
    stalled.send(&post("bytes 50000000")).await;
    stalled.0.readable().await.unwrap();
    // Its share of the memory comes back.
    let start = Instant::now();
    while server.post("bytes 100000").await.status != 200 {
        assert!(start.elapsed() < PATIENCE);
        sleep(millis(10)).await;
    }
    assert!(start.elapsed() > millis(100));
    assert!(stalled.answer().await.is_none());
}

#[tokio::test]
async fn an_answer_that_is_taken_too_slowly_is_dropped() {
    let limits = Limits {
        bounds: Bounds {
            write_stall: millis(200),
            least_rate: NonZeroU64::new(1_000_000_000).unwrap(),
            ..Bounds::default()
        },
        ..Limits::default()
    };
    let server = Server::start(limits).await;
    let mut slow = server.connect().await;
    slow.send(&post("bytes 50000000")).await;
    // It takes something long before it would be said to take nothing, until it is left.
    let mut taken = 0;
    let mut part = vec![0; 1_000_000];
    while let Ok(len @ 1..) = slow.0.read(&mut part).await {
        taken += len;
        sleep(millis(50)).await;
    }
    assert!(taken < 50_000_000, "{taken}");
    assert_eq!(server.post("hello").await.text(), "hello");
}

#[tokio::test]
async fn whoever_gets_no_room_for_an_answer_is_told_at_once_and_others_are_answered() {
    let limits = Limits {
        requests_in_flight: 1,
        replies_bytes: 1_000_000,
        ..Limits::default()
    };
    let server = Server::start(limits).await;
    let mut stalled = server.connect().await;
    stalled.send(&post("bytes 50000000")).await;
    stalled.0.readable().await.unwrap();
    for _ in 0..3 {
        let answer = server.post("bytes 100000").await;
        answer.assert_refused(503, -32001, "busy");
        assert_eq!(server.post("hello").await.text(), "hello");
    }
    // What is never made anew takes no room.
    let style = server.ask(&get("/explorer/style")).await;
    assert_eq!(style.status, 200);
    assert_eq!(style.body, idos_explorer::assets::stylesheet());
}

#[tokio::test]
async fn a_household_takes_a_part_of_the_room_for_answers() {
    let limits = Limits {
        bytes_per_household: 1_000_000,
        ..Limits::default()
    };
    let server = Server::start(limits).await;
    let mut stalled = server.connect().await;
    stalled.send(&post("bytes 50000000")).await;
    stalled.0.readable().await.unwrap();
    let answer = server.post("bytes 100000").await;
    answer.assert_refused(503, -32001, "not yet taken by this address");
    let mut other = server.connect_from("127.0.0.2:0").await;
    other.send(&post("bytes 100000")).await;
    assert_eq!(other.answer().await.unwrap().body.len(), 100_000);
}

#[tokio::test]
async fn newcomers_beyond_the_limit_are_told() {
    let limits = Limits {
        bounds: Bounds {
            connections: 2,
            refusals: 1,
            linger: millis(300),
            ..Bounds::default()
        },
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
async fn one_household_takes_a_part_of_the_connections_and_is_told() {
    let limits = Limits {
        bounds: Bounds {
            connections_per_household: 2,
            ..Bounds::default()
        },
        ..Limits::default()
    };
    let server = Server::start(limits.clone()).await;
    let mut inside = [server.connect().await, server.connect().await];
    let mut third = server.connect().await;
    let answer = third.answer().await.unwrap();
    answer.assert_refused(503, -32001, "too many connections from this address");
    for client in &mut inside {
        client.send(&post("hello")).await;
        assert_eq!(client.answer().await.unwrap().text(), "hello");
    }
    // There is room for others all the same.
    let mut other = server.connect_from("127.0.0.2:0").await;
    other.send(&post("hello")).await;
    assert_eq!(other.answer().await.unwrap().text(), "hello");

    // Behind a proxy all connections are of one address.
    let behind_proxy = Server::with(Options {
        trust_forwarded_for: true,
        limits,
    })
    .await;
    let mut clients = Vec::new();
    for _ in 0..5 {
        let mut client = behind_proxy.connect().await;
        client.send(&post("hello")).await;
        assert_eq!(client.answer().await.unwrap().text(), "hello");
        clients.push(client);
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
    let cookie = "x".repeat(COOKIES_BYTES + 1);
    let answer = server
        .ask(&format!(
            "POST /rpc/v1 HTTP/1.1\r\nHost: node\r\nCookie: {cookie}\r\nContent-Length: 0\r\n\r\n"
        ))
        .await;
    answer.assert_refused(431, -32600, "Cookie");
    assert_eq!(answer.header("connection"), Some("close"));
}

#[tokio::test]
async fn shutdown_finishes_what_is_in_flight_and_takes_nothing_new() {
    let server = Server::start(Limits::default()).await;
    let address = server.address;
    let mut uploading = server.connect().await;
    uploading
        .send(
            "POST /rpc/v1 HTTP/1.1\r\nHost: node\r\nExpect: 100-continue\r\n\
             Content-Length: 5\r\n\r\n",
        )
        .await;
    // From now on its body is read.
    assert_eq!(uploading.answer().await.unwrap().status, 100);
    uploading.send("he").await;
    let idle = server.connect().await;
    let mut busy = keep_busy(&server, &post("sleep 300"), 1, 1).await;
    let stopped = tokio::spawn(server.stop());
    idle.hung_up().await;
    uploading.send("llo").await;
    assert_eq!(uploading.answer().await.unwrap().text(), "hello");
    let answer = busy[0].answer().await.unwrap();
    assert_eq!((answer.status, answer.text()), (200, "sleep 300"));
    stopped.await.unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn shutdown_cuts_off_what_does_not_finish() {
    let limits = Limits {
        bounds: Bounds {
            grace: millis(200),
            ..Bounds::default()
        },
        ..Limits::default()
    };
    let server = Server::start(limits).await;
    let mut busy = keep_busy(&server, &post("sleep 60000"), 1, 1).await;
    let start = Instant::now();
    server.stop().await;
    assert!(start.elapsed() >= millis(200) && start.elapsed() < PATIENCE);
    assert!(busy[0].answer().await.is_none());
}
