//! What goes wrong, as the seed has it.

use std::time::Duration;

use idos_consensus::{Channel, simulation::Message};

use crate::{random::Random, witness::Failing, world::World};

/// Which messages of some views one node does not get.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Missed {
    Votes,
    Certificates,
    Finalizations,
    Everything,
    Blocks,
}

/// Something that goes wrong, and gets well by itself or when the world heals.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    /// A node crashes.
    Crash(usize),
    /// All honest nodes crash at once.
    CrashAll,
    /// A node crashes, and what its engine kept is lost; its database too if `all`.
    Lose { node: usize, all: bool },
    /// The disk of a node fails.
    Disk(usize, Failing),
    /// A group of nodes is cut off from the rest.
    Partition(Vec<usize>),
    /// A node is not heard, or hears nothing.
    OneWay { node: usize, is_mute: bool },
    /// Messages get lost and come late.
    BadLines {
        lost_of_thousand: u16,
        delay: Duration,
    },
    /// A node, or every second node, gets no messages of a kind of some of the next views.
    Misses {
        nodes: Vec<usize>,
        missed: Missed,
        views: std::ops::Range<u64>,
    },
}

/// A fault with its time, in milliseconds after the beginning of a round.
pub(crate) struct Planned {
    pub(crate) from_ms: u64,
    pub(crate) until_ms: u64,
    pub(crate) fault: Fault,
}

/// Draws the faults of a round of so many milliseconds. `may_lose` says how many more nodes may lose
/// what they know of their votes: each abstains for an epoch, as if it were a traitor.
pub(crate) fn draw(
    world: &mut World,
    random: &mut Random,
    round_ms: u64,
    may_lose: &mut usize,
) -> Vec<Planned> {
    let mut planned = Vec::new();
    for _ in 0..1 + random.below(3) {
        let from_ms = random.below(round_ms);
        let until_ms = from_ms + random.below(round_ms);
        planned.push(Planned {
            from_ms,
            until_ms,
            fault: one(world, random, may_lose),
        });
    }
    planned
}

fn one(world: &World, random: &mut Random, may_lose: &mut usize) -> Fault {
    let honest = world.honest();
    let node = *random.of(&honest).expect("most are honest");
    match random.below(12) {
        0 | 1 => Fault::Crash(node),
        2 => Fault::CrashAll,
        3 if *may_lose > 0 => {
            *may_lose -= 1;
            Fault::Lose {
                node,
                all: random.one_in(2),
            }
        }
        3 | 4 => {
            let failing = match random.one_in(2) {
                true => Failing::BeforeCommit,
                false => Failing::AfterCommit,
            };
            Fault::Disk(node, failing)
        }
        5 | 6 => {
            let everybody = 0..world.peers.len();
            let group = everybody.filter(|_| random.one_in(2)).collect();
            Fault::Partition(group)
        }
        7 => Fault::OneWay {
            node,
            is_mute: random.one_in(2),
        },
        8 => Fault::BadLines {
            lost_of_thousand: u16::try_from(random.below(250)).expect("below"),
            delay: Duration::from_millis(random.below(400)),
        },
        _ => {
            let missed = match random.below(5) {
                0 => Missed::Votes,
                1 => Missed::Certificates,
                2 => Missed::Finalizations,
                3 => Missed::Blocks,
                _ => Missed::Everything,
            };
            let nodes = match random.one_in(4) {
                true => honest.into_iter().step_by(2).collect(),
                false => vec![node],
            };
            let first = 1 + random.below(4);
            let last = first + 1 + random.below(12);
            Fault::Misses {
                nodes,
                missed,
                views: first..last,
            }
        }
    }
}

impl Fault {
    /// Begins.
    pub(crate) async fn begin(&self, world: &mut World) {
        match self {
            Self::Crash(node) => world.crash(*node).await,
            Self::CrashAll => {
                for node in world.honest() {
                    world.crash(node).await;
                }
            }
            Self::Lose { node, all } => {
                world.crash(*node).await;
                world.lose(*node, *all);
            }
            Self::Disk(node, failing) => world.peers[*node].disk.fail(*failing),
            Self::Partition(group) => world.cut(group).await,
            Self::OneWay { node, is_mute } => world.cut_one_way(*node, *is_mute).await,
            Self::BadLines {
                lost_of_thousand,
                delay,
            } => world.worsen(*lost_of_thousand, *delay).await,
            Self::Misses {
                nodes,
                missed,
                views,
            } => miss(world, nodes, *missed, views),
        }
    }

    /// Ends what ends by itself: whoever crashed comes back. Lines get well when all do.
    pub(crate) async fn end(&self, world: &mut World) {
        match self {
            Self::Crash(node) | Self::Lose { node, .. } => world.start(*node).await,
            Self::CrashAll => {
                for node in world.honest() {
                    world.start(node).await;
                }
            }
            Self::Disk(node, _) => {
                world.peers[*node].disk.repair();
                world.start(*node).await;
            }
            Self::Partition(_) | Self::OneWay { .. } | Self::BadLines { .. } => {}
            Self::Misses { .. } => world.control.lose_nothing(),
        }
    }

    /// Whether a node may end because of it.
    pub(crate) fn may_end(&self, number: usize) -> bool {
        matches!(self, Self::Disk(node, _) if *node == number)
    }
}

fn miss(world: &World, nodes: &[usize], missed: Missed, views: &std::ops::Range<u64>) {
    let serving = world.serving();
    let Some(status) = serving
        .iter()
        .map(|(_, node)| node.chain().status())
        .max_by_key(|status| (status.epoch, status.view))
    else {
        return;
    };
    let deaf: Vec<_> = nodes.iter().map(|node| world.peers[*node].peer).collect();
    let views = status.view + views.start..status.view + views.end;
    let is_missed = move |message: &Message<'_>| {
        let is_now = message
            .round
            .is_some_and(|(epoch, view)| epoch == status.epoch && views.contains(&view));
        deaf.contains(&message.to)
            && match missed {
                Missed::Votes => is_now && message.channel == Channel::Votes,
                Missed::Certificates => is_now && message.channel == Channel::Certificates,
                Missed::Finalizations => is_now && message.finalizes,
                Missed::Everything => is_now,
                Missed::Blocks => message.channel == Channel::Blocks,
            }
    };
    world.control.lose(is_missed);
}
