//! Who asks, where a proxy stands in front.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address of a client whose connection comes from `peer`: that itself, or what the proxy says
/// if it is trusted to say so.
pub fn client_address(headers: &HeaderMap, peer: IpAddr, trust_forwarded_for: bool) -> IpAddr {
    let forwarded = trust_forwarded_for
        .then(|| forwarded_for(headers))
        .flatten();
    // An IPv4 client of a socket that serves both families is the same client.
    forwarded.unwrap_or(peer).to_canonical()
}

/// The last entry: the only one that the proxy itself wrote, while all before it come from the
/// client, and need not even be text. An entry that is no address is as good as none.
fn forwarded_for(headers: &HeaderMap) -> Option<IpAddr> {
    let list = headers.get_all(FORWARDED_FOR).iter().next_back()?;
    let entry = list.as_bytes().rsplit(|byte| *byte == b',').next()?;
    let entry = std::str::from_utf8(entry).ok()?.trim();
    entry
        .parse()
        .or_else(|_| entry.parse::<SocketAddr>().map(|address| address.ip()))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn address(list: &[(&'static str, &str)], trust: bool) -> String {
        let mut headers = HeaderMap::new();
        for (name, value) in list {
            headers.append(*name, value.parse().unwrap());
        }
        client_address(&headers, PEER, trust).to_string()
    }

    #[test]
    fn whatever_a_client_writes_before_it_the_entry_of_the_proxy_counts() {
        let of = |list: &[u8]| {
            let mut headers = HeaderMap::new();
            headers.append(FORWARDED_FOR, list.try_into().unwrap());
            client_address(&headers, PEER, true).to_string()
        };
        assert_eq!(of(b"\xff, 192.0.2.7"), "192.0.2.7");
        assert_eq!(of(b"192.0.2.7, \xff"), "127.0.0.1");
    }

    #[test]
    fn only_the_last_forwarded_entry_counts_and_only_when_trusted() {
        let name = "x-forwarded-for";
        assert_eq!(address(&[(name, "192.0.2.7")], false), "127.0.0.1");
        assert_eq!(address(&[(name, "192.0.2.7")], true), "192.0.2.7");
        assert_eq!(address(&[(name, "10.0.0.1, 192.0.2.8")], true), "192.0.2.8");
        assert_eq!(
            address(&[(name, "10.0.0.1"), (name, "192.0.2.9")], true),
            "192.0.2.9"
        );
        assert_eq!(address(&[(name, "192.0.2.7:1234")], true), "192.0.2.7");
        assert_eq!(address(&[(name, "[2001:db8::1]:80")], true), "2001:db8::1");
        assert_eq!(address(&[(name, "::ffff:192.0.2.7")], true), "192.0.2.7");
        for nonsense in ["", "unknown", "192.0.2.7,", "192.0.2.256"] {
            assert_eq!(
                address(&[(name, nonsense)], true),
                "127.0.0.1",
                "{nonsense}"
            );
        }
    }
}
