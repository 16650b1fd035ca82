//! What wallets sign here proves no ownership of them: it travels through other hands. The crate
//! `wallet` knows these texts by their fixed parts, so neither side can change alone.
#![allow(
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in its helpers"
)]

use ed25519_zebra::{SigningKey, VerificationKey};
use idos_types::{Uuid, WalletType};
use idos_wallet::{WalletError, verify_ownership};
use idos_wire::{
    Call, CallProof, Fee, SIGN_IN_STATEMENT, SignInText, Transaction,
    payload::{ActionCall, EXECUTE},
};

fn proof_of_ownership(message: &str) -> Result<(), WalletError> {
    let signer = SigningKey::from([7; 32]);
    let key = hex::encode(<[u8; 32]>::from(VerificationKey::from(&signer)));
    let signature = hex::encode(signer.sign(message.as_bytes()).to_bytes());
    let (kind, user) = (WalletType::FaceSign, Uuid::from_u128(1));
    verify_ownership(kind, &key, Some(&key), message, &signature, "chain", user).map(|_| ())
}

fn transaction(description: &str) -> String {
    let transaction = Transaction {
        signature: Vec::new(),
        scheme: "ed25519".to_owned(),
        sender: vec![1; 32],
        description: description.to_owned(),
        payload_type: EXECUTE.to_owned(),
        payload: vec![1, 2, 3],
        fee: Fee(0),
        nonce: 1,
        chain_id: "chain".to_owned(),
    };
    transaction.signed_text()
}

fn call() -> String {
    let proof = CallProof {
        challenge: [1; 32],
        signature: Vec::new(),
    };
    let action = ActionCall::new("main", "get_wallets", Vec::new()).unwrap();
    let call = Call::new(action, "ed25519", vec![1; 32], Some(proof));
    call.signed_text().unwrap()
}

fn sign_in(statement: &str) -> String {
    let text = SignInText {
        domain: "https://node.example".to_owned(),
        statement: statement.to_owned(),
        uri: "https://node.example".to_owned(),
        chain_id: "chain".to_owned(),
        nonce: "nonce".to_owned(),
        issue_at: "2027-01-15T08:00:00Z".to_owned(),
        expiration_time: "2027-01-15T09:00:00Z".to_owned(),
    };
    text.render()
}

#[test]
fn what_is_composed_here_is_no_proof_of_ownership() {
    for text in [
        transaction(""),
        transaction("Sign this message to prove you own this wallet"),
        call(),
        sign_in(""),
        sign_in(SIGN_IN_STATEMENT),
    ] {
        let refused = proof_of_ownership(&text);
        assert_eq!(refused, Err(WalletError::OtherPurpose), "{text}");
    }
}

#[test]
fn what_the_popup_composes_is_one() {
    proof_of_ownership("Sign this message to prove you own this wallet").unwrap();
}
