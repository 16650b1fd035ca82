//! Four nodes that talk over a bad network.

use std::collections::BTreeSet;

use super::*;

/// Whether time goes on for a network until all have certificates for all heights.
fn simulate(seed: u64) {
    const HEIGHTS: u64 = 40;
    const STEP_MS: u64 = 10;
    let mut random = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut chance = move |of: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % of
    };
    let mut nodes: Vec<_> = (0..4).map(Voter::new).collect();
    let mut computed = [0_u64; 4];
    // Messages on their way: when they arrive, from whom, to whom, what.
    let mut travelling: Vec<(u64, u8, u8, Vec<u8>)> = Vec::new();
    let mut kept = vec![BTreeSet::new(); 4];
    let mut calm_since = None;
    for step in 0..10_000 {
        let now = step * STEP_MS;
        let is_lossy = computed.iter().any(|height| *height < HEIGHTS);
        if !is_lossy && calm_since.is_none() {
            calm_since = Some(now);
        }
        let mut said = Vec::new();
        for number in 0..4_u8 {
            let at = usize::from(number);
            if computed[at] < HEIGHTS && chance(4) == 0 {
                computed[at] += 1;
                nodes[at]
                    .shared()
                    .certificates
                    .state(statement(computed[at]));
            }
            for (to, bytes) in nodes[at].tick(now) {
                said.push((number, to, bytes));
            }
        }
        travelling.sort_by_key(|(arrives, ..)| *arrives);
        let later = travelling.partition_point(|(arrives, ..)| *arrives <= now);
        for (_, from, to, bytes) in travelling.drain(..later) {
            for (recipient, bytes) in nodes[usize::from(to)].receive(from, &bytes, now) {
                said.push((to, recipient, bytes));
            }
        }
        for (from, to, bytes) in said {
            for number in (0..4).filter(|number| *number != from) {
                let is_meant = to == Recipient::All || to == Recipient::One(peer(number));
                if !is_meant || (is_lossy && chance(2) == 0) {
                    continue;
                }
                let copies = if is_lossy { 1 + chance(2) } else { 1 };
                for _ in 0..copies {
                    let delay = 1 + chance(if is_lossy { 300 } else { 20 });
                    travelling.push((now + delay, from, number, bytes.clone()));
                }
            }
        }
        for (node, kept) in nodes.iter().zip(&mut kept) {
            kept.extend(
                node.shared()
                    .certificates
                    .take_unwritten()
                    .iter()
                    .map(|it| it.0),
            );
        }
        if let Some(since) = calm_since {
            if kept.iter().all(|heights| heights.len() as u64 == HEIGHTS) {
                assert!(nodes.iter().all(|node| !node.shared().has_diverged()));
                return;
            }
            assert!(now < since + 3_000, "seed {seed}: {kept:?}");
        }
    }
    panic!("seed {seed}: it never got calm");
}

#[test]
fn all_heights_get_certified_everywhere_soon_after_messages_stop_to_get_lost() {
    for seed in 1..=8 {
        simulate(seed);
    }
}
