//! One request to one node, with bounds on everything.

use std::time::Duration;

use idos_types::limits::{ANSWER_BYTES, RPC_SECONDS};
use reqwest::{
    Url,
    header::{CONTENT_TYPE, COOKIE, SET_COOKIE},
};

use crate::error::NodeFault;

/// How long a connection may take: another node is asked then.
const CONNECT: Duration = Duration::from_millis(700);
/// How long a request may take as a whole: what the node gives itself, and the way there and back.
const REQUEST: Duration = Duration::from_secs(RPC_SECONDS + 5);
/// Longest line that sets a cookie, in bytes: the cookie, and what is said about it.
const SET_COOKIE_LINE_BYTES: usize = idos_types::limits::COOKIE_BYTES + 256;

/// What a node answered.
pub(crate) struct Answer {
    pub(crate) body: Vec<u8>,
    pub(crate) status: u16,
    /// Name and value of the cookie that it set.
    pub(crate) cookie: Option<String>,
}

/// What connections need. It follows no redirections: a node answers itself.
pub(crate) fn http() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT)
        .timeout(REQUEST)
        .tcp_nodelay(true)
        .user_agent(concat!("idos-client/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// Reads what is at a URL.
pub(crate) async fn get(http: &reqwest::Client, url: &Url) -> Result<Answer, NodeFault> {
    answer(http.get(url.clone())).await
}

/// Sends a body, and reads the whole answer.
pub(crate) async fn post(
    http: &reqwest::Client,
    url: &Url,
    body: Vec<u8>,
    cookie: Option<&str>,
) -> Result<Answer, NodeFault> {
    let mut request = http
        .post(url.clone())
        .header(CONTENT_TYPE, "application/json")
        .body(body);
    if let Some(cookie) = cookie {
        request = request.header(COOKIE, cookie);
    }
    answer(request).await
}

async fn answer(request: reqwest::RequestBuilder) -> Result<Answer, NodeFault> {
    let mut response = request.send().await.map_err(fault)?;
    let cookie = response
        .headers()
        .get(SET_COOKIE)
        .and_then(|value| value.to_str().ok())
        .filter(|line| line.len() <= SET_COOKIE_LINE_BYTES)
        .and_then(|line| line.split(';').next())
        .map(|pair| pair.trim().to_owned());
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(fault)? {
        if body.len() + chunk.len() > ANSWER_BYTES {
            return Err(NodeFault::TooLong(ANSWER_BYTES));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer {
        body,
        status: response.status().as_u16(),
        cookie,
    })
}

fn fault(error: reqwest::Error) -> NodeFault {
    // Addresses of nodes are told by whoever knows which node it was.
    let error = error.without_url();
    if error.is_connect() {
        NodeFault::Connection(error)
    } else {
        NodeFault::Answer(error)
    }
}
