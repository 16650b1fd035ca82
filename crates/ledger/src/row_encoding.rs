//! The canonical bytes of rows: what the state tree commits, and what other implementations have to
//! reproduce. `docs/state-rows.md` lists them; `fixtures/proof/rows.json` has examples.
//!
//! Each row is its fields in the order of its struct: integers in as many bytes as their type has,
//! most significant first; ids in 16 bytes, digests in 32; a flag as one byte, 0 or 1; a text as
//! its length in bytes (4 bytes) and its UTF-8 bytes; names of the wire (kinds of wallets, origins
//! of grants) as texts; something optional as a flag and, after 1, the value. Rows of ordered
//! tables begin with their place in 8 bytes. The content of a credential is represented by its
//! SHA-256. Since every field tells its own length, different rows are different bytes.

use idos_types::{Digest, Uuid};

use crate::{
    governance_row::{Motion, Parameter, Validator, Vote},
    place::Place,
    row::{
        AccessGrant, Account, Attribute, AttributeCopy, AttributeGrant, Credential, CredentialCopy,
        CredentialHeader, Delegate, Due, Inserter, Party, PartyKeys, Row, User, Wallet,
    },
};

impl Row {
    /// Its canonical bytes, in the current schema version of its table. The place of a row that is
    /// in no ordered table does not count.
    pub fn encode(&self, place: Place) -> Vec<u8> {
        let mut out = Output(Vec::with_capacity(256));
        if self.table().is_ordered() {
            out.u64(place.0);
        }
        match self {
            Self::User(user) => user.write(&mut out),
            Self::Wallet(wallet) => wallet.write(&mut out),
            Self::Credential(credential) => credential.write(&mut out),
            Self::CredentialCopy(copy) => copy.write(&mut out),
            Self::Attribute(attribute) => attribute.write(&mut out),
            Self::AttributeCopy(copy) => copy.write(&mut out),
            Self::AttributeGrant(grant) => grant.write(&mut out),
            Self::AccessGrant(grant) => grant.write(&mut out),
            Self::Inserter(inserter) => inserter.write(&mut out),
            Self::Delegate(delegate) => delegate.write(&mut out),
            Self::Party(party) => party.write(&mut out),
            Self::PartyKeys(keys) => keys.write(&mut out),
            Self::UsedWriteGrant(id) => out.id(*id),
            Self::SpentMessage(message) => out.digest(message),
            Self::Validator(validator) => validator.write(&mut out),
            Self::ValidatorSet(epoch, set) => {
                out.u64(*epoch);
                out.0.extend(set.encode());
            }
            Self::Motion(motion) => motion.write(&mut out),
            Self::Vote(vote) => vote.write(&mut out),
            Self::Parameter(parameter) => parameter.write(&mut out),
            Self::Due(due) => due.write(&mut out),
            Self::Account(account) => account.write(&mut out),
        }
        out.0
    }
}

impl CredentialHeader {
    /// The canonical bytes of the credential, whose content has this digest.
    pub(crate) fn encode(&self, place: Place, content: &Digest) -> Vec<u8> {
        let mut out = Output(Vec::with_capacity(256));
        out.u64(place.0);
        self.write(&mut out);
        out.digest(content);
        out.0
    }
}

impl Due {
    /// Its canonical bytes, which are its key as well.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Output(Vec::with_capacity(41));
        self.write(&mut out);
        out.0
    }
}

/// Something that has canonical bytes.
trait Write {
    fn write(&self, out: &mut Output);
}

impl Write for User {
    fn write(&self, out: &mut Output) {
        out.id(self.id);
        out.text(&self.recipient_encryption_public_key);
        out.text(self.encryption_password_store.name());
        out.text(&self.inserter);
        out.0.extend(self.gas_allowance.to_be_bytes());
        out.flag(self.claimed);
        out.flag(self.erased);
    }
}

impl Write for Wallet {
    fn write(&self, out: &mut Output) {
        out.id(self.id);
        out.id(self.user_id);
        out.text(&self.address);
        out.optional_text(self.public_key.as_deref());
        out.text(self.wallet_type.name());
        out.text(&self.message);
        out.text(&self.signature);
        out.optional_text(self.inserter.as_deref());
    }
}

impl Write for Credential {
    fn write(&self, out: &mut Output) {
        self.header.write(out);
        out.digest(self.content.digest());
    }
}

impl Write for CredentialHeader {
    fn write(&self, out: &mut Output) {
        out.id(self.id);
        out.id(self.user_id);
        out.optional_text(self.verifiable_credential_id.as_deref());
        out.text(&self.public_notes);
        out.text(&self.encryptor_public_key);
        out.text(&self.issuer_auth_public_key);
        out.optional_text(self.inserter.as_deref());
    }
}

impl Write for CredentialCopy {
    fn write(&self, out: &mut Output) {
        out.id(self.copy_id);
        out.flag(self.original_id.is_some());
        if let Some(original) = self.original_id {
            out.id(original);
        }
        out.text(&self.notes);
    }
}

impl Write for Attribute {
    fn write(&self, out: &mut Output) {
        out.id(self.id);
        out.id(self.user_id);
        out.text(&self.attribute_key);
        out.text(&self.value);
        out.optional_text(self.inserter.as_deref());
    }
}

impl Write for AttributeCopy {
    fn write(&self, out: &mut Output) {
        out.id(self.copy_id);
        out.id(self.original_id);
    }
}

impl Write for AttributeGrant {
    fn write(&self, out: &mut Output) {
        out.id(self.copy_id);
        out.id(self.owner);
        out.text(&self.grantee);
    }
}

impl Write for AccessGrant {
    fn write(&self, out: &mut Output) {
        out.id(self.id);
        out.id(self.owner);
        out.text(&self.grantee);
        out.id(self.data_id);
        out.i64(self.locked_until);
        out.i64(self.expires_at);
        out.optional_text(self.content_hash.as_deref());
        out.u64(self.height);
        out.text(self.origin.name());
        out.text(&self.origin_id);
    }
}

impl Write for Inserter {
    fn write(&self, out: &mut Output) {
        out.id(self.id);
        out.text(&self.name);
    }
}

impl Write for Delegate {
    fn write(&self, out: &mut Output) {
        out.text(&self.address);
        out.id(self.inserter_id);
    }
}

impl Write for Party {
    fn write(&self, out: &mut Output) {
        out.id(self.id);
        out.text(&self.address);
        out.flag(self.roles.issuer);
        out.flag(self.roles.consumer);
        out.flag(self.roles.operator);
        out.i64(self.version);
    }
}

impl Write for PartyKeys {
    fn write(&self, out: &mut Output) {
        out.id(self.party_id);
        out.i64(self.version);
        out.text(&self.name);
        out.optional_text(self.did.as_deref());
        out.text(&self.signing_public_key);
        out.text(&self.encryption_public_key);
        out.text(&self.signature);
        out.u64(self.height);
    }
}

impl Write for Validator {
    fn write(&self, out: &mut Output) {
        out.0.extend(self.key.0);
        out.text(&self.operator);
        out.text(&self.address.to_string());
        out.text(self.status.name());
        out.i64(self.expires_at);
        out.u64(self.height);
    }
}

impl Write for Motion {
    fn write(&self, out: &mut Output) {
        out.digest(&self.id);
        out.text(&self.action);
        out.text(&self.arguments);
        out.text(&self.proposer);
        out.i64(self.expires_at);
        out.u64(self.height);
    }
}

impl Write for Vote {
    fn write(&self, out: &mut Output) {
        out.digest(&self.motion);
        out.text(&self.operator);
    }
}

impl Write for Parameter {
    fn write(&self, out: &mut Output) {
        out.text(self.name.name());
        out.u64(self.value);
        out.flag(self.next.is_some());
        if let Some(next) = self.next {
            out.u64(next.value);
            out.u64(next.from_height);
        }
    }
}

impl Write for Due {
    fn write(&self, out: &mut Output) {
        out.i64(self.at);
        let (kind, id) = self.what.parts();
        out.0.push(kind);
        out.0.extend(id);
    }
}

impl Write for Account {
    fn write(&self, out: &mut Output) {
        out.digest(&self.digest);
        out.u64(self.nonce);
    }
}

/// Bytes under way.
struct Output(Vec<u8>);

impl Output {
    fn u64(&mut self, number: u64) {
        self.0.extend(number.to_be_bytes());
    }

    fn i64(&mut self, number: i64) {
        self.0.extend(number.to_be_bytes());
    }

    fn flag(&mut self, flag: bool) {
        self.0.push(u8::from(flag));
    }

    fn id(&mut self, id: impl Into<Uuid>) {
        self.0.extend(id.into().as_bytes());
    }

    fn digest(&mut self, digest: &Digest) {
        self.0.extend(digest.0);
    }

    // No row has a text of four gigabytes: transactions are far shorter.
    fn text(&mut self, text: &str) {
        let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
        self.0.extend(length.to_be_bytes());
        self.0.extend(text.as_bytes());
    }

    fn optional_text(&mut self, text: Option<&str>) {
        self.flag(text.is_some());
        if let Some(text) = text {
            self.text(text);
        }
    }
}
