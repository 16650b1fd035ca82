//! How long writes take on a network whose nodes are far apart, in virtual time.

use std::{cell::RefCell, rc::Rc, time::Duration};

use idos_consensus::simulation::{Control, Line, simulate};

use crate::{
    clients::Clients,
    random::Random,
    world::{World, genesis, plan},
};

/// How precisely a client sees when it is answered.
const STEP: Duration = Duration::from_millis(1);
/// How long the network does nothing after a write, so that every write finds it idle.
const PAUSE: Duration = Duration::from_millis(777);

/// What to measure.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Latency {
    /// Everything random follows from it.
    pub seed: u64,
    /// How many nodes, all of them honest: from 4 to 7.
    pub nodes: usize,
    /// How long a message from one node to another takes.
    pub one_way: Duration,
    /// How much that differs from message to message.
    pub jitter: Duration,
    /// How many writes, one after the other at one node after the other.
    pub writes: usize,
}

/// Plays it, and returns how long each write took from its submission until the node that took it had
/// the certificate of its block, the shortest first. Computing and disks take no virtual time.
pub fn latency(asked: Latency) -> Vec<Duration> {
    let Latency {
        seed,
        nodes,
        one_way,
        jitter,
        writes,
    } = asked;
    let genesis = genesis(nodes);
    let plan = plan(seed, &genesis);
    let times = Rc::new(RefCell::new(Vec::new()));
    let taken = Rc::clone(&times);
    simulate(plan, async move |control: Control| {
        let mut random = Random::new(seed);
        let mut clients = Clients::new(random.fork());
        let mut world = World::begin(control, genesis, &[], (0, None), random.fork(), None).await;
        clients.settle(&mut world).await;
        let line = Line {
            latency: one_way,
            jitter,
            ..Line::default()
        };
        world.set_lines(line).await;
        for number in 0..writes {
            world.pass(PAUSE).await;
            let time = clients.timed(&mut world, number % nodes, STEP).await;
            taken.borrow_mut().push(time);
        }
    });
    let mut times = times.borrow().clone();
    times.sort();
    times
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_take_longer_the_further_nodes_are_apart() {
        let of = |millis| {
            latency(Latency {
                seed: 7,
                nodes: 4,
                one_way: Duration::from_millis(millis),
                jitter: Duration::ZERO,
                writes: 5,
            })
        };
        let (near, far) = (of(10), of(100));
        assert_eq!((near.len(), far.len()), (5, 5));
        // A block takes two rounds of votes after its proposal, and its state one more.
        assert!(far[0] >= Duration::from_millis(300), "{far:?}");
        assert!(near[4] < far[0], "{near:?} {far:?}");
    }
}
