//! The doors through which simulations let nodes betray each other.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use idos_consensus::{
    Channel, Header, Timing,
    simulation::{Control, Fate, Half, Skew, simulate},
};

use idos_types::Digest;

use crate::toy::{LONG, Toy, assert_agreement, keys, network, plan, until};

/// Bytes of a header, which is what a body begins with.
const HEADER: usize = 138;

async fn ordered_by(control: &Control, toys: &[Toy], texts: std::ops::Range<usize>) {
    for number in texts.clone() {
        toys[number % toys.len()].submit(&format!("text{number}"));
        control.sleep(Duration::from_millis(25)).await;
    }
    until(control, "all executed", || {
        let mut texts = texts.clone();
        texts.all(|number| toys.iter().all(|toy| toy.has(&format!("text{number}"))))
    })
    .await;
}

#[test]
fn two_halves_with_one_key_split_nobody() {
    simulate(plan(31, LONG), async |control| {
        let toys = network(&control, 4, LONG).await;
        let (honest, traitor) = (&toys[..3], &toys[3]);
        control.crash(traitor.peer_key()).await;
        let second = traitor.twin();
        let proposed: Arc<Mutex<BTreeMap<u64, BTreeSet<_>>>> = Arc::default();
        let (seen, key) = (Arc::clone(&proposed), traitor.peer_key());
        control.meddle(move |message| {
            let header = message.bytes.get(..HEADER).map(Header::decode);
            if let (Channel::Blocks, Some(Ok(header))) = (message.channel, header)
                && header.turn.leader == key
            {
                let mut seen = seen.lock().unwrap();
                seen.entry(header.turn.view)
                    .or_default()
                    .insert(header.hash());
            }
            Fate::Arrives
        });
        let keys = keys(honest);
        let (first_parts, first_wake) = traitor.parts();
        let (second_parts, second_wake) = second.parts();
        let halves = [
            Half {
                parts: first_parts,
                wake: first_wake,
                to: keys[..2].to_vec(),
            },
            Half {
                parts: second_parts,
                wake: second_wake,
                to: keys[2..].to_vec(),
            },
        ];
        control.start_halves(&traitor.key, halves).await;
        // Whoever has a text proposes it: the halves propose different blocks in one turn.
        traitor.submit("of the first half");
        second.submit("of the second half");
        ordered_by(&control, honest, 0..30).await;
        // Both halves followed, and both belong to the network.
        until(&control, "both halves follow", || {
            traitor.height() > 0 && second.height() > 0
        })
        .await;
        assert_agreement(&toys);
        let proposed = proposed.lock().unwrap();
        let betrayed = proposed.values().filter(|blocks| blocks.len() == 2);
        assert!(betrayed.count() > 0, "no turn had two blocks");
    });
}

#[test]
fn a_wrong_clock_stops_nobody_and_its_times_do_not_count_for_more() {
    for skew in [
        Skew::Ahead(Duration::from_secs(60)),
        Skew::Behind(Duration::from_secs(60)),
    ] {
        simulate(plan(32, LONG), async move |control| {
            let toys = network(&control, 4, LONG).await;
            let wrong = &toys[3];
            control.crash(wrong.peer_key()).await;
            control.skew(wrong.peer_key(), skew);
            wrong.start(&control).await;
            ordered_by(&control, &toys[..3], 0..20).await;
            assert_agreement(&toys);
            // Blocks of others follow it at most by what is tolerated.
            let headers = toys[0].headers();
            let now = control.now().millis();
            assert!(
                headers
                    .iter()
                    .all(|header| header.time.millis() < now + 1_000)
            );
            let is_of_wrong = headers
                .iter()
                .any(|header| header.turn.leader == wrong.peer_key());
            // Times increase, so a clock that is behind goes by its parent's.
            assert_eq!(is_of_wrong, matches!(skew, Skew::Behind(_)));
        });
    }
}

/// A leader whose clock is behind dates its block a moment after its parent, as one does that wants what is over to
/// be still in time.
#[test]
fn a_block_dated_long_ago_gets_no_vote_and_its_items_come_in_another() {
    simulate(plan(34, LONG), async |control| {
        let toys = network(&control, 4, LONG).await;
        let wrong = &toys[3];
        control.crash(wrong.peer_key()).await;
        control.skew(wrong.peer_key(), Skew::Behind(Duration::from_secs(60)));
        wrong.start(&control).await;
        let oldest = Timing::default().oldest;
        let old: Arc<Mutex<BTreeSet<Digest>>> = Arc::default();
        let seen = Arc::clone(&old);
        let arrived = Arc::new(AtomicU64::new(control.now().millis()));
        let clock = Arc::clone(&arrived);
        control.meddle(move |message| {
            let header = message.bytes.get(..HEADER).map(Header::decode);
            if let (Channel::Blocks, Some(Ok(header))) = (message.channel, header) {
                let now = clock.load(Ordering::Relaxed);
                let age = now.saturating_sub(header.time.millis());
                if Duration::from_millis(age) > oldest {
                    seen.lock().unwrap().insert(header.hash());
                }
            }
            Fate::Arrives
        });
        for number in 0..16 {
            // Nothing happens for so long that the parent is old.
            control
                .sleep(oldest + Duration::from_millis(300 * number))
                .await;
            arrived.store(control.now().millis(), Ordering::Relaxed);
            let text = format!("text{number}");
            toys.iter().for_each(|toy| toy.submit(&text));
            until(&control, "all executed", || {
                toys[..3].iter().all(|toy| toy.has(&text))
            })
            .await;
        }
        assert_agreement(&toys);
        let old = old.lock().unwrap();
        assert!(!old.is_empty(), "no block was dated long ago");
        let headers = toys[0].headers();
        assert!(headers.iter().all(|header| !old.contains(&header.hash())));
    });
}

#[test]
fn what_meddles_lasts_and_what_gets_lost_ends() {
    simulate(plan(33, LONG), async |control| {
        let toys = network(&control, 4, LONG).await;
        let mute = toys[3].peer_key();
        control.meddle(move |message| match message.from == mute {
            true if message.channel == Channel::Blocks => Fate::Instead(vec![7; 40]),
            _ => Fate::Arrives,
        });
        control.lose(|message| message.finalizes);
        toys[0].submit("early");
        control.sleep(Duration::from_secs(5)).await;
        assert!(toys.iter().all(|toy| toy.height() == 0));
        control.lose_nothing();
        ordered_by(&control, &toys[..3], 0..20).await;
        assert_agreement(&toys);
        // Its bodies arrive as garbage, for which it is shut out.
        let headers = toys[0].headers();
        assert!(headers.iter().all(|header| header.turn.leader != mute));
    });
}
