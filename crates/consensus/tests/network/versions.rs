//! The network goes over to another version of the protocol.

use std::time::Duration;

use idos_consensus::{
    ConsensusError, Protocols,
    simulation::{Control, simulate},
};

use crate::toy::{Toy, assert_agreement, network, plan, until};

const EPOCH: u64 = 10;
/// What a release follows that was installed before its version counts.
const BOTH: Protocols = &[1, 2];

/// Makes blocks until these nodes have executed that many.
async fn pass(control: &Control, toys: &[Toy], height: u64) {
    let mut number = 0;
    while toys.iter().any(|toy| toy.height() < height) {
        toys[0].submit(&format!("more {}/{number}th", toys[0].height()));
        number += 1;
        control.sleep(Duration::from_millis(100)).await;
        assert!(number < 300, "the epoch never ends");
    }
}

fn assert_lacks_version(control: &Control, toy: &Toy, version: u64) {
    let failure = control.failure(toy.peer_key()).unwrap();
    let is_it = matches!(
        failure,
        ConsensusError::Protocol { height: EPOCH, wanted } if wanted == version
    );
    assert!(is_it, "{failure:?}");
    assert_eq!(toy.height(), EPOCH - 1);
}

/// All of them decided it, and each ends before the first block of that version.
#[test]
fn a_node_ends_where_another_version_of_the_protocol_begins_to_count() {
    simulate(plan(21, EPOCH), async |control| {
        let toys = network(&control, 4, EPOCH).await;
        toys[0].submit("protocol 7");
        pass(&control, &toys, EPOCH - 1).await;
        control.sleep(Duration::from_secs(5)).await;
        for toy in &toys {
            assert_lacks_version(&control, toy, 7);
        }
    });
}

#[test]
fn whoever_was_upgraded_before_goes_over_and_whoever_was_not_goes_on_once_it_is() {
    simulate(plan(22, EPOCH), async |control| {
        let toys = network(&control, 5, EPOCH).await;
        toys[0].submit("protocol 2");
        until(&control, "decided", || {
            toys.iter().all(|toy| toy.has("protocol 2"))
        })
        .await;
        // One after the other, while the version before still counts.
        let upgraded = &toys[..4];
        for toy in upgraded {
            control.crash(toy.peer_key()).await;
            control.install(toy.peer_key(), BOTH);
            toy.start(&control).await;
        }
        let late = &toys[4];
        pass(&control, &toys, EPOCH - 1).await;
        pass(&control, upgraded, 2 * EPOCH + 3).await;
        for header in upgraded[0].headers() {
            let expected = if header.height < EPOCH { 1 } else { 2 };
            assert_eq!(header.protocol, expected, "{header:?}");
        }
        assert_lacks_version(&control, late, 2);
        // The same release stops there again, whatever the others sent it.
        late.start(&control).await;
        control.sleep(Duration::from_secs(5)).await;
        assert_lacks_version(&control, late, 2);
        control.install(late.peer_key(), BOTH);
        late.start(&control).await;
        let height = upgraded[0].height();
        until(&control, "caught up", || late.height() >= height).await;
        assert_agreement(&toys);
    });
}

/// It fetches the blocks up to there from nodes that speak of others only.
#[test]
fn whoever_was_away_and_not_upgraded_stops_at_the_same_height() {
    simulate(plan(23, EPOCH), async |control| {
        let toys = network(&control, 5, EPOCH).await;
        let (others, away) = (&toys[..4], &toys[4]);
        control.crash(away.peer_key()).await;
        for toy in others {
            control.crash(toy.peer_key()).await;
            control.install(toy.peer_key(), BOTH);
            toy.start(&control).await;
        }
        others[0].submit("protocol 2");
        pass(&control, others, 2 * EPOCH + 3).await;
        away.start(&control).await;
        until(&control, "the version", || away.height() + 1 == EPOCH).await;
        control.sleep(Duration::from_secs(5)).await;
        assert_lacks_version(&control, away, 2);
    });
}
