//! From the headers of a request to the facts that the backend judges by.

use std::net::IpAddr;

use axum::http::{
    HeaderMap, HeaderName,
    header::{COOKIE, HOST, ORIGIN},
};
use idos_connections::client_address;
use idos_types::limits::{COOKIES_BYTES, ORIGIN_BYTES};

use super::{backend::RequestFacts, refusal::Refusal};

/// The facts of a request that came over a connection from `peer`.
pub(super) fn read(
    headers: &HeaderMap,
    peer: IpAddr,
    trust_forwarded_for: bool,
) -> Result<RequestFacts, Refusal> {
    Ok(RequestFacts {
        peer: client_address(headers, peer, trust_forwarded_for),
        origin: text(headers, &ORIGIN, "Origin", ORIGIN_BYTES)?,
        host: text(headers, &HOST, "Host", ORIGIN_BYTES)?,
        cookie: text(headers, &COOKIE, "Cookie", COOKIES_BYTES)?,
    })
}

fn text(
    headers: &HeaderMap,
    header: &HeaderName,
    name: &'static str,
    max: usize,
) -> Result<Option<String>, Refusal> {
    let mut values = headers.get_all(header).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if value.len() > max {
        return Err(Refusal::HeaderTooLong { name, max });
    }
    // Two values would be read differently by whoever sits in front of the node.
    if values.next().is_some() {
        return Err(Refusal::HeaderMalformed { name });
    }
    std::str::from_utf8(value.as_bytes())
        .map(|value| Some(value.to_owned()))
        .map_err(|_| Refusal::HeaderMalformed { name })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn headers(list: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in list {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn headers_come_as_sent() {
        let headers = headers(&[
            ("origin", "https://app.example"),
            ("host", "Node.Example:8484"),
            ("cookie", "kgw_session=a; Path=/; HttpOnly"),
        ]);
        let facts = read(&headers, PEER, false).ok().unwrap();
        assert_eq!(facts.origin.as_deref(), Some("https://app.example"));
        assert_eq!(facts.host.as_deref(), Some("Node.Example:8484"));
        assert_eq!(
            facts.cookie.as_deref(),
            Some("kgw_session=a; Path=/; HttpOnly")
        );
        let none = read(&HeaderMap::new(), PEER, false).ok().unwrap();
        assert!(none.origin.is_none() && none.host.is_none() && none.cookie.is_none());
    }

    #[test]
    fn each_header_has_its_limit() {
        for (header, name, max) in [
            ("origin", "Origin", ORIGIN_BYTES),
            ("host", "Host", ORIGIN_BYTES),
            ("cookie", "Cookie", COOKIES_BYTES),
        ] {
            let of = |len| read(&headers(&[(header, &"a".repeat(len))]), PEER, false).err();
            assert_eq!(of(max), None);
            assert_eq!(of(max + 1), Some(Refusal::HeaderTooLong { name, max }));
            let twice = headers(&[(header, "a"), (header, "a")]);
            assert_eq!(
                read(&twice, PEER, false).err(),
                Some(Refusal::HeaderMalformed { name })
            );
        }
    }

    #[test]
    fn a_header_that_is_no_text_is_refused() {
        let mut headers = HeaderMap::new();
        headers.insert("cookie", b"\xff".as_slice().try_into().unwrap());
        assert_eq!(
            read(&headers, PEER, false).err(),
            Some(Refusal::HeaderMalformed { name: "Cookie" })
        );
    }
}
