//! A seed plays the same game again.

use std::thread;

use idos_sim::{Newcomer, Settings, Summary, adversary::Kind, play};

fn game(seed: u64) -> Summary {
    play(Settings {
        nodes: Some(4),
        adversaries: Some(vec![Kind::Equivocator]),
        rounds: Some(1),
        newcomer: Some(None),
        ..Settings::of(seed)
    })
}

#[test]
fn the_same_seed_gives_the_same_game() {
    let (first, again) = (game(41), game(41));
    assert!(first.report.is_some());
    assert_eq!(first, again);
    assert_ne!(first.report, game(42).report);
}

/// In which one node is away until it has to fetch the state, and one joins for one that leaves.
fn game_of_changes() -> Summary {
    play(Settings {
        nodes: Some(4),
        adversaries: Some(Vec::new()),
        rounds: Some(1),
        newcomer: Some(Some(Newcomer::Early)),
        absence: Some(true),
        ..Settings::of(43)
    })
}

#[test]
fn the_same_seed_gives_the_same_changes_of_nodes() {
    // Side by side, which must make no difference either.
    let again = thread::spawn(game_of_changes);
    let first = game_of_changes();
    assert!(first.report.is_some());
    assert!(first.syncs > 0, "no state was fetched: {first}");
    assert!(first.changes > 0, "nobody else validates: {first}");
    assert_eq!(again.join().ok(), Some(first));
}
