//! The members of a network change, and keys that may have voted abstain.

use std::time::Duration;

use idos_consensus::{
    ConsensusError, Membership, PeerKey,
    simulation::{Control, Line, Skew, simulate},
};

use crate::toy::{Toy, assert_agreement, keys, member, network, plan, until};

const EPOCH: u64 = 10;

async fn order(control: &Control, toys: &[Toy], text: &str) {
    toys[0].submit(text);
    until(control, text, || toys.iter().all(|toy| toy.has(text))).await;
}

/// Makes enough blocks for an epoch to end.
async fn pass_epoch(control: &Control, toys: &[Toy]) {
    let epoch = toys[0].chain.status().epoch;
    let mut number = 0;
    while toys.iter().any(|toy| toy.chain.status().epoch == epoch) {
        toys[0].submit(&format!("pass{epoch}/{number}"));
        number += 1;
        control.sleep(Duration::from_millis(100)).await;
        assert!(number < 300, "the epoch never ends");
    }
}

#[test]
fn validators_come_and_go_at_the_end_of_epochs() {
    simulate(plan(20, EPOCH), async |control| {
        let mut toys = network(&control, 4, EPOCH).await;
        let genesis = Membership::new((1..=4).map(member).collect(), vec![]).unwrap();
        let newcomer = Toy::new(5, &genesis, EPOCH);
        order(&control, &toys, "add 5").await;
        order(&control, &toys, "remove 1").await;
        // The change makes blocks by itself until it is in force.
        until(&control, "epoch 2", || {
            toys.iter().all(|toy| toy.chain.status().epoch == 2)
        })
        .await;
        let removed = toys.remove(0);
        newcomer.start(&control).await;
        toys.push(newcomer.clone());
        for toy in &toys {
            control
                .link(newcomer.peer_key(), toy.peer_key(), Line::default())
                .await;
        }
        assert!(!removed.chain.status().votes);
        until(&control, "the newcomer votes", || {
            newcomer.chain.status().votes
        })
        .await;
        order(&control, &toys, "after").await;
        // Who was removed follows as an observer, and nobody needs it.
        until(&control, "the removed", || removed.has("after")).await;
        control.crash(removed.peer_key()).await;
        pass_epoch(&control, &toys).await;
        order(&control, &toys, "without").await;
        let leaders: Vec<PeerKey> = {
            let headers = toys[0].headers();
            let late = headers.iter().filter(|header| header.turn.epoch >= 2);
            late.map(|header| header.turn.leader).collect()
        };
        assert!(leaders.contains(&newcomer.peer_key()));
        assert!(!leaders.contains(&removed.peer_key()));
        assert_agreement(&toys);
    });
}

#[test]
fn a_network_of_one_grows_to_four() {
    simulate(plan(21, EPOCH), async |control| {
        let mut toys = network(&control, 1, EPOCH).await;
        let genesis = Membership::new(vec![member(1)], vec![]).unwrap();
        for number in 2..=4 {
            toys[0].submit(&format!("add {number}"));
        }
        until(&control, "epoch 2", || toys[0].chain.status().epoch == 2).await;
        for number in 2..=4 {
            let toy = Toy::new(number, &genesis, EPOCH);
            toy.start(&control).await;
            toys.push(toy);
        }
        control.link_all(&keys(&toys), Line::default()).await;
        order(&control, &toys, "together").await;
        control.crash(toys[2].peer_key()).await;
        toys.remove(2);
        order(&control, &toys, "three of four").await;
    });
}

/// Where one validator is gone, all others are needed for each block: nothing that one of them sends
/// when an epoch begins may be lost on another one, which enters it later; and who is gone must not be
/// the first to propose.
#[test]
fn epochs_begin_at_once_without_a_validator_that_is_gone() {
    simulate(plan(28, EPOCH), async |control| {
        let toys = network(&control, 4, EPOCH).await;
        control.crash(toys[3].peer_key()).await;
        let others = &toys[..3];
        let slow = Line {
            latency: Duration::from_millis(60),
            ..Line::default()
        };
        for from in &others[..2] {
            control
                .link(from.peer_key(), others[2].peer_key(), slow)
                .await;
        }
        // It is only a while until nobody waits for the turns of who is gone.
        let mut number = 0;
        let start = control.now().millis();
        while control.now().millis() < start + 10_000 {
            order(&control, others, &format!("before{number}")).await;
            number += 1;
        }
        let epoch = others[0].chain.status().epoch;
        for number in 0..8 * EPOCH {
            let before = control.now().millis();
            let text = format!("text{number}");
            others[0].submit(&text);
            // The next follows at once, while the slow one does not have this one.
            until(&control, "executed", || others[0].has(&text)).await;
            let took = control.now().millis() - before;
            assert!(took < 600, "{text} took {took} ms");
        }
        assert!(others[0].chain.status().epoch >= epoch + 8);
        assert_agreement(others);
    });
}

#[test]
fn a_node_that_was_away_for_epochs_catches_up() {
    simulate(plan(22, EPOCH), async |control| {
        let toys = network(&control, 4, EPOCH).await;
        order(&control, &toys, "before").await;
        control.crash(toys[3].peer_key()).await;
        for _ in 0..3 {
            pass_epoch(&control, &toys[..3]).await;
        }
        toys[3].start(&control).await;
        let height = toys[0].height();
        until(&control, "caught up", || toys[3].height() >= height).await;
        order(&control, &toys, "after").await;
        assert_agreement(&toys);
    });
}

/// The certificate that is kept beside the state may be much older than the state: who was away for
/// epochs catches up in seconds.
#[test]
fn a_node_goes_on_with_a_certificate_of_an_epoch_long_over() {
    simulate(plan(29, EPOCH), async |control| {
        let toys = network(&control, 4, EPOCH).await;
        order(&control, &toys, "before").await;
        let certificate = toys[0].chain.finalization(toys[0].height()).await.unwrap();
        for _ in 0..4 {
            pass_epoch(&control, &toys).await;
        }
        let node = &toys[3];
        control.crash(node.peer_key()).await;
        node.start_from(&control, certificate.clone()).await;
        order(&control, &toys, "after").await;
        assert!(node.chain.status().votes);

        // An engine that lost what it had cannot go on from there, and says what it needs.
        control.crash(node.peer_key()).await;
        control.lose_folder(node.peer_key());
        let height = node.height();
        node.start_from(&control, certificate).await;
        control.sleep(Duration::from_secs(1)).await;
        let failure = control.failure(node.peer_key()).unwrap();
        assert!(
            matches!(failure, ConsensusError::Behind(next) if next == height + 1),
            "{failure:?}"
        );
        order(&control, &toys[..3], "meanwhile").await;
        node.copy_state(&toys[0]);
        let certificate = toys[0].chain.finalization(toys[0].height()).await.unwrap();
        node.start_from(&control, certificate).await;
        order(&control, &toys, "again").await;
        assert_agreement(&toys);
    });
}

#[test]
fn a_validator_that_lost_its_folder_abstains_until_the_next_epoch() {
    simulate(plan(23, EPOCH), async |control| {
        let toys = network(&control, 4, EPOCH).await;
        order(&control, &toys, "before").await;
        let lost = &toys[2];
        control.crash(lost.peer_key()).await;
        control.lose_folder(lost.peer_key());
        lost.start(&control).await;
        order(&control, &toys, "after").await;
        assert_eq!(lost.chain.status().epoch, 0);
        assert!(!lost.chain.status().votes);
        // A restart does not make it forget that.
        control.crash(lost.peer_key()).await;
        lost.start(&control).await;
        order(&control, &toys, "again").await;
        assert!(!lost.chain.status().votes);
        pass_epoch(&control, &toys).await;
        assert!(lost.chain.status().votes);
        // Its vote counts: without another it is needed.
        control.crash(toys[3].peer_key()).await;
        order(&control, &toys[..3], "needed").await;
    });
}

#[test]
fn an_abstaining_validator_does_not_vote() {
    simulate(plan(24, EPOCH), async |control| {
        let toys = network(&control, 4, EPOCH).await;
        order(&control, &toys, "before").await;
        for toy in &toys[2..] {
            control.crash(toy.peer_key()).await;
        }
        control.lose_folder(toys[2].peer_key());
        toys[2].start(&control).await;
        let height = toys[0].height();
        toys[0].submit("never");
        control.sleep(Duration::from_secs(30)).await;
        assert_eq!(toys[0].height(), height);
        // With its journal the other one may.
        toys[3].start(&control).await;
        order(&control, &toys, "never").await;
    });
}

#[test]
fn a_validator_that_lost_its_marker_abstains_until_an_epoch_begins() {
    simulate(plan(25, EPOCH), async |control| {
        let toys = network(&control, 4, EPOCH).await;
        order(&control, &toys, "before").await;
        control.crash(toys[1].peer_key()).await;
        control.lose_marker(toys[1].peer_key());
        toys[1].start(&control).await;
        control.sleep(Duration::from_secs(15)).await;
        order(&control, &toys, "after").await;
        assert!(!toys[1].chain.status().votes);
        pass_epoch(&control, &toys).await;
        assert!(toys[1].chain.status().votes);
    });
}

/// A machine that boots with a wrong clock, before it reaches anybody, learns nothing from it.
#[test]
fn a_key_without_anything_beside_it_abstains_also_if_the_clock_was_behind_at_first() {
    simulate(plan(30, EPOCH), async |control| {
        let mut toys = network(&control, 4, EPOCH).await;
        for _ in 0..2 {
            pass_epoch(&control, &toys).await;
            control.sleep(Duration::from_secs(15)).await;
        }
        order(&control, &toys, "voted").await;
        let lost = toys.remove(3);
        let (node, others) = (lost.twin(), keys(&toys));
        control.crash(lost.peer_key()).await;
        control.lose_marker(node.peer_key());
        control.lose_folder(node.peer_key());
        control.cut_groups(&[node.peer_key()], &others).await;
        let day = Duration::from_secs(24 * 3_600);
        control.skew(node.peer_key(), Skew::Behind(day));
        node.start(&control).await;
        control.sleep(Duration::from_secs(5)).await;
        control.crash(node.peer_key()).await;
        control.skew(node.peer_key(), Skew::Right);
        node.start(&control).await;
        for other in others {
            control.link(node.peer_key(), other, Line::default()).await;
        }
        toys.push(node.clone());
        until(&control, "the node is there", || node.has("voted")).await;
        control.sleep(Duration::from_secs(15)).await;
        order(&control, &toys, "after").await;
        assert_eq!(node.chain.status().epoch, toys[0].chain.status().epoch);
        assert!(!node.chain.status().votes);
        pass_epoch(&control, &toys).await;
        assert!(node.chain.status().votes);
    });
}
