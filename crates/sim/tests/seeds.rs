//! Whole games, as their seeds have them.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says how to play a game again"
)]

use std::{
    env, panic,
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use idos_sim::{Settings, play};

/// Plays a game, and says how to play it again if it fails.
fn play_seed(seed: u64) -> bool {
    match panic::catch_unwind(|| play(Settings::of(seed))) {
        Ok(summary) => {
            println!("{summary}");
            true
        }
        Err(_) => {
            println!("FAILED: SEED={seed} SEEDS=1 cargo test -p idos-sim --test seeds many");
            false
        }
    }
}

fn all(seeds: &[u64]) {
    let next = AtomicU64::new(0);
    let failed = AtomicU64::new(0);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let at = usize::try_from(next.fetch_add(1, Ordering::Relaxed)).unwrap();
                    let Some(seed) = seeds.get(at) else {
                        return;
                    };
                    if !play_seed(*seed) {
                        failed.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner();
    assert_eq!(failed, 0, "{failed} of {} games failed", seeds.len());
}

#[test]
fn ten() {
    all(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
}

/// `SEED=1 SEEDS=1000 cargo test -p idos-sim --release --test seeds many -- --nocapture`
#[test]
fn many() {
    let number = |name: &str| env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let (Some(first), Some(count)) = (number("SEED"), number("SEEDS")) else {
        return;
    };
    all(&(first..first + count).collect::<Vec<_>>());
}
