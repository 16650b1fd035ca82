use std::sync::atomic::{AtomicUsize, Ordering};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use idos_ledger::{ClaimedRow, Contents, LeafKeys, List, Place, Roles, Row, Table};
use idos_proof::{ChainId, Leaf, LeafValue, LightClient, RootBuilder};
use idos_types::{Digest, Uuid};
use serde_json::{Value as Json, json};

use super::*;
use crate::{
    Nodes,
    testing::{CHAIN, Does, FakeNode, certified, set, statement},
};

fn listed(roles: &str, seed: u8, did: Option<&str>) -> ListedParty {
    let id = PartyId(Uuid::from_u128(seed.into()));
    let signing = SigningKey::from_seed(&[seed; 32]);
    ListedParty {
        party: Party {
            id,
            address: signing.public_key_hex(),
            roles: Roles::parse(roles).unwrap(),
            version: 1,
        },
        keys: Some(PartyKeys {
            party_id: id,
            version: 1,
            name: "a party".to_owned(),
            did: did.map(str::to_owned),
            signing_public_key: signing.public_key_hex(),
            encryption_public_key: PublicKey::from_bytes([seed; 32]).to_base64(),
            signature: String::new(),
            height: 1,
        }),
    }
}

#[test]
fn another_key_than_the_published_one_is_refused() {
    let recipient = || Recipient::of(&listed("consumer", 2, None)).unwrap();
    let published = PublicKey::from_bytes([2; 32]);
    assert!(recipient().checked(Some(published)).is_ok());
    assert!(recipient().checked(None).is_ok());
    let refused = recipient().checked(Some(PublicKey::from_bytes([3; 32])));
    let refused = refused.unwrap_err();
    assert!(matches!(refused, FlowError::RecipientKey { .. }));
    assert_eq!(refused.owner(), crate::Owner::Counterparty);
}

#[test]
fn only_issuers_with_keys_are_believed() {
    let issuer = listed("issuer", 1, Some("did:web:issuer.example"));
    let consumer = listed("consumer", 2, None);
    let silent = ListedParty {
        keys: None,
        ..listed("issuer", 3, None)
    };
    let dids: Vec<_> = [&issuer, &consumer]
        .iter()
        .map(|it| it.signing_key().unwrap().did_key())
        .collect();
    let claimed = "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2";
    let other = listed("issuer", 4, Some(claimed));
    let list = trust_list(&[issuer, consumer, silent.clone(), other]);
    assert!(!list.trusts(claimed));
    assert!(list.trusts("did:web:issuer.example"));
    assert!(list.trusts(&dids[0]));
    assert!(!list.trusts(&dids[1]));
    assert!(matches!(
        Recipient::of(&silent),
        Err(FlowError::NoPartyKeys(_))
    ));
}

/// A certified state that has these parties and nothing else, as an answer shows it.
fn state_of(parties: &[u8], height: u64) -> Json {
    let salt = Digest::of(b"salt");
    let rows = parties.iter().map(|seed| {
        let row = Row::Party(Party {
            // Without keys, which would be rows of their own.
            version: 0,
            ..listed("consumer", *seed, None).party
        });
        let claimed = ClaimedRow::new(&row, Place::default(), salt, Contents::Hidden);
        let value = LeafValue::row(
            &claimed.table,
            claimed.schema_version,
            &claimed.bytes,
            &salt,
        );
        let key = LeafKeys::of(&row).row;
        (Leaf { key, value }, claimed)
    });
    let mut rows: Vec<_> = rows.collect();
    rows.sort_unstable_by_key(|(leaf, _)| leaf.key);
    let mut root = RootBuilder::new();
    for (leaf, _) in &rows {
        root.push(leaf).unwrap();
    }
    let certificate = certified(
        idos_proof::RootStatement {
            root: root.finish(),
            ..statement(0, height)
        },
        0..1,
    );
    let shown = rows.iter().map(|(_, row)| {
        json!({
            "table": row.table,
            "schema_version": row.schema_version,
            "row": STANDARD.encode(&row.bytes),
            "content": null,
            "salt": row.salt.to_string(),
        })
    });
    json!({
        "height": height,
        "certificate": STANDARD.encode(certificate.encode()),
        "claims": [{
            "kind": "list",
            "list": List::All(Table::Parties).id().0.to_string(),
            "count": rows.len(),
            "rows": shown.collect::<Vec<_>>(),
            // Of all leaves that there are.
            "proof": STANDARD.encode([2, 0, 0, 0, 0, 0]),
        }],
    })
}

/// A client of one node whose list loses its first party after page 1 was read for the first time.
async fn reader() -> (Client, FakeNode) {
    let [before, after] = [state_of(&[1, 2], 41), state_of(&[2], 42)];
    let mut look = before.clone();
    look["claims"] = json!([]);
    let asked = AtomicUsize::new(0);
    let node = FakeNode::new(move |_, _, _| {
        // The first time it is only asked how far it is.
        Does::Gives(match asked.fetch_add(1, Ordering::SeqCst) {
            0 => look.clone(),
            1 => before.clone(),
            _ => after.clone(),
        })
    })
    .await;
    let nodes = Nodes::new([&node.url]).unwrap();
    let chain = ChainId::new(CHAIN).unwrap();
    let trusted = LightClient::genesis(chain, set(0..1), set(0..1));
    (Client::new(nodes, CHAIN).with_trust(trusted), node)
}

#[tokio::test]
async fn pages_of_different_states_are_no_list() {
    let (client, _node) = reader().await;
    // Else the second party were on neither page.
    let read = client.parties_of_one_state(None, 1).await.unwrap();
    assert_eq!(read, None);
    let read = client.parties_of_one_state(None, 1).await.unwrap().unwrap();
    assert_eq!(read.len(), 1);
    assert_eq!(
        read[0].party,
        Party {
            version: 0,
            ..listed("consumer", 2, None).party
        }
    );
}
