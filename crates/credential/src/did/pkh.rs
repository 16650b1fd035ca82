//! `did:pkh`: an account of a chain, by CAIP-10.

use idos_types::limits::ADDRESS_BYTES;

/// An account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    /// The kind of chain, such as `eip155`.
    pub namespace: String,
    /// The chain, such as `1`.
    pub reference: String,
    /// The address on it.
    pub address: String,
}

impl Account {
    /// Reads a `did:pkh`; none if it is none.
    pub fn of_did(did: &str) -> Option<Self> {
        let mut parts = did.strip_prefix("did:pkh:")?.splitn(3, ':');
        let (namespace, reference, address) = (parts.next()?, parts.next()?, parts.next()?);
        let plain = |text: &str, longest: usize, more: &str| {
            (1..=longest).contains(&text.len())
                && text
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || more.contains(c))
        };
        let accepted = (3..=8).contains(&namespace.len())
            && plain(namespace, 8, "-")
            && plain(reference, 32, "-_")
            && plain(address, ADDRESS_BYTES, "-.%");
        accepted.then(|| Self {
            namespace: namespace.to_owned(),
            reference: reference.to_owned(),
            address: address.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_read() {
        let account =
            Account::of_did("did:pkh:eip155:1:0xab16a96D359eC26a11e2C2b3d8f8B8942d5Bfcdb").unwrap();
        assert_eq!(
            (account.namespace.as_str(), account.reference.as_str()),
            ("eip155", "1")
        );
        assert!(account.address.starts_with("0xab16"));
    }

    #[test]
    fn what_is_no_account_is_not() {
        for did in [
            "did:key:z6Mk",
            "did:pkh:eip155:1",
            "did:pkh:e:1:0x",
            "did:pkh:eip155:1:a b",
            "did:pkh:eip155::0x1",
            "did:pkh:eip155:1:a#b",
        ] {
            assert_eq!(Account::of_did(did), None, "{did}");
        }
    }
}
