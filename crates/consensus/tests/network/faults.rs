//! Nodes that crash, lose what they had, are cut off or lie.

use std::time::Duration;

use idos_consensus::{
    Channel, ConsensusError,
    simulation::{Control, Line, Report, simulate},
};

use crate::toy::{LONG, Toy, assert_agreement, keys, network, plan, until};

async fn submit_all(control: &Control, toys: &[Toy], texts: std::ops::Range<usize>) {
    for number in texts {
        toys[number % toys.len()].submit(&format!("text{number}"));
        control.sleep(Duration::from_millis(25)).await;
    }
}

async fn all_have(control: &Control, toys: &[Toy], texts: std::ops::Range<usize>) {
    until(control, "all executed", || {
        let mut texts = texts.clone();
        texts.all(|number| toys.iter().all(|toy| toy.has(&format!("text{number}"))))
    })
    .await;
    assert_agreement(toys);
}

#[test]
fn a_crashed_validator_costs_little_and_catches_up() {
    simulate(plan(3, LONG), async |control| {
        let toys = network(&control, 4, LONG).await;
        submit_all(&control, &toys, 0..10).await;
        control.crash(toys[3].peer_key()).await;
        let others = &toys[..3];
        // It is only a while until nobody waits for the turns of who is gone.
        control.sleep(Duration::from_secs(10)).await;
        for number in 10..30 {
            let before = control.now().millis();
            let text = format!("text{number}");
            others[number % 3].submit(&text);
            until(&control, "executed", || {
                others.iter().all(|toy| toy.has(&text))
            })
            .await;
            let took = control.now().millis() - before;
            assert!(took < 500, "{text} took {took} ms");
            // They find the network idle, at another time of a turn. The last ones after a minute in
            // which nothing was to be done.
            let millis = if number < 27 {
                3_600 + number as u64 * 131 % 1_200
            } else {
                60_000
            };
            control.sleep(Duration::from_millis(millis)).await;
        }
        toys[3].start(&control).await;
        // Nothing new is ordered, and still it learns what was.
        all_have(&control, &toys, 0..30).await;
        submit_all(&control, &toys, 30..40).await;
        all_have(&control, &toys, 0..40).await;
    });
}

#[test]
fn every_node_may_crash_at_once() {
    simulate(plan(4, LONG), async |control| {
        let toys = network(&control, 4, LONG).await;
        for round in 0..3 {
            submit_all(&control, &toys, 10 * round..10 * (round + 1)).await;
            for toy in &toys {
                control.crash(toy.peer_key()).await;
            }
            for toy in &toys {
                toy.start(&control).await;
            }
        }
        all_have(&control, &toys, 0..30).await;
    });
}

#[test]
fn halves_make_no_block_and_heal() {
    simulate(plan(5, LONG), async |control| {
        let toys = network(&control, 4, LONG).await;
        submit_all(&control, &toys, 0..10).await;
        all_have(&control, &toys, 0..10).await;
        let (left, right) = toys.split_at(2);
        control.cut_groups(&keys(left), &keys(right)).await;
        // What was on its way arrives.
        control.sleep(Duration::from_secs(1)).await;
        let heights: Vec<u64> = toys.iter().map(Toy::height).collect();
        submit_all(&control, &toys, 10..20).await;
        control.sleep(Duration::from_secs(30)).await;
        let after: Vec<u64> = toys.iter().map(Toy::height).collect();
        assert_eq!(heights, after);
        control.link_all(&keys(&toys), Line::default()).await;
        all_have(&control, &toys, 0..20).await;
    });
}

#[test]
fn a_lossy_network_is_only_slow() {
    simulate(plan(6, LONG), async |control| {
        let toys = network(&control, 4, LONG).await;
        let line = Line {
            lost_of_thousand: 100,
            ..Line::default()
        };
        control.link_all(&keys(&toys), line).await;
        submit_all(&control, &toys, 0..30).await;
        all_have(&control, &toys, 0..30).await;
    });
}

#[test]
fn an_invalid_proposal_gets_no_votes() {
    simulate(plan(7, LONG), async |control| {
        let toys = network(&control, 4, LONG).await;
        toys[2].turn_bad();
        submit_all(&control, &toys, 0..20).await;
        all_have(&control, &toys, 0..20).await;
        assert!(toys.iter().all(|toy| !toy.has("bad")));
        let liar = toys[2].peer_key();
        assert!(
            toys[0]
                .headers()
                .iter()
                .all(|header| header.turn.leader != liar)
        );
    });
}

#[test]
fn missed_certificates_stall_nobody() {
    simulate(plan(8, LONG), async |control| {
        let toys = network(&control, 4, LONG).await;
        submit_all(&control, &toys, 0..5).await;
        all_have(&control, &toys, 0..5).await;
        // One node gets no certificate of two views, and no vote that it could make one of.
        let deaf = toys[1].peer_key();
        let view = toys[0].chain.status().view;
        control.lose(move |message| {
            let hidden = [(0, view + 2), (0, view + 3)];
            message.to == deaf && message.round.is_some_and(|round| hidden.contains(&round))
        });
        submit_all(&control, &toys, 5..20).await;
        control.sleep(Duration::from_secs(5)).await;
        control.lose_nothing();
        all_have(&control, &toys, 0..20).await;
    });
}

/// Half of the nodes know that a block is final and the others do not: no quorum knows the same.
#[test]
fn missed_finalizations_of_half_the_network_stall_nobody() {
    simulate(plan(9, LONG), async |control| {
        let toys = network(&control, 4, LONG).await;
        submit_all(&control, &toys, 0..5).await;
        all_have(&control, &toys, 0..5).await;
        let deaf = [toys[0].peer_key(), toys[2].peer_key()];
        control.lose(move |message| message.finalizes && deaf.contains(&message.to));
        submit_all(&control, &toys, 5..25).await;
        control.sleep(Duration::from_secs(20)).await;
        control.lose_nothing();
        submit_all(&control, &toys, 25..30).await;
        all_have(&control, &toys, 0..30).await;
    });
}

/// A block that everybody voted for and nobody knows to be final needs a block after it, also if
/// there is nothing to put into one.
#[test]
fn the_last_block_gets_final() {
    simulate(plan(18, LONG), async |control| {
        let toys = network(&control, 4, LONG).await;
        control.lose(|message| message.finalizes);
        submit_all(&control, &toys, 0..1).await;
        control.sleep(Duration::from_millis(500)).await;
        control.lose_nothing();
        all_have(&control, &toys, 0..1).await;
        control.sleep(Duration::from_secs(10)).await;
        let height = toys[0].height();
        assert!(height <= 3, "{height}");
        control.sleep(Duration::from_secs(10)).await;
        assert_eq!(toys[0].height(), height);
    });
}

/// More blocks than are kept in memory get certified, and none of them final.
#[test]
fn a_long_time_without_finality_ends() {
    simulate(plan(19, LONG), async |control| {
        let toys = network(&control, 4, LONG).await;
        control.lose(|message| message.finalizes);
        for number in 0..40 {
            submit_all(&control, &toys, number..number + 1).await;
            control.sleep(Duration::from_millis(600)).await;
        }
        assert!(toys.iter().all(|toy| toy.height() == 0));
        assert!(
            toys[0].chain.status().view > 35,
            "{:?}",
            toys[0].chain.status()
        );
        control.lose_nothing();
        all_have(&control, &toys, 0..40).await;
    });
}

#[test]
fn lost_bodies_are_fetched() {
    simulate(plan(10, LONG), async |control| {
        let toys = network(&control, 4, LONG).await;
        let deaf = toys[3].peer_key();
        control.lose(move |message| message.channel == Channel::Blocks && message.to == deaf);
        submit_all(&control, &toys, 0..20).await;
        all_have(&control, &toys, 0..20).await;
    });
}

#[test]
fn a_node_whose_state_fails_ends_with_the_error() {
    simulate(plan(11, LONG), async |control| {
        let toys = network(&control, 4, LONG).await;
        toys[1].break_down();
        submit_all(&control, &toys, 0..5).await;
        all_have(
            &control,
            &[toys[0].clone(), toys[2].clone(), toys[3].clone()],
            0..5,
        )
        .await;
        let failure = control.failure(toys[1].peer_key()).unwrap();
        assert!(
            matches!(failure, ConsensusError::Application(_)),
            "{failure:?}"
        );
    });
}

#[test]
fn a_stopped_node_ends_well() {
    simulate(plan(12, LONG), async |control| {
        let toys = network(&control, 4, LONG).await;
        submit_all(&control, &toys, 0..5).await;
        control.stop(toys[1].peer_key()).await.unwrap();
        toys[1].start(&control).await;
        all_have(&control, &toys, 0..5).await;
    });
}

#[test]
fn the_same_seed_gives_the_same_history() {
    fn chaos(seed: u64) -> Report {
        simulate(plan(seed, LONG), async |control| {
            let toys = network(&control, 4, LONG).await;
            let line = Line {
                lost_of_thousand: 50,
                ..Line::default()
            };
            control.link_all(&keys(&toys), line).await;
            submit_all(&control, &toys, 0..10).await;
            control.crash(toys[1].peer_key()).await;
            submit_all(&control, &toys[2..], 10..20).await;
            toys[1].start(&control).await;
            all_have(&control, &toys, 0..20).await;
        })
    }
    assert_eq!(chaos(13), chaos(13));
    assert_ne!(chaos(13), chaos(14));
}

/// Who was away for so long that nobody keeps the blocks gets the state from others, and goes on
/// from a certificate; here in a network where nothing happens.
#[test]
fn a_node_with_a_synced_state_goes_on_from_a_certificate() {
    simulate(plan(15, 90), async |control| {
        let toys = network(&control, 4, 90).await;
        submit_all(&control, &toys, 0..10).await;
        let away = &toys[3];
        control.crash(away.peer_key()).await;
        let others = &toys[..3];
        for number in 10..200 {
            submit_all(&control, others, number..number + 1).await;
            all_have(&control, others, number..number + 1).await;
        }
        let height = toys[0].height();
        for toy in others {
            toy.keep_from(height);
        }
        control.sleep(Duration::from_secs(60)).await;

        // Without the state it gets nowhere.
        away.start(&control).await;
        control.sleep(Duration::from_secs(30)).await;
        assert!(away.height() < height, "{} of {height}", away.height());
        control.crash(away.peer_key()).await;
        away.copy_state(&toys[0]);
        let floor = toys[0].chain.finalization(height).await.unwrap();
        away.start_from(&control, floor).await;
        control.sleep(Duration::from_secs(10)).await;
        let view = toys[0].chain.status().view;
        assert!(away.chain.status().view + 2 >= view);

        // It is needed now, and it votes.
        control.crash(toys[2].peer_key()).await;
        let rest = [toys[0].clone(), toys[1].clone(), toys[3].clone()];
        submit_all(&control, &rest, 200..210).await;
        all_have(&control, &rest, 10..210).await;
    });
}

/// Else what thousands of blocks leave to be cleared and put away adds up before anything else is done.
#[test]
fn a_state_that_is_put_back_is_looked_after_while_the_blocks_since_are_executed() {
    simulate(plan(17, LONG), async |control| {
        let toys = network(&control, 1, LONG).await;
        let old = toys[0].twin();
        for number in 0..40 {
            submit_all(&control, &toys, number..number + 1).await;
            all_have(&control, &toys, number..number + 1).await;
        }
        let height = toys[0].height();
        assert_eq!(toys[0].archived_from(), Some(1));
        control.crash(toys[0].peer_key()).await;
        toys[0].copy_state(&old);
        toys[0].most_untended();
        toys[0].start(&control).await;
        control.sleep(Duration::from_secs(1)).await;
        assert_eq!(toys[0].height(), height);
        assert_eq!(toys[0].most_untended(), 1);
        assert_eq!(toys[0].archived_from(), Some(0), "the genesis by now, too");
    });
}

/// Whoever lacks blocks has to hear that they are not to be had.
#[test]
fn a_node_knows_which_blocks_its_engine_lost() {
    simulate(plan(18, LONG), async |control| {
        let toys = network(&control, 4, LONG).await;
        submit_all(&control, &toys, 0..10).await;
        all_have(&control, &toys, 0..10).await;
        let (loser, height) = (&toys[0], toys[0].height());
        let floor = loser.chain.finalization(height).await.unwrap();
        control.crash(loser.peer_key()).await;
        control.lose_folder(loser.peer_key());
        loser.start_from(&control, floor).await;
        control.sleep(Duration::from_secs(1)).await;
        assert_eq!(loser.archived_from(), Some(height + 1));
    });
}

#[test]
fn a_wrong_certificate_of_a_synced_state_is_refused() {
    simulate(plan(16, LONG), async |control| {
        let toys = network(&control, 4, LONG).await;
        submit_all(&control, &toys, 0..3).await;
        all_have(&control, &toys, 0..3).await;
        let height = toys[0].height();
        let mut floor = toys[0].chain.finalization(height).await.unwrap();
        *floor.last_mut().unwrap() ^= 1;
        toys[1].start_from(&control, floor).await;
        control.sleep(Duration::from_secs(1)).await;
        let failure = control.failure(toys[1].peer_key()).unwrap();
        assert!(matches!(failure, ConsensusError::Floor), "{failure:?}");
    });
}
