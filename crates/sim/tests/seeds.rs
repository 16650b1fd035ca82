//! Whole games, as their seeds have them.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says how to play a game again"
)]

use std::{
    collections::BTreeSet,
    env, panic,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use idos_sim::{Newcomer, Settings, Summary, adversary::Kind, play};

/// A number that the environment says.
fn number(name: &str) -> Option<u64> {
    env::var(name).ok().map(|text| text.parse().unwrap())
}

/// Plays a game, and says how to play it again if it fails.
fn succeeds(settings: Settings, again: &str, is_as_it_should: impl Fn(&Summary) -> bool) -> bool {
    match panic::catch_unwind(panic::AssertUnwindSafe(|| play(settings))) {
        Ok(summary) => {
            println!("{summary}");
            is_as_it_should(&summary)
        }
        Err(_) => {
            println!("FAILED, play it again: {again}");
            false
        }
    }
}

/// Plays games side by side, each in a thread of its own.
fn all(count: u64, plays: impl Fn(u64) -> bool + Sync) {
    let next = AtomicU64::new(0);
    let failed = AtomicU64::new(0);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        return;
                    }
                    if !plays(number) {
                        failed.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner();
    assert_eq!(failed, 0, "{failed} of {count} games failed");
}

/// A fixed game.
struct Fixed {
    nodes: usize,
    adversaries: &'static [Kind],
    newcomer: Option<Newcomer>,
    absence: bool,
}

const fn plain(nodes: usize, adversaries: &'static [Kind]) -> Fixed {
    Fixed {
        nodes,
        adversaries,
        newcomer: None,
        absence: false,
    }
}

/// The fixed games: every adversary alone, two of them in a network of seven, and none. In one a node
/// joins that gets its state from a liar too; in another one a node loses everything and is away for
/// long, while one joins and one leaves.
const TEN: [Fixed; 10] = [
    plain(4, &[Kind::Equivocator]),
    plain(4, &[Kind::Withholder]),
    Fixed {
        newcomer: Some(Newcomer::Listens),
        ..plain(4, &[Kind::Liar])
    },
    plain(4, &[Kind::Laggard]),
    plain(4, &[Kind::Flooder]),
    plain(4, &[Kind::ClockSkewer]),
    plain(4, &[Kind::Forger]),
    plain(7, &[Kind::Equivocator, Kind::Withholder]),
    Fixed {
        newcomer: Some(Newcomer::Early),
        absence: true,
        ..plain(5, &[])
    },
    plain(6, &[]),
];

/// What goes wrong in some of them, beside the node that loses everything.
const FAULTS: [&str; 7] = [
    "Crash",
    "CrashAll",
    "Disk",
    "Partition",
    "OneWay",
    "BadLines",
    "Misses",
];

/// The kind of a fault, without what it does to whom.
fn name(fault: &str) -> String {
    let end = fault.find(|letter: char| !letter.is_ascii_alphanumeric());
    fault[..end.unwrap_or(fault.len())].to_owned()
}

/// `GAME=0 cargo test -p idos-sim --test seeds ten -- --nocapture` plays one of them.
#[test]
fn ten() {
    let only = number("GAME");
    let shared = AtomicU64::new(0);
    let faults = Mutex::new(BTreeSet::new());
    all(10, |number| {
        if only.is_some_and(|only| only != number) {
            return true;
        }
        let Fixed {
            nodes,
            adversaries,
            newcomer,
            absence,
        } = TEN[usize::try_from(number).unwrap()];
        let settings = Settings {
            nodes: Some(nodes),
            adversaries: Some(adversaries.to_vec()),
            rounds: Some(1),
            newcomer: Some(newcomer),
            absence: Some(absence),
            ..Settings::of(number)
        };
        // It is always the same ten.
        let again = format!("GAME={number} cargo test -p idos-sim --test seeds ten");
        succeeds(settings, &again, |summary| {
            // A game in which nothing happens shows nothing.
            let lies = adversaries.contains(&Kind::Liar);
            let syncs = absence || newcomer == Some(Newcomer::Listens);
            let changes = newcomer == Some(Newcomer::Early);
            shared.fetch_add(summary.shared, Ordering::Relaxed);
            let names = summary.faults.iter().map(|fault| name(fault));
            faults.lock().unwrap().extend(names);
            summary.acknowledged > 0
                && summary.believed > 0
                && (summary.lies > 0) == lies
                && (summary.syncs > 0) == syncs
                && (summary.sync_lies > 0) == (syncs && lies)
                && (summary.changes > 0) == changes
        })
    });
    // Not in every one of them, but in some.
    assert!(only.is_some() || shared.into_inner() > 0, "nobody shares");
    let faults = faults.into_inner().unwrap();
    println!("{faults:?}");
    for kind in FAULTS {
        assert!(
            only.is_some() || faults.contains(kind),
            "no {kind} in {faults:?}"
        );
    }
}

/// `SEED=1 SEEDS=1000 cargo test -p idos-sim --release --test seeds many -- --ignored --nocapture`; with
/// `NEWCOMERS=1` a node joins in each of them.
#[test]
#[ignore = "takes hours: any number of games, from SEED on"]
fn many() {
    let first = number("SEED").unwrap_or(1);
    let count = number("SEEDS").unwrap_or(1_000);
    let newcomers = number("NEWCOMERS").unwrap_or_default();
    all(count, |number| {
        let seed = first + number;
        let ways = Newcomer::ALL.len();
        let way = Newcomer::ALL[usize::try_from(seed).unwrap() % ways];
        let settings = Settings {
            newcomer: (newcomers > 0).then_some(Some(way)),
            ..Settings::of(seed)
        };
        let again = format!(
            "NEWCOMERS={newcomers} SEED={seed} SEEDS=1 cargo test -p idos-sim --test seeds many -- --ignored"
        );
        succeeds(settings, &again, |_| true)
    });
}
