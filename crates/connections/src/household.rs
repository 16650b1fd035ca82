//! Whose address it is.

use std::net::IpAddr;

/// What one subscriber has, as limits count it: an IPv4 address, or the 2^64 addresses of an IPv6
/// network.
pub fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(address: &str) -> String {
        household(address.parse().unwrap()).to_string()
    }

    #[test]
    fn addresses_of_one_ipv6_network_are_one_household() {
        assert_eq!(of("2001:db8:3:4::1"), of("2001:db8:3:4:5:6:7:8"));
        assert_ne!(of("2001:db8:3:4::1"), of("2001:db8:3:5::1"));
    }

    #[test]
    fn an_ipv4_address_is_a_household_however_it_is_written() {
        assert_eq!(of("192.0.2.1"), of("::ffff:192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}
