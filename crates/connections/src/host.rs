//! What a `Host` header names. A page of somebody else whose name suddenly leads to this machine (DNS
//! rebinding) asks by that name: by none of an address.

use std::net::IpAddr;

/// Whether a `Host` header names this machine, and nothing that others could make lead here.
pub fn names_this_machine(host: &str) -> bool {
    let name = name(host);
    is_localhost(name) || address(name).is_some_and(|address| address.is_loopback())
}

/// Whether a `Host` header is an address or `localhost`: no name that others could make lead here.
pub fn names_an_address(host: &str) -> bool {
    let name = name(host);
    is_localhost(name) || address(name).is_some()
}

/// Without the port.
fn name(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

fn is_localhost(name: &str) -> bool {
    name.eq_ignore_ascii_case("localhost")
}

fn address(name: &str) -> Option<IpAddr> {
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    bare.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_an_address_and_others_have_names() {
        for own in [
            "localhost",
            "LOCALHOST:80",
            "127.0.0.1",
            "127.0.0.1:8484",
            "[::1]",
            "[::1]:8484",
        ] {
            assert!(names_this_machine(own) && names_an_address(own), "{own}");
        }
        for address in ["10.0.0.1:80", "192.0.2.7", "[2001:db8::1]:9484"] {
            assert!(names_an_address(address), "{address}");
            assert!(!names_this_machine(address), "{address}");
        }
        for name in [
            "",
            ":80",
            "evil.test",
            "localhost.evil.test",
            "127.0.0.1.evil.test:80",
            "127.0.0.1:x",
            "[evil.test]:80",
        ] {
            assert!(!names_an_address(name), "{name}");
            assert!(!names_this_machine(name), "{name}");
        }
    }
}
