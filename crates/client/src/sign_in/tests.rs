use std::sync::OnceLock;

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
    let now = now_seconds();
    json!({
        "nonce": "n_-9", "statement": SIGN_IN_STATEMENT, "issue_at": date(now),
        "expiration_time": date(now + HOUR), "chain_id": chain, "domain": domain, "version": "1",
        "uri": format!("{domain}/rpc/v1"),
    })
}

const HOUR: i64 = 3600;

fn date(seconds: i64) -> String {
    idos_credential::Seconds(seconds).rfc3339()
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
            assert_eq!(params["nonce"], "n_-9");
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

#[test]
fn only_a_text_that_nodes_make_is_signed() {
    let client = client(&["http://node.example"]);
    let url = "http://node.example";
    let now = now_seconds();
    let acceptable = |name: &str, value: Json| {
        let mut param = param(url, "chain");
        param[name] = value;
        client.acceptable(url, serde_json::from_value(param).unwrap())
    };
    for (name, value, what) in [
        ("statement", json!("I give away everything"), "statement"),
        ("statement", json!(""), "statement"),
        ("uri", json!("http://elsewhere/rpc/v1"), "URI"),
        ("nonce", json!(""), "nonce"),
        ("nonce", json!("n\nIssue At: never"), "nonce"),
        ("nonce", json!("n".repeat(257)), "nonce"),
        ("issue_at", json!(date(now - HOUR)), "time of issue"),
        ("issue_at", json!(date(now + HOUR)), "time of issue"),
        ("issue_at", json!("today"), "time of issue"),
        (
            "expiration_time",
            json!(date(now + HOUR + 60)),
            "expiration time",
        ),
        ("expiration_time", json!(date(now - 60)), "expiration time"),
        ("expiration_time", json!("never"), "expiration time"),
    ] {
        let refused = acceptable(name, value).unwrap_err();
        assert!(
            matches!(refused, NodeFault::SignInText(it) if it == what),
            "{refused}"
        );
    }
    assert!(
        acceptable("issue_at", json!(date(now - 60))).is_err(),
        "it would last longer"
    );
    assert!(acceptable("expiration_time", json!(date(now + 60))).is_ok());
}

#[tokio::test]
async fn a_node_that_refuses_sign_ins_is_passed_over() {
    let refusing =
        FakeNode::new(|_, _, _| Does::Fails(json!({"code": -32602, "message": "no"}))).await;
    let other = node().await;
    let error = client(&[&refusing.url, &other.url]).sign_in().await;
    assert!(
        matches!(error, Err(Error::Refused { .. })),
        "nobody gave a session"
    );
    assert_eq!((refusing.asked(), other.asked()), (1, 1));
}

/// A node at a URL that is known before it says anything: it gives this cookie, and takes the good one.
async fn signs_in(cookie: &'static str) -> FakeNode {
    let url = Arc::new(OnceLock::<String>::new());
    let own = Arc::clone(&url);
    let node = FakeNode::new(move |method, _, sent| match method {
        "kgw.authn_param" => Does::Gives(param(own.get().unwrap(), "chain")),
        "kgw.authn" => Does::SetsCookie(json!({}), cookie),
        _ if sent == Some("kgw_session=good") => rows(),
        _ => Does::Fails(json!({"code": -901, "message": "sign in"})),
    })
    .await;
    url.set(node.url.clone()).unwrap();
    node
}

#[tokio::test]
async fn a_session_that_nobody_takes_is_made_at_another_node() {
    let first = signs_in("kgw_session=made-up").await;
    let second = signs_in("kgw_session=good").await;
    let client = client(&[&first.url, &second.url]);
    client.call("get_user", vec![]).await.unwrap();
    assert_eq!(client.nodes().preferred(), second.url);
}
