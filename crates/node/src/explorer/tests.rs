//! The explorer of a node without network and server.

use std::net::Ipv4Addr;

use idos_types::limits::{EXPLORER_LIST, EXPLORER_READS_PER_MINUTE};
use serde_json::{Value, json};

use super::*;
use crate::{
    config::Config,
    testing::{Bench, OWNER, certificate, certificate_of, node_key, profile_of, sender, wallet},
};

const PEER: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const PERSON: u8 = 7;

struct Scene {
    bench: Bench,
    node: Arc<Node>,
    hashes: Vec<Digest>,
}

/// One of four validators.
fn scene() -> Scene {
    scene_with(Config::default())
}

fn scene_with(config: Config) -> Scene {
    scene_of(4, &[0, 1, 3], config)
}

/// A validator that executed two blocks: in one the owner makes an issuer, in the other the issuer makes
/// a profile, as far as the owner may decide alone. Both are certified by these signers.
fn scene_of(validators: u8, signers: &[u8], config: Config) -> Scene {
    let mut bench = Bench::new(validators);
    let mut items = profile_of(PERSON).to_vec();
    let hashes = items.iter().map(|item| item.hash).collect();
    let by_issuer = items.split_off(2);
    for (millis, items) in [(1_000, items), (2_000, by_issuer)] {
        let block = bench.next(millis, items);
        bench.execute(&block);
        let statement = bench.executor.statement();
        let bytes = Arc::new(certificate_of(validators, &statement, signers).encode());
        bench.shared.certificates.certify(statement.height);
        bench
            .shared
            .certificates
            .keep(statement.height, Arc::clone(&bytes));
        bench
            .executor
            .add_certificates(vec![(statement.height, bytes)]);
        bench.executor.write_certificates().unwrap();
    }
    let node = bench.node(config);
    Scene {
        bench,
        node,
        hashes,
    }
}

impl Scene {
    async fn ask(&self, target: &str) -> (u16, String) {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let document = self.node.explore(PEER, path, query).await;
        let text = match document.content {
            Content::Json(bytes) => String::from_utf8(bytes).unwrap(),
            Content::Page(page) => page,
            Content::Redirect(path) => path,
            Content::Stylesheet => {
                String::from_utf8(idos_explorer::assets::stylesheet().into()).unwrap()
            }
            Content::Script => String::from_utf8(idos_explorer::assets::script().into()).unwrap(),
        };
        (document.status, text)
    }

    async fn json(&self, target: &str) -> Value {
        let (status, text) = self.ask(target).await;
        assert_eq!(status, 200, "{target}: {text}");
        serde_json::from_str(&text).unwrap()
    }
}

/// Whether a value is what a schema of the document says; where it is not.
fn conforms(document: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let pointer = reference.strip_prefix('#').unwrap();
        return conforms(document, document.pointer(pointer).unwrap(), value, at);
    }
    if let Some(any) = schema["anyOf"].as_array() {
        let fits = |one: &Value| conforms(document, one, value, at).is_ok();
        return any.iter().any(fits).then_some(()).ok_or(at.to_owned());
    }
    let is = |name: &str| match name {
        "null" => value.is_null(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("unknown type {other}"),
    };
    let has_type = match &schema["type"] {
        Value::String(name) => is(name),
        Value::Array(names) => names.iter().any(|name| is(name.as_str().unwrap())),
        _ => false,
    };
    if !has_type {
        return Err(format!("{at}: {value}"));
    }
    for (index, element) in value.as_array().into_iter().flatten().enumerate() {
        conforms(
            document,
            &schema["items"],
            element,
            &format!("{at}[{index}]"),
        )?;
    }
    if let Some(members) = value.as_object() {
        let required = schema["required"].as_array().unwrap();
        for name in required {
            let name = name.as_str().unwrap();
            if !members.contains_key(name) {
                return Err(format!("{at}.{name} is missing"));
            }
        }
        for (name, member) in members {
            let schema = schema["properties"].get(name);
            let schema = schema.ok_or_else(|| format!("{at}.{name} is not documented"))?;
            conforms(document, schema, member, &format!("{at}.{name}"))?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn answers_are_as_documented() {
    let scene = scene();
    let document = scene.json("/api/v1/openapi.json").await;
    let hash = scene.hashes[0];
    for (path, target) in [
        ("/api/v1/network", "/api/v1/network".to_owned()),
        ("/api/v1/blocks", "/api/v1/blocks".to_owned()),
        (
            "/api/v1/blocks",
            "/api/v1/blocks?before=2&limit=1".to_owned(),
        ),
        ("/api/v1/blocks/{height}", "/api/v1/blocks/0".to_owned()),
        ("/api/v1/blocks/{height}", "/api/v1/blocks/1".to_owned()),
        (
            "/api/v1/transactions/{hash}",
            format!("/api/v1/transactions/{hash}"),
        ),
        ("/api/v1/grants", "/api/v1/grants?grantee=nobody".to_owned()),
        ("/api/v1/validators", "/api/v1/validators".to_owned()),
        ("/api/v1/motions", "/api/v1/motions".to_owned()),
        ("/api/v1/stats", "/api/v1/stats".to_owned()),
    ] {
        let answer = scene.json(&target).await;
        let pointer = "/get/responses/200/content/application~1json/schema";
        let schema = document["paths"][path].pointer(pointer).unwrap();
        assert_eq!(conforms(&document, schema, &answer, &target), Ok(()));
    }
    // The check itself finds what is wrong.
    let schema = json!({ "$ref": "#/components/schemas/Refused" });
    for wrong in [
        json!({}),
        json!({ "error": 1 }),
        json!({ "error": "", "more": 1 }),
    ] {
        assert!(conforms(&document, &schema, &wrong, "wrong").is_err());
    }
}

#[tokio::test]
async fn a_block_has_its_transactions_and_its_signers() {
    let scene = scene();
    let block = scene.json("/api/v1/blocks/1").await;
    let hashes: Vec<_> = scene.hashes[..2].iter().map(ToString::to_string).collect();
    let shown = block["transactions"].as_array().unwrap().iter();
    assert_eq!(
        shown
            .map(|one| one["hash"].as_str().unwrap())
            .collect::<Vec<_>>(),
        hashes
    );
    assert_eq!(block["transactions"][0]["kind"], "add_inserter_as_owner");
    let signers = block["certificate"]["signers"].as_array().unwrap();
    assert_eq!(signers.len(), 3);
    assert_eq!(block["certificate"]["validators"], 4);
    assert!(!signers.contains(&json!(node_key(2).public().to_string())));
    let header = hex::decode(block["header"].as_str().unwrap()).unwrap();
    assert_eq!(block["hash"], Digest::of(&header).to_string());
    assert_eq!(block["has_next"], true);
    assert_eq!(scene.json("/api/v1/blocks/2").await["has_next"], false);
}

#[tokio::test]
async fn blocks_come_page_by_page() {
    let scene = scene();
    let heights = |page: &Value| -> Vec<u64> {
        let blocks = page["blocks"].as_array().unwrap().iter();
        blocks
            .map(|block| block["height"].as_u64().unwrap())
            .collect()
    };
    let first = scene.json("/api/v1/blocks?limit=2").await;
    assert_eq!(heights(&first), [2, 1]);
    assert_eq!(first["next"], 1);
    let second = scene.json("/api/v1/blocks?limit=2&before=1").await;
    assert_eq!((heights(&second), &second["next"]), (vec![0], &Value::Null));
    assert_eq!(first["blocks"][1]["transactions"], 2);
    assert_eq!(first["blocks"][0]["certified"], true);
    let all = scene
        .json(&format!("/api/v1/blocks?limit={EXPLORER_LIST}"))
        .await;
    assert_eq!(heights(&all), [2, 1, 0]);
}

#[tokio::test]
async fn validators_show_whose_signatures_certificates_carry() {
    let scene = scene();
    let list = scene.json("/api/v1/validators").await;
    assert_eq!(list["counted"], 2);
    let validators = list["validators"].as_array().unwrap();
    assert_eq!(validators.len(), 4);
    for validator in validators {
        let is_absent = validator["key"] == node_key(2).public().to_string();
        assert_eq!(validator["votes"], true);
        assert_eq!(validator["signed"], if is_absent { 0 } else { 2 });
        assert_eq!(validator["last_signed"].is_null(), is_absent);
    }
}

#[tokio::test]
async fn the_network_says_what_to_start_from() {
    let scene = scene();
    let network = scene.json("/api/v1/network").await;
    assert_eq!(
        (&network["height"], &network["certified_height"]),
        (&json!(2), &json!(2))
    );
    assert_eq!(
        (&network["validators"], &network["quorum"]),
        (&json!(4), &json!(3))
    );
    assert_eq!(network["checkpoint"]["epoch"], "0");
    assert_eq!(network["fingerprint"].as_str().unwrap().len(), 64);
}

#[tokio::test]
async fn nothing_says_who_sent_what() {
    let scene = scene_of(1, &[0], Config::default());
    let sizes = &scene.json("/api/v1/network").await["sizes"];
    assert_eq!(
        (&sizes["people"], &sizes["credentials"]),
        (&json!(1), &json!(0))
    );
    assert_eq!(sizes["transactions"], 4);
    let mut found = String::new();
    for target in [
        "/api/v1/network",
        "/api/v1/blocks",
        "/api/v1/blocks/0",
        "/api/v1/blocks/1",
        "/api/v1/blocks/2",
        "/api/v1/stats",
        "/api/v1/motions",
        "/explorer/",
        "/explorer/blocks",
        "/explorer/blocks/1",
        "/explorer/motions",
        "/explorer/about",
    ] {
        found += &scene.ask(target).await.1;
    }
    for hash in &scene.hashes {
        for form in ["/api/v1", "/explorer"] {
            let (status, text) = scene.ask(&format!("{form}/transactions/{hash}")).await;
            assert_eq!(status, 200);
            assert!(
                text.contains("add_user_as_inserter")
                    || text.contains("owner")
                    || text.contains("upsert_wallet")
            );
            found += &text;
        }
    }
    assert!(found.contains("upsert_wallet_as_inserter"));
    for seed in [PERSON, OWNER, 249] {
        let address = hex::encode(wallet(seed).0);
        let proof = |hash| crate::entry::sender_proof(hash, &sender(seed)).to_string();
        for secret in scene.hashes.iter().map(proof).chain([address]) {
            assert!(!found.contains(&secret), "{secret}");
        }
    }
    for secret in ["encryption key", "Sign this message", "0202-0202"] {
        assert!(!found.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_said_in_the_form_that_was_asked_for() {
    let scene = scene();
    for target in [
        "blocks/9".to_owned(),
        format!("transactions/{}", Digest::default()),
        format!("grants/{}", Uuid::nil()),
        "nothing".to_owned(),
    ] {
        let (status, text) = scene.ask(&format!("/api/v1/{target}")).await;
        assert_eq!(status, 404, "{target}");
        assert!(serde_json::from_str::<Value>(&text).unwrap()["error"].is_string());
        let (status, text) = scene.ask(&format!("/explorer/{target}")).await;
        assert_eq!(status, 404, "{target}");
        assert!(text.starts_with("<!DOCTYPE html>"));
    }
    assert_eq!(scene.ask("/api/v1/blocks/x").await.0, 400);
    assert_eq!(scene.ask("/explorer/blocks?limit=101").await.0, 400);
    let proof = format!("/api/v1/grants/{}/proof", Uuid::nil());
    assert_eq!(scene.ask(&proof).await.0, 404);
}

#[tokio::test]
async fn an_address_has_a_budget_and_others_have_their_own() {
    let scene = scene();
    let other = IpAddr::from([192, 0, 2, 1]);
    let mut refused = None;
    // A minute may begin in between, but not twice.
    for _ in 0..=2 * EXPLORER_READS_PER_MINUTE {
        let document = scene.node.explore(PEER, "/api/v1/blocks/0", "").await;
        if document.status == 429 {
            refused = document.retry_after;
            break;
        }
        assert_eq!(document.status, 200);
    }
    assert!(refused.is_some_and(|seconds| (1..=60).contains(&seconds)));
    assert_eq!(
        scene
            .node
            .explore(other, "/api/v1/blocks/0", "")
            .await
            .status,
        200
    );
    // What every page loads is not counted.
    let path = idos_explorer::assets::stylesheet_path();
    assert_eq!(scene.node.explore(PEER, &path, "").await.status, 200);
}

#[test]
fn whoever_is_not_counted_is_not_said_to_have_asked_too_often() {
    let mut explorer = Explorer::new(4);
    explorer.quota = Quota::of_at_most(1, 1);
    let now = BlockTime::from_millis(90_000);
    let asks = |last: u8| {
        let counted = explorer.count(Format::Json, [192, 0, 2, last].into(), now);
        counted.map_err(|refused| (refused.status, refused.retry_after))
    };
    assert_eq!(asks(1), Ok(()));
    assert_eq!(asks(1), Err((429, Some(30))));
    assert_eq!(asks(2), Err((503, Some(30))));
}

#[tokio::test]
async fn it_is_off_when_the_operator_says_so_and_in_private_mode() {
    for config in [
        Config {
            explorer: false,
            ..Config::default()
        },
        Config {
            mode: crate::config::Mode::Private,
            ..Config::default()
        },
    ] {
        let scene = scene_with(config);
        for path in ["/explorer/", "/api/v1/blocks", "/api/v1/openapi.json"] {
            assert_eq!(scene.ask(path).await.0, 404, "{path}");
        }
        let (_stop, stopped) = watch::channel(false);
        assert_eq!(scene.node.listen(PEER, stopped).unwrap_err().status, 404);
    }
}

#[tokio::test]
async fn a_node_that_computed_something_else_says_nothing() {
    let scene = scene();
    scene.bench.shared.diverge();
    for path in ["/explorer/", "/api/v1/blocks", "/api/v1/network"] {
        assert_eq!(scene.ask(path).await.0, 503, "{path}");
    }
}

#[tokio::test]
async fn news_follow_the_chain_until_the_node_is_gone() {
    let Scene {
        mut bench, node, ..
    } = scene();
    let news = Arc::clone(&node.explorer.as_ref().unwrap().news);
    let following = tokio::spawn(
        Arc::clone(&news).follow(Arc::downgrade(&bench.shared), bench.readers.clone()),
    );
    // It follows from now on.
    tokio::task::yield_now().await;
    let (_stop, stopped) = watch::channel(false);
    let mut heard = node.listen(PEER, stopped).unwrap();
    let block = bench.next(3_000, Vec::new());
    bench.execute(&block);
    let statement = bench.executor.statement();
    let bytes = Arc::new(certificate(&statement, &[0, 1, 2]).encode());
    bench.shared.certificates.certify(3);
    bench.shared.certificates.keep(3, bytes);
    let mut text = String::new();
    while !(text.contains("event: block") && text.contains("\"height\":3}")) {
        text += std::str::from_utf8(&heard.recv().await.unwrap()).unwrap();
    }
    assert_eq!(news.samples().last().unwrap().height, 3);
    drop((bench, node));
    following.await.unwrap();
}
