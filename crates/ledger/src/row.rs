//! The rows of the state, and changes to them. One struct per table; every row that exists is part
//! of what the network agrees on.

use idos_types::{
    AttributeId, CredentialId, Digest, GrantId, Identity, InserterId, PartyId, UserId,
    ValidatorKey, ValidatorSet, WalletId, WalletType, WriteGrantId,
};

use crate::{
    content::Content,
    governance_row::{Motion, Parameter, ParameterName, Validator, Vote},
};

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

/// What a credential says without its content.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CredentialHeader {
    /// Chosen by the client.
    pub id: CredentialId,
    /// Whose it is.
    pub user_id: UserId,
    /// The `id` in the public notes, by which its issuer can update them.
    pub verifiable_credential_id: Option<String>,
    /// Readable by everyone who may see the credential; empty for copies.
    pub public_notes: String,
    /// Ephemeral public key that the content is encrypted from, base64.
    pub encryptor_public_key: String,
    /// Key that signed notes and content, as given.
    pub issuer_auth_public_key: String,
    /// Name of the inserter or id of the delegated write grant, unless the person added it.
    pub inserter: Option<String>,
}

/// What the list of a person's credentials says of each.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListedCredential {
    /// See [`CredentialHeader::id`].
    pub id: CredentialId,
    /// See [`CredentialHeader::public_notes`].
    pub public_notes: String,
    /// See [`CredentialHeader::issuer_auth_public_key`].
    pub issuer_auth_public_key: String,
    /// See [`CredentialHeader::inserter`].
    pub inserter: Option<String>,
    /// See [`CredentialCopy::original_id`]; `None` if it is no copy.
    pub original_id: Option<CredentialId>,
}

/// A credential with its content.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Credential {
    /// Everything but the content.
    pub header: CredentialHeader,
    /// What it holds.
    pub content: Content,
}

/// Says that a credential is a copy made for a grantee.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CredentialCopy {
    /// The copy.
    pub copy_id: CredentialId,
    /// What it is a copy of; `None` once that was deleted while the copy is under a lock.
    pub original_id: Option<CredentialId>,
    /// What is kept of the original's public notes from then on, for the grantee to read; empty
    /// before.
    pub notes: String,
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
        self.expires_at == 0 || now < self.expires_at
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

/// A sender, known by the nonce of its last transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Account {
    /// Digest of the sender: accounts outlive the data of whoever used them, so that old
    /// transactions are not accepted again, and must not name them.
    pub digest: Digest,
    /// The nonce.
    pub nonce: u64,
}

/// Something that happens by itself once block time reaches `at`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub struct Due {
    /// Seconds since 1970.
    pub at: i64,
    /// What happens.
    pub what: Deadline,
}

/// What happens at a deadline.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub enum Deadline {
    /// An access grant ends.
    EndGrant(GrantId),
    /// A credential whose owner deleted it goes, as far as no lock holds it any more.
    ReleaseCredential(CredentialId),
    /// The id of a used write grant can be forgotten: its message is no longer usable.
    ForgetWriteGrant(WriteGrantId),
    /// A motion ends with its votes, without effect.
    EndMotion(Digest),
    /// A request to join lapses, unless it was approved.
    EndRequest(ValidatorKey),
}

/// A row of any table.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "each variant is the struct of its name")]
pub enum Row {
    User(User),
    Wallet(Wallet),
    Credential(Credential),
    CredentialCopy(CredentialCopy),
    Attribute(Attribute),
    AttributeCopy(AttributeCopy),
    AttributeGrant(AttributeGrant),
    AccessGrant(AccessGrant),
    Inserter(Inserter),
    Delegate(Delegate),
    Party(Party),
    PartyKeys(PartyKeys),
    /// The id of a delegated write grant that was used.
    UsedWriteGrant(WriteGrantId),
    /// A signed message that must never take effect again.
    SpentMessage(Digest),
    Validator(Validator),
    /// The validators of an epoch.
    ValidatorSet(u64, ValidatorSet),
    Motion(Motion),
    Vote(Vote),
    Parameter(Parameter),
    Due(Due),
    /// Written by execution itself, never by a rule.
    Account(Account),
}

/// The primary key of a row of any table.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(
    missing_docs,
    reason = "each variant is the key of the row of its name"
)]
pub enum Key {
    User(UserId),
    Wallet(WalletId),
    Credential(CredentialId),
    /// By the id of the copy.
    CredentialCopy(CredentialId),
    Attribute(AttributeId),
    /// By the id of the copy.
    AttributeCopy(AttributeId),
    /// By the id of the copy.
    AttributeGrant(AttributeId),
    AccessGrant(GrantId),
    Inserter(InserterId),
    Delegate(String),
    Party(PartyId),
    PartyKeys(PartyId, i64),
    UsedWriteGrant(WriteGrantId),
    Validator(ValidatorKey),
    /// By the epoch.
    ValidatorSet(u64),
    Motion(Digest),
    /// By motion and operator.
    Vote(Digest, String),
    Parameter(ParameterName),
    Due(Due),
}

/// A change to one row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// Inserts the row, or replaces the one with its key.
    Put(Row),
    /// Replaces everything but the content of the credential with this id, if there is one. The
    /// content is not looked at.
    PutHeader(CredentialHeader),
    /// Removes the row with this key, if there is one.
    Delete(Key),
}

impl Row {
    /// About how many bytes it has: the texts of unbounded size.
    pub fn weight(&self) -> usize {
        match self {
            Self::Credential(credential) => {
                credential.content.len() + credential.header.public_notes.len()
            }
            Self::CredentialCopy(copy) => copy.notes.len(),
            Self::Attribute(attribute) => attribute.value.len(),
            _ => 0,
        }
    }
}

impl Change {
    /// About how many bytes it makes the database write.
    pub fn weight(&self) -> usize {
        match self {
            Self::Put(row) => row.weight(),
            Self::PutHeader(header) => header.public_notes.len(),
            Self::Delete(_) => 0,
        }
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

    #[test]
    fn notes_that_are_kept_for_a_copy_weigh() {
        let copy = CredentialCopy {
            copy_id: CredentialId(idos_types::Uuid::nil()),
            original_id: None,
            notes: "notes".into(),
        };
        assert_eq!(Change::Put(Row::CredentialCopy(copy)).weight(), 5);
    }

    #[test]
    fn origins_round_trip() {
        for origin in GrantOrigin::ALL {
            assert_eq!(GrantOrigin::parse(origin.name()), Some(origin));
        }
    }
}
