//! Many people who write at once.

use std::time::Duration;

use idos_node::simulation::{Outcome, Pending};
use idos_wire::TxCode;

use super::Clients;
use crate::{
    random::Random,
    support::{call::call, id, network::transaction},
    world::World,
};

/// A value of a kilobyte.
const KILOBYTE: usize = 1_000;

impl Clients {
    /// Clients of whom so many are people.
    pub(crate) fn crowd(random: Random, people: u64) -> Self {
        Self::of(random, people)
    }

    /// Lets everybody send so many writes at this moment, to all nodes, and returns how long it took
    /// until clients were told of the last one that it is in a certified block, to within `step`.
    pub(crate) async fn all_at_once(
        &mut self,
        world: &mut World,
        of_each: u64,
        step: Duration,
    ) -> Duration {
        let nodes = world.serving();
        let value = "v".repeat(KILOBYTE);
        let mut pending = Vec::new();
        for (key, (_, node)) in self.persons.clone().iter().zip(nodes.iter().cycle()) {
            let last = node.last_nonce(&key.sender()).expect("it reads");
            for nonce in last + 1..=last + of_each {
                let call = call!("add_attribute", id(&self.fresh()), "key", value.as_str());
                let item = transaction(key, call, nonce, self.fresh());
                let taken = node.submit(item.bytes.to_vec(), world.now());
                pending.push(taken.expect("it is allowed"));
            }
        }
        until_told(world, pending, step).await
    }
}

/// How long it takes until it is told of each of these that it is in a certified block and took effect.
pub(super) async fn until_told(
    world: &mut World,
    mut pending: Vec<Pending>,
    step: Duration,
) -> Duration {
    let start = world.now().millis();
    loop {
        pending.retain_mut(|one| match one.outcome() {
            Outcome::Committed(code, log) => {
                assert_eq!(code, TxCode::Ok, "{log}");
                false
            }
            Outcome::Waiting => true,
            other => panic!("not committed: {other:?}"),
        });
        if pending.is_empty() {
            return Duration::from_millis(world.now().millis() - start);
        }
        world.pass(step).await;
    }
}
