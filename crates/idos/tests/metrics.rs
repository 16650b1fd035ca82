//! What a running node tells monitoring and load balancers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failing helper fails the test"
)]

mod support;

use std::{
    collections::HashMap,
    fs,
    net::{SocketAddr, TcpListener, TcpStream},
    time::{Duration, Instant},
};

use serde_json::{Value as Json, json};
use support::{client::Client, node::Node};

/// How long a condition may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Reads a text of OpenMetrics: every sample follows the type of its family, has a number, and the
/// end is marked.
fn parse(text: &str) -> HashMap<String, f64> {
    let (mut families, mut samples) = (Vec::new(), HashMap::new());
    let body = text.strip_suffix("# EOF\n").expect("the end is marked");
    for line in body.lines() {
        if let Some(family) = line.strip_prefix("# TYPE ") {
            families.push(family.split(' ').next().unwrap().to_owned());
        } else if !line.starts_with("# ") {
            let (name, value) = line.rsplit_once(' ').unwrap();
            let family = name.split('{').next().unwrap();
            let is_known = families.iter().any(|known| family.starts_with(known));
            assert!(is_known, "no type of {line}");
            let known = samples.insert(name.to_owned(), value.parse().unwrap());
            assert!(known.is_none(), "{name} is there twice");
        }
    }
    samples
}

fn scrape(address: SocketAddr) -> HashMap<String, f64> {
    let mut answer = ureq::get(format!("http://{address}/metrics"))
        .call()
        .unwrap();
    let content_type = answer.headers()["content-type"].to_str().unwrap();
    assert!(content_type.starts_with("application/openmetrics-text"));
    parse(&answer.body_mut().read_to_string().unwrap())
}

/// The status and the body of the health of a node.
fn health(url: &str) -> (u16, Json) {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into();
    let mut answer = agent.get(format!("{url}/api/v1/health")).call().unwrap();
    (
        answer.status().as_u16(),
        answer.body_mut().read_json().unwrap(),
    )
}

fn until(what: &str, is_so: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// An address that was free a moment ago.
fn free() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

#[test]
fn counters_move_and_nothing_listens_when_off() {
    let mut node = Node::init();
    let address = free();
    node.start();
    assert!(TcpStream::connect(address).is_err());
    assert!(!node.log().contains("/metrics"), "{}", node.log());
    assert_eq!(node.terminate(), Some(0));

    let path = node.home().join("config.toml");
    let config = fs::read_to_string(&path).unwrap();
    let off = "# metrics_listen = \"127.0.0.1:9484\"";
    assert!(config.contains(off));
    let on = format!("metrics_listen = \"{address}\"");
    fs::write(&path, config.replace(off, &on)).unwrap();
    node.start();
    assert!(node.log().contains("/metrics"), "{}", node.log());

    until("it votes", || scrape(address)["idos_votes"] == 1.0);
    let before = scrape(address);
    assert_eq!(before["idos_healthy"], 1.0);
    assert_eq!(before["idos_validators"], 1.0);
    assert_eq!(before["idos_peers"], 0.0);
    assert!(before["idos_database_bytes"] > 0.0);
    let ours = |name: &&String| name.starts_with("idos_");
    let engine = before.keys().filter(|name| !ours(name)).count();
    assert!(engine > 10, "the engine's metrics are there: {engine}");

    let mut person = Client::random();
    person.make_profile(&node.url, &node.owner_seed());
    person.sign_in(&node.url);
    person
        .rpc(&node.url, "user.call", &json!("nonsense"))
        .unwrap();
    let after = scrape(address);
    let moved = |name: &str| {
        let count = |samples: &HashMap<String, f64>| samples.get(name).copied().unwrap_or(0.0);
        count(&after) - count(&before)
    };
    assert!(moved("idos_height") >= 1.0);
    assert!(moved("idos_executed_entries_total") >= 4.0);
    assert!(moved("idos_block_execution_seconds_count") >= 1.0);
    assert_eq!(moved("idos_sessions_total"), 1.0);
    let name = r#"idos_requests_total{method="user.broadcast",outcome="ok"}"#;
    assert_eq!(moved(name), 4.0);
    let name = r#"idos_request_duration_seconds_count{method="user.broadcast"}"#;
    assert_eq!(moved(name), 4.0);
    let name = r#"idos_requests_total{method="unknown",outcome="refused"}"#;
    assert_eq!(moved(name), 1.0);
    // Nobody is named: no identity, no address.
    let names: String = after.keys().cloned().collect();
    assert!(!names.contains(&person.address()));
}

#[test]
fn a_load_balancer_hears_whether_a_node_can_serve() {
    let mut first = Node::init();
    first.start();
    until("one validator is enough for itself", || {
        health(&first.url).0 == 200
    });

    // A node that is to join the same network, and reaches nobody.
    let mut joining = Node::init();
    let genesis = first.home().join("genesis.toml");
    fs::copy(genesis, joining.home().join("genesis.toml")).unwrap();
    joining.start();
    let (status, body) = health(&joining.url);
    assert_eq!(status, 503, "{body}");
    assert_eq!(body["healthy"], false);
    assert_eq!(body["kwil_alive"], true);
    assert_eq!(body["services"]["user"]["mode"], "open");
    assert_eq!(body["services"]["user"]["peer_count"], 0);
    // Clients read the mode of such a node all the same.
    let answer = Client::random()
        .rpc(&joining.url, "user.health", &json!({}))
        .unwrap();
    assert_eq!(answer["result"]["healthy"], false);
}
