//! What checking a signature costs, with nothing around it.

use criterion::Criterion;
use ed25519_zebra::{Signature, SigningKey, VerificationKeyBytes, batch};
use getrandom::SysRng;
use idos_wire::Transaction;
use rand_core::UnwrapErr;
use secp256k1::{
    Message,
    ecdsa::{RecoverableSignature, RecoveryId},
};
use sha2::Sha256;
use sha3::{Digest as _, Keccak256};

use crate::{
    people::{Person, eip191},
    timing,
    transactions::Kind,
};

/// How often per second one core does what the signatures of one transaction demand.
#[derive(Clone, Copy)]
pub struct Rates {
    /// The sender's: SHA-256 of the payload, EIP-191, recover, address.
    pub sender: f64,
    /// That, and the issuer's: ed25519 over what is in the transaction, all together.
    pub all: f64,
}

/// Measures secp256k1 alone: EIP-191 of a short text, recover, address.
pub fn recover_rate(criterion: &mut Criterion) -> f64 {
    let person = Person::new(1);
    let text = Kind::AddAttribute.transaction(&person, 1).signed_text();
    let signature = person.sign(&text);
    timing::per_second(
        criterion,
        "bare secp256k1 recover with EIP-191 and address",
        || recover(text.as_bytes(), &signature),
    )
}

/// Measures what the signatures of one kind of transaction demand.
pub fn measure(criterion: &mut Criterion, kind: Kind) -> Rates {
    let person = Person::new(1);
    let transaction = kind.transaction(&person, 1);
    let text = transaction.signed_text();
    let sender_name = format!("bare signature of the sender: {}", kind.name());
    let sender = timing::per_second(criterion, &sender_name, || {
        let digest = Sha256::digest(&transaction.payload);
        (digest, recover(text.as_bytes(), &transaction.signature))
    });
    let issuer = SigningKey::from([7; 32]);
    let key = VerificationKeyBytes::from(&issuer);
    let messages: Vec<_> = kind
        .issued_bytes()
        .into_iter()
        .map(|bytes| vec![7; bytes])
        .collect();
    let signed: Vec<_> = messages
        .iter()
        .map(|message| (message, issuer.sign(message).to_bytes()))
        .collect();
    if signed.is_empty() {
        return Rates {
            sender,
            all: sender,
        };
    }
    let issuer_name = format!("bare signatures of the issuer: {}", kind.name());
    let issuer = timing::per_second(criterion, &issuer_name, || {
        let mut together = batch::Verifier::new();
        for (message, signature) in &signed {
            together.queue((key, Signature::from(*signature), *message));
        }
        together.verify(UnwrapErr(SysRng)).expect("signatures");
    });
    Rates {
        sender,
        all: (sender.recip() + issuer.recip()).recip(),
    }
}

/// Measures what a node does to verify one transaction: decode it, its payload, check the signature.
pub fn verify_rate(criterion: &mut Criterion, kind: Kind) -> f64 {
    let bytes = kind.transaction(&Person::new(1), 1).encode();
    timing::per_second(
        criterion,
        &format!("decode and verify: {}", kind.name()),
        || {
            let transaction = Transaction::decode(&bytes).expect("a transaction");
            let payload = idos_wire::payload::ActionExecution::decode(&transaction.payload)
                .expect("a payload");
            let auth = idos_wallet::AuthType::parse(&transaction.scheme).expect("a scheme");
            let sender = idos_wallet::Sender::parse(auth, &transaction.sender).expect("a sender");
            sender
                .verify(transaction.signed_text().as_bytes(), &transaction.signature)
                .expect("a signature");
            payload
        },
    )
}

fn recover(message: &[u8], signature: &[u8]) -> [u8; 32] {
    let (v, compact) = signature.split_last().expect("65 bytes");
    let id = if *v == 27 {
        RecoveryId::Zero
    } else {
        RecoveryId::One
    };
    let signature = RecoverableSignature::from_compact(compact, id).expect("a signature");
    let key = signature
        .recover(Message::from_digest(eip191(message)))
        .expect("a key");
    let [_format, point @ ..] = key.serialize_uncompressed();
    Keccak256::digest(point).into()
}
