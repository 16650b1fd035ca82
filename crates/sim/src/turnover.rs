//! Nodes that come and go: operators ask, vote and say when a node is ready, the node comes, and
//! another leaves.

use std::collections::{BTreeMap, VecDeque};

use idos_ledger::{Call, Caller, State, ValidatorStatus};
use idos_types::{Digest, Value};

use crate::{
    clients::{Clients, Effect},
    random::Random,
    support::{
        call::call,
        key::Key,
        validators::{add_operator, address, operator, voting},
    },
    world::World,
};

/// How long a node that comes late stays away at most, in milliseconds. It comes as soon as the others
/// have removed the first blocks, which they look for every half minute.
const LATE_MS: u64 = 150_000;
/// How often operators look whether what they want is so, in milliseconds.
const LOOK_MS: u64 = 500;

/// How a node joins the network.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Newcomer {
    /// It comes when the others do not keep the first blocks any more, and only listens.
    Listens,
    /// It comes as late, validates as soon as it has the state, and then another one leaves.
    Late,
    /// It is said to be ready before it comes, and another one leaves with the same change.
    Early,
}

impl Newcomer {
    /// Every way.
    pub const ALL: [Self; 3] = [Self::Listens, Self::Late, Self::Early];
}

/// Something that is to become so.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Task {
    /// The operator of the newcomer is a party.
    Operator,
    /// The newcomer asked to join.
    Request,
    /// The network agreed.
    Approve,
    /// Its operator says that it is ready.
    Ready,
    /// Another one is in no set that is fixed from now on.
    Leave,
    /// Others let the newcomer connect, and it comes.
    Come,
    /// It has come as far as the others.
    CatchUp,
    /// The newcomer is in the set of the epoch, and whoever leaves is in none.
    InForce,
    /// Whoever left ends.
    End,
}

/// One change of the validators, from its first call to its end.
pub(crate) struct Turnover {
    newcomer: usize,
    leaver: usize,
    /// Whether others vote whoever leaves out.
    is_removed: bool,
    /// Whether others are waited for that have removed the first blocks.
    is_late: bool,
    began_ms: u64,
    /// In which epoch the newcomer was approved.
    approved: u64,
    tasks: VecDeque<Task>,
    /// What the operators sent for the first task.
    sent: BTreeMap<usize, Digest>,
    looked_ms: u64,
}

impl Turnover {
    /// The change by which the node with this number joins.
    pub(crate) fn new(
        how: Newcomer,
        (newcomer, leaver): (usize, usize),
        random: &mut Random,
        now_ms: u64,
    ) -> Self {
        use Task::{Approve, CatchUp, Come, End, InForce, Leave, Operator, Ready, Request};
        let then: &[Task] = match how {
            Newcomer::Listens => &[Come, CatchUp],
            Newcomer::Late => &[Come, CatchUp, Ready, Leave, InForce, End],
            Newcomer::Early => &[Ready, Leave, Come, CatchUp, InForce, End],
        };
        Self {
            newcomer,
            leaver,
            is_removed: random.one_in(2),
            is_late: how != Newcomer::Early,
            began_ms: now_ms,
            approved: 0,
            tasks: [Operator, Request, Approve]
                .iter()
                .chain(then)
                .copied()
                .collect(),
            sent: BTreeMap::new(),
            looked_ms: 0,
        }
    }

    /// Whether all of it is done.
    pub(crate) fn is_over(&self) -> bool {
        self.tasks.is_empty()
    }

    /// What is to become so next.
    pub(crate) fn stand(&self) -> String {
        format!("{:?}", self.tasks.front())
    }

    /// Does what is next, as far as that can be done now.
    pub(crate) async fn go_on(&mut self, world: &mut World, clients: &mut Clients) {
        let now = world.now().millis();
        if now < self.looked_ms + LOOK_MS {
            return;
        }
        self.looked_ms = now;
        while let Some(task) = self.tasks.front().copied() {
            if !self.is_done(task, world) {
                self.work(task, world, clients).await;
                return;
            }
            if task == Task::Approve {
                self.approved = epoch(world);
            }
            self.sent.clear();
            self.tasks.pop_front();
        }
    }

    /// Whether it is so, as an honest node sees it.
    fn is_done(&self, task: Task, world: &mut World) -> bool {
        let Some((_, node)) = world.any_serving() else {
            return false;
        };
        let (newest, _) = world.truth.size();
        let peer = &world.peers[self.newcomer];
        let epoch = node.network().epoch.epoch_of(node.progress().tip.height);
        let [newcomer, leaver] = [self.newcomer, self.leaver].map(|one| voting(one).validator());
        let read = node.read(|state| {
            let status = |key| {
                let validator = state.validator(key).expect("it reads");
                validator.map(|validator| validator.status)
            };
            let is_in = |key, epoch| {
                let set = state.validator_set(epoch).expect("it reads");
                set.is_some_and(|set| set.contains(key))
            };
            match task {
                Task::Operator => {
                    let party = state.party_at(operator(self.newcomer).text());
                    party.expect("it reads").is_some()
                }
                Task::Request => status(newcomer).is_some(),
                Task::Approve => {
                    !matches!(status(newcomer), None | Some(ValidatorStatus::Requested))
                }
                Task::Ready => status(newcomer) == Some(ValidatorStatus::Ready),
                Task::Leave => !matches!(
                    status(leaver),
                    Some(ValidatorStatus::Ready | ValidatorStatus::Observer)
                ),
                Task::InForce => {
                    is_in(newcomer, epoch) && !is_in(leaver, epoch) && !is_in(leaver, epoch + 1)
                }
                Task::Come => !peer.is_away,
                Task::CatchUp => {
                    let tip = peer.node.as_ref().map(|node| node.progress().tip.height);
                    !peer.is_honest() || tip.is_some_and(|tip| tip + 4 >= newest)
                }
                Task::End => world.peers[self.leaver].is_away,
            }
        });
        read.expect("an honest node reads")
    }

    async fn work(&mut self, task: Task, world: &mut World, clients: &mut Clients) {
        let key = voting(self.newcomer).text().to_owned();
        let own = operator(self.newcomer);
        match task {
            Task::Operator => self.all_send(world, clients, &add_operator(self.newcomer)),
            Task::Request => {
                if let Some(call) = request(world, self.newcomer) {
                    self.send(world, clients, self.newcomer, &own, call);
                }
            }
            Task::Approve => {
                self.all_send(world, clients, &call!("approve_validator_as_owner", key));
            }
            Task::Ready => self.send(world, clients, self.newcomer, &own, call!("ready", key)),
            Task::Leave => {
                let leaving = voting(self.leaver).text().to_owned();
                if self.is_removed {
                    self.all_send(world, clients, &call!("remove_validator_as_owner", leaving));
                } else {
                    let own = operator(self.leaver);
                    self.send(world, clients, self.leaver, &own, call!("leave", leaving));
                }
            }
            Task::Come => {
                let may_connect = epoch(world) > self.approved;
                let is_late = world.now().millis() >= self.began_ms + LATE_MS;
                let is_time = !self.is_late || is_late || world.is_removed(1);
                if may_connect && is_time {
                    world.let_come(self.newcomer).await;
                }
            }
            Task::End => world.send_away(self.leaver).await,
            Task::CatchUp | Task::InForce => {}
        }
    }

    /// Every operator of the first validators makes the same call.
    fn all_send(&mut self, world: &mut World, clients: &mut Clients, call: &Call) {
        for number in 0..world.genesis.validators.len() {
            self.send(world, clients, number, &operator(number), call.clone());
        }
    }

    /// An operator makes a call, unless it still waits to hear what became of it.
    fn send(
        &mut self,
        world: &mut World,
        clients: &mut Clients,
        number: usize,
        key: &Key,
        call: Call,
    ) {
        let waits = self.sent.get(&number);
        if waits.is_some_and(|hash| clients.is_waiting(hash)) {
            return;
        }
        if let Some(hash) = clients.send(world, key, call, Effect::Other) {
            self.sent.insert(number, hash);
        }
    }
}

/// The newest epoch that honest nodes are in.
fn epoch(world: &World) -> u64 {
    let (newest, _) = world.truth.size();
    world.genesis.epoch_blocks.epoch_of(newest)
}

/// `request_join`, signed by the voting key over the text that the network gives.
fn request(world: &mut World, number: usize) -> Option<Call> {
    let (key, now) = (voting(number), world.now());
    let (_, node) = world.any_serving()?;
    let own = operator(number);
    let text = call!("validator_message", key.text(), own.text(), address(number));
    let rows = node.view(&Caller::nobody(), text, now).ok()?;
    let Some(Value::Text(text)) = rows.into_iter().flatten().next() else {
        return None;
    };
    let signature = key.sign_hex(&text);
    Some(call!(
        "request_join",
        key.text(),
        address(number),
        signature
    ))
}
