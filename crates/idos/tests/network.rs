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
    env, fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use rusqlite::{Connection, OpenFlags};
use support::{
    client::{Client, new_id, text, uuid},
    load::under_load,
    network::{NODES, Network},
};

/// How long nodes are killed under load in the test suite; `IDOS_NETWORK_SECONDS` for longer.
const SECONDS: u64 = 60;
/// How long a killed node stays away.
const AWAY: Duration = Duration::from_secs(2);
/// How long it may take until the first blocks are erased everywhere.
const ERASED: Duration = Duration::from_secs(240);

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

/// Whether a node has given up the network's first blocks, by the names of the files that it has them in,
/// and remembers from where the network could go on.
fn goes_on_without_the_first_blocks(home: &Path) -> bool {
    let mut folders = fs::read_dir(home.join("consensus")).unwrap();
    let blocks = folders.find_map(|folder| {
        let path = folder.unwrap().path();
        path.to_string_lossy()
            .ends_with("blocks-value")
            .then_some(path)
    });
    let mut files = fs::read_dir(blocks.unwrap()).unwrap();
    let has_first = files.any(|file| {
        let name = file.unwrap().file_name().into_string().unwrap();
        u64::from_str_radix(&name, 16) == Ok(0)
    });
    let database = home.join("database/state.db");
    let database = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY);
    let floor = "SELECT count(*) FROM meta WHERE key = 'floor'";
    let floors = database
        .unwrap()
        .query_row(floor, [], |row| row.get::<_, u32>(0));
    !has_first && floors == Ok(1)
}

/// The others keep no blocks that are old enough for it to come by them, so it is given the state of
/// one of them.
#[test]
fn a_node_goes_on_from_the_state_of_another() {
    let mut network = Network::started_with(&["--body-retention", "1"]);
    under_load(&mut network, |network, _| {
        network.kill(3);
        let start = Instant::now();
        while !(0..3).all(|node| goes_on_without_the_first_blocks(&network.home(node))) {
            assert!(start.elapsed() < ERASED, "{}", network.logs());
            thread::sleep(Duration::from_millis(100));
        }
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

/// Nobody writes when it comes back, and the next heartbeat is far: it hears what it missed when the
/// others end a view, and until then it does not know.
#[test]
fn a_node_that_missed_blocks_takes_no_clients_before_it_could_hear_of_them() {
    const MISSED: usize = 8;
    /// How long a view of an idle network lasts at most: that of a node that is gone.
    const VIEW: Duration = Duration::from_millis(1_600);
    let mut network = Network::started();
    let mut person = Client::random();
    person.make_profile(&network.urls[0], network.owner_seed());
    network.wait_until_equal(Duration::from_secs(60));
    network.kill(3);
    for _ in 0..MISSED {
        let arguments = vec![uuid(new_id()), text("key"), text("value")];
        person.execute(&network.urls[0], "add_attribute", arguments);
    }
    network.start(3);
    let start = Instant::now();
    let is_healthy = || network.health(3).unwrap()["healthy"] == true;
    while !is_healthy() {
        assert!(
            start.elapsed() < Duration::from_secs(30),
            "{}",
            network.logs()
        );
        thread::sleep(Duration::from_millis(5));
    }
    let after = start.elapsed();
    assert!(after > VIEW, "{after:?} after it began to answer");
    network.wait_until_equal(Duration::from_secs(30));
    let url = &network.urls[3];
    person.sign_in(url);
    assert_eq!(person.view(url, "get_attributes", vec![]).len(), MISSED);
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
