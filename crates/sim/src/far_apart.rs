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
/// And how much longer it is before each next write, up to a turn: they come at all of its times.
const PHASE_MS: u64 = 131;
const TURN_MS: u64 = 1_200;

/// A network of honest nodes. Computing and disks take no virtual time.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct FarApart {
    /// Everything random follows from it.
    pub seed: u64,
    /// How many nodes: from 4 to 7.
    pub nodes: usize,
    /// How long a message from one node to another takes.
    pub one_way: Duration,
    /// How much that differs from message to message.
    pub jitter: Duration,
}

impl FarApart {
    /// How long each of so many writes takes, one after the other at one node after the other, from its
    /// submission until the node that took it has the certificate of its block. The shortest first.
    pub fn latency(self, writes: usize) -> Vec<Duration> {
        let mut times = self.play(Clients::new, async move |world, clients| {
            let mut times = Vec::new();
            for number in 0..writes {
                let phase = number as u64 * PHASE_MS % TURN_MS;
                world.pass(PAUSE + Duration::from_millis(phase)).await;
                times.push(clients.timed(world, number % self.nodes, STEP).await);
            }
            times
        });
        times.sort();
        times
    }

    /// How long it takes when so many people send `of_each` writes of a kilobyte at the same moment, to
    /// all nodes, until the last one is in a certified block.
    pub fn at_once(self, people: u64, of_each: u64) -> Duration {
        let crowd = move |random| Clients::crowd(random, people);
        self.play(crowd, async move |world, clients| {
            world.pass(PAUSE).await;
            clients.all_at_once(world, of_each, STEP).await
        })
    }

    fn play<T: 'static>(
        self,
        clients: impl FnOnce(Random) -> Clients + 'static,
        act: impl AsyncFnOnce(&mut World, &mut Clients) -> T + 'static,
    ) -> T {
        let genesis = genesis(self.nodes);
        let plan = plan(self.seed, &genesis);
        let found = Rc::new(RefCell::new(None));
        let place = Rc::clone(&found);
        simulate(plan, async move |control: Control| {
            let mut random = Random::new(self.seed);
            let mut clients = clients(random.fork());
            let mut world =
                World::begin(control, genesis, &[], (0, None), random.fork(), None).await;
            clients.settle(&mut world).await;
            let line = Line {
                latency: self.one_way,
                jitter: self.jitter,
                ..Line::default()
            };
            world.set_lines(line).await;
            let answer = act(&mut world, &mut clients).await;
            place.borrow_mut().replace(answer);
        });
        found.take().expect("it was played to its end")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apart(millis: u64) -> FarApart {
        FarApart {
            seed: 7,
            nodes: 4,
            one_way: Duration::from_millis(millis),
            jitter: Duration::ZERO,
        }
    }

    #[test]
    fn writes_take_longer_the_further_nodes_are_apart() {
        let (near, far) = (apart(10).latency(5), apart(100).latency(5));
        assert_eq!((near.len(), far.len()), (5, 5));
        // A block takes two rounds of votes after its proposal, and its state one more.
        assert!(far[0] >= Duration::from_millis(300), "{far:?}");
        assert!(near[4] < far[0], "{near:?} {far:?}");
    }

    #[test]
    fn a_write_at_the_end_of_a_turn_does_not_split_the_voters() {
        let network = FarApart {
            seed: 1,
            jitter: Duration::from_millis(5),
            ..apart(100)
        };
        let times = network.latency(40);
        assert!(times[39] < Duration::from_millis(1_500), "{times:?}");
    }

    #[test]
    fn writes_at_once_share_blocks() {
        let (near, far) = (apart(10).at_once(6, 4), apart(100).at_once(6, 4));
        assert!(far >= Duration::from_millis(300), "{far:?}");
        assert!(near < far, "{near:?} {far:?}");
        // One after the other would take twenty-four times as long as one.
        assert!(far < Duration::from_secs(6), "{far:?}");
    }
}
