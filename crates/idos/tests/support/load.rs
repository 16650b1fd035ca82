//! Writers who remember what was acknowledged, and check that nothing of it is lost.

use std::{
    collections::{HashSet, VecDeque},
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use idos_types::Uuid;

use super::{
    client::{Client, new_id, text, uuid},
    network::Network,
};

const WRITERS: usize = 4;
/// How long it takes at most until all nodes agree again.
pub(crate) const AGREE: Duration = Duration::from_secs(60);
/// How long a writer waits for a node before it goes to another one.
const PATIENCE: Duration = Duration::from_secs(10);

/// What one writer was told, and what it cannot know any more.
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

/// Writers at all nodes while `happen` happens to the network, which can ask how many writes were
/// acknowledged. When the network agrees again, every node has to show everything that was. Gives how many.
pub(crate) fn under_load(
    network: &mut Network,
    happen: impl FnOnce(&mut Network, &dyn Fn() -> usize),
) -> usize {
    let owner = network.owner_seed().to_owned();
    let mut people: Vec<Client> = (0..WRITERS)
        .map(|_| Client::random().with_patience(PATIENCE))
        .collect();
    for person in &people {
        person.make_profile(&network.urls[0], &owner);
    }
    let told: Vec<Told> = people.iter().map(|_| Told::default()).collect();
    let stop = AtomicBool::new(false);
    let urls = network.urls.clone();
    let acknowledged = || {
        let writes = told.iter().map(|told| told.writes.load(Ordering::Relaxed));
        writes.sum::<usize>()
    };
    thread::scope(|scope| {
        // Also when something fails: nobody waits for writers that go on for ever.
        let _stop = Stop(&stop);
        for (person, told) in people.iter().zip(&told) {
            scope.spawn(|| write(person, &urls, &stop, told));
        }
        happen(network, &acknowledged);
    });
    network.wait_until_equal(AGREE);
    for (person, told) in people.iter_mut().zip(&told) {
        check(network, person, told);
    }
    acknowledged()
}
