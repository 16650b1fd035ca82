//! A seed plays the same game again.

use idos_sim::{Settings, adversary::Kind, play};

fn game(seed: u64) -> idos_sim::Summary {
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
