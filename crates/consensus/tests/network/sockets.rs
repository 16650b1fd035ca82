//! Real nodes: threads, sockets and files.

use std::{
    net::{SocketAddr, TcpListener},
    num::{NonZeroU64, NonZeroUsize},
    path::Path,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use idos_consensus::{
    ConsensusError, Member, Membership, Options, Timing, Wake, create_vote_marker, run,
};

use crate::toy::{LONG, Toy, assert_agreement, genesis, key};

struct Running {
    wake: Wake,
    thread: JoinHandle<Result<(), ConsensusError>>,
}

impl Running {
    fn stop(self) {
        self.wake.stop();
        self.thread.join().unwrap().unwrap();
    }
}

fn options(folder: &Path, toy: &Toy, listen: SocketAddr) -> Options {
    Options {
        key: toy.key.clone(),
        listen,
        directory: folder.join("data"),
        vote_marker: folder.join("marker"),
        chain_id: "toy".to_owned(),
        genesis: genesis(),
        floor: None,
        epoch_blocks: NonZeroU64::new(LONG).unwrap(),
        timing: Timing::default(),
        max_peers: NonZeroUsize::new(8).unwrap(),
        private_addresses: true,
        any_source: false,
        workers: NonZeroUsize::new(2).unwrap(),
    }
}

fn start(toy: &Toy, options: Options) -> Running {
    let (parts, wake) = toy.parts();
    let handle = wake.clone();
    let thread = thread::spawn(move || run(options, parts, &handle));
    Running { wake, thread }
}

/// Addresses that nobody uses.
fn addresses(count: usize) -> Vec<SocketAddr> {
    let listeners: Vec<TcpListener> = (0..count)
        .map(|_| TcpListener::bind("127.0.0.1:0").unwrap())
        .collect();
    let addresses = listeners.iter().map(|listener| listener.local_addr());
    addresses.map(Result::unwrap).collect()
}

fn until(what: &str, so: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !so() {
        assert!(Instant::now() < end, "never: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

fn order(toys: &[Toy], text: &str) {
    toys[0].submit(text);
    until(text, || toys.iter().all(|toy| toy.has(text)));
}

fn members(addresses: &[SocketAddr]) -> Membership {
    let member = |(number, address): (u8, &SocketAddr)| Member {
        key: key(number).peer_key(),
        address: *address,
    };
    Membership::new((1..).zip(addresses).map(member).collect(), vec![]).unwrap()
}

#[test]
fn four_real_nodes_agree_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let addresses = addresses(4);
    let members = members(&addresses);
    let toys: Vec<Toy> = (1..=4)
        .map(|number| Toy::new(number, &members, LONG))
        .collect();
    let begin = |index: usize| {
        let toy: &Toy = &toys[index];
        let own = folder.path().join(index.to_string());
        start(toy, options(&own, toy, addresses[index]))
    };
    for (index, toy) in toys.iter().enumerate() {
        let marker = folder.path().join(index.to_string()).join("marker");
        create_vote_marker(&marker, toy.peer_key()).unwrap();
    }
    let mut running: Vec<Running> = (0..4).map(begin).collect();
    order(&toys, "first");
    until("connected", || {
        toys.iter().all(|toy| toy.chain.status().peers == 3)
    });

    running.remove(3).stop();
    order(&toys[..3], "without");
    running.push(begin(3));
    order(&toys, "again");
    let certificate = futures::executor::block_on(toys[3].chain.finalization(1));
    assert!(certificate.is_some_and(|certificate| !certificate.is_empty()));
    assert!(toys[3].chain.metrics().contains("finalization"));

    // A whole transaction of the largest size goes through.
    let large = "x".repeat(6_000_000);
    order(&toys, &large);
    for node in running {
        node.stop();
    }
    assert_agreement(&toys);
    assert_eq!(toys[0].chain.metrics(), "");
}

/// Whether any file below a folder contains some bytes.
fn found(folder: &Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return found(&path, bytes);
        }
        // Files may vanish meanwhile: that is the point.
        let contents = std::fs::read(&path).unwrap_or_default();
        contents.windows(bytes.len()).any(|window| window == bytes)
    })
}

#[test]
fn an_erased_body_is_in_no_file_and_its_certificate_stays() {
    let folder = tempfile::tempdir().unwrap();
    let addresses = addresses(1);
    let toy = Toy::new(1, &members(&addresses), LONG);
    create_vote_marker(&folder.path().join("marker"), toy.peer_key()).unwrap();
    let options = || options(folder.path(), &toy, addresses[0]);
    let node = start(&toy, options());
    let toys = std::slice::from_ref(&toy);
    let secret = "a text of which nothing shall remain";
    order(toys, secret);
    let height = toy.height();
    assert!(found(folder.path(), secret.as_bytes()));
    // The engine keeps what is younger than some views, whatever it is told.
    for number in 0..100 {
        order(toys, &format!("text{number}"));
    }
    toy.keep_from(height + 20);
    until("erased", || !found(folder.path(), secret.as_bytes()));
    let certificate = || futures::executor::block_on(toy.chain.finalization(height));
    assert!(certificate().is_some());
    node.stop();

    assert!(!found(folder.path(), secret.as_bytes()));
    let node = start(&toy, options());
    order(toys, "later");
    assert!(certificate().is_some());
    // What can be erased is erased again after a start.
    toy.keep_from(height + 60);
    until("erased", || !found(folder.path(), b"text25"));
    node.stop();
}

#[test]
fn a_panic_of_the_application_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let addresses = addresses(1);
    let toy = Toy::new(1, &members(&addresses), LONG);
    create_vote_marker(&folder.path().join("marker"), toy.peer_key()).unwrap();
    let node = start(&toy, options(folder.path(), &toy, addresses[0]));
    toy.panic_later();
    toy.submit("text");
    let error = node.thread.join().unwrap().unwrap_err();
    let ConsensusError::Panicked(message) = error else {
        panic!("{error:?}");
    };
    assert!(message.contains("a mistake of the application"));
}

#[test]
fn timeouts_that_contradict_each_other_are_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let addresses = addresses(1);
    let toy = Toy::new(1, &members(&addresses), LONG);
    let mut options = options(folder.path(), &toy, addresses[0]);
    options.timing.skip_timeout = options.timing.leader_timeout;
    let error = start(&toy, options).thread.join().unwrap().unwrap_err();
    assert!(matches!(error, ConsensusError::Options(_)), "{error:?}");
}

#[test]
fn an_address_in_use_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let toy = Toy::new(1, &members(&[address]), LONG);
    let node = start(&toy, options(folder.path(), &toy, address));
    let error = node.thread.join().unwrap().unwrap_err();
    assert!(matches!(error, ConsensusError::Bind { .. }), "{error:?}");
}
