//! From the headers of a request to the facts that the backend judges by.

use std::net::{IpAddr, SocketAddr};

use axum::http::{
    HeaderMap, HeaderName,
    header::{COOKIE, HOST, ORIGIN},
};
use idos_types::limits::{COOKIE_BYTES, ORIGIN_BYTES};

use super::{backend::RequestFacts, refusal::Refusal};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The facts of a request that came over a connection from `peer`.
pub(super) fn read(
    headers: &HeaderMap,
    peer: IpAddr,
    trust_forwarded_for: bool,
) -> Result<RequestFacts, Refusal> {
    let forwarded = trust_forwarded_for
        .then(|| forwarded_for(headers))
        .flatten();
    Ok(RequestFacts {
        // An IPv4 client of a socket that serves both families is the same client.
        peer: forwarded.unwrap_or(peer).to_canonical(),
        origin: text(headers, &ORIGIN, "Origin", ORIGIN_BYTES)?,
        host: text(headers, &HOST, "Host", ORIGIN_BYTES)?,
        cookie: text(headers, &COOKIE, "Cookie", COOKIE_BYTES)?,
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

/// The last entry: the only one that the proxy itself wrote, while all before it come from the
/// client. An entry that is no address is as good as none.
fn forwarded_for(headers: &HeaderMap) -> Option<IpAddr> {
    let list = headers.get_all(FORWARDED_FOR).iter().next_back()?;
    let entry = list.to_str().ok()?.rsplit(',').next()?.trim();
    entry
        .parse()
        .or_else(|_| entry.parse::<SocketAddr>().map(|address| address.ip()))
        .ok()
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

    fn peer(list: &[(&'static str, &str)], trust: bool) -> String {
        let facts = read(&headers(list), PEER, trust).ok().unwrap();
        facts.peer.to_string()
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
            ("cookie", "Cookie", COOKIE_BYTES),
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

    #[test]
    fn only_the_last_forwarded_entry_counts_and_only_when_trusted() {
        let name = "x-forwarded-for";
        assert_eq!(peer(&[(name, "192.0.2.7")], false), "127.0.0.1");
        assert_eq!(peer(&[(name, "192.0.2.7")], true), "192.0.2.7");
        assert_eq!(peer(&[(name, "10.0.0.1, 192.0.2.8")], true), "192.0.2.8");
        assert_eq!(
            peer(&[(name, "10.0.0.1"), (name, "192.0.2.9")], true),
            "192.0.2.9"
        );
        assert_eq!(peer(&[(name, "192.0.2.7:1234")], true), "192.0.2.7");
        assert_eq!(peer(&[(name, "[2001:db8::1]:80")], true), "2001:db8::1");
        assert_eq!(peer(&[(name, "::ffff:192.0.2.7")], true), "192.0.2.7");
        for nonsense in ["", "unknown", "192.0.2.7,", "192.0.2.256"] {
            assert_eq!(peer(&[(name, nonsense)], true), "127.0.0.1", "{nonsense}");
        }
    }
}
