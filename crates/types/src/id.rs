//! One type per kind of row id, so that a wallet's id can never be passed for a credential's.

use std::fmt;

use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub Uuid);

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
    )*};
}

ids! {
    /// A person's profile.
    UserId,
    /// A wallet linked to a profile.
    WalletId,
    /// A credential, original or copy.
    CredentialId,
    /// An attribute, original or copy.
    AttributeId,
    /// An access grant.
    GrantId,
    /// An inserter: an organisation that may create profiles and issue credentials.
    InserterId,
    /// A delegated write grant that a person signed.
    WriteGrantId,
    /// A party: an organisation whose keys others rely on.
    PartyId,
}
