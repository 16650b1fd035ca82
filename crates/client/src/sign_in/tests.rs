use serde_json::{Value as Json, json};

use super::*;
use crate::{
    Nodes,
    keys::{Ed25519Key, Seed},
    testing::{Does, FakeNode},
};

fn key() -> Ed25519Key {
    Ed25519Key::from_seed(&Seed::new([7; 32])).unwrap()
}

fn client(urls: &[&str]) -> Client {
    Client::new(Nodes::new(urls).unwrap(), "chain").with_wallet(Arc::new(key()))
}

fn param(domain: &str, chain: &str) -> Json {
    json!({
        "nonce": "n", "statement": "s", "issue_at": "a", "expiration_time": "b",
        "chain_id": chain, "domain": domain, "version": "1", "uri": "u",
    })
}

fn rows() -> Does {
    let none = json!({"column_names": null, "column_types": null, "values": null});
    Does::Gives(json!({"query_result": none, "logs": "", "error": null}))
}

/// A node that gives a session, and wants it for calls.
async fn node() -> FakeNode {
    // The URL is known once it listens: the text names whatever the test says it is.
    FakeNode::new(|method, params, cookie| match method {
        "kgw.authn_param" => Does::Gives(param("http://elsewhere", "chain")),
        "kgw.authn" => {
            assert_eq!(params["nonce"], "n");
            Does::SetsCookie(json!({}), "kgw_session=token; Path=/; HttpOnly")
        }
        "user.call" if cookie == Some("kgw_session=token") => rows(),
        _ => Does::Fails(json!({"code": -901, "message": "sign in"})),
    })
    .await
}

#[tokio::test]
async fn a_text_for_another_domain_or_chain_is_not_signed() {
    let node = node().await;
    let error = client(&[&node.url]).sign_in().await.unwrap_err();
    let Error::Nodes { source, .. } = error else {
        panic!("{error}");
    };
    assert!(matches!(source, NodeFault::OtherDomain(_)), "{source}");
    assert_eq!(node.asked(), 1);

    let client = client(&["http://node.example"]);
    let read = |json: Json| serde_json::from_value::<AuthnParam>(json).unwrap();
    let url = "http://node.example";
    assert!(client.acceptable(url, read(param(url, "chain"))).is_ok());
    assert!(matches!(
        client.acceptable(url, read(param(url, "another"))),
        Err(NodeFault::OtherChain(_))
    ));
    let mut version = param(url, "chain");
    version["version"] = "2".into();
    assert!(client.acceptable(url, read(version)).is_err());
}

#[tokio::test]
async fn a_session_is_made_when_it_is_needed_and_again_when_it_ended() {
    let node = node().await;
    let client = client(&[&node.url]);
    // As after a sign-in; the nodes have forgotten it since.
    *client.session.lock().await = Some(Session {
        cookie: "kgw_session=token".into(),
    });
    client.call("get_user", vec![]).await.unwrap();
    assert_eq!(node.asked(), 1);
    *client.session.lock().await = Some(Session {
        cookie: "kgw_session=old".into(),
    });
    let error = client.call("get_user", vec![]).await.unwrap_err();
    // It is asked for a new one, which this node wants for another domain.
    assert!(matches!(error, Error::Nodes { .. }), "{error}");
    assert_eq!(node.asked(), 3);
    assert!(client.session.lock().await.is_none());
}

#[tokio::test]
async fn without_a_wallet_nobody_signs_in() {
    let client = Client::new(Nodes::new(["http://127.0.0.1:1"]).unwrap(), "chain");
    assert!(matches!(client.sign_in().await, Err(Error::NoWallet)));
}
