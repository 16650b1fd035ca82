//! Flows against nodes that lie, and what wallets of every kind sign for others.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failing helper fails the test"
)]

use std::sync::Arc;

use idos_client::{
    Client, Error, FlowError, Nodes, Owner, Wallet,
    consumer::Consumer,
    issuer::{Issuer, NewCredential},
    keys::{Ed25519Key, EvmKey, NearKey, Seed, StellarKey, XrplKey},
    party::Recipient,
    person::Person,
    signed_grant::{DelegatedAccess, WalletProof, WriteGrant, WriteGrantTerms},
};
use idos_credential::Seconds;
use idos_crypto::{PublicKey, SecretKey, SigningKey};
use idos_proof::{ChainId, LightClient};
use idos_types::{
    AttributeId, CredentialId, Digest, Member, NodeAddress, PartyId, UserId, Uuid, ValidatorKey,
    ValidatorSet, WalletType,
};
use idos_wallet::{AccessGrantText, WriteGrantText, verify_ownership, verify_wallet_signature};
use serde_json::{Value as Json, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

const CHAIN: &str = "idos-flows";

fn seed(byte: u8) -> Seed {
    Seed::new([byte; 32])
}

fn ed25519() -> Arc<dyn Wallet> {
    Arc::new(Ed25519Key::from_seed(&seed(9)).unwrap())
}

fn wallets() -> Vec<Arc<dyn Wallet>> {
    vec![
        Arc::new(EvmKey::from_seed(&seed(1)).unwrap()),
        Arc::new(NearKey::from_seed(&seed(2), None).unwrap()),
        Arc::new(NearKey::from_seed(&seed(2), Some("account.near".to_owned())).unwrap()),
        Arc::new(XrplKey::ed25519(&seed(3)).unwrap()),
        Arc::new(XrplKey::secp256k1(&seed(4)).unwrap()),
        Arc::new(StellarKey::from_seed(&seed(5)).unwrap()),
        ed25519(),
    ]
}

/// A node that answers every proof with this result, and signs everybody in.
async fn lying(result: Json) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let result = result.clone();
            tokio::spawn(async move {
                let (mut bytes, mut chunk) = (Vec::new(), [0; 4096]);
                let body = loop {
                    let read = stream.read(&mut chunk).await.unwrap_or(0);
                    if read == 0 {
                        return;
                    }
                    bytes.extend_from_slice(&chunk[..read]);
                    let text = String::from_utf8_lossy(&bytes);
                    let Some((head, body)) = text.split_once("\r\n\r\n") else {
                        continue;
                    };
                    let head = head.to_ascii_lowercase();
                    let len = head.split("content-length: ").nth(1).unwrap();
                    let len: usize = len.lines().next().unwrap().parse().unwrap();
                    if body.len() >= len {
                        break body.to_owned();
                    }
                };
                let request: Json = serde_json::from_str(&body).unwrap();
                let answer = json!({"jsonrpc": "2.0", "id": request["id"], "result": result});
                let answer = answer.to_string();
                let head = format!(
                    "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
                    answer.len()
                );
                let _ = stream.write_all((head + &answer).as_bytes()).await;
            });
        }
    });
    url
}

fn trusted() -> LightClient {
    let member = Member {
        key: ValidatorKey(SigningKey::from_seed(&[7; 32]).public_key()),
        address: NodeAddress::new("127.0.0.1:1".parse().unwrap()).unwrap(),
    };
    let set = idos_proof::ValidatorSet::of(ValidatorSet::new(vec![member]).unwrap());
    let set = set.unwrap_or_else(|_| panic!("a set of one"));
    LightClient::genesis(ChainId::new(CHAIN).unwrap(), set.clone(), set)
}

#[tokio::test]
async fn a_recipient_that_a_node_made_up_is_refused() {
    let made_up = json!({"height": 1, "certificate": "AAAA", "claims": []});
    let url = lying(made_up).await;
    let client = Client::new(Nodes::new([url]).unwrap(), CHAIN).with_trust(trusted());
    let id = PartyId(Uuid::from_u128(1));
    for refused in [
        client.consumer(id).await.map(drop),
        client.recipient_at("address", None).await.map(drop),
        client.trusted_issuers().await.map(drop),
    ] {
        let refused = refused.unwrap_err();
        assert_eq!(refused.owner(), Owner::Node, "{refused}");
    }
}

#[tokio::test]
async fn without_trust_nothing_is_believed() {
    let url = lying(json!({})).await;
    let client = Client::new(Nodes::new([url]).unwrap(), CHAIN).with_wallet(ed25519());
    let consumer = Consumer::new(client.clone(), SecretKey::generate().unwrap());
    for refused in [
        Person::open(client.clone()).await.map(drop),
        client.consumer(PartyId(Uuid::from_u128(1))).await.map(drop),
        consumer
            .fetch(CredentialId(Uuid::from_u128(1)))
            .await
            .map(drop),
        consumer
            .attribute(AttributeId(Uuid::from_u128(1)))
            .await
            .map(drop),
        consumer.grants(None, 1, 1).await.map(drop),
        consumer
            .rescind(CredentialId(Uuid::from_u128(1)))
            .await
            .map(drop),
    ] {
        let refused = refused.unwrap_err();
        assert!(
            matches!(refused, FlowError::Client(Error::NoTrust)),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn every_kind_of_wallet_proves_that_it_belongs_to_one_profile() {
    let (user, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
    for wallet in wallets() {
        let proof = WalletProof::sign(wallet.as_ref(), CHAIN, UserId(user))
            .await
            .unwrap();
        let kind = WalletType::parse(&proof.wallet_type).unwrap();
        let verify = |chain: &str, user| {
            verify_ownership(
                kind,
                &proof.address,
                proof.public_key.as_deref(),
                &proof.message,
                &proof.signature,
                chain,
                user,
            )
        };
        assert!(verify(CHAIN, user).is_ok(), "{}", kind.name());
        assert!(verify(CHAIN, other).is_err(), "{}", kind.name());
        assert!(verify("another", user).is_err(), "{}", kind.name());
    }
}

fn terms() -> WriteGrantTerms {
    WriteGrantTerms {
        grantee: "grantee".to_owned(),
        issuer_public_key: "ab".repeat(32),
        locked_until: Seconds(0),
        not_before: Seconds(1_700_000_000),
        not_after: Seconds(1_700_003_600),
    }
}

#[tokio::test]
async fn every_kind_of_wallet_signs_both_delegated_grants() {
    for wallet in wallets() {
        let link = wallet.link();
        let verifies = |text: &str, signature: &str| {
            let key = link.public_key.as_deref();
            verify_wallet_signature(link.kind, &link.address, key, text, signature).is_ok()
        };
        let grant = WriteGrant::sign(wallet.as_ref(), CHAIN, &terms())
            .await
            .unwrap();
        let text = WriteGrantText {
            owner: &grant.owner,
            grantee: "grantee",
            issuer_public_key: &"ab".repeat(32),
            id: grant.id,
            access_grant_timelock: "1970-01-01T00:00:00Z",
            not_usable_before: "2023-11-14T22:13:20Z",
            not_usable_after: "2023-11-14T23:13:20Z",
        };
        assert!(verifies(&text.message(CHAIN).unwrap(), &grant.signature));
        assert!(!verifies(
            &text.message("another").unwrap(),
            &grant.signature
        ));

        let data = CredentialId(Uuid::from_u128(3));
        let (until, hash) = (Seconds(5), Digest([6; 32]));
        let signed = DelegatedAccess::sign(wallet.as_ref(), CHAIN, "grantee", data, until, hash);
        let access = signed.await.unwrap();
        let text = AccessGrantText {
            owner: &access.owner,
            grantee: "grantee",
            data_id: data.0,
            locked_until: 5,
            content_hash: &"06".repeat(32),
        };
        assert!(verifies(&text.message(CHAIN).unwrap(), &access.signature));
        let json = serde_json::to_value(&access).unwrap();
        assert_eq!(json["data_id"], "00000000-0000-0000-0000-000000000003");
        assert_eq!(json["locked_until"], 5);
        let read: DelegatedAccess = serde_json::from_value(json).unwrap();
        assert!(read == access);
    }
}

#[tokio::test]
async fn a_write_grant_for_somebody_else_is_not_used() {
    let client = Client::new(Nodes::new(["http://127.0.0.1:1"]).unwrap(), CHAIN);
    let issuer = Issuer::new(client, &seed(6), SecretKey::generate().unwrap()).unwrap();
    let wallet = ed25519();
    let grant = WriteGrant::sign(wallet.as_ref(), CHAIN, &terms())
        .await
        .unwrap();
    let new = NewCredential {
        notes: "{}",
        content: b"content",
    };
    let key = PublicKey::from_bytes([9; 32]);
    for (recipient, what) in [
        (issuer.as_recipient(), "grantee"),
        (Recipient::unlisted("grantee", key), "issuer"),
    ] {
        let refused = issuer.issue(&new, &grant, &key, &recipient).await;
        let refused = refused.unwrap_err();
        assert!(matches!(refused, FlowError::OtherGrant(it) if it == what));
        assert_eq!(refused.owner(), Owner::Counterparty);
    }
}
