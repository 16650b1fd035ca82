//! Where the document of a `did:web` is, and what may be fetched at all.

use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use idos_types::limits::ORIGIN_BYTES;
use thiserror::Error;

use crate::trust::TrustList;

/// Why the document of a DID is not fetched.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PolicyError {
    /// Not a `did:web` with a host by name.
    #[error("{0:?} is no did:web with the name of a host")]
    Form(String),
    /// The host is not on the list.
    #[error(
        "the host {0:?} is not on the list of those that may be asked: its operator must add it"
    )]
    Host(String),
}

/// Which hosts may be asked for documents. Whoever fetches must use `https`, follow no redirect,
/// read at most [`DID_DOCUMENT_BYTES`](idos_types::limits::DID_DOCUMENT_BYTES), give up after a few
/// seconds, and connect to none but [public addresses](is_public_address).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FetchPolicy {
    hosts: BTreeSet<String>,
}

impl FetchPolicy {
    /// Only these hosts may be asked; each is a name, with `:port` if it is not 443.
    pub fn allowing<S: Into<String>>(hosts: impl IntoIterator<Item = S>) -> Self {
        Self {
            hosts: hosts
                .into_iter()
                .map(|host| host.into().to_ascii_lowercase())
                .collect(),
        }
    }

    /// Only the hosts of these issuers may be asked, as far as they have a `did:web`.
    pub fn of_issuers(trust: &TrustList) -> Self {
        Self::allowing(trust.issuers().filter_map(|issuer| host(issuer).ok()))
    }

    /// The address of the document of a `did:web`, if its host may be asked.
    pub fn url(&self, did: &str) -> Result<String, PolicyError> {
        let form = || PolicyError::Form(super::short(did));
        let authority = host(did)?;
        if !self.hosts.contains(&authority) {
            return Err(PolicyError::Host(authority));
        }
        let mut path = String::new();
        // The method's two names and the host come before the path.
        for segment in did.split(':').skip(3) {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
            if segment.is_empty() || segment.starts_with('.') || !segment.chars().all(plain) {
                return Err(form());
            }
            path.push('/');
            path.push_str(segment);
        }
        if path.is_empty() {
            path.push_str("/.well-known");
        }
        Ok(format!("https://{authority}{path}/did.json"))
    }
}

/// The host of a `did:web`, with `:port` if it names one.
fn host(did: &str) -> Result<String, PolicyError> {
    let form = || PolicyError::Form(super::short(did));
    let rest = did.strip_prefix("did:web:").ok_or_else(form)?;
    if rest.len() > ORIGIN_BYTES {
        return Err(form());
    }
    let host = rest.split(':').next().unwrap_or_default();
    let host = host.to_ascii_lowercase();
    let (name, port) = match host.split_once("%3a") {
        Some((name, port)) => (name, Some(port.parse::<u16>().map_err(|_| form())?)),
        None => (host.as_str(), None),
    };
    if !is_host_name(name) {
        return Err(form());
    }
    Ok(port.map_or_else(|| name.to_owned(), |port| format!("{name}:{port}")))
}

/// A name with a dot whose last label is no number, so no address.
fn is_host_name(name: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    name.contains('.')
        && name.split('.').all(label)
        && name.rsplit('.').next().is_some_and(|last| {
            last.chars().any(|c| c.is_ascii_alphabetic()) && !last.starts_with("0x")
        })
}

/// Whether an address is of the public internet: no private, local, shared, documentation,
/// multicast or reserved one.
pub fn is_public_address(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(address) => is_public_v4(address),
            None => is_public_v6(address),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast()
        || address.is_broadcast()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (18..20).contains(&b)))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    // Only 2000::/3 is given out; of it, not documentation, 6to4 and Teredo, which hold others.
    let [first, second, ..] = address.segments();
    (first & 0xe000) == 0x2000
        && !(first == 0x2001 && (second == 0x0db8 || second == 0))
        && first != 0x2002
        && first != 0x3fff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_of_an_allowed_host_has_an_address() {
        let policy = FetchPolicy::allowing(["Example.com", "example.com:8443"]);
        for (did, url) in [
            (
                "did:web:example.com",
                "https://example.com/.well-known/did.json",
            ),
            (
                "did:web:example.com:issuers:1",
                "https://example.com/issuers/1/did.json",
            ),
            (
                "did:web:example.com%3A8443",
                "https://example.com:8443/.well-known/did.json",
            ),
        ] {
            assert_eq!(policy.url(did).as_deref(), Ok(url));
        }
    }

    #[test]
    fn the_hosts_of_trusted_issuers_may_be_asked() {
        let trust = TrustList::new()
            .with_did("did:web:issuer.example%3A8443:a")
            .with_did("did:key:z6Mk")
            .with_did("did:web:127.0.0.1");
        let policy = FetchPolicy::of_issuers(&trust);
        assert_eq!(policy, FetchPolicy::allowing(["issuer.example:8443"]));
        assert!(policy.url("did:web:issuer.example%3A8443:b").is_ok());
        assert!(policy.url("did:web:issuer.example").is_err());
    }

    #[test]
    fn nothing_else_is_fetched() {
        let policy = FetchPolicy::allowing(["example.com", "127.0.0.1", "localhost"]);
        assert_eq!(
            policy.url("did:web:other.com"),
            Err(PolicyError::Host("other.com".to_owned()))
        );
        for did in [
            "did:key:z6Mk",
            "did:web:127.0.0.1",
            "did:web:localhost",
            "did:web:0x7f.0x1",
            "did:web:example.com:..:x",
            "did:web:example.com::x",
            "did:web:example.com/evil",
            "did:web:user@example.com",
            "did:web:example.com%3A99999",
            "did:web:example.com:a?b",
        ] {
            assert!(
                matches!(policy.url(did), Err(PolicyError::Form(_))),
                "{did}"
            );
        }
    }

    #[test]
    fn a_did_has_so_many_bytes_and_its_host_no_empty_part() {
        let policy = FetchPolicy::allowing(["example.com", "example..com", ".example.com"]);
        let of_bytes = |bytes: usize| {
            let host = "example.com:";
            format!("did:web:{host}{}", "a".repeat(bytes - host.len()))
        };
        assert!(policy.url(&of_bytes(ORIGIN_BYTES)).is_ok());
        for did in [
            &of_bytes(ORIGIN_BYTES + 1),
            "did:web:example..com",
            "did:web:.example.com",
        ] {
            assert!(
                matches!(policy.url(did), Err(PolicyError::Form(_))),
                "{did}"
            );
        }
    }

    #[test]
    fn addresses_of_the_inside_are_not_public() {
        for address in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "100.127.255.255",
            "192.0.0.1",
            "198.18.0.1",
            "198.19.255.255",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "::ffff:10.0.0.1",
            "2001:db8::1",
            "3fff::1",
            "2002:a00:1::",
            "64:ff9b::a00:1",
        ] {
            assert!(!is_public_address(address.parse().unwrap()), "{address}");
        }
        for address in [
            "1.1.1.1",
            "93.184.216.34",
            "100.63.255.255",
            "100.128.0.1",
            "192.0.1.1",
            "198.20.0.1",
            "223.255.255.255",
            "2606:4700::1111",
        ] {
            assert!(is_public_address(address.parse().unwrap()), "{address}");
        }
    }
}
