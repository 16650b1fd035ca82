//! Signed transactions as clients send them.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_zebra::{SigningKey, VerificationKey};
use idos_types::{DataType, Value};
use idos_wire::{
    Fee, Transaction,
    payload::{ActionExecution, EXECUTE, EncodedValue},
};

use crate::people::{Person, id};

/// Name of the chain in benchmarks.
pub const CHAIN: &str = "idos-bench";
/// To whom credentials are shared in transactions.
const GRANTEE: &str = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";

/// What a transaction does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// `add_attribute` with a value of 64 bytes.
    AddAttribute,
    /// `share_credential` with a content of so many bytes.
    ShareCredential(usize),
}

impl Kind {
    /// A name for tables.
    pub fn name(self) -> String {
        match self {
            Self::AddAttribute => "add_attribute".to_owned(),
            Self::ShareCredential(bytes) => format!("share_credential, {} KB", bytes / 1000),
        }
    }

    /// How many fit a block, at most 500: what waits in a busy node.
    pub fn per_block(self) -> usize {
        match self {
            Self::ShareCredential(bytes) if bytes > 20_000 => 10_000_000 / bytes,
            _ => 500,
        }
    }

    /// The content of a row of each table that it writes, in bytes, keys and salts included.
    pub fn row_bytes(self, transaction_bytes: usize) -> Vec<usize> {
        let always = [
            // The account, the receipt, the body.
            80,
            150,
            transaction_bytes + 50,
        ];
        let own = match self {
            Self::AddAttribute => vec![16 + 16 + 20 + 64 + 40],
            // The content, the credential, that it is a copy, the grant, and two counts of the
            // grantee's.
            Self::ShareCredential(bytes) => vec![bytes, 300, 80, 330, 70, 70],
        };
        [own.as_slice(), &always].concat()
    }

    /// How many bytes each signature of an issuer in it covers.
    pub fn issued_bytes(self) -> Vec<usize> {
        match self {
            Self::AddAttribute => Vec::new(),
            // The empty notes; the first signature and the content.
            Self::ShareCredential(bytes) => vec![0, 64 + bytes / 4 * 3],
        }
    }

    /// A transaction of a person.
    pub fn transaction(self, person: &Person, nonce: u64) -> Transaction {
        let (action, arguments) = match self {
            Self::AddAttribute => ("add_attribute", add_attribute(person, nonce)),
            Self::ShareCredential(bytes) => {
                ("share_credential", share_credential(person, nonce, bytes))
            }
        };
        let arguments = arguments
            .into_iter()
            .map(|(data_type, value)| EncodedValue::new(data_type, value).expect("a value"))
            .collect();
        let payload = ActionExecution::new("main", action, vec![arguments]).expect("a payload");
        let mut transaction = Transaction {
            signature: Vec::new(),
            scheme: "secp256k1_ep".to_owned(),
            sender: person.sender.bytes().to_vec(),
            description: String::new(),
            payload_type: EXECUTE.to_owned(),
            payload: payload.encode(),
            fee: Fee(0),
            nonce,
            chain_id: CHAIN.to_owned(),
        };
        transaction.signature = person.sign(&transaction.signed_text());
        transaction
    }
}

fn text(value: impl Into<String>) -> (DataType, Value) {
    (DataType::TEXT, Value::Text(value.into()))
}

fn add_attribute(person: &Person, nonce: u64) -> Vec<(DataType, Value)> {
    let id = id("attribute", &[u64_of(person), nonce]);
    vec![
        (DataType::UUID, Value::Uuid(id)),
        text("favourite_colour"),
        text("v".repeat(64)),
    ]
}

fn share_credential(person: &Person, nonce: u64, bytes: usize) -> Vec<(DataType, Value)> {
    let issuer = SigningKey::from([7; 32]);
    let issuer_key = hex::encode(VerificationKey::from(&issuer).as_ref());
    // Encrypted content is as good as random.
    let content: Vec<u8> = (0..)
        .flat_map(|at| *id("content", &[nonce, at]).as_bytes())
        .take(bytes / 4 * 3)
        .collect();
    let notes_signature = issuer.sign(b"").to_bytes();
    let broader_signature = issuer
        .sign(&[notes_signature.as_slice(), &content].concat())
        .to_bytes();
    vec![
        (
            DataType::UUID,
            Value::Uuid(id("copy", &[u64_of(person), nonce])),
        ),
        (DataType::UUID, Value::Uuid(person.credential_id(0).0)),
        text(""),
        text(STANDARD.encode(notes_signature)),
        text(STANDARD.encode(broader_signature)),
        text(STANDARD.encode(content)),
        text("0".repeat(64)),
        text("zo060cy2M+x7cMF4FKXHbs0CloUFDTRHRboFhw5YfVk="),
        text(issuer_key),
        text(GRANTEE),
        (DataType::INT8, Value::Int(0)),
    ]
}

/// A number of the person's own.
fn u64_of(person: &Person) -> u64 {
    person.user_id().0.as_u64_pair().0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transactions_are_as_large_as_their_content() {
        let person = Person::new(1);
        for bytes in [1_000, 100_000] {
            let transaction = Kind::ShareCredential(bytes).transaction(&person, 1);
            let len = transaction.encode().len();
            assert!(len > bytes && len < bytes + 2_000, "{len}");
        }
    }
}
