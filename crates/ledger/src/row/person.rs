//! Rows about a person: the profile, its wallets and attributes.

use idos_types::{AttributeId, Identity, UserId, WalletId, WalletType};

/// A person's profile.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct User {
    /// Chosen by whoever created the profile.
    pub id: UserId,
    /// The key that issuers encrypt to, base64. Empty once erased.
    pub recipient_encryption_public_key: String,
    /// Where the person's password is kept.
    pub encryption_password_store: PasswordStore,
    /// Name of the inserter that created the profile. Empty once erased.
    pub inserter: String,
    /// What the person may still spend on gas without tokens, in units of 10^-18.
    pub gas_allowance: u128,
    /// Whether the owner has acted: from then on the creator has no more power over the profile.
    pub claimed: bool,
    /// Whether only copies under a lock are left of it.
    pub erased: bool,
}

/// Who keeps the password that a person's key is derived from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PasswordStore {
    /// The person.
    User,
    /// A multi-party network.
    Mpc,
}

impl PasswordStore {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Mpc => "mpc",
        }
    }

    /// Reads a name as sent by clients.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::User, Self::Mpc]
            .into_iter()
            .find(|store| store.name() == name)
    }
}

/// A wallet linked to a profile.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wallet {
    /// Chosen by the client.
    pub id: WalletId,
    /// Whose it is.
    pub user_id: UserId,
    /// Address as given; for NEAR the account name.
    pub address: String,
    /// Public key as given, in the form of its kind.
    pub public_key: Option<String>,
    /// Kind of wallet.
    pub wallet_type: WalletType,
    /// The text that the wallet signed to prove ownership.
    pub message: String,
    /// The signature over it, as given.
    pub signature: String,
    /// Name of the inserter that linked it, if the person did not.
    pub inserter: Option<String>,
}

impl Wallet {
    /// By whom transactions of this wallet are signed. `None` for a keyed wallet without its key,
    /// which the rules never create.
    pub fn identity(&self) -> Option<Identity> {
        Identity::of_wallet(self.wallet_type, &self.address, self.public_key.as_deref())
    }
}

/// An attribute of a person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attribute {
    /// Chosen by the client.
    pub id: AttributeId,
    /// Whose it is.
    pub user_id: UserId,
    /// What it is called.
    pub attribute_key: String,
    /// Its value, encrypted or not.
    pub value: String,
    /// Name of the inserter that added it, if the person did not.
    pub inserter: Option<String>,
}

/// Says that an attribute is a copy.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AttributeCopy {
    /// The copy.
    pub copy_id: AttributeId,
    /// What it is a copy of.
    pub original_id: AttributeId,
}
