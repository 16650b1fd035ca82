//! Real nodes: threads, sockets and files.

use std::{
    net::{SocketAddr, TcpListener},
    num::{NonZeroU64, NonZeroUsize},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use idos_consensus::{
    Chain, ConsensusError, Header, Member, Membership, Options, Outbox, PROTOCOLS, PeerKey,
    Recipient, Service, Timing, Topic, Wake, converse, create_vote_marker, is_final, run,
};
use idos_types::{BlockTime, Digest};
use memchr::memmem;

use crate::toy::{LONG, Toy, assert_agreement, genesis, key, keys};

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
        protocols: PROTOCOLS,
        floor: None,
        epoch_blocks: NonZeroU64::new(LONG).unwrap(),
        timing: Timing::default(),
        max_peers: NonZeroUsize::new(8).unwrap(),
        private_addresses: true,
        any_source: false,
        workers: NonZeroUsize::new(2).unwrap(),
    }
}

/// Makes the folder of a node whose key has never voted.
fn note_new_key(own: &Path, toy: &Toy) {
    std::fs::create_dir(own).unwrap();
    create_vote_marker(&own.join("marker"), toy.peer_key()).unwrap();
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

/// Of five nodes the last has no vote.
fn with_observer(addresses: &[SocketAddr]) -> Membership {
    let all = members(addresses);
    let fifth = key(5).peer_key();
    let (observers, validators): (Vec<Member>, Vec<Member>) = all
        .validators()
        .iter()
        .copied()
        .partition(|member| member.key == fifth);
    Membership::new(validators, observers).unwrap()
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
        note_new_key(&folder.path().join(index.to_string()), toy);
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
    assert_final(&toys, &certificate.unwrap());
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

/// A certificate of height 1 is one of these validators, of this block, epoch and network, and of no
/// other.
fn assert_final(toys: &[Toy], certificate: &[u8]) {
    let headers = toys[0].headers();
    let final_in = |chain: &str, epoch, keys: &[PeerKey], header, certificate: &[u8]| {
        is_final(chain, epoch, keys.iter().copied(), header, certificate)
    };
    let (keys, first) = (keys(toys), &headers[0]);
    assert!(final_in("toy", 0, &keys, first, certificate));
    assert!(!final_in("other", 0, &keys, first, certificate));
    assert!(!final_in("toy", 1, &keys, first, certificate));
    assert!(!final_in("toy", 0, &keys, &headers[1], certificate));
    let others: Vec<_> = (11..15).map(|number| key(number).peer_key()).collect();
    assert!(!final_in("toy", 0, &others, first, certificate));
    for at in 0..certificate.len() {
        let mut changed = certificate.to_vec();
        changed[at] ^= 1;
        // Whatever is changed, it is not another certificate of the same block.
        assert!(!final_in("toy", 0, &keys, first, &changed), "byte {at}");
    }
}

/// Nodes that an epoch gives no vote, or that were members before, may be more than a node has room for;
/// its validators may not.
#[test]
fn a_network_goes_on_without_room_for_an_observer() {
    let folder = tempfile::tempdir().unwrap();
    let addresses = addresses(5);
    let members = with_observer(&addresses);
    let toys: Vec<Toy> = (1..=4)
        .map(|number| Toy::new(number, &members, LONG))
        .collect();
    let begin = |index: usize, max_peers: usize| {
        let toy: &Toy = &toys[index];
        let own = folder.path().join(index.to_string());
        if !own.exists() {
            note_new_key(&own, toy);
        }
        let mut options = options(&own, toy, addresses[index]);
        options.max_peers = NonZeroUsize::new(max_peers).unwrap();
        start(toy, options)
    };
    let error = begin(0, 3).thread.join().unwrap().unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("4 nodes") && text.contains("raise peers.most in config.toml to 4"),
        "{text}"
    );
    let running: Vec<Running> = (0..4).map(|index| begin(index, 4)).collect();
    order(&toys, "without room for the fifth");
    for node in running {
        node.stop();
    }
    assert_agreement(&toys);
}

#[test]
fn observers_are_connected_and_no_voters() {
    let folder = tempfile::tempdir().unwrap();
    let addresses = addresses(5);
    let members = with_observer(&addresses);
    let toys: Vec<Toy> = (1..=5)
        .map(|number| Toy::new(number, &members, LONG))
        .collect();
    let begin = |index: usize| {
        let own = folder.path().join(index.to_string());
        note_new_key(&own, &toys[index]);
        start(&toys[index], options(&own, &toys[index], addresses[index]))
    };
    let mut running: Vec<Running> = (0..5).map(begin).collect();
    order(&toys, "text");
    let reaches = |peers: usize, voters: usize| {
        let first = toys[0].chain.status();
        (first.peers, first.voters) == (peers, voters)
    };
    until("all are connected", || reaches(4, 3));
    running.remove(2).stop();
    running.remove(2).stop();
    // A block needs three of four, and two nodes beside this one do not say that there are.
    until("one voter and one observer are connected", || reaches(2, 1));
    for node in running {
        node.stop();
    }
    assert_eq!(toys[0].chain.status().voters, 0);
}

/// How often a node tried to reach others.
fn dials(toy: &Toy) -> u64 {
    let metrics = toy.chain.metrics();
    let lines = metrics
        .lines()
        .filter(|line| line.contains("dialer_attempts_total{"));
    lines
        .map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap())
        .sum()
}

/// A stranger knows everybody, their addresses too, and is at an address of theirs.
#[test]
fn a_stranger_is_not_connected() {
    let folder = tempfile::tempdir().unwrap();
    let addresses = addresses(5);
    let toys: Vec<Toy> = (1..=5)
        .map(|number| {
            // Whoever is not among the four takes itself for a fifth.
            let known = if number == 5 { 5 } else { 4 };
            Toy::new(number, &members(&addresses[..known]), LONG)
        })
        .collect();
    let begin = |index: usize| {
        let own = folder.path().join(index.to_string());
        note_new_key(&own, &toys[index]);
        start(&toys[index], options(&own, &toys[index], addresses[index]))
    };
    let stranger = begin(4);
    let running: Vec<Running> = (0..4).map(begin).collect();
    let (stranger_toy, members) = toys.split_last().unwrap();
    order(members, "first");
    until("connected", || {
        members.iter().all(|toy| toy.chain.status().peers == 3)
    });
    stranger_toy.submit("of a stranger");
    // Long enough for it to dial each of them several times.
    let end = Instant::now() + Duration::from_secs(5);
    for number in 0.. {
        order(members, &format!("text{number}"));
        assert_eq!(stranger_toy.chain.status().peers, 0);
        assert!(members.iter().all(|toy| toy.chain.status().peers == 3));
        if Instant::now() > end {
            break;
        }
    }
    assert!(dials(stranger_toy) >= 4, "{}", stranger_toy.chain.metrics());
    for node in running {
        node.stop();
    }
    stranger.stop();
    assert_agreement(members);
    assert!(members.iter().all(|toy| !toy.has("of a stranger")));
    assert_eq!(stranger_toy.height(), 0);
}

/// Says its name until it has heard another, and then a little longer for the other to hear it.
struct Greeter {
    heard: Arc<AtomicBool>,
}

impl Service for Greeter {
    fn received(&mut self, _: PeerKey, bytes: &[u8], _: BlockTime, _: &mut Outbox) {
        assert_eq!(bytes, b"hello");
        self.heard.store(true, Ordering::Relaxed);
    }

    fn tick(&mut self, now: BlockTime, outbox: &mut Outbox) -> BlockTime {
        outbox.send(Recipient::All, b"hello".to_vec());
        BlockTime::from_millis(now.millis() + 50)
    }
}

#[test]
fn services_converse_without_an_engine_and_without_a_vote() {
    let folder = tempfile::tempdir().unwrap();
    let addresses = addresses(2);
    let members = members(&addresses);
    let wake = Wake::default();
    let begin = |index: u8| {
        let toy = Toy::new(index + 1, &members, LONG);
        let home = folder.path().join(index.to_string());
        let options = options(&home, &toy, addresses[usize::from(index)]);
        let heard = Arc::new(AtomicBool::new(false));
        let service = Greeter {
            heard: Arc::clone(&heard),
        };
        let (members, wake) = (members.clone(), wake.clone());
        let thread = thread::spawn(move || {
            let services: Vec<(Topic, Box<dyn Service>)> = vec![(Topic::Sync, Box::new(service))];
            converse(options, members, services, Chain::default(), &wake)
        });
        (heard, thread)
    };
    let both: Vec<_> = (0..2).map(begin).collect();
    until("heard", || {
        both.iter().all(|(heard, _)| heard.load(Ordering::Relaxed))
    });
    wake.stop();
    for (index, (_, thread)) in both.into_iter().enumerate() {
        thread.join().unwrap().unwrap();
        let home = folder.path().join(index.to_string());
        assert!(!home.join("marker").exists() && !home.join("data/incarnation").exists());
    }
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
        memmem::find(&contents, bytes).is_some()
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
    let spoiled: [fn(&mut Timing); 3] = [
        |timing| timing.skip_timeout = timing.certification_timeout,
        |timing| timing.certification_timeout = timing.leader_timeout,
        |timing| timing.leader_timeout = timing.turn,
    ];
    for spoil in spoiled {
        let folder = tempfile::tempdir().unwrap();
        let addresses = addresses(1);
        let toy = Toy::new(1, &members(&addresses), LONG);
        let mut options = options(folder.path(), &toy, addresses[0]);
        spoil(&mut options.timing);
        let error = start(&toy, options).thread.join().unwrap().unwrap_err();
        assert!(matches!(error, ConsensusError::Options(_)), "{error:?}");
    }
}

#[test]
fn a_folder_of_another_network_is_an_error_and_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let addresses = addresses(1);
    let toy = Toy::new(1, &members(&addresses), LONG);
    create_vote_marker(&folder.path().join("marker"), toy.peer_key()).unwrap();
    let options = options(folder.path(), &toy, addresses[0]);
    let node = start(&toy, options.clone());
    order(std::slice::from_ref(&toy), "text");
    node.stop();
    let incarnation = || std::fs::read(folder.path().join("data/incarnation")).unwrap();
    let before = incarnation();
    let other = Options {
        genesis: Header::genesis(options.genesis.time, Digest::of(b"another")),
        ..options
    };
    let error = start(&toy, other).thread.join().unwrap().unwrap_err();
    let ConsensusError::OtherNetwork(of) = &error else {
        panic!("{error:?}");
    };
    assert_eq!(of, &folder.path().join("data"));
    assert_eq!(incarnation(), before);
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
