//! An HTTP server that does nothing: it answers every request with the same bytes, as many as a view does.

use std::{env, net::Ipv4Addr};

use axum::{Router, body::Bytes, http::header::CONTENT_TYPE, routing::post};
use idos_wire::RPC_PATH;
use tokio::net::TcpListener;

use crate::{
    http::Request,
    reads,
    server_process::{ServerProcess, told_to_end},
    timing::Rate,
};

/// How many bytes to answer, in the environment of the process that is to be the server.
const BYTES: &str = "IDOS_BENCH_HTTP_BYTES";

/// How often it answers these requests, each with so many bytes.
pub fn per_second(requests: &[Request], bytes: usize) -> Rate {
    let server = ServerProcess::start(BYTES, bytes.to_string());
    reads::answers_per_second(&server, requests)
}

/// Is such a server until standard input ends, if this process was started to be one.
pub fn run_if_asked() -> bool {
    let Ok(bytes) = env::var(BYTES) else {
        return false;
    };
    let body = Bytes::from(vec![b' '; bytes.parse().expect("a number")]);
    let answer = move |_asked: Bytes| async move { ([(CONTENT_TYPE, "application/json")], body) };
    let routes = Router::new().route(RPC_PATH, post(answer));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let address = (Ipv4Addr::LOCALHOST, 0);
        let listener = TcpListener::bind(address).await.expect("a port");
        println!("{}", listener.local_addr().expect("an address"));
        axum::serve(listener, routes)
            .with_graceful_shutdown(told_to_end())
            .await
            .expect("a server that stops");
    });
    true
}
