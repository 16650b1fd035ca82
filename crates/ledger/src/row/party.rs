//! Rows of those who issue and read: inserters with their delegates, parties with their keys.

use idos_types::{InserterId, PartyId};

/// An organisation that may create profiles and issue credentials.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Inserter {
    /// Chosen by the owner of the network.
    pub id: InserterId,
    /// Unique name.
    pub name: String,
}

/// A key that acts for an inserter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delegate {
    /// Caller text, folded to lower case.
    pub address: String,
    /// Whom it acts for.
    pub inserter_id: InserterId,
}

/// An organisation whose keys others rely on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Party {
    /// Chosen by whoever admitted it.
    pub id: PartyId,
    /// Caller text of the only sender that may publish its keys, folded to lower case.
    pub address: String,
    /// What it was admitted as.
    pub roles: Roles,
    /// Version of its current keys; 0 before it published any.
    pub version: i64,
}

/// One published version of a party's keys.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartyKeys {
    /// Whose they are.
    pub party_id: PartyId,
    /// Counts from 1.
    pub version: i64,
    /// Name to show to people.
    pub name: String,
    /// Decentralized identifier, if it has one.
    pub did: Option<String>,
    /// Ed25519 key that signs what the party says, lower-case hexadecimal.
    pub signing_public_key: String,
    /// X25519 key that data for the party is encrypted to, base64.
    pub encryption_public_key: String,
    /// Signature by the signing key over the text of this version, lower-case hexadecimal.
    pub signature: String,
    /// Height of the block that published it.
    pub height: u64,
}

/// What a party was admitted as.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Roles {
    /// Issues credentials.
    pub issuer: bool,
    /// Reads what people grant.
    pub consumer: bool,
    /// Runs a node.
    pub operator: bool,
}

impl Roles {
    /// Reads a list like `issuer,consumer`. `None` for an unknown or repeated role.
    pub fn parse(list: &str) -> Option<Self> {
        let mut roles = Self::default();
        for name in list
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
        {
            let role = roles.role_mut(name)?;
            if std::mem::replace(role, true) {
                return None;
            }
        }
        Some(roles)
    }

    /// Whether the role of this name is held; `None` for an unknown name.
    pub fn has(mut self, name: &str) -> Option<bool> {
        self.role_mut(name).map(|held| *held)
    }

    fn role_mut(&mut self, name: &str) -> Option<&mut bool> {
        match name {
            "issuer" => Some(&mut self.issuer),
            "consumer" => Some(&mut self.consumer),
            "operator" => Some(&mut self.operator),
            _ => None,
        }
    }
}

/// The list that [`Roles::parse`] reads.
impl std::fmt::Display for Roles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let held = [
            (self.issuer, "issuer"),
            (self.consumer, "consumer"),
            (self.operator, "operator"),
        ];
        let names: Vec<_> = held
            .iter()
            .filter(|(held, _)| *held)
            .map(|(_, name)| *name)
            .collect();
        f.write_str(&names.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_round_trip_and_refuse_the_unknown() {
        for list in ["", "issuer", "issuer,consumer", "issuer,consumer,operator"] {
            assert_eq!(
                Roles::parse(list).map(|roles| roles.to_string()).as_deref(),
                Some(list)
            );
        }
        assert_eq!(Roles::parse("king"), None);
        assert_eq!(Roles::parse("issuer,issuer"), None);
    }
}
