//! The addresses under which clients reach a node.

use std::{fmt, net::Ipv6Addr};

use idos_types::limits::ORIGIN_BYTES;
use serde::{Deserialize, Deserializer, Serialize, de};
use thiserror::Error;

/// Most public URLs of one node.
const URLS: usize = 16;

/// A URL that clients use for the node, in its one spelling: scheme and host in lower case, no
/// slash at the end.
///
/// Clients sign this text when they sign in, so it has to be the very one they are configured with,
/// but for a slash at its end.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(transparent)]
pub struct PublicUrl(String);

/// Why a text is no public URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PublicUrlError {
    /// Longer than an origin may be.
    #[error("a public URL can have {ORIGIN_BYTES} bytes at most")]
    TooLong,
    /// Another scheme or none.
    #[error("a public URL begins with http:// or https://")]
    Scheme,
    /// No host, or characters that no host has; other scripts are written as `xn--…`.
    #[error("a public URL has a host of letters, digits, dots and hyphens, or an IP address")]
    Host,
    /// A port that is none.
    #[error("the port of a public URL is a number from 1 to 65535")]
    Port,
    /// A user name, a query, a fragment or characters that must be escaped.
    #[error("a public URL is only scheme, host, port and path: no user, query, fragment or space")]
    Rest,
}

impl PublicUrl {
    /// Reads a URL.
    pub fn parse(text: &str) -> Result<Self, PublicUrlError> {
        if text.len() > ORIGIN_BYTES {
            return Err(PublicUrlError::TooLong);
        }
        let (scheme, rest) = text.split_once("://").ok_or(PublicUrlError::Scheme)?;
        let scheme = scheme.to_ascii_lowercase();
        if scheme != "http" && scheme != "https" {
            return Err(PublicUrlError::Scheme);
        }
        if rest.contains(['?', '#', '@', '\\']) {
            return Err(PublicUrlError::Rest);
        }
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let authority = authority.to_ascii_lowercase();
        let (host, port) = split_port(&authority);
        if !is_host(host) {
            return Err(PublicUrlError::Host);
        }
        if port.is_some_and(|port| !is_port(port)) {
            return Err(PublicUrlError::Port);
        }
        let path = path.trim_end_matches('/');
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~%".contains(&byte);
        let has_steps = path.split('/').any(|part| part == "." || part == "..");
        if has_steps || !path.bytes().all(is_allowed) {
            return Err(PublicUrlError::Rest);
        }
        Ok(Self(format!("{scheme}://{authority}{path}")))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is reached over TLS.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https:")
    }

    /// Host and port as written, without scheme and path.
    pub fn authority(&self) -> &str {
        let rest = self.0.split_once("://").map_or("", |(_, rest)| rest);
        rest.split('/').next().unwrap_or_default()
    }

    /// Whether a request with this `Host` header was meant for this URL: letter case does not
    /// count, nor whether the usual port is spelled out.
    pub fn is_host(&self, header: &str) -> bool {
        let usual = if self.is_https() { ":443" } else { ":80" };
        let bare = |text: &str| {
            let text = text.to_ascii_lowercase();
            text.strip_suffix(usual).map(str::to_owned).unwrap_or(text)
        };
        bare(header) == bare(self.authority())
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for PublicUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

/// Reads a bounded list without repetitions.
pub(super) fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<PublicUrl>, D::Error> {
    let urls = Vec::<PublicUrl>::deserialize(deserializer)?;
    if urls.len() > URLS {
        return Err(de::Error::custom(format!(
            "a node has {URLS} public URLs at most"
        )));
    }
    for (place, url) in urls.iter().enumerate() {
        if urls.iter().take(place).any(|other| other == url) {
            return Err(de::Error::custom(format!("{url} is given twice")));
        }
    }
    Ok(urls)
}

/// Host and port; the colons of an IPv6 address are in brackets.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[') {
        let address = address.strip_suffix(']').unwrap_or_default();
        return address.parse::<Ipv6Addr>().is_ok();
    }
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    host.len() <= 253 && host.split('.').all(is_label)
}

fn is_port(port: &str) -> bool {
    let is_number = port.bytes().all(|byte| byte.is_ascii_digit());
    is_number && !port.starts_with('0') && port.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_have_one_spelling() {
        for (text, expected) in [
            ("https://node.example.org", "https://node.example.org"),
            ("https://node.example.org/", "https://node.example.org"),
            ("HTTPS://Node.Example.ORG//", "https://node.example.org"),
            ("http://localhost:8484", "http://localhost:8484"),
            ("http://127.0.0.1:8484/", "http://127.0.0.1:8484"),
            ("http://[::1]:8484", "http://[::1]:8484"),
            ("http://[2001:db8::1]", "http://[2001:db8::1]"),
            ("https://a.b/Path/x/", "https://a.b/Path/x"),
        ] {
            let url = PublicUrl::parse(text).unwrap();
            assert_eq!(url.as_str(), expected);
            assert_eq!(PublicUrl::parse(url.as_str()), Ok(url));
        }
    }

    #[test]
    fn what_is_no_url_is_refused() {
        use PublicUrlError::{Host, Port, Rest, Scheme, TooLong};
        let long = format!("https://a/{}", "a".repeat(ORIGIN_BYTES));
        let label = format!("https://{}", "a".repeat(64));
        for (text, error) in [
            ("", Scheme),
            ("node.example.org", Scheme),
            ("node.example.org:8484", Scheme),
            ("ftp://node.example.org", Scheme),
            ("javascript://a", Scheme),
            (" https://a", Scheme),
            ("https://", Host),
            ("https:///path", Host),
            ("https://a..b", Host),
            ("https://-a", Host),
            ("https://a b", Host),
            ("https://ä.example", Host),
            ("https://*.example", Host),
            ("https://[::1", Host),
            ("https://[::g]", Host),
            ("https://::1", Host),
            ("https://a\r\nb", Host),
            (&label, Host),
            ("https://a:", Port),
            ("https://a:0", Port),
            ("https://a:080", Port),
            ("https://a:+80", Port),
            ("https://a:65536", Port),
            ("https://a:b", Port),
            ("https://user@a", Rest),
            ("https://a/?q=1", Rest),
            ("https://a#f", Rest),
            ("https://a\\b", Rest),
            ("https://a/b c", Rest),
            ("https://a/../b", Rest),
            ("https://a/\"", Rest),
            (&long, TooLong),
        ] {
            assert_eq!(PublicUrl::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn hosts_match_as_clients_send_them() {
        let url = PublicUrl::parse("https://node.example.org/x").unwrap();
        assert_eq!(url.authority(), "node.example.org");
        for host in [
            "node.example.org",
            "NODE.example.org",
            "node.example.org:443",
        ] {
            assert!(url.is_host(host), "{host}");
        }
        for host in [
            "",
            "node.example.org:80",
            "example.org",
            "node.example.org.",
        ] {
            assert!(!url.is_host(host), "{host}");
        }
        let url = PublicUrl::parse("http://localhost:8484").unwrap();
        assert!(url.is_host("localhost:8484") && !url.is_host("localhost"));
    }
}
