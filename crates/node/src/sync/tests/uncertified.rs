//! A network that stopped before anybody had a certificate of its newest state, and cannot go on
//! without the node that needs that state.

use super::*;
use crate::{metrics::Metrics, roots::Roots};

/// Three make a certificate. The validator with number 2 is gone for good.
const FOUR: u8 = 4;
/// Those that have the newest state.
const HOLDERS: [u8; 2] = [0, 1];
/// For longer than a node waits for a certified state.
const PATIENCE_STEPS: usize = 6_000;

/// Who signs states, and hears of the signatures of others.
struct Voter {
    number: u8,
    shared: Arc<Shared>,
    roots: Roots,
}

impl Voter {
    fn new(number: u8, executor: &Executor, readers: &Readers, shared: &Arc<Shared>) -> Self {
        let roots = Roots::new(
            Arc::clone(shared),
            readers.clone(),
            node_key(number),
            executor.chain_id().clone(),
            executor.network().epoch,
            None,
        );
        for statement in executor.statements_after(shared.certified()).unwrap() {
            shared.certificates.state(statement);
        }
        Self {
            number,
            shared: Arc::clone(shared),
            roots,
        }
    }
}

/// Lets them sign what they computed and answer each other for two seconds.
fn talk(voters: &mut [Voter]) {
    for now_ms in (0..2_000).step_by(50) {
        let mut said = Vec::new();
        for voter in voters.iter_mut() {
            let from = voter.number;
            let own = sent(|outbox| {
                voter.roots.tick(at(now_ms), outbox);
            });
            said.extend(own.into_iter().map(|(to, bytes)| (from, to, bytes)));
        }
        while let Some((from, to, bytes)) = said.pop() {
            for voter in voters.iter_mut().filter(|voter| voter.number != from) {
                let own = peer(voter.number);
                if to == Recipient::All || to == Recipient::One(own) {
                    let answers = sent(|outbox| {
                        voter.roots.received(peer(from), &bytes, at(now_ms), outbox);
                    });
                    let number = voter.number;
                    said.extend(answers.into_iter().map(|(to, bytes)| (number, to, bytes)));
                }
            }
        }
    }
}

/// All of the history is executed; what is before the last block is certified, and that is not.
fn halted(number: u8, history: &History) -> Provider {
    let mut bench = Bench::new(FOUR);
    let (last, before) = history.blocks.split_last().unwrap();
    for block in before {
        execute(&mut bench, block);
    }
    certify(&mut bench);
    bench.execute(last);
    Provider::of(number, bench)
}

fn history() -> History {
    let mut history = History::default();
    history.extend(&mut Bench::new(FOUR), 50, 20);
    history
}

fn voter_of(provider: &Provider) -> Voter {
    let Bench {
        executor,
        readers,
        shared,
        ..
    } = &provider.bench;
    Voter::new(provider.number, executor, readers, shared)
}

#[test]
fn the_node_that_is_needed_gets_the_state_and_makes_the_certificate_whole() {
    let history = history();
    let newest = history.blocks.last().unwrap().header.height;
    let providers = HOLDERS.map(|number| halted(number, &history));
    let mut voters: Vec<_> = providers.iter().map(voter_of).collect();
    talk(&mut voters);
    assert!(voters.iter().all(|voter| voter.shared.certified() < newest));
    let mut world = World::new(Vec::from(providers));
    let mut own = Syncing::with(FOUR, &[]);
    assert!(world.run(&mut own));
    drop(own.executor());

    let (writer, readers) = Database::open(own.folder.path(), &Options::default()).unwrap();
    let executor = Executor::new(writer, &genesis(FOUR)).unwrap();
    assert_eq!(executor.progress().root, world.providers[0].root());
    assert_eq!(executor.progress().tip.height, newest);
    // What too few signed is kept as no certificate: else this node would not sign either.
    let certificate = readers.read(|snapshot| snapshot.certificate(newest));
    assert_eq!(certificate.unwrap().unwrap(), None);
    let shared = Arc::new(Shared::new(executor.progress(), 0, Metrics::default()));
    voters.push(Voter::new(OWN, &executor, &readers, &shared));
    talk(&mut voters);
    for voter in &voters {
        assert_eq!(voter.shared.certified(), newest, "{}", voter.number);
        assert!(voter.shared.certificates.vouched().is_none());
        assert!(!voter.shared.has_diverged());
    }
}

#[test]
fn what_one_validator_alone_says_is_not_believed() {
    let history = history();
    let providers = HOLDERS.map(|number| halted(number, &history));
    // They do not hear of each other.
    for provider in &providers {
        talk(&mut [voter_of(provider)]);
    }
    let vouched = providers[0].bench.shared.certificates.vouched();
    assert!(vouched.is_none(), "a lone signature proves nothing");
    // One of them says it all the same.
    let statement = providers[0].bench.executor.statement();
    let alone = certificate_of(FOUR, &statement, &[0]);
    providers[0].bench.shared.certificates.vouch(alone);
    let mut world = World::new(Vec::from(providers));
    world.steps = PATIENCE_STEPS;
    let mut own = Syncing::with(FOUR, &[]);
    let before = *own.fetch.as_ref().unwrap().root().unwrap();
    assert!(!world.run(&mut own));
    assert_eq!(own.root(), before);
}

#[test]
fn a_certified_state_is_taken_before_one_that_is_only_vouched_for() {
    let history = history();
    let mut providers = Vec::from(HOLDERS.map(|number| halted(number, &history)));
    let mut voters: Vec<_> = providers.iter().map(voter_of).collect();
    talk(&mut voters);
    // Nobody else has the certificate yet.
    let mut certified = Bench::new(FOUR);
    for block in &history.blocks[..10] {
        execute(&mut certified, block);
    }
    certify(&mut certified);
    providers.push(Provider::of(2, certified));
    let mut world = World::new(providers);
    let mut own = Syncing::with(FOUR, &[]);
    assert!(world.run(&mut own));
    assert_eq!(own.executor().progress().root, world.providers[2].root());
}

/// Others vouch for it, and keep no block that this node could go on with.
#[test]
fn a_node_that_lacks_uncertified_blocks_finds_out_that_it_needs_the_state() {
    let history = history();
    let providers = HOLDERS.map(|number| halted(number, &history));
    let mut voters: Vec<_> = providers.iter().map(voter_of).collect();
    talk(&mut voters);
    let mut bench = Bench::new(FOUR);
    let (_, known) = history.blocks.split_last().unwrap();
    for block in known {
        execute(&mut bench, block);
    }
    let mut behind = Provider::of(OWN, bench);
    let mut now_ms = 0;
    let mut asked = Vec::new();
    while asked.is_empty() {
        now_ms += 4_000;
        asked = sent(|outbox| {
            behind.sync.tick(at(now_ms), outbox);
        });
    }
    for mut provider in providers {
        provider.bench.shared.keep_from(1_000);
        let said = sent(|outbox| {
            for (_, bytes) in &asked {
                provider.sync.received(peer(OWN), bytes, at(now_ms), outbox);
            }
            provider.sync.tick(at(now_ms), outbox);
        });
        for (_, bytes) in said {
            sent(|outbox| {
                let from = peer(provider.number);
                behind.sync.received(from, &bytes, at(now_ms), outbox);
            });
        }
    }
    assert!(behind.bench.shared.needs_sync());
}
