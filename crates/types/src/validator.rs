//! Validators: their keys, where they are reached, and the sets of them.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    str::FromStr,
};

use thiserror::Error;

use crate::{
    limits::VALIDATORS,
    reader::{ReadError, Reader},
};

/// Version of the encoding of a set, its first two bytes.
const VERSION: u16 = 1;
/// Marks of the two kinds of addresses in it.
const IPV4: u8 = 4;
const IPV6: u8 = 6;

/// An ed25519 key by which a node votes; printed and parsed as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ValidatorKey(pub [u8; 32]);

impl ValidatorKey {
    /// Reads exactly 64 lower-case hexadecimal digits: a key has one text, so that votes on the
    /// same key are votes on the same call. Whether it is a point of the curve is for whoever
    /// verifies.
    pub fn from_hex(text: &str) -> Option<Self> {
        if text.bytes().any(|digit| digit.is_ascii_uppercase()) {
            return None;
        }
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Self(bytes))
    }
}

impl fmt::Display for ValidatorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for ValidatorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ValidatorKey({self})")
    }
}

/// Where other nodes reach a node: an IP address with a port, in its one spelling.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NodeAddress(SocketAddr);

/// A text, or bytes, that no node is reached at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "an address is the IP address and the port at which other nodes reach the node, like \
     192.0.2.1:8485 or [2001:db8::1]:8485"
)]
pub struct NodeAddressError;

impl NodeAddress {
    /// An address that can be reached: of one machine, with a port, and without what means
    /// something on the own machine only. An IPv4 address mapped to IPv6 is the IPv4 address.
    pub fn new(address: SocketAddr) -> Result<Self, NodeAddressError> {
        let ip = address.ip().to_canonical();
        let is_scoped = matches!(address, SocketAddr::V6(v6) if v6.scope_id() != 0);
        let is_one_machine = !ip.is_unspecified() && !ip.is_multicast() && !is_broadcast(ip);
        if address.port() == 0 || is_scoped || !is_one_machine {
            return Err(NodeAddressError);
        }
        // Made anew, without the flow label of IPv6.
        Ok(Self(SocketAddr::new(ip, address.port())))
    }

    /// The address to connect to.
    pub fn socket(self) -> SocketAddr {
        self.0
    }
}

fn is_broadcast(ip: IpAddr) -> bool {
    matches!(ip, IpAddr::V4(v4) if v4.is_broadcast())
}

impl FromStr for NodeAddress {
    type Err = NodeAddressError;

    fn from_str(text: &str) -> Result<Self, NodeAddressError> {
        Self::new(text.parse().map_err(|_| NodeAddressError)?)
    }
}

impl fmt::Display for NodeAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A validator in a set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Member {
    /// The key it votes by.
    pub key: ValidatorKey,
    /// Where it is reached.
    pub address: NodeAddress,
}

/// Validators of an epoch, ordered by their keys, each key once.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ValidatorSet(Vec<Member>);

/// Why there is no such set.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ValidatorSetError {
    /// More members than a set has.
    #[error("{0} validators, at most {VALIDATORS} are allowed")]
    TooMany(usize),
    /// Two members of one key, or not in the order of keys.
    #[error("validators are ordered by their keys, each key once")]
    Order,
    /// Bytes that end early or late.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Another version of the encoding.
    #[error("unknown version {0} of a validator set")]
    Version(u16),
    /// An address in another spelling than its one, or none at all.
    #[error(transparent)]
    Address(#[from] NodeAddressError),
    /// A kind of address that does not exist.
    #[error("unknown kind {0} of address")]
    AddressKind(u8),
}

impl ValidatorSet {
    /// The set of these members, in whatever order they come.
    pub fn new(mut members: Vec<Member>) -> Result<Self, ValidatorSetError> {
        members.sort_unstable_by_key(|member| member.key);
        Self::sorted(members)
    }

    fn sorted(members: Vec<Member>) -> Result<Self, ValidatorSetError> {
        if members.len() > VALIDATORS {
            return Err(ValidatorSetError::TooMany(members.len()));
        }
        if !members.is_sorted_by(|one, next| one.key < next.key) {
            return Err(ValidatorSetError::Order);
        }
        Ok(Self(members))
    }

    /// The members in the order of their keys.
    pub fn members(&self) -> &[Member] {
        &self.0
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a key is of a member.
    pub fn contains(&self, key: ValidatorKey) -> bool {
        self.0
            .binary_search_by_key(&key, |member| member.key)
            .is_ok()
    }

    /// The canonical bytes: version, number of members, then of each its key, the kind of its
    /// address, the address and the port. Integers are least significant byte first.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = VERSION.to_le_bytes().to_vec();
        // At most VALIDATORS, which fits.
        let count = u16::try_from(self.0.len()).unwrap_or(u16::MAX);
        bytes.extend(count.to_le_bytes());
        for Member { key, address } in &self.0 {
            bytes.extend(key.0);
            match address.0.ip() {
                IpAddr::V4(ip) => {
                    bytes.push(IPV4);
                    bytes.extend(ip.octets());
                }
                IpAddr::V6(ip) => {
                    bytes.push(IPV6);
                    bytes.extend(ip.octets());
                }
            }
            bytes.extend(address.0.port().to_le_bytes());
        }
        bytes
    }

    /// Reads the canonical bytes, and no others.
    pub fn decode(bytes: &[u8]) -> Result<Self, ValidatorSetError> {
        let mut reader = Reader::new(bytes);
        let set = Self::read(&mut reader)?;
        reader.finish()?;
        Ok(set)
    }

    /// Reads the canonical bytes where they stand within others, and nothing behind them.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, ValidatorSetError> {
        match reader.u16_le()? {
            VERSION => {}
            other => return Err(ValidatorSetError::Version(other)),
        }
        let count = usize::from(reader.u16_le()?);
        if count > VALIDATORS {
            return Err(ValidatorSetError::TooMany(count));
        }
        let mut members = Vec::with_capacity(count);
        for _ in 0..count {
            let key = ValidatorKey(reader.array()?);
            let ip = match reader.u8()? {
                IPV4 => IpAddr::V4(Ipv4Addr::from(reader.array::<4>()?)),
                IPV6 => IpAddr::V6(Ipv6Addr::from(reader.array::<16>()?)),
                other => return Err(ValidatorSetError::AddressKind(other)),
            };
            let socket = SocketAddr::new(ip, reader.u16_le()?);
            let address = NodeAddress::new(socket)?;
            if address.0 != socket {
                return Err(NodeAddressError.into());
            }
            members.push(Member { key, address });
        }
        Self::sorted(members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(key: u8, address: &str) -> Member {
        Member {
            key: ValidatorKey([key; 32]),
            address: address.parse().unwrap(),
        }
    }

    fn two() -> ValidatorSet {
        ValidatorSet::new(vec![
            member(9, "[2001:db8::1]:8485"),
            member(2, "192.0.2.1:8485"),
        ])
        .unwrap()
    }

    #[test]
    fn addresses_have_one_spelling() {
        for (text, spelled) in [
            ("192.0.2.1:1", "192.0.2.1:1"),
            ("127.0.0.1:8485", "127.0.0.1:8485"),
            ("[::ffff:192.0.2.1]:1", "192.0.2.1:1"),
            ("[2001:0DB8:0::1]:80", "[2001:db8::1]:80"),
        ] {
            assert_eq!(text.parse::<NodeAddress>().unwrap().to_string(), spelled);
        }
    }

    #[test]
    fn addresses_that_nobody_is_reached_at_are_refused() {
        for text in [
            "",
            "localhost:1",
            "192.0.2.1",
            "192.0.2.1:0",
            "192.0.2.1:65536",
            "192.0.2.01:1",
            " 192.0.2.1:1",
            "0.0.0.0:1",
            "[::]:1",
            "[::ffff:0.0.0.0]:1",
            "224.0.0.1:1",
            "[ff02::1]:1",
            "255.255.255.255:1",
            "[fe80::1%3]:1",
        ] {
            assert_eq!(text.parse::<NodeAddress>(), Err(NodeAddressError), "{text}");
        }
    }

    #[test]
    fn sets_are_sorted_and_have_each_key_once() {
        let set = two();
        assert_eq!(set.members()[0].key, ValidatorKey([2; 32]));
        assert!(set.contains(ValidatorKey([9; 32])) && !set.contains(ValidatorKey([3; 32])));
        let twice = vec![member(1, "192.0.2.1:1"), member(1, "192.0.2.1:2")];
        assert_eq!(ValidatorSet::new(twice), Err(ValidatorSetError::Order));
        let many = |count: usize| -> Vec<Member> {
            let keys = (0..count).map(|at| u8::try_from(at).unwrap());
            keys.map(|key| member(key, "192.0.2.1:1")).collect()
        };
        assert_eq!(
            ValidatorSet::new(many(VALIDATORS)).unwrap().len(),
            VALIDATORS
        );
        assert_eq!(
            ValidatorSet::new(many(VALIDATORS + 1)),
            Err(ValidatorSetError::TooMany(VALIDATORS + 1))
        );
    }

    #[test]
    fn the_encoding_is_pinned() {
        let expected = [
            "0100".to_owned(),
            "0200".to_owned(),
            "02".repeat(32),
            "04c0000201".to_owned(),
            "2521".to_owned(),
            "09".repeat(32),
            "0620010db8000000000000000000000001".to_owned(),
            "2521".to_owned(),
        ];
        assert_eq!(hex::encode(two().encode()), expected.concat());
        for set in [ValidatorSet::default(), two()] {
            assert_eq!(ValidatorSet::decode(&set.encode()), Ok(set.clone()));
            let within = [set.encode(), vec![7]].concat();
            let mut reader = Reader::new(&within);
            assert_eq!(ValidatorSet::read(&mut reader), Ok(set));
            assert_eq!(reader.u8(), Ok(7));
        }
    }

    #[test]
    fn only_the_canonical_bytes_are_a_set() {
        let bytes = two().encode();
        for end in 0..bytes.len() {
            assert!(ValidatorSet::decode(&bytes[..end]).is_err(), "{end}");
        }
        let mut longer = bytes.clone();
        longer.push(0);
        let version = [&[2, 0], &bytes[2..]].concat();
        let count = [&bytes[..2], &u16::MAX.to_le_bytes(), &bytes[4..]].concat();
        let swapped = [&bytes[..4], &bytes[43..], &bytes[4..43]].concat();
        let mut port = bytes.clone();
        port[41..43].fill(0);
        let mut kind = bytes.clone();
        kind[36] = 5;
        // 192.0.2.1 as an address of IPv6.
        let mapped = [&[0; 10], [0xff; 2].as_slice(), &[192, 0, 2, 1]].concat();
        let mapped = [&bytes[..36], &[6], &mapped, &bytes[41..]].concat();
        for (wrong, cause) in [
            (longer, "follow the end"),
            (version, "unknown version 2"),
            (count, "at most 128"),
            (swapped, "ordered by their keys"),
            (port, "like 192.0.2.1:8485"),
            (mapped, "like 192.0.2.1:8485"),
            (kind, "unknown kind 5"),
        ] {
            let error = ValidatorSet::decode(&wrong).unwrap_err().to_string();
            assert!(error.contains(cause), "{error}");
        }
    }

    #[test]
    fn keys_are_64_digits() {
        let key = ValidatorKey([0xab; 32]);
        assert_eq!(ValidatorKey::from_hex(&key.to_string()), Some(key));
        let capital = format!("{}aB", "ab".repeat(31));
        for wrong in ["", "ab", &"ab".repeat(33), &"gg".repeat(32), &capital] {
            assert_eq!(ValidatorKey::from_hex(wrong), None);
        }
    }
}
