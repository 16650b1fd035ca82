//! Addresses of the web, as options name them.

use std::{fmt, str::FromStr};

use axum::http::Uri;
use thiserror::Error;

/// Most bytes of an address.
const MOST_BYTES: usize = 512;

/// An address of a server: `http` or `https`, a host, perhaps a port and a path, without `/` at the
/// end. It has no character that means something in a header or in a document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct WebUrl {
    text: String,
    /// How much of it is the origin, in bytes.
    origin: usize,
}

/// A text is no such address.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("it has to be an address like https://idos.example, with http or https")]
pub(crate) struct WebUrlError;

impl WebUrl {
    /// The whole address.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Scheme, host and port, as browsers write them.
    pub(crate) fn origin(&self) -> &str {
        self.text.get(..self.origin).unwrap_or(&self.text)
    }

    /// Host and port.
    pub(crate) fn authority(&self) -> &str {
        let origin = self.origin();
        origin.split_once("://").map_or(origin, |(_, rest)| rest)
    }

    /// Whether nothing comes after host and port.
    pub(crate) fn is_origin(&self) -> bool {
        self.origin == self.text.len()
    }
}

impl FromStr for WebUrl {
    type Err = WebUrlError;

    fn from_str(text: &str) -> Result<Self, WebUrlError> {
        let text = text.trim_end_matches('/');
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/[]%".contains(c);
        if text.len() > MOST_BYTES || !text.chars().all(plain) {
            return Err(WebUrlError);
        }
        let uri: Uri = text.parse().map_err(|_| WebUrlError)?;
        let scheme = uri.scheme_str().unwrap_or_default();
        let default_port = match scheme {
            "http" => 80,
            "https" => 443,
            _ => return Err(WebUrlError),
        };
        let host = uri.host().filter(|host| !host.is_empty());
        let host = host.ok_or(WebUrlError)?.to_ascii_lowercase();
        let authority = uri.authority().ok_or(WebUrlError)?;
        // Whoever writes a port writes a number.
        if authority.port_u16().is_none() && authority.as_str().len() != host.len() {
            return Err(WebUrlError);
        }
        let port = authority.port_u16().filter(|port| *port != default_port);
        let port = port.map_or(String::new(), |port| format!(":{port}"));
        let origin = format!("{scheme}://{host}{port}");
        let path = uri.path().trim_end_matches('/');
        Ok(Self {
            origin: origin.len(),
            text: format!("{origin}{path}"),
        })
    }
}

impl fmt::Display for WebUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_an_origin() {
        for (text, whole, origin) in [
            (
                "http://127.0.0.1:8481/",
                "http://127.0.0.1:8481",
                "http://127.0.0.1:8481",
            ),
            (
                "https://ID.Example",
                "https://id.example",
                "https://id.example",
            ),
            (
                "https://id.example:443/a/b/",
                "https://id.example/a/b",
                "https://id.example",
            ),
            ("http://[::1]:9", "http://[::1]:9", "http://[::1]:9"),
        ] {
            let url: WebUrl = text.parse().unwrap();
            assert_eq!((url.as_str(), url.origin()), (whole, origin));
            assert_eq!(url.is_origin(), whole == origin);
        }
        let url: WebUrl = "https://id.example:444/x".parse().unwrap();
        assert_eq!(url.authority(), "id.example:444");
    }

    #[test]
    fn what_would_mean_something_in_a_header_is_none() {
        for text in [
            "",
            "id.example",
            "ftp://id.example",
            "https://",
            "https:///x",
            "https://a;b.example",
            "https://a b.example",
            "https://id.example/;script-src",
            "https://u@id.example",
            "https://*.example",
            "javascript:alert(1)",
            "https://id.example?x",
            "https://id.example:x",
            "https://'self'",
            "/a",
        ] {
            assert_eq!(text.parse::<WebUrl>(), Err(WebUrlError), "{text}");
        }
    }
}
