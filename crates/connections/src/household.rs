//! Whose address it is.

use std::net::IpAddr;

use idos_types::limits::HOUSEHOLDS_OF_NEIGHBOURHOOD;

/// What one subscriber has at least, as limits count it: an IPv4 address, or the 2^64 addresses of an
/// IPv6 network.
pub fn household(address: IpAddr) -> IpAddr {
    network(address, 4)
}

/// Whoever is counted together.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Group {
    /// A [`household`].
    Household(IpAddr),
    /// All households of an IPv6 network of 48 bits, the largest that one subscriber gets.
    Neighbourhood(IpAddr),
}

impl Group {
    /// Those that an address is of, the household first. What is counted has to have room in each.
    pub fn of(address: IpAddr) -> impl Iterator<Item = Self> + Clone {
        let address = address.to_canonical();
        let around = Self::Neighbourhood(network(address, 3));
        let around = address.is_ipv6().then_some(around);
        [Self::Household(household(address))]
            .into_iter()
            .chain(around)
    }

    /// What it may have, where a household may have so much.
    pub fn share(self, of_household: usize) -> usize {
        match self {
            Self::Household(_) => of_household,
            Self::Neighbourhood(_) => of_household.saturating_mul(HOUSEHOLDS_OF_NEIGHBOURHOOD),
        }
    }

    /// What it may have of so much that there is for all: a neighbourhood leaves others at least half,
    /// unless a single household may have more.
    pub(crate) fn share_of(self, most: usize, of_household: usize) -> usize {
        let half = (most / 2).max(of_household);
        match self {
            Self::Household(_) => of_household,
            Self::Neighbourhood(_) => self.share(of_household).min(half),
        }
    }
}

/// The network of an IPv6 address, which is so many times 16 bits; an IPv4 address is alone.
fn network(address: IpAddr, segments: usize) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let mut network = v6.segments();
            network.iter_mut().skip(segments).for_each(|rest| *rest = 0);
            IpAddr::from(network)
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

    fn groups(address: &str) -> Vec<Group> {
        Group::of(address.parse().unwrap()).collect()
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

    #[test]
    fn households_of_one_ipv6_network_of_48_bits_are_neighbours() {
        let [one, neighbour, other] =
            ["2001:db8:3::1", "2001:db8:3:1::1", "2001:db8:4::1"].map(groups);
        assert_ne!(one[0], neighbour[0]);
        assert_eq!(one[1], neighbour[1]);
        assert_ne!(one[1], other[1]);
        assert_ne!(one[0], one[1]);
        assert_eq!(groups("::ffff:192.0.2.1"), groups("192.0.2.1"));
        assert_eq!(groups("192.0.2.1").len(), 1);
    }

    #[test]
    fn neighbours_have_a_few_shares_and_leave_others_half() {
        let around = groups("2001:db8::1")[1];
        assert_eq!(around.share(60), 240);
        assert_eq!(around.share_of(16, 1), 4);
        assert_eq!(around.share_of(16, 4), 8);
        // Behind a proxy one household may have everything.
        assert_eq!(around.share_of(16, 16), 16);
        assert_eq!(around.share_of(usize::MAX, usize::MAX), usize::MAX);
    }
}
