//! Whole games, as their seeds have them.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says how to play a game again"
)]

use std::{
    env, panic,
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use idos_sim::{Settings, Summary, adversary::Kind, play};

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

/// Nodes and adversaries of the fixed games: every adversary alone, two of them in networks of
/// seven, and none.
const TEN: [(usize, &[Kind]); 10] = [
    (4, &[Kind::Equivocator]),
    (4, &[Kind::Withholder]),
    (4, &[Kind::Liar]),
    (4, &[Kind::Laggard]),
    (4, &[Kind::Flooder]),
    (4, &[Kind::ClockSkewer]),
    (4, &[Kind::Forger]),
    (7, &[Kind::Equivocator, Kind::Withholder]),
    (5, &[]),
    (6, &[]),
];

#[test]
fn ten() {
    all(10, |number| {
        let (nodes, adversaries) = TEN[usize::try_from(number).unwrap()];
        let settings = Settings {
            nodes: Some(nodes),
            adversaries: Some(adversaries.to_vec()),
            rounds: Some(1),
            ..Settings::of(number)
        };
        // It is always the same ten.
        succeeds(
            settings,
            "cargo test -p idos-sim --test seeds ten",
            |summary| {
                // A game in which nothing happens shows nothing.
                let lies = adversaries.contains(&Kind::Liar);
                summary.acknowledged > 0 && summary.believed > 0 && (summary.lies > 0) == lies
            },
        )
    });
}

/// `SEED=1 SEEDS=1000 cargo test -p idos-sim --release --test seeds many -- --nocapture`
#[test]
fn many() {
    let number = |name: &str| env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let (Some(first), Some(count)) = (number("SEED"), number("SEEDS")) else {
        return;
    };
    all(count, |number| {
        let seed = first + number;
        let again = format!("SEED={seed} SEEDS=1 cargo test -p idos-sim --test seeds many");
        succeeds(Settings::of(seed), &again, |_| true)
    });
}
