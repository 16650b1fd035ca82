//! What people and issuers sign besides transactions, and the calls that carry it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use idos_ledger::Call;
use idos_types::{Uuid, Value};

use super::{
    call::{call, call_of},
    date,
    key::Key,
    network::Network,
};

/// A key that content is said to be encrypted from.
const ENCRYPTOR: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// A credential as its issuer signed it.
#[derive(Clone)]
pub(crate) struct Sealed {
    issuer: String,
    /// Its content as it is stored.
    pub(crate) content: String,
    notes: String,
    notes_signature: String,
    broader_signature: String,
}

impl Sealed {
    /// A credential of this content with public notes, signed.
    pub(crate) fn new(issuer: &Key, notes: &str, content: &str) -> Self {
        let notes_signature = issuer.sign(notes.as_bytes());
        let broader = [notes_signature.as_slice(), content.as_bytes()].concat();
        Self {
            issuer: issuer.text().to_owned(),
            content: STANDARD.encode(content),
            notes: notes.to_owned(),
            notes_signature: STANDARD.encode(&notes_signature),
            broader_signature: issuer.sign_base64(&broader),
        }
    }

    /// A copy of this content: it has no notes.
    pub(crate) fn copy(signer: &Key, content: &str) -> Self {
        Self::new(signer, "", content)
    }

    fn signatures(&self) -> [Value; 2] {
        [&self.notes_signature, &self.broader_signature].map(|text| text.as_str().into())
    }

    /// `add_credential`.
    pub(crate) fn add(&self, id: Uuid) -> Call {
        let [notes, broader] = self.signatures();
        let (issuer, content) = (self.issuer.as_str(), self.content.as_str());
        let public = self.notes.as_str();
        call!(
            "add_credential",
            id,
            issuer,
            ENCRYPTOR,
            content,
            public,
            notes,
            broader
        )
    }

    /// `edit_credential`.
    pub(crate) fn edit(&self, id: Uuid) -> Call {
        let [notes, broader] = self.signatures();
        let (issuer, content) = (self.issuer.as_str(), self.content.as_str());
        let public = self.notes.as_str();
        call!(
            "edit_credential",
            id,
            public,
            notes,
            broader,
            content,
            ENCRYPTOR,
            issuer
        )
    }

    /// `upsert_credential_as_inserter`.
    pub(crate) fn upsert(&self, id: Uuid, user: Uuid) -> Call {
        let [notes, broader] = self.signatures();
        let (issuer, content) = (self.issuer.as_str(), self.content.as_str());
        let public = self.notes.as_str();
        let action = "upsert_credential_as_inserter";
        call!(
            action, id, user, issuer, ENCRYPTOR, content, public, notes, broader
        )
    }

    /// `share_credential`, with a content hash that is the content.
    pub(crate) fn share(&self, id: Uuid, original: Uuid, grantee: &str, locked_until: i64) -> Call {
        let [notes, broader] = self.signatures();
        let (issuer, content) = (self.issuer.as_str(), self.content.as_str());
        call!(
            "share_credential",
            id,
            original,
            "",
            notes,
            broader,
            content,
            content,
            ENCRYPTOR,
            issuer,
            grantee,
            locked_until,
        )
    }
}

/// Public notes that carry an id.
pub(crate) fn notes(id: &str) -> String {
    format!(r#"{{"id":"{id}"}}"#)
}

/// The arguments of a wallet that proves it belongs to whoever links it: address, public key,
/// kind, message, signature. Every nonce makes another message.
fn ownership(wallet: &Key, nonce: &str) -> [Value; 5] {
    let message = format!("Sign this message to prove you own this wallet. Nonce {nonce}");
    let signature = wallet.sign_hex(&message);
    let key = wallet.text();
    [key, key, "FaceSign", &message, &signature].map(Value::from)
}

/// `add_wallet`.
pub(crate) fn add_wallet(id: Uuid, wallet: &Key, nonce: &str) -> Call {
    let [address, key, kind, message, signature] = ownership(wallet, nonce);
    call!("add_wallet", id, address, key, kind, message, signature)
}

/// `upsert_wallet_as_inserter`.
pub(crate) fn upsert_wallet(id: Uuid, user: Uuid, wallet: &Key, nonce: &str) -> Call {
    let [address, key, kind, message, signature] = ownership(wallet, nonce);
    let action = "upsert_wallet_as_inserter";
    call!(action, id, user, address, key, kind, message, signature)
}

/// A delegated write grant: its owner lets an issuer add a credential with a copy for a grantee.
#[derive(Clone)]
pub(crate) struct WriteGrant<'a> {
    /// Whose wallet the text names.
    pub(crate) owner: &'a Key,
    /// Who signs the text: the owner, unless somebody cheats.
    pub(crate) signer: &'a Key,
    /// Who gets the copy.
    pub(crate) grantee: &'a str,
    /// Who issues both.
    pub(crate) issuer: &'a Key,
    /// The id of the write grant.
    pub(crate) id: Uuid,
    /// Until when the copy is locked.
    pub(crate) locked_until: i64,
    /// When it can be used, in seconds since 1970.
    pub(crate) usable: (i64, i64),
    /// The id of the original, its notes and its content.
    pub(crate) original: (Uuid, &'a str, &'a str),
    /// The id of the copy and its content.
    pub(crate) copy: (Uuid, &'a str),
}

impl WriteGrant<'_> {
    /// `create_credentials_by_dwg`, over the text that the network gives.
    pub(crate) fn call(&self, network: &Network) -> Call {
        let (owner, issuer) = (self.owner.text(), self.issuer.text());
        let (not_before, not_after) = self.usable;
        let [lock, not_before, not_after] = [self.locked_until, not_before, not_after].map(date);
        let terms: Vec<Value> = vec![
            owner.into(),
            self.grantee.into(),
            issuer.into(),
            self.id.into(),
            lock.into(),
            not_before.into(),
            not_after.into(),
        ];
        let message = network.text(call_of("dwg_message", terms.clone()));
        let (original_id, notes, content) = self.original;
        let original = Sealed::new(self.issuer, notes, content);
        let (copy_id, content) = self.copy;
        let copy = Sealed::copy(self.issuer, content);
        let [copy_notes, copy_broader] = copy.signatures();
        let [original_notes, original_broader] = original.signatures();
        let mut arguments: Vec<Value> = vec![
            issuer.into(),
            ENCRYPTOR.into(),
            original_id.into(),
            original.content.into(),
            notes.into(),
            original_notes,
            original_broader,
            ENCRYPTOR.into(),
            copy_id.into(),
            copy.content.clone().into(),
            copy_notes,
            copy_broader,
            copy.content.into(),
        ];
        arguments.extend(terms);
        arguments.push(self.signer.sign_hex(&message).into());
        call_of("create_credentials_by_dwg", arguments)
    }
}

/// `create_ag_by_dag_for_copy`: a delegated access grant in the name of `owner`, signed by
/// `signer`, who is the owner unless somebody cheats.
pub(crate) fn access_grant(
    network: &Network,
    (owner, signer): (&Key, &Key),
    grantee: &str,
    data: Uuid,
    locked_until: i64,
) -> Call {
    let hash = "96d62e2abd3e42de5f50330fb8efc4c5599835278077b21e9aa0b33c1df07a1c";
    let terms: Vec<Value> = vec![
        owner.text().into(),
        grantee.into(),
        data.into(),
        locked_until.into(),
        hash.into(),
    ];
    let message = network.text(call_of("dag_message", terms.clone()));
    let mut arguments = terms;
    arguments.push(signer.sign_hex(&message).into());
    call_of("create_ag_by_dag_for_copy", arguments)
}

/// `publish_party_keys` for the next version of a party, signed by the key that it publishes.
pub(crate) fn publish_keys(network: &Network, party: Uuid, key: &Key) -> Call {
    let text = call!(
        "party_message",
        party,
        "name",
        "did:web:a.example",
        key.text(),
        ENCRYPTOR
    );
    let signature = key.sign_hex(&network.text(text));
    let action = "publish_party_keys";
    call!(
        action,
        party,
        "name",
        "did:web:a.example",
        key.text(),
        ENCRYPTOR,
        signature
    )
}

/// `request_join` or `set_validator_address`, which take the same: the voting key signs for an
/// operator and an address.
pub(crate) fn validator_call(
    network: &Network,
    action: &str,
    (key, signer): (&Key, &Key),
    operator: &Key,
    address: &str,
) -> Call {
    let text = call!("validator_message", key.text(), operator.text(), address);
    let signature = signer.sign_hex(&network.text(text));
    call!(action, key.text(), address, signature)
}
