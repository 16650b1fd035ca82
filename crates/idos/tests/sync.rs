//! Four real nodes, of which one was away for longer than the others keep blocks: it comes back by
//! itself, whatever it still has and however often it is killed meanwhile. A fifth one joins them as late.

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
    thread,
    time::{Duration, Instant},
};

use serde_json::json;
use support::{
    client::{Client, new_id, text, uuid},
    network::{NODES, Network},
    operator::{Node, done, role, validating},
};
use tempfile::TempDir;

/// How long anything may take: erasing old blocks, fetching a state.
const PATIENCE: Duration = Duration::from_secs(240);
/// The node that is away.
const AWAY: usize = 3;
/// Blocks of one file of the engine's archive.
const BLOCKS_PER_FILE: u64 = 16;
/// How much later a node is killed than the time before.
const LATER: Duration = Duration::from_millis(40);
/// Rows that a person can add at once.
const CALLS: usize = 64;

fn until(network: &Network, what: &str, so: impl Fn() -> bool) {
    let start = Instant::now();
    while !so() {
        assert!(
            start.elapsed() < PATIENCE,
            "never: {what}\n{}",
            network.logs()
        );
        thread::sleep(Duration::from_millis(50));
    }
}

/// The first height whose block a node may still have, by the names of its files.
fn kept_from(home: &Path) -> u64 {
    let folder = fs::read_dir(home.join("consensus"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.to_string_lossy().ends_with("blocks-value"))
        .unwrap();
    let files = fs::read_dir(folder).unwrap();
    let numbers = files.map(|file| {
        let name = file.unwrap().file_name().into_string().unwrap();
        u64::from_str_radix(&name, 16).unwrap()
    });
    numbers.min().unwrap() * BLOCKS_PER_FILE
}

/// Writes until no node that runs has the block after `height`.
fn erase_blocks_after(network: &Network, person: &Client, height: u64) {
    let is_erased = || {
        let others = (0..NODES).filter(|node| *node != AWAY);
        let mut kept = others.map(|node| kept_from(&network.home(node)));
        kept.all(|kept| kept > height + 1)
    };
    until(network, "the first node is healthy", || {
        is_healthy(network, 0)
    });
    let start = Instant::now();
    while !is_erased() {
        assert!(
            start.elapsed() < PATIENCE,
            "nothing is erased\n{}",
            network.logs()
        );
        add_attributes(person, &network.urls[0], 1);
        assert!(is_healthy(network, 0));
    }
}

fn is_healthy(network: &Network, node: usize) -> bool {
    let health = network.health(node);
    health.is_some_and(|health| health["healthy"] == true)
}

/// Whether the node that was away says to a load balancer that it can serve.
fn load_balancer_sends_clients(network: &Network) -> bool {
    let path = format!("{}/api/v1/health", network.urls[AWAY]);
    ureq::get(path).call().is_ok()
}

fn add_attributes(person: &Client, url: &str, count: usize) {
    let attribute = |_| vec![uuid(new_id()), text("key"), text(&"value".repeat(20))];
    let nonce = person.nonce(url).unwrap() + 1;
    let calls = (0..count).map(attribute).collect();
    let answer = person.broadcast(url, &person.calls(nonce, "add_attribute", calls));
    let answer = answer.unwrap();
    assert_eq!(answer["result"]["result"]["code"], 0, "{answer}");
}

fn person(network: &Network) -> Client {
    let person = Client::random();
    person.make_profile(&network.urls[0], network.owner_seed());
    person
}

fn log(network: &Network) -> String {
    fs::read_to_string(network.home(AWAY).join("log")).unwrap()
}

/// It fetched the state, and takes part as before.
fn assert_back(network: &Network, person: &mut Client) {
    until(network, "the state is there", || {
        log(network).contains("the state is that of the network")
    });
    until(network, "it is healthy", || is_healthy(network, AWAY));
    add_attributes(person, &network.urls[AWAY], 1);
    network.wait_until_equal(PATIENCE);
    let counts = network.urls.iter().map(|url| {
        person.sign_in(url);
        person.view(url, "get_attributes", vec![]).len()
    });
    let counts: Vec<_> = counts.collect();
    assert!(counts[0] > 0 && counts.iter().all(|count| *count == counts[0]));
}

/// The network goes on without another one: so it votes.
fn assert_votes(network: &mut Network, person: &Client) {
    network.kill(0);
    add_attributes(person, &network.urls[AWAY], 1);
}

#[test]
fn a_node_whose_next_block_is_erased_everywhere_comes_back_by_itself() {
    let mut network = Network::started_with(&["--body-retention", "1"]);
    let mut person = person(&network);
    network.wait_until_equal(PATIENCE);
    let (height, _) = network.state(AWAY).unwrap();
    network.kill(AWAY);
    erase_blocks_after(&network, &person, height);
    network.start(AWAY);
    assert_back(&network, &mut person);
    assert_votes(&mut network, &person);
}

/// Its database is that of the genesis again: it follows the validators from there.
#[test]
fn a_node_that_lost_its_data_after_blocks_were_erased_comes_back_by_itself() {
    const EPOCH_BLOCKS: u64 = 256;
    let mut network = Network::started_with(&["--body-retention", "1"]);
    let people = [person(&network), person(&network)];
    network.kill(AWAY);
    for folder in ["database", "consensus"] {
        fs::remove_dir_all(network.home(AWAY).join(folder)).unwrap();
    }
    for person in &people {
        // Two epochs end meanwhile, and as many sets of validators are fixed.
        let (height, _) = network.state(0).unwrap();
        erase_blocks_after(&network, person, height.max(EPOCH_BLOCKS));
    }
    network.start(AWAY);
    let [mut person, _] = people;
    assert_back(&network, &mut person);
    assert_votes(&mut network, &person);
}

/// Killed again and again while it fetches more rows than come at once.
#[test]
fn a_node_that_is_killed_while_it_fetches_the_state_goes_on_where_it_was() {
    const KILLS: u32 = 6;
    let mut network = Network::started_with(&["--body-retention", "1"]);
    let mut people: Vec<Client> = (0..8).map(|_| person(&network)).collect();
    network.wait_until_equal(PATIENCE);
    let (height, _) = network.state(AWAY).unwrap();
    network.kill(AWAY);
    for _ in 0..4 {
        for person in &people[1..] {
            add_attributes(person, &network.urls[0], CALLS);
        }
    }
    erase_blocks_after(&network, &people[0], height);
    let begun = |network: &Network| log(network).matches("fetching the state height=").count();
    let is_there = |network: &Network| log(network).contains("the state is that of the network");
    let mut kills = 0;
    while kills < KILLS {
        let before = begun(&network);
        network.start(AWAY);
        until(&network, "it fetches", || {
            begun(&network) > before || is_there(&network)
        });
        let sends_clients = load_balancer_sends_clients(&network);
        // A fast machine has it all before that.
        if is_there(&network) {
            break;
        }
        assert!(!sends_clients, "it takes clients while it has no state");
        // Later each time, whatever it does by then.
        thread::sleep(LATER * kills);
        network.kill(AWAY);
        kills += 1;
    }
    assert!(kills > 1, "it was there before anybody could kill it");
    if kills == KILLS {
        network.start(AWAY);
    }
    assert_back(&network, &mut people[1]);
}

fn wait_for_log(node: &Node, words: &str) {
    let start = Instant::now();
    while !node.log().contains(words) {
        assert!(start.elapsed() < PATIENCE, "{}", node.log());
        thread::sleep(Duration::from_millis(100));
    }
}

/// Waits until it says that it has caught up. Before that it may refuse to show anything.
fn wait_until_healthy(node: &Node) {
    let start = Instant::now();
    let health = || node.owner().rpc(&node.url(), "user.health", &json!({}));
    while health().is_none_or(|health| health["result"]["healthy"] != true) {
        assert!(start.elapsed() < PATIENCE, "{}", node.log());
        thread::sleep(Duration::from_millis(100));
    }
}

/// Its genesis names one validator. By now there are four, and it can be connected to that one alone.
#[test]
fn a_node_that_has_a_genesis_of_one_joins_four_after_the_first_blocks_were_erased() {
    let folder = TempDir::new().unwrap();
    let mut first = Node::new(folder.path(), "1", None);
    let genesis = first.home.join("genesis.toml");
    let lines = fs::read_to_string(&genesis).unwrap();
    let lines = lines.lines().map(|line| match line.split_once(" = ") {
        Some((key @ "body_retention_seconds", _)) => format!("{key} = 1\n"),
        _ => format!("{line}\n"),
    });
    fs::write(&genesis, lines.collect::<String>()).unwrap();
    first.start();
    first.wait("it votes", |status| role(status) == "validator");
    let person = Client::random();
    let seed = fs::read_to_string(first.home.join("owner.key")).unwrap();
    person.make_profile(&first.url(), seed.trim());
    let new = |name: &&str| Node::new(folder.path(), name, Some(&genesis));
    let mut others: Vec<_> = ["2", "3", "4"].iter().map(new).collect();
    let mut late = new(&"5");
    let (url, key_file) = (first.url(), first.key_file());
    for node in others.iter().chain([&late]) {
        let party = vec![
            uuid(new_id()),
            text(&node.owner().address()),
            text("operator"),
        ];
        first.owner().execute(&url, "add_party_as_owner", party);
        let own_key = node.key_file();
        let asks = ["node", "join", "--node", &url, "--key-file", &own_key];
        done(&node.home, &asks);
        let key = node.key();
        let agrees = ["node", "approve", &key, "--key-file", &key_file];
        assert_eq!(done(&first.home, &agrees)["status"], "observer");
    }
    for node in &mut others {
        node.start();
    }
    for node in &others {
        wait_until_healthy(node);
        node.make_ready(&[]);
    }
    first.wait("four validate", |status| validating(status) == 4);
    // In the epoch after the one in which they begin, nobody remembers the one as a validator alone.
    let epoch = || first.status()["node"]["epoch"].as_u64().unwrap();
    let newest = epoch() + 1;
    while epoch() < newest {
        for _ in 0..8 {
            add_attributes(&person, &url, 1);
        }
    }
    let homes = || [&first].into_iter().chain(&others).map(|node| &node.home);
    let start = Instant::now();
    while !homes().all(|home| kept_from(home) > BLOCKS_PER_FILE) {
        assert!(start.elapsed() < PATIENCE, "nothing is erased");
        thread::sleep(Duration::from_millis(100));
    }
    late.start();
    wait_for_log(&late, "the state is that of the network");
    wait_until_healthy(&late);
    late.wait("it follows", |status| role(status) == "observer");

    // The first one knows nobody once its state is lost, until it has that of another one.
    first.stop();
    fs::rename(first.home.join("database"), folder.path().join("lost")).unwrap();
    first.start();
    wait_for_log(&first, "restore a newer backup");
    first.stop();
    fs::remove_dir_all(first.home.join("database")).unwrap();
    let file = folder.path().join("copy");
    let file = file.to_str().unwrap();
    done(&others[0].home, &["node", "backup", file]);
    done(&first.home, &["node", "restore", file]);
    first.start();
    wait_until_healthy(&first);
    first.wait("it votes again", |status| role(status) == "validator");
}
