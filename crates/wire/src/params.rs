//! Parameters of a request: bounded, then parsed.

use idos_types::limits::{PARAMETERS_BYTES, REQUEST_BODY_BYTES};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{Method, RpcError};

/// Most bytes of a message about parameters: what cannot be parsed is quoted in it.
const MESSAGE_BYTES: usize = 200;
/// The parameters of methods that have none.
const NONE: &str = "{}";

/// Parses the parameters of a method. Absent ones count as the empty object; an array is refused,
/// because all methods name their parameters.
pub(crate) fn parse<'a, T: Deserialize<'a>>(
    method: Method,
    params: Option<&'a RawValue>,
) -> Result<T, RpcError> {
    let text = params.map_or(NONE, RawValue::get);
    let max = if method.takes_transaction() {
        REQUEST_BODY_BYTES
    } else {
        PARAMETERS_BYTES
    };
    if text.len() > max {
        let message = format!("the parameters are longer than {max} bytes");
        return Err(RpcError::params(message));
    }
    if !text.starts_with('{') {
        return Err(RpcError::params("the parameters have to be an object"));
    }
    serde_json::from_str(text).map_err(|error| RpcError::params(bounded(error.to_string())))
}

/// The beginning of a message.
fn bounded(mut message: String) -> String {
    message.truncate(message.floor_char_boundary(MESSAGE_BYTES));
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorCode;

    #[derive(Deserialize, Debug, PartialEq)]
    struct Params {
        number: Option<u8>,
    }

    fn parse(text: &str) -> Result<Params, RpcError> {
        let params = RawValue::from_string(text.to_owned()).unwrap();
        super::parse(Method::Ping, Some(&params))
    }

    #[test]
    fn absent_parameters_are_an_empty_object() {
        let absent = super::parse::<Params>(Method::Ping, None);
        assert_eq!(absent, Ok(Params { number: None }));
        assert_eq!(parse("{}"), absent);
    }

    #[test]
    fn anything_but_an_object_is_refused() {
        for text in ["[]", "[1]", "1", "\"{}\"", "true"] {
            assert_eq!(parse(text).unwrap_err().code, ErrorCode::InvalidParams);
        }
    }

    #[test]
    fn messages_do_not_quote_without_end() {
        let error = parse(&format!(r#"{{"number":"{}"}}"#, "é".repeat(1000))).unwrap_err();
        assert!(error.message.len() <= MESSAGE_BYTES && error.message.len() > 100);
    }

    #[test]
    fn small_methods_have_small_parameters() {
        let error = parse(&format!(r#"{{"x":"{}"}}"#, "x".repeat(PARAMETERS_BYTES))).unwrap_err();
        assert!(error.message.starts_with("the parameters are longer than"));
        let of_bytes = |len| format!(r#"{{"x":"{}"}}"#, "x".repeat(len - 8));
        assert!(parse(&of_bytes(PARAMETERS_BYTES)).is_ok());
        assert!(parse(&of_bytes(PARAMETERS_BYTES + 1)).is_err());
    }

    #[test]
    fn depth_is_no_danger() {
        let deep = format!(r#"{{"x":{}{}}}"#, "[".repeat(50_000), "]".repeat(50_000));
        assert!(parse(&deep).is_ok());
    }
}
