//! Nodes agree.

use std::time::Duration;

use idos_consensus::simulation::{Plan, simulate};
use idos_types::BlockTime;

use crate::toy::{LONG, assert_agreement, genesis, network, plan, until};

#[test]
fn a_network_of_one_makes_blocks_when_there_is_something_and_none_otherwise() {
    simulate(plan(1, LONG), async |control| {
        let toys = network(&control, 1, LONG).await;
        control.sleep(Duration::from_secs(20)).await;
        assert_eq!(toys[0].height(), 0);
        for number in 1..=20 {
            let text = format!("text{number}");
            toys[0].submit(&text);
            until(&control, "executed", || toys[0].has(&text)).await;
        }
        assert_eq!(toys[0].height(), 20);
        control.sleep(Duration::from_secs(20)).await;
        assert_eq!(toys[0].height(), 20);
    });
}

#[test]
fn four_nodes_agree() {
    simulate(plan(2, LONG), async |control| {
        let toys = network(&control, 4, LONG).await;
        for number in 0..40 {
            let toy = &toys[number % 4];
            toy.submit(&format!("text{number}"));
            control.sleep(Duration::from_millis(30)).await;
        }
        until(&control, "all executed", || {
            (0..40).all(|number| toys.iter().all(|toy| toy.has(&format!("text{number}"))))
        })
        .await;
        assert_agreement(&toys);
        // And then they are silent.
        let height = toys[0].height();
        control.sleep(Duration::from_secs(20)).await;
        assert!(toys.iter().all(|toy| toy.height() == height));
    });
}

/// All clocks are behind the time of the genesis, so every block is from the future for a while.
#[test]
fn a_block_from_the_future_waits_for_its_time() {
    let genesis = genesis().time;
    let plan = Plan {
        start: BlockTime::from_millis(genesis.millis() - 20_000),
        ..plan(17, LONG)
    };
    simulate(plan, async move |control| {
        let toys = network(&control, 4, LONG).await;
        toys[0].submit("early");
        until(&control, "time", || {
            let time = control.now().millis();
            let early = time + 500 < genesis.millis();
            assert!(!(early && toys.iter().any(|toy| toy.height() > 0)));
            time > genesis.millis()
        })
        .await;
        until(&control, "executed", || {
            toys.iter().all(|toy| toy.has("early"))
        })
        .await;
    });
}
