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
    collections::{HashSet, VecDeque},
    env, fs,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use idos_types::Uuid;
use support::{
    client::{Client, new_id, text, uuid},
    network::{NODES, Network},
};

const WRITERS: usize = 4;
/// How long nodes are killed under load in the test suite; `IDOS_NETWORK_SECONDS` for longer.
const SECONDS: u64 = 60;
/// How long a killed node stays away.
const AWAY: Duration = Duration::from_secs(2);
/// How long it takes at most until all nodes agree again.
const AGREE: Duration = Duration::from_secs(60);

fn seconds() -> u64 {
    let asked = env::var("IDOS_NETWORK_SECONDS").ok();
    asked.map_or(SECONDS, |seconds| seconds.parse().unwrap())
}

/// What one writer was told, and what it can not know any more.
#[derive(Default)]
struct Told {
    /// Attributes that were acknowledged and not asked to be removed.
    added: Mutex<VecDeque<Uuid>>,
    writes: AtomicUsize,
}

/// Most attributes of a writer: more than a person may have would be refused.
const KEPT: usize = 200;

/// Adds attributes at one node after another until told to stop, and removes old ones.
fn write(client: &Client, urls: &[String], stop: &AtomicBool, told: &Told) {
    while !stop.load(Ordering::Relaxed) {
        let id = new_id();
        let [any, length, ..] = *id.as_bytes();
        let url = &urls[usize::from(any) % urls.len()];
        // Each time anew: an answer that got lost leaves open which was the last.
        let Some(nonce) = client.nonce(url) else {
            thread::sleep(Duration::from_millis(20));
            continue;
        };
        let old = {
            let mut added = told.added.lock().unwrap();
            if added.len() > KEPT {
                added.pop_front()
            } else {
                None
            }
        };
        let transaction = match old {
            Some(old) => client.transaction(nonce + 1, "remove_attribute", vec![uuid(old)]),
            None => {
                let value = "x".repeat(usize::from(length) * 16);
                let arguments = vec![uuid(id), text("key"), text(&value)];
                client.transaction(nonce + 1, "add_attribute", arguments)
            }
        };
        let answer = client.broadcast(url, &transaction);
        if answer.is_some_and(|answer| answer["result"]["result"]["code"] == 0) {
            told.writes.fetch_add(1, Ordering::Relaxed);
            if old.is_none() {
                told.added.lock().unwrap().push_back(id);
            }
        }
    }
}

/// Says stop when it goes out of scope.
struct Stop<'s>(&'s AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Everything that a writer was told is on every node.
fn check(network: &Network, person: &mut Client, told: &Told) {
    let added = told.added.lock().unwrap();
    for url in &network.urls {
        person.sign_in(url);
        let attributes: HashSet<String> = person
            .view(url, "get_attributes", vec![])
            .into_iter()
            .map(|row| row[0].as_str().unwrap().to_owned())
            .collect();
        for id in added.iter() {
            assert!(
                attributes.contains(&id.to_string()),
                "{id} is lost at {url}"
            );
        }
    }
}

/// Writers, with what they were told, while `happen` happens to the network.
fn under_load(network: &mut Network, happen: impl FnOnce(&mut Network)) -> usize {
    let owner = network.owner_seed().to_owned();
    let mut people: Vec<Client> = (0..WRITERS).map(|_| Client::random()).collect();
    for person in &people {
        person.make_profile(&network.urls[0], &owner);
    }
    let told: Vec<Told> = people.iter().map(|_| Told::default()).collect();
    let stop = AtomicBool::new(false);
    let urls = network.urls.clone();
    thread::scope(|scope| {
        // Also when something fails: nobody waits for writers that go on for ever.
        let _stop = Stop(&stop);
        for (person, told) in people.iter().zip(&told) {
            scope.spawn(|| write(person, &urls, &stop, told));
        }
        happen(network);
    });
    network.wait_until_equal(AGREE);
    for (person, told) in people.iter_mut().zip(&told) {
        check(network, person, told);
    }
    told.iter()
        .map(|told| told.writes.load(Ordering::Relaxed))
        .sum()
}

#[test]
fn nodes_killed_under_load_lose_nothing_acknowledged_and_come_back_by_themselves() {
    let mut network = Network::started();
    let writes = under_load(&mut network, |network| {
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
    under_load(&mut network, |network| {
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
    under_load(&mut network, |network| {
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
