//! The envelope of JSON-RPC 2.0.

use serde::{Deserialize, Serialize};
use serde_json::{error::Category, value::RawValue};

use crate::{ErrorCode, Id, Method, Reply, Request, RpcError};

/// Where a node answers methods. Behind the node's URL it is part of what persons sign when they sign
/// in.
pub const RPC_PATH: &str = "/rpc/v1";

/// The one version of the protocol.
const VERSION: &str = "2.0";
/// The answer if a result cannot be rendered.
const NOT_RENDERED: &str =
    r#"{"jsonrpc":"2.0","id":-1,"error":{"code":-32000,"message":"result encoding error"}}"#;

/// The members of a request, none of them looked into, so that nothing is copied and depth costs
/// nothing.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    jsonrpc: Option<&'a RawValue>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    method: Option<&'a RawValue>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
}

/// Parses the body of a request.
pub fn parse(body: &[u8]) -> Result<(Id, Request), (Id, RpcError)> {
    let envelope = Envelope::parse(body).map_err(|error| (Id::UNKNOWN, error))?;
    let Some(id) = envelope.id.and_then(Id::parse) else {
        return Err((Id::UNKNOWN, invalid("missing or invalid id")));
    };
    match envelope.request() {
        Ok(request) => Ok((id, request)),
        Err(error) => Err((id, error)),
    }
}

impl<'a> Envelope<'a> {
    fn parse(body: &'a [u8]) -> Result<Self, RpcError> {
        let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
        if first != Some(&b'{') {
            return Err(match serde_json::from_slice::<&RawValue>(body) {
                Ok(_) if first == Some(&b'[') => invalid("batches are not supported"),
                Ok(_) => invalid("a request has to be an object"),
                Err(_) => not_json(),
            });
        }
        serde_json::from_slice(body).map_err(|error| match error.classify() {
            Category::Data => invalid("a member of the request is there twice"),
            Category::Io | Category::Syntax | Category::Eof => not_json(),
        })
    }

    fn request(&self) -> Result<Request, RpcError> {
        if text(self.jsonrpc).as_deref() != Some(VERSION) {
            return Err(invalid("jsonrpc has to be \"2.0\""));
        }
        let method = text(self.method).ok_or_else(|| invalid("method has to be a text"))?;
        let method = Method::parse(&method)
            .ok_or_else(|| RpcError::new(ErrorCode::UnknownMethod, "unknown method"))?;
        Request::parse(method, self.params)
    }
}

/// The text in a member.
fn text(member: Option<&RawValue>) -> Option<String> {
    serde_json::from_str(member?.get()).ok()
}

fn invalid(message: &str) -> RpcError {
    RpcError::new(ErrorCode::InvalidRequest, message)
}

fn not_json() -> RpcError {
    RpcError::new(ErrorCode::Parse, "the request is not JSON")
}

/// The answer to a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Response {
    /// The id of the request.
    pub id: Id,
    /// What came of it.
    pub outcome: Result<Reply, RpcError>,
}

/// The body of an answer.
#[derive(Serialize)]
struct Body<'a> {
    jsonrpc: &'static str,
    id: &'a Id,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'a Reply>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a RpcError>,
}

impl Response {
    /// The status of the HTTP response.
    pub fn http_status(&self) -> u16 {
        match &self.outcome {
            Ok(_) => 200,
            Err(error) => error.http_status(),
        }
    }

    /// The body of the HTTP response.
    pub fn to_bytes(&self) -> Vec<u8> {
        let body = Body {
            jsonrpc: VERSION,
            id: &self.id,
            result: self.outcome.as_ref().ok(),
            error: self.outcome.as_ref().err(),
        };
        let mut bytes = Vec::with_capacity(self.weight());
        match serde_json::to_writer(&mut bytes, &body) {
            Ok(()) => bytes,
            Err(_) => NOT_RENDERED.into(),
        }
    }

    /// About how many bytes the body of the HTTP response has; those of a transaction, which may
    /// be megabytes, are not counted.
    pub fn weight(&self) -> usize {
        const ENVELOPE: usize = 256;
        ENVELOPE
            + match &self.outcome {
                Ok(Reply::Call(result)) => result.query_result.weight(),
                Ok(Reply::Prove(result)) => result.weight(),
                Ok(Reply::SetChanges(result)) => result.weight(),
                Ok(Reply::Query(result)) => result.weight(),
                Ok(_) | Err(_) => 0,
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Done, Logout};

    fn code(body: &str) -> (String, i32) {
        let (id, error) = parse(body.as_bytes()).unwrap_err();
        (serde_json::to_string(&id).unwrap(), error.code.code())
    }

    #[test]
    fn a_request_is_parsed_with_its_id() {
        for body in [
            r#"{"jsonrpc":"2.0","id":5,"method":"user.ping","params":{}}"#,
            r#" {"method":"user.p\u0069ng","params":null,"x":1,"id":5,"jsonrpc":"2.0"} "#,
            r#"{"jsonrpc":"2.0","id":5,"method":"user.ping"}"#,
        ] {
            let (id, request) = parse(body.as_bytes()).unwrap();
            assert_eq!(serde_json::to_string(&id).unwrap(), "5");
            assert_eq!(request, Request::Ping);
        }
    }

    #[test]
    fn what_is_not_json_has_no_id() {
        for body in [
            "",
            " ",
            "{",
            "[",
            "nope",
            r#"{"id":1}x"#,
            r#"[1]x"#,
            "{\"id\":1,}",
        ] {
            assert_eq!(code(body), ("-1".to_owned(), -32700), "{body}");
        }
        assert_eq!(parse(&[0xff]).unwrap_err().1.code, ErrorCode::Parse);
        assert_eq!(
            parse(b"{\"id\":\"\xff\"}").unwrap_err().1.code,
            ErrorCode::Parse
        );
    }

    #[test]
    fn other_envelopes_are_invalid() {
        for body in [
            "1",
            "\"x\"",
            "null",
            "[]",
            r#"[{"jsonrpc":"2.0","id":1,"method":"user.ping"}]"#,
            "{}",
            r#"{"jsonrpc":"2.0","method":"user.ping"}"#,
            r#"{"jsonrpc":"2.0","id":null,"method":"user.ping"}"#,
            r#"{"jsonrpc":"2.0","id":0,"method":"user.ping"}"#,
            r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"user.ping"}"#,
        ] {
            assert_eq!(code(body), ("-1".to_owned(), -32600), "{body}");
        }
        for body in [
            r#"{"jsonrpc":"1.0","id":1,"method":"user.ping"}"#,
            r#"{"jsonrpc":2.0,"id":1,"method":"user.ping"}"#,
            r#"{"id":1,"method":"user.ping"}"#,
            r#"{"jsonrpc":"2.0","id":1}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":7}"#,
        ] {
            assert_eq!(code(body), ("1".to_owned(), -32600), "{body}");
        }
    }

    #[test]
    fn methods_and_parameters_are_checked_after_the_envelope() {
        let request = |method: &str, params: &str| {
            format!(r#"{{"jsonrpc":"2.0","id":"a","method":"{method}","params":{params}}}"#)
        };
        for (method, params, expected) in [
            ("user.schema", "{}", -32601),
            ("user.PING", "{}", -32601),
            ("user.ping", "[]", -32602),
            ("user.call", "{}", -32602),
            ("user.tx_query", r#"{"tx_hash":"00"}"#, -32602),
            ("user.broadcast", r#"{"tx":{}}"#, -32602),
            ("user.broadcast", r#"{"tx":{},"sync":2}"#, -32602),
            ("user.estimate_price", r#"{"tx":{}}"#, -32602),
            ("user.account", r#"{"id":1}"#, -32602),
            ("kgw.authn", "{}", -32602),
        ] {
            let found = code(&request(method, params));
            assert_eq!(found, ("\"a\"".to_owned(), expected), "{method}");
        }
    }

    #[test]
    fn logging_out_never_fails() {
        for params in ["{}", "[]", "1", r#"{"account":7}"#, r#"{"account":"zz"}"#] {
            let body =
                format!(r#"{{"jsonrpc":"2.0","id":1,"method":"kgw.logout","params":{params}}}"#);
            let (_, request) = parse(body.as_bytes()).unwrap();
            assert_eq!(request, Request::Logout(Logout::default()));
        }
    }

    #[test]
    fn depth_is_no_danger() {
        let deep = "[".repeat(1_000_000);
        assert_eq!(code(&deep).1, -32700);
        let deep = format!("{deep}{}", "]".repeat(1_000_000));
        assert_eq!(code(&deep).1, -32600);
        let body = format!(r#"{{"jsonrpc":{deep},"id":1}}"#);
        assert_eq!(code(&body), ("1".to_owned(), -32600));
    }

    #[test]
    fn answers_have_a_result_or_an_error() {
        let (id, _) = parse(br#"{"jsonrpc":"2.0","id":5,"method":"user.ping"}"#).unwrap();
        let mut response = Response {
            id,
            outcome: Ok(Reply::Done(Done {})),
        };
        assert_eq!(response.http_status(), 200);
        assert_eq!(
            response.to_bytes(),
            br#"{"jsonrpc":"2.0","id":5,"result":{}}"#
        );
        response.outcome = Err(RpcError::new(ErrorCode::UnknownMethod, "unknown method"));
        assert_eq!(response.http_status(), 404);
        assert_eq!(
            response.to_bytes(),
            br#"{"jsonrpc":"2.0","id":5,"error":{"code":-32601,"message":"unknown method"}}"#
        );
    }

    #[test]
    fn the_answer_of_last_resort_has_its_code() {
        let answer: serde_json::Value = serde_json::from_str(NOT_RENDERED).unwrap();
        let code = ErrorCode::ResultEncoding.code();
        assert_eq!(answer["error"]["code"], serde_json::json!(code));
    }
}
