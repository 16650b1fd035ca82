//! One connection from its first byte to its last.

use std::{convert::Infallible, future::poll_fn, net::IpAddr, pin::Pin, sync::Arc, time::Duration};

use axum::{body::Body, http::Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{io::AsyncWrite, net::TcpStream, sync::watch, time::timeout};

use crate::{
    bounds::Bounds,
    households::Full,
    site::{Busy, Peer, Site},
    stall::Stall,
};

/// Serves requests until the client leaves, a deadline passes or `stop` changes; a request in
/// flight is then still answered.
pub(super) async fn run(
    stream: TcpStream,
    peer: IpAddr,
    site: Site,
    bounds: &Bounds,
    mut stop: watch::Receiver<bool>,
) {
    // Answers are written whole, so waiting for more to send only adds latency.
    if stream.set_nodelay(true).is_err() {
        return; // The client has already left.
    }
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        let answering = (site.answer)(request.map(Body::new));
        Box::pin(async move { Ok::<_, Infallible>(answering.await) })
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.head)
        .max_header_size(bounds.head_bytes)
        .max_buf_size(bounds.head_bytes.saturating_mul(2))
        .serve_connection(
            TokioIo::new(Stall::new(stream, bounds.write_stall, bounds.least_rate)),
            service,
        );
    let mut stopping = false;
    let ended = loop {
        tokio::select! {
            ended = poll_fn(|cx| connection.poll_without_shutdown(cx)) => break ended,
            _ = stop.wait_for(|stop| *stop), if !stopping => {
                stopping = true;
                Pin::new(&mut connection).graceful_shutdown();
            }
        }
    };
    if ended.is_ok() {
        let stream = connection.into_parts().io.into_inner().into_inner();
        tokio::select! {
            // Comes first, so that the stream is ended in any case.
            biased;
            () = close(stream, bounds.linger) => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
    }
}

/// Tells a newcomer that there is no room, without reading what it wants.
pub(super) async fn refuse(stream: TcpStream, full: Full, busy: Arc<Busy>, linger: Duration) {
    let body = match full {
        Full::Everybody => &busy.body,
        Full::Household => &busy.household_body,
    };
    let answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: {}\r\ncontent-length: {}\r\n\
         cache-control: no-store\r\nx-content-type-options: nosniff\r\nretry-after: 1\r\n\
         connection: close\r\n\r\n{body}",
        busy.content_type,
        body.len(),
    );
    // An unused connection takes some hundred bytes at once; if not, the client hears nothing.
    if stream.writable().await.is_ok() && stream.try_write(answer.as_bytes()).is_ok() {
        close(stream, linger).await;
    }
}

/// Ends the stream, then discards what the client still sends for a while: a socket closed with
/// unread bytes is reset, which can take the answer away from the client.
async fn close(mut stream: TcpStream, linger: Duration) {
    let mut discarded = [0; 4096];
    let drain = async {
        if poll_fn(|cx| Pin::new(&mut stream).poll_shutdown(cx))
            .await
            .is_err()
        {
            return;
        }
        while stream.readable().await.is_ok() {
            match stream.try_read(&mut discarded) {
                Ok(0) => break,
                Err(error) if error.kind() != std::io::ErrorKind::WouldBlock => break,
                Ok(_) | Err(_) => {}
            }
        }
    };
    // Running out of time is how this ends with a client that never stops sending.
    let _ = timeout(linger, drain).await;
}
