//! Blocks that were missed are fetched at a good rate, and nobody is fed more of them than its share.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use idos_consensus::{
    Channel, Member, Membership,
    simulation::{Control, Fate, Line, simulate},
};
use idos_types::limits::{BACKFILL_BYTES_PER_PEER, BLOCK_BYTES};

use crate::toy::{LONG, Toy, assert_agreement, keys, member, network, plan, until};

/// Bytes of the number that a message begins with; after it, this says that it is a request.
const NUMBER: usize = 8;
const REQUEST: u8 = 0;

/// A text so long that three of it fill a block.
fn long(number: usize) -> String {
    format!("{number}/{}", "x".repeat(BLOCK_BYTES / 3 - 100))
}

async fn order(control: &Control, toys: &[Toy], text: &str) {
    toys[0].submit(text);
    until(control, "executed", || toys.iter().all(|toy| toy.has(text))).await;
}

#[test]
fn an_observer_that_asks_for_everything_gets_its_share_and_holds_up_nobody() {
    simulate(plan(41, LONG), async |control| {
        let validators: Vec<Member> = (1..=4).map(member).collect();
        let members = Membership::new(validators, vec![member(5)]).unwrap();
        let nodes: Vec<Toy> = (1..=5)
            .map(|number| Toy::new(number, &members, LONG))
            .collect();
        let (toys, greedy) = (&nodes[..4], &nodes[4]);
        for toy in toys {
            toy.start(&control).await;
        }
        control.link_all(&keys(&nodes), Line::default()).await;
        for number in 0..3 {
            order(&control, toys, &long(number)).await;
        }
        // What an honest node asks when it was away, the greedy one repeats.
        let asked: Arc<Mutex<BTreeSet<Vec<u8>>>> = Arc::default();
        let fed: Arc<Mutex<usize>> = Arc::default();
        let (seen, bytes, me) = (Arc::clone(&asked), Arc::clone(&fed), greedy.peer_key());
        control.meddle(move |message| {
            let is_request = message.bytes.get(NUMBER) == Some(&REQUEST);
            if message.channel == Channel::Backfill && message.from == me && is_request {
                seen.lock().unwrap().insert(message.bytes.to_vec());
            }
            if message.channel == Channel::Backfill && message.to == me {
                *bytes.lock().unwrap() += message.bytes.len();
            }
            Fate::Arrives
        });
        greedy.start(&control).await;
        until(&control, "followed", || greedy.height() >= toys[0].height()).await;
        let requests: Vec<Vec<u8>> = asked.lock().unwrap().iter().cloned().collect();
        assert!(!requests.is_empty());
        let mut voice = control.voice(me, Channel::Backfill).await.unwrap();
        *fed.lock().unwrap() = 0;
        let begun = control.now().millis();
        let victim = toys[1].peer_key();
        let mut said = 0;
        for number in 0..1_000 {
            said += usize::from(voice.say(victim, &requests[number % requests.len()]));
            if number % 100 == 0 {
                let before = control.now().millis();
                order(&control, toys, &format!("text{number}")).await;
                let took = control.now().millis() - before;
                assert!(took < 600, "text{number} took {took} ms");
                voice.hear();
            }
        }
        assert!(said > 500, "{said}");
        control.sleep(Duration::from_secs(5)).await;
        voice.hear();
        let millis = usize::try_from(control.now().millis() - begun).unwrap();
        let share = BACKFILL_BYTES_PER_PEER / 1_000 * millis + BLOCK_BYTES;
        let fed = *fed.lock().unwrap();
        assert!(fed <= share, "{fed} of {share} bytes in {millis} ms");
        // Its share it gets.
        assert!(fed >= share / 4, "{fed} of {share} bytes in {millis} ms");
        assert_agreement(toys);
    });
}

#[test]
fn a_node_that_was_away_fetches_many_large_blocks() {
    simulate(plan(42, LONG), async |control| {
        let toys = network(&control, 4, LONG).await;
        let (others, away) = (&toys[..3], &toys[3]);
        control.crash(away.peer_key()).await;
        let count = 40;
        for number in 0..count {
            order(&control, others, &long(number)).await;
        }
        away.start(&control).await;
        let before = control.now().millis();
        let height = toys[0].height();
        until(&control, "caught up", || away.height() >= height).await;
        let millis = usize::try_from(control.now().millis() - before).unwrap();
        // From the moment it starts, when it does not know yet that it misses anything.
        let rate = count * (BLOCK_BYTES / 3) / millis * 1_000;
        assert!(rate > BLOCK_BYTES, "{rate} bytes a second");
        assert_agreement(&toys);
    });
}
