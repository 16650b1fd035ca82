//! A client that costs next to nothing: one kept connection, requests written as they are.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
};

use idos_wire::{ErrorCode, RPC_PATH};
use serde_json::{Value, json};

/// A kept connection.
pub struct Client {
    address: SocketAddr,
    stream: BufReader<TcpStream>,
}

/// A request as bytes, so that it is rendered once and sent often.
#[derive(Clone)]
pub struct Request(Vec<u8>);

/// An answer.
pub struct Answer {
    /// What `Set-Cookie` says, attributes included.
    pub set_cookie: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// A call of a method.
    pub fn new(method: &str, params: &Value, cookie: Option<&str>) -> Self {
        let body =
            json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
        let cookie = cookie
            .map(|cookie| format!("Cookie: {cookie}\r\n"))
            .unwrap_or_default();
        let head = format!(
            "POST {RPC_PATH} HTTP/1.1\r\nHost: node.test\r\nContent-Type: application/json\r\n{cookie}\
             Content-Length: {}\r\n\r\n",
            body.len()
        );
        Self([head.into_bytes(), body.into_bytes()].concat())
    }

    /// Asks for a path.
    pub fn get(path: &str) -> Self {
        Self(format!("GET {path} HTTP/1.1\r\nHost: node.test\r\n\r\n").into_bytes())
    }
}

impl Client {
    /// Connects.
    pub fn new(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("the node listens");
        stream.set_nodelay(true).expect("a socket");
        Self {
            address,
            stream: BufReader::new(stream),
        }
    }

    /// Another connection to the same node.
    pub fn another(&self) -> Self {
        Self::new(self.address)
    }

    /// Sends a request and reads the answer.
    pub fn send(&mut self, request: &Request) -> Answer {
        self.stream
            .get_mut()
            .write_all(&request.0)
            .expect("the node reads");
        let (mut length, mut set_cookie) = (0, None);
        let mut line = String::new();
        loop {
            line.clear();
            self.stream.read_line(&mut line).expect("an answer");
            let Some((name, value)) = line.trim_end().split_once(": ") else {
                assert!(!line.is_empty(), "the node hung up");
                if line == "\r\n" {
                    break;
                }
                continue;
            };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.parse().expect("a length");
            } else if name.eq_ignore_ascii_case("set-cookie") {
                set_cookie = Some(value.to_owned());
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).expect("a body");
        Answer { set_cookie, body }
    }

    /// Calls a method and returns its result and the cookie that it sets.
    pub fn call(&mut self, method: &str, params: &Value) -> (Value, Option<String>) {
        let answer = self.send(&Request::new(method, params, None));
        (answer.result(), answer.set_cookie)
    }
}

impl Answer {
    /// Whether it is this error.
    pub fn is_error(&self, code: ErrorCode) -> bool {
        self.json()["error"]["code"] == code.code()
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// The result; an error ends the benchmark.
    pub fn result(&self) -> Value {
        let mut answer = self.json();
        assert!(answer.get("error").is_none_or(Value::is_null), "{answer}");
        answer["result"].take()
    }
}
