//! Rows that say who may read what.

use idos_types::{AttributeId, CredentialId, GrantId, UserId};

/// A permission for one grantee to read one copy of an attribute. It lasts as long as the copy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AttributeGrant {
    /// The copy.
    pub copy_id: AttributeId,
    /// The person who owns it.
    pub owner: UserId,
    /// Who may read, spelled as given; compared ignoring case.
    pub grantee: String,
}

/// A permission for one grantee to read one credential.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccessGrant {
    /// Derived from grantee, data and lock.
    pub id: GrantId,
    /// The person who owns the data.
    pub owner: UserId,
    /// Who may read, spelled as given; compared ignoring case.
    pub grantee: String,
    /// What may be read.
    pub data_id: CredentialId,
    /// Until when the owner cannot revoke: seconds since 1970, inclusive; 0 for no lock.
    pub locked_until: i64,
    /// When it ends by itself: seconds since 1970, exclusive; 0 for never.
    pub expires_at: i64,
    /// SHA-256 of the plaintext, hexadecimal, as given.
    pub content_hash: Option<String>,
    /// Height of the block that made it.
    pub height: u64,
    /// How it came to be.
    pub origin: GrantOrigin,
    /// Who made it: the caller, or the id of the delegated write grant. Empty once the owner's profile
    /// is erased and the caller made it.
    pub origin_id: String,
}

impl AccessGrant {
    /// Whether the owner cannot revoke it at `now`, in seconds since 1970.
    pub fn is_locked(&self, now: i64) -> bool {
        self.locked_until >= now
    }

    /// Whether it permits reading `data` at `now`, in seconds since 1970.
    pub fn permits(&self, data: CredentialId, now: i64) -> bool {
        self.data_id == data && self.is_live(now)
    }

    /// Whether it still permits reading at `now`, in seconds since 1970.
    pub fn is_live(&self, now: i64) -> bool {
        self.ends_at().is_none_or(|end| now < end)
    }

    /// When it ends by itself, in seconds since 1970, exclusive; none for never.
    pub fn ends_at(&self) -> Option<i64> {
        Some(self.expires_at).filter(|at| *at != 0)
    }

    /// Before which moment it permits reading, in seconds since 1970: the last of all if it never ends.
    pub fn lasts_until(&self) -> i64 {
        self.ends_at().unwrap_or(i64::MAX)
    }
}

/// How an access grant came to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GrantOrigin {
    /// The owner shared a credential.
    User,
    /// An issuer used a delegated write grant.
    DelegatedWriteGrant,
    /// Somebody submitted a delegated access grant.
    DelegatedAccessGrant,
}

impl GrantOrigin {
    const ALL: [Self; 3] = [
        Self::User,
        Self::DelegatedWriteGrant,
        Self::DelegatedAccessGrant,
    ];

    /// The name on the wire, `inserter_type`.
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::DelegatedWriteGrant => "delegated_write_grant",
            Self::DelegatedAccessGrant => "dag_message",
        }
    }

    /// Reads a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|origin| origin.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_round_trip() {
        for origin in GrantOrigin::ALL {
            assert_eq!(GrantOrigin::parse(origin.name()), Some(origin));
        }
    }
}
