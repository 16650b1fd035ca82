//! A network of four loses two nodes for good, stands still, and goes on as a new chain of the two that
//! are left and two new ones, with everything that was acknowledged.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failing helper fails the test"
)]

mod support;

use std::{
    fs,
    path::Path,
    process::{Command, Output},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use idos_client::{Nodes, keys::Ed25519Key};
use idos_ledger::Proved;
use idos_node::genesis::Genesis;
use idos_proof::{ChainId, Freshness, LightClient};
use idos_types::BlockTime;
use serde_json::{Value as Json, json};
use support::{
    client::{CHAIN, Client, new_id, text, uuid},
    network::Network,
};
use zeroize::Zeroizing;

/// The chain that goes on.
const NEW: &str = "idos-test-2";
/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long a client waits in vain.
const IN_VAIN: Duration = Duration::from_secs(3);

fn idos(home: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_idos"))
        .args(["--json", "node"])
        .args(arguments)
        .arg("--home")
        .arg(home)
        .output()
        .unwrap()
}

fn done(home: &Path, arguments: &[&str]) -> Json {
    let output = idos(home, arguments);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {stderr}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[track_caller]
fn assert_refused(home: &Path, arguments: &[&str], why: &str) {
    let output = idos(home, arguments);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {stderr}");
    assert!(stderr.contains(why), "{arguments:?}: {stderr}");
}

fn until(network: &Network, what: &str, so: impl Fn() -> bool) {
    let start = Instant::now();
    while !so() {
        let logs = || network.logs();
        assert!(start.elapsed() < PATIENCE, "never: {what}\n{}", logs());
        thread::sleep(Duration::from_millis(50));
    }
}

fn is_healthy(network: &Network, node: usize) -> bool {
    let health = network.health(node);
    health.is_some_and(|health| health["healthy"] == true)
}

/// The seed in the file of a node's key.
fn seed(home: &Path) -> [u8; 32] {
    let text = fs::read_to_string(home.join("node.key")).unwrap();
    let mut seed = [0; 32];
    hex::decode_to_slice(text.trim(), &mut seed).unwrap();
    seed
}

/// The key by which a node votes.
fn voting_key(home: &Path) -> String {
    Client::new(seed(home)).address()
}

/// A new node where a lost one was, with a key of its own. Returns its place in a genesis.
fn new_node(network: &Network, node: usize, config: &str) -> String {
    let home = network.home(node);
    fs::remove_dir_all(&home).unwrap();
    done(&home, &["init"]);
    fs::write(home.join("config.toml"), config).unwrap();
    let p2p = config
        .lines()
        .find_map(|line| line.strip_prefix("p2p_listen = "))
        .unwrap();
    let mut owner = [0; 32];
    hex::decode_to_slice(network.owner_seed(), &mut owner).unwrap();
    format!(
        "[[validators]]\nkey = \"{}\"\noperator = \"{}\"\naddress = {p2p}\n",
        voting_key(&home),
        Client::new(owner).address(),
    )
}

fn config(network: &Network, node: usize) -> String {
    fs::read_to_string(network.home(node).join("config.toml")).unwrap()
}

fn add_attribute(person: &Client, url: &str) {
    let attribute = vec![uuid(new_id()), text("key"), text("value")];
    person.execute(url, "add_attribute", attribute);
}

fn attributes(person: &mut Client, url: &str) -> Vec<Vec<Json>> {
    person.sign_in(url);
    person.view(url, "get_attributes", vec![])
}

/// A person's attributes with a proof, believed by somebody who has nothing but a genesis.
fn proved(genesis: &Path, urls: &[String], person_seed: [u8; 32]) -> Proved {
    let genesis = Genesis::parse(&fs::read_to_string(genesis).unwrap(), genesis).unwrap();
    let members = genesis
        .validators
        .iter()
        .map(|validator| idos_types::Member {
            key: validator.key,
            address: validator.address,
        });
    let set = idos_types::ValidatorSet::new(members.collect()).unwrap();
    let set = idos_proof::ValidatorSet::of(set).unwrap();
    let chain = ChainId::new(&genesis.chain_id).unwrap();
    let wallet = Ed25519Key::from_seed(&Zeroizing::new(person_seed)).unwrap();
    let client = idos_client::Client::new(Nodes::new(urls).unwrap(), &genesis.chain_id)
        .with_wallet(Arc::new(wallet))
        .with_trust(LightClient::genesis(chain, set.clone(), set));
    let now = std::time::UNIX_EPOCH.elapsed().unwrap();
    let freshness = Freshness {
        min_height: 1,
        max_age: PATIENCE,
        now: BlockTime::from_millis(u64::try_from(now.as_millis()).unwrap()),
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime
        .block_on(client.prove("get_attributes", vec![], freshness))
        .unwrap()
}

#[test]
fn a_network_that_lost_two_of_four_goes_on_as_a_new_chain_with_all_data() {
    let mut network = Network::started();
    let person_seed = [42; 32];
    let mut person = Client::new(person_seed);
    person.make_profile(&network.urls[0], network.owner_seed());
    let old = person.calls(
        person.nonce(&network.urls[0]).unwrap() + 1,
        "add_attribute",
        vec![vec![uuid(new_id()), text("key"), text("old")]],
    );
    let answer = person.broadcast(&network.urls[1], &old).unwrap();
    assert_eq!(answer["result"]["result"]["code"], 0, "{answer}");
    network.wait_until_equal(PATIENCE);
    let before = attributes(&mut person, &network.urls[0]);
    assert_eq!(before.len(), 1);

    // Two operators and their disks are gone for good: the network stands still, and says so.
    let configs = [2, 3].map(|node| config(&network, node));
    for node in [2, 3] {
        network.kill(node);
        fs::remove_dir_all(network.home(node).join("database")).unwrap();
        fs::remove_dir_all(network.home(node).join("consensus")).unwrap();
    }
    until(&network, "the health says it", || !is_healthy(&network, 0));
    let nonce = person.nonce(&network.urls[0]).unwrap() + 1;
    let attribute = vec![uuid(new_id()), text("key"), text("in vain")];
    let in_vain = person.transaction(nonce, "add_attribute", attribute);
    let (url, hasty) = (network.urls[0].clone(), person.clone());
    let sent = in_vain.clone();
    let (told, heard) = std::sync::mpsc::channel();
    thread::spawn(move || told.send(hasty.broadcast(&url, &sent)));
    let answer = heard.recv_timeout(IN_VAIN).ok().flatten();
    let is_acknowledged = answer.is_some_and(|answer| answer["result"]["result"]["code"] == 0);
    assert!(!is_acknowledged, "two of four acknowledge nothing");
    assert_eq!(attributes(&mut person, &network.urls[0]), before);

    // The one that makes the genesis has to be stopped.
    let first = network.home(0);
    let files = first.parent().unwrap().to_owned();
    let file = |name: &str| files.join(name).to_str().unwrap().to_owned();
    let (genesis, state, added) = (file("new.toml"), file("state.db"), file("added.toml"));
    let kept = [0, 1].map(|node| voting_key(&network.home(node)));
    let mut plan = vec![
        "restart-genesis",
        &genesis,
        "--chain-id",
        NEW,
        "--keep",
        &kept[0],
        "--add",
        &added,
    ];
    let tables = [2, 3].map(|node| new_node(&network, node, &configs[node - 2]));
    fs::write(&added, tables.concat()).unwrap();
    assert_refused(&first, &plan, "runs: stop it");
    network.terminate(0);
    network.terminate(1);

    // One of four is too few: what was acknowledged may be on the three others only.
    assert_refused(&first, &plan, "1 of 4 validators are too few");
    plan.extend(["--keep", &kept[1]]);
    let stranger = "ab".repeat(32);
    let mut other = plan.clone();
    other.extend(["--keep", &stranger]);
    assert_refused(&first, &other, "is no validator");
    let mut other = plan.clone();
    other[3] = CHAIN;
    assert_refused(&first, &other, "needs a name that no chain had");
    let mut other = plan.clone();
    other.extend(["--keep", &kept[0]]);
    assert_refused(&first, &other, "cannot have these validators");
    done(&first, &plan);
    done(&first, &["backup", &state]);

    // A survivor that computed something else is not taken along, nor is another file.
    let second = network.home(1);
    let restart = ["restart-network", &genesis, &state];
    let database = rusqlite::Connection::open(second.join("database/state.db")).unwrap();
    let change = |sql: &str| database.execute(sql, []).unwrap();
    change("UPDATE blocks SET root = zeroblob(32) WHERE height = (SELECT max(height) FROM blocks)");
    assert_refused(&second, &restart, "another state at height");
    let root = {
        let first = rusqlite::Connection::open(first.join("database/state.db")).unwrap();
        let sql = "SELECT root FROM blocks ORDER BY height DESC LIMIT 1";
        let root = |row: &rusqlite::Row<'_>| row.get::<_, Vec<u8>>(0);
        first.query_row(sql, [], root).unwrap()
    };
    database
        .execute(
            "UPDATE blocks SET root = ?1 WHERE height = (SELECT max(height) FROM blocks)",
            [root],
        )
        .unwrap();
    drop(database);
    let text_of = fs::read_to_string(&genesis).unwrap();
    let wrong = file("wrong.toml");
    let origin = Genesis::parse(&text_of, Path::new(&genesis))
        .unwrap()
        .origin
        .unwrap();
    let other_root = "cd".repeat(32);
    fs::write(
        &wrong,
        text_of.replace(&origin.root.to_string(), &other_root),
    )
    .unwrap();
    assert_refused(
        &second,
        &["restart-network", &wrong, &state],
        "is not the state that",
    );
    let own = second.join("genesis.toml").to_str().unwrap().to_owned();
    assert_refused(
        &second,
        &["restart-network", &own, &state],
        "names no state to go on with",
    );

    // Survivors and one of the new nodes take the file; the other new one asks the network.
    for node in [0, 1, 2] {
        let said = done(&network.home(node), &restart);
        assert_eq!(said["chain_id"], NEW);
    }
    assert_refused(&first, &restart, "one of the new network already");
    fs::copy(&genesis, network.home(3).join("genesis.toml")).unwrap();
    for node in 0..3 {
        network.start(node);
    }
    until(&network, "three are healthy", || {
        (0..3).all(|node| is_healthy(&network, node))
    });

    // All data is there, on every node. A state that others fetch, or a proof, needs a block of the new
    // chain.
    let mut person = person.on_chain(NEW);
    for url in &network.urls[..3].to_vec() {
        assert_eq!(attributes(&mut person, url), before);
    }
    add_attribute(&person, &network.urls[2]);
    network.start(3);
    until(&network, "the fourth is healthy", || {
        is_healthy(&network, 3)
    });
    network.wait_until_equal(PATIENCE);
    assert_eq!(attributes(&mut person, &network.urls[3])[0], before[0]);

    // Proofs hold for whoever has nothing but the new genesis.
    let answer = proved(Path::new(&genesis), &network.urls, person_seed);
    assert_eq!(answer.statement.chain_id.as_str(), NEW);
    let old_id = &before[0][0];
    let shown = format!("{:?}", answer.answer);
    assert!(shown.contains(old_id.as_str().unwrap()), "{shown}");

    // What was signed for the old chain counts no more, be it in a block there or not.
    for transaction in [&old, &in_vain] {
        let params = json!({"tx": transaction.to_json(), "sync": 1});
        let answer = person
            .rpc(&network.urls[0], "user.broadcast", &params)
            .unwrap();
        assert!(answer["error"].is_object(), "{answer}");
    }
    assert_eq!(attributes(&mut person, &network.urls[2]).len(), 2);

    // The new nodes vote: without one of the survivors the network goes on.
    network.kill(1);
    add_attribute(&person, &network.urls[3]);
    let after = attributes(&mut person, &network.urls[2]);
    assert_eq!(after.len(), 3);
    assert_eq!(
        after[0], before[0],
        "new rows come after those that were there"
    );
}
