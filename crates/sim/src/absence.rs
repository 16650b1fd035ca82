//! A node that is away for so long that nobody keeps the blocks it lacks: it has to come back by itself.

use crate::{random::Random, world::World};

/// How long it is away at most, in milliseconds. It comes back sooner, once the others have removed the
/// blocks that it lacks, which they look for every half minute.
const AWAY_MS: u64 = 150_000;
/// How much longer at most.
const LONGER_MS: u64 = 4_000;
/// How often it is ended at most while it fetches the state.
const CRASHES: u64 = 4;

/// One absence, from its beginning to when the node is back in time.
pub(crate) struct Absence {
    node: usize,
    /// The first block that it lacks.
    lacks: u64,
    /// When it comes at the latest; as soon as that is known, when it comes.
    until_ms: u64,
    longer_ms: u64,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    Away,
    Missed,
    Back,
}

impl Absence {
    /// A node goes away, and loses what its engine kept, or everything, or nothing.
    pub(crate) async fn begin(world: &mut World, random: &mut Random, node: usize) -> Self {
        let tip = world.peers[node].node.as_ref();
        let tip = tip.map_or(0, |node| node.progress().tip.height);
        world.send_away(node).await;
        let loss = random.below(4);
        match loss {
            0 => {}
            1 => world.lose(node, false),
            2 => world.lose(node, true),
            _ => {
                world.lose(node, true);
                world.control.lose_marker(world.peers[node].peer);
            }
        }
        Self {
            node,
            lacks: if loss < 2 { tip + 1 } else { 1 },
            until_ms: world.now().millis() + AWAY_MS,
            longer_ms: random.below(LONGER_MS),
            stage: Stage::Away,
        }
    }

    /// Whether the node is back, and takes part.
    pub(crate) fn is_over(&self, world: &World) -> bool {
        self.stage == Stage::Back && world.peers[self.node].node.is_some()
    }

    /// Lets it come when it is time.
    pub(crate) async fn go_on(&mut self, world: &mut World) {
        let now = world.now().millis();
        if self.stage == Stage::Away && world.is_removed(self.lacks) {
            self.stage = Stage::Missed;
            self.until_ms = now + self.longer_ms;
        }
        if self.stage != Stage::Back && now >= self.until_ms {
            self.stage = Stage::Back;
            world.let_come(self.node).await;
        }
    }
}

/// Ends nodes while they fetch a state, some times.
pub(crate) struct Interruptions {
    random: Random,
    left: u64,
    /// Who was ended, and when they start again.
    ended: Vec<(usize, u64)>,
    /// How many there were.
    pub(crate) count: u64,
}

impl Interruptions {
    pub(crate) fn new(mut random: Random) -> Self {
        Self {
            left: random.below(CRASHES + 1),
            random,
            ended: Vec::new(),
            count: 0,
        }
    }

    /// Ends some, and starts those again that were ended long enough.
    pub(crate) async fn go_on(&mut self, world: &mut World) {
        let now = world.now().millis();
        let (due, later): (Vec<_>, Vec<_>) = std::mem::take(&mut self.ended)
            .into_iter()
            .partition(|(_, until_ms)| *until_ms <= now);
        self.ended = later;
        for (number, _) in due {
            world.start(number).await;
        }
        for number in world.honest() {
            if self.left > 0 && world.peers[number].is_fetching() && self.random.one_in(12) {
                self.left -= 1;
                self.count += 1;
                world.crash(number).await;
                self.ended.push((number, now + self.random.below(1_500)));
            }
        }
    }

    /// Whether nobody waits to be started again.
    pub(crate) fn is_over(&self) -> bool {
        self.ended.is_empty()
    }
}
