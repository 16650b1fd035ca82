//! Four real nodes: whatever happens to one of them, nobody loses anything.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a failing helper fails the test"
)]

mod support;

use std::{
    env, fs, thread,
    time::{Duration, Instant},
};

use support::{
    client::{Client, new_id, text, uuid},
    load::under_load,
    network::{NODES, Network},
};

/// How long nodes are killed under load in the test suite; `IDOS_NETWORK_SECONDS` for longer.
const SECONDS: u64 = 60;
/// How long a killed node stays away.
const AWAY: Duration = Duration::from_secs(2);

fn seconds() -> u64 {
    let asked = env::var("IDOS_NETWORK_SECONDS").ok();
    asked.map_or(SECONDS, |seconds| seconds.parse().unwrap())
}

#[test]
fn nodes_killed_under_load_lose_nothing_acknowledged_and_come_back_by_themselves() {
    let mut network = Network::started();
    let writes = under_load(&mut network, |network, _| {
        let start = Instant::now();
        let mut kills = 0;
        while start.elapsed() < Duration::from_secs(seconds()) {
            thread::sleep(Duration::from_secs(2));
            let node = usize::from(new_id().as_bytes()[0]) % NODES;
            network.kill(node);
            thread::sleep(AWAY);
            network.start(node);
            kills += 1;
        }
        eprintln!("{kills} kills");
    });
    eprintln!("{writes} acknowledged writes");
    assert!(writes > 100, "only {writes} writes\n{}", network.logs());
}

#[test]
fn a_node_that_lost_its_data_is_back_by_itself() {
    let mut network = Network::started();
    under_load(&mut network, |network, _| {
        thread::sleep(Duration::from_secs(3));
        network.kill(2);
        for folder in ["database", "consensus"] {
            fs::remove_dir_all(network.home(2).join(folder)).unwrap();
        }
        thread::sleep(AWAY);
        network.start(2);
        thread::sleep(Duration::from_secs(3));
    });
}

/// The others keep no blocks that are old enough for it to come by them, so it is given the state of
/// one of them.
#[test]
fn a_node_goes_on_from_the_state_of_another() {
    let mut network = Network::started_with(&["--body-retention", "1"]);
    under_load(&mut network, |network, _| {
        network.kill(3);
        // Until old blocks are gone, and what is needed to go on is remembered.
        thread::sleep(Duration::from_secs(45));
        network.terminate(2);
        for folder in ["database", "consensus"] {
            fs::remove_dir_all(network.home(3).join(folder)).unwrap();
        }
        let (from, to) = (network.home(2), network.home(3));
        fs::create_dir(to.join("database")).unwrap();
        for file in fs::read_dir(from.join("database")).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), to.join("database").join(file.file_name())).unwrap();
        }
        network.start(2);
        network.start(3);
        thread::sleep(Duration::from_secs(3));
    });
}

/// Nobody writes when it comes back, and the next heartbeat is far.
#[test]
fn a_node_that_missed_blocks_takes_no_clients_until_it_has_them() {
    const AWAY_NODE: usize = 3;
    // More than a node may be behind and still serve.
    const BLOCKS: u64 = 2 * idos_node::BEHIND;
    let mut network = Network::started();
    let mut person = Client::random();
    person.make_profile(&network.urls[0], network.owner_seed());
    network.wait_until_equal(Duration::from_secs(60));
    network.kill(AWAY_NODE);
    for _ in 0..BLOCKS {
        let arguments = vec![uuid(new_id()), text("key"), text("value")];
        person.execute(&network.urls[0], "add_attribute", arguments);
    }
    let (height, _) = network.state(0).unwrap();
    network.start(AWAY_NODE);
    let start = Instant::now();
    loop {
        let health = network.health(AWAY_NODE).unwrap();
        let own = health["height"].as_u64().unwrap();
        if health["healthy"] == true {
            assert!(own + idos_node::BEHIND >= height, "{health}");
        }
        if health["healthy"] == true && own >= height {
            break;
        }
        assert!(
            start.elapsed() < Duration::from_secs(30),
            "{health}\n{}",
            network.logs()
        );
        thread::sleep(Duration::from_millis(5));
    }
    eprintln!("back after {:?}", start.elapsed());
    let url = &network.urls[AWAY_NODE];
    person.sign_in(url);
    let attributes = person.view(url, "get_attributes", vec![]);
    assert_eq!(attributes.len() as u64, BLOCKS);
}

#[test]
fn what_one_node_acknowledged_every_other_shows() {
    let network = Network::started();
    let mut person = Client::random();
    person.make_profile(&network.urls[0], network.owner_seed());
    for (write, url) in network.urls.iter().cycle().take(24).enumerate() {
        let id = new_id();
        person.execute(
            url,
            "add_attribute",
            vec![uuid(id), text("key"), text("value")],
        );
        let other = &network.urls[(write * 3 + 1) % NODES];
        person.sign_in(other);
        let attributes = person.view(other, "get_attributes", vec![]);
        let is_there = attributes
            .iter()
            .any(|row| row[0].as_str() == Some(&id.to_string()));
        assert!(is_there, "write {write} at {url} does not show at {other}");
    }
}
