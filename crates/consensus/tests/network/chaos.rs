//! Everything at once, as the seed has it.

use std::time::Duration;

use idos_consensus::simulation::{Control, Line, simulate};

use crate::toy::{Toy, assert_agreement, keys, network, plan};

const NODES: u8 = 5;
const EPOCH: u64 = 20;

async fn misfortune(control: &Control, toys: &[Toy], may_lose: &mut bool) {
    let victim = &toys[usize::try_from(control.random() % u64::from(NODES)).unwrap()];
    let others: Vec<_> = keys(toys)
        .into_iter()
        .filter(|key| *key != victim.peer_key())
        .collect();
    let lossy = Line {
        lost_of_thousand: 100,
        ..Line::default()
    };
    match control.random() % 6 {
        0 => {
            control.crash(victim.peer_key()).await;
            control
                .sleep(Duration::from_millis(control.random() % 20_000))
                .await;
            victim.start(control).await;
        }
        // Two keys that abstain in one epoch are one more than five nodes can do without.
        1 if std::mem::take(may_lose) => {
            control.crash(victim.peer_key()).await;
            control.lose_folder(victim.peer_key());
            victim.start(control).await;
        }
        2 => {
            control.cut_groups(&[victim.peer_key()], &others).await;
            control
                .sleep(Duration::from_millis(control.random() % 20_000))
                .await;
        }
        3 => {
            let (left, right) = toys.split_at(2);
            control.cut_groups(&keys(left), &keys(right)).await;
            control
                .sleep(Duration::from_millis(control.random() % 10_000))
                .await;
        }
        4 => {
            control.lose(|message| message.finalizes);
            control
                .sleep(Duration::from_millis(control.random() % 10_000))
                .await;
            control.lose_nothing();
        }
        _ => {
            for toy in toys {
                control.crash(toy.peer_key()).await;
                control
                    .sleep(Duration::from_millis(control.random() % 500))
                    .await;
                toy.start(control).await;
            }
        }
    }
    control.link_all(&keys(toys), lossy).await;
    control
        .sleep(Duration::from_millis(control.random() % 5_000))
        .await;
}

fn chaos(seed: u64) {
    simulate(plan(seed, EPOCH), async |control| {
        let toys = network(&control, NODES, EPOCH).await;
        let mut texts = Vec::new();
        let mut may_lose = true;
        for round in 0..8 {
            for number in 0..10 {
                let text = format!("text{round}/{number}");
                toys[usize::try_from(control.random() % u64::from(NODES)).unwrap()].submit(&text);
                texts.push(text);
                control
                    .sleep(Duration::from_millis(control.random() % 100))
                    .await;
            }
            misfortune(&control, &toys, &mut may_lose).await;
        }
        let end = control.now().millis() + 120_000;
        let all = || {
            let mut texts = texts.iter();
            texts.all(|text| toys.iter().all(|toy| toy.has(text)))
        };
        while !all() {
            let stands: Vec<_> = toys
                .iter()
                .map(|toy| (toy.height(), toy.chain.status()))
                .collect();
            assert!(control.now().millis() < end, "stalled: {stands:?}");
            control.sleep(Duration::from_millis(20)).await;
        }
        assert_agreement(&toys);
    });
}

#[test]
fn nothing_stalls_or_forks() {
    let first = std::env::var("SEED").map_or(1_000, |seed| seed.parse().unwrap());
    let count = std::env::var("SEEDS").map_or(2, |count| count.parse().unwrap());
    for seed in first..first + count {
        println!("SEED={seed} SEEDS=1");
        chaos(seed);
    }
}
