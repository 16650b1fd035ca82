//! Nodes that have a state and one that fetches it, without sockets.

use super::*;

/// Few enough for the owner to decide alone.
pub(super) const VALIDATORS: u8 = 3;
/// The node that syncs; the others are its peers.
pub(super) const OWN: u8 = 3;

/// A certificate of these validators.
pub(super) fn certificate(statement: &RootStatement, signers: &[u8]) -> RootCertificate {
    certificate_of(VALIDATORS, statement, signers)
}

/// Certifies the newest height.
pub(super) fn certify(bench: &mut Bench) {
    let statement = bench.executor.statement();
    let set = bench.executor.state().validator_set(statement.epoch);
    let validators = u8::try_from(set.unwrap().unwrap().len()).unwrap();
    let signers: Vec<u8> = (0..validators.min(3)).collect();
    let bytes = certificate_of(validators, &statement, &signers).encode();
    let bytes = Arc::new(bytes);
    bench
        .executor
        .add_certificates(vec![(statement.height, bytes)]);
    bench.executor.write_certificates().unwrap();
    bench.shared.certificates.certify(statement.height);
}

/// Blocks that are the same on all nodes.
#[derive(Default)]
pub(super) struct History {
    pub(super) blocks: Vec<Block>,
    pub(super) nonce: u64,
}

impl History {
    pub(super) fn items(&mut self, count: u64) -> Vec<Item> {
        let item = |nonce: u64| {
            let id = Value::from(Uuid::from_u128(nonce.into()));
            let name = format!("inserter {nonce}");
            call(
                OWNER,
                nonce,
                "add_inserter_as_owner",
                vec![id, name.as_str().into()],
            )
        };
        let items = (self.nonce + 1..=self.nonce + count).map(item).collect();
        self.nonce += count;
        items
    }

    /// One block with so many rows, then empty ones.
    pub(super) fn extend(&mut self, bench: &mut Bench, rows: u64, empty: u64) {
        for block in 0..=empty {
            let items = if block == 0 {
                self.items(rows)
            } else {
                Vec::new()
            };
            let millis = u64::try_from(self.blocks.len()).unwrap() + 1;
            let block = Block::new(bench.executor.header(), at(millis), Turn::default(), items);
            execute(bench, &block);
            self.blocks.push(block);
        }
    }
}

pub(super) fn execute(bench: &mut Bench, block: &Block) {
    bench.execute(block);
    if bench.executor.statement().ends_epoch {
        certify(bench);
    }
}

/// A node that takes part.
pub(super) struct Provider {
    pub(super) number: u8,
    pub(super) bench: Bench,
    pub(super) sync: Sync,
    /// How many milliseconds of the world are one of its own.
    pub(super) pace: u64,
}

impl Provider {
    pub(super) fn new(number: u8, history: &[Block]) -> Self {
        Self::with(VALIDATORS, number, history)
    }

    pub(super) fn with(validators: u8, number: u8, history: &[Block]) -> Self {
        let mut bench = Bench::new(validators);
        for block in history {
            execute(&mut bench, block);
        }
        certify(&mut bench);
        Self::of(number, bench)
    }

    pub(super) fn of(number: u8, bench: Bench) -> Self {
        Self::measured(number, bench, Box::new(|| Duration::ZERO))
    }

    pub(super) fn measured(number: u8, bench: Bench, stopwatch: Stopwatch) -> Self {
        let sync = Sync::new(
            Arc::clone(&bench.shared),
            bench.readers.clone(),
            node_key(number).public(),
            bench.executor.chain_id().clone(),
            bench.epochs(),
            stopwatch,
        );
        Self {
            number,
            bench,
            sync,
            pace: 1,
        }
    }

    pub(super) fn root(&self) -> Root {
        self.bench.executor.progress().root
    }

    /// What the engine would do.
    pub(super) fn certify_blocks(&self) {
        let wanted = *self.bench.shared.floors.wanted.borrow();
        if let Some(header) = self.bench.executor.header_at(wanted).unwrap()
            && self.bench.shared.floors.handed_out(wanted).is_none()
        {
            self.bench.shared.floors.hand_out(wanted, floor(&header));
        }
    }
}

/// What stands for a certificate of the engine.
pub(super) fn floor(header: &Header) -> Vec<u8> {
    header.hash().0.to_vec()
}

/// A database that is synced.
pub(super) struct Syncing {
    pub(super) validators: u8,
    pub(super) folder: TempDir,
    pub(super) slot: Slot,
    pub(super) wake: Wake,
    pub(super) fetch: Option<Fetch>,
}

impl Syncing {
    pub(super) fn new(history: &[Block]) -> Self {
        Self::with(VALIDATORS, history)
    }

    pub(super) fn with(validators: u8, history: &[Block]) -> Self {
        let mut bench = Bench::new(validators);
        for block in history {
            execute(&mut bench, block);
        }
        let Bench {
            folder,
            executor,
            readers,
            ..
        } = bench;
        drop((executor, readers));
        Self::open(validators, folder)
    }

    /// Goes on with what is in a folder.
    pub(super) fn open(validators: u8, folder: TempDir) -> Self {
        let (writer, _) = Database::open(folder.path(), &Options::default()).unwrap();
        let height = writer.head().unwrap().unwrap().height;
        let epochs = genesis(validators).epoch_blocks;
        let mark = match writer.sync_mark().unwrap() {
            Some(noted) => Mark::decode(&noted).unwrap(),
            None => Mark::of(&writer, epochs.epoch_of(height)).unwrap(),
        };
        let (slot, wake) = (Slot::default(), Wake::default());
        let fetch = Fetch::new(
            SyncWriter::begin(writer, &mark.encode()).unwrap(),
            mark,
            ChainId::new(crate::testing::CHAIN).unwrap(),
            Box::new(|_, _, header, certificate| certificate == floor(header)),
            epochs,
            height,
            (wake.clone(), Arc::clone(&slot), Arc::new(Meter::new())),
        );
        Self {
            validators,
            folder,
            slot,
            wake,
            fetch: Some(fetch.unwrap()),
        }
    }

    /// Loses everything that is not in the database.
    pub(super) fn killed(self) -> Self {
        let Self {
            validators,
            folder,
            fetch,
            ..
        } = self;
        drop(fetch);
        Self::open(validators, folder)
    }

    /// The state that was fetched, once it was.
    pub(super) fn fetched(&mut self) -> Fetched {
        assert!(self.wake.is_stopped());
        self.fetch = None;
        let outcome = self
            .slot
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        match outcome {
            Some(Outcome::Fetched(fetched)) => *fetched,
            _ => panic!("nothing was fetched"),
        }
    }

    /// The executor that goes on from there.
    pub(super) fn executor(&mut self) -> Executor {
        let (writer, root) = life::finish(self.fetched()).unwrap();
        Executor::of_checked(writer, &genesis(self.validators), root).unwrap()
    }

    /// The root of the rows that are there now.
    pub(super) fn root(self) -> Root {
        drop(self.fetch);
        let (writer, _) = Database::open(self.folder.path(), &Options::default()).unwrap();
        *SyncWriter::begin(writer, "").unwrap().root()
    }
}

/// All of them, and the messages between them.
pub(super) struct World {
    pub(super) providers: Vec<Provider>,
    pub(super) now_ms: u64,
    /// What becomes of a message of a provider, given with the number of its sender.
    pub(super) lie: Box<dyn FnMut(u8, Message) -> Option<Message>>,
    /// Whose regions come so much later.
    pub(super) late: Option<(u8, u64)>,
    pub(super) on_their_way: Vec<(u64, u8, Message)>,
    /// Messages that may still be delivered to the node that syncs.
    pub(super) left: usize,
    /// For how many steps it goes on at most.
    pub(super) steps: usize,
    /// What the node that syncs sent and nobody has received.
    pub(super) asked: Vec<(Recipient, Vec<u8>)>,
}

impl World {
    pub(super) fn new(providers: Vec<Provider>) -> Self {
        Self {
            providers,
            now_ms: 1_000_000,
            lie: Box::new(|_, message| Some(message)),
            late: None,
            on_their_way: Vec::new(),
            left: usize::MAX,
            steps: 20_000,
            asked: Vec::new(),
        }
    }

    /// Lets time go on until the sync ends, or the messages do. Returns whether it ended.
    pub(super) fn run(&mut self, own: &mut Syncing) -> bool {
        for _ in 0..self.steps {
            let Some(fetch) = &mut own.fetch else {
                return true;
            };
            self.now_ms += 10;
            let now = at(self.now_ms);
            let mut asked = std::mem::take(&mut self.asked);
            asked.extend(sent(|outbox| {
                fetch.tick(now, outbox);
            }));
            let is_due = |(due_ms, ..): &mut (u64, u8, Message)| *due_ms <= self.now_ms;
            for (_, from, message) in self.on_their_way.extract_if(.., is_due) {
                self.asked.extend(sent(|outbox| {
                    fetch.received(peer(from), &message.encode(), now, outbox);
                }));
            }
            for provider in &mut self.providers {
                provider.certify_blocks();
                let its_now = at(self.now_ms / provider.pace);
                let from = peer(provider.number);
                let meant = |to: &Recipient| *to == Recipient::All || *to == Recipient::One(from);
                let said = sent(|outbox| {
                    for (_, bytes) in asked.iter().filter(|(to, _)| meant(to)) {
                        provider.sync.received(peer(OWN), bytes, its_now, outbox);
                    }
                    provider.sync.tick(its_now, outbox);
                });
                for (to, bytes) in said {
                    let message = Message::decode(&bytes).unwrap();
                    if to != Recipient::One(peer(OWN)) {
                        continue;
                    }
                    let Some(message) = (self.lie)(provider.number, message) else {
                        continue;
                    };
                    let late = self.late.filter(|(who, _)| *who == provider.number);
                    if let (Message::Regions(..), Some((_, late_ms))) = (&message, late) {
                        let due_ms = self.now_ms + late_ms;
                        self.on_their_way.push((due_ms, provider.number, message));
                        continue;
                    }
                    if self.left == 0 {
                        return false;
                    }
                    self.left -= 1;
                    self.asked.extend(sent(|outbox| {
                        fetch.received(from, &message.encode(), now, outbox);
                    }));
                }
            }
            if own.wake.is_stopped() {
                return true;
            }
        }
        assert!(self.steps < 20_000, "it does not end");
        false
    }
}

/// Lets time go on until the sync ends. Returns who was not asked for a while on the way.
pub(super) fn avoided_until_the_end(world: &mut World, own: &mut Syncing) -> Vec<u8> {
    let mut avoided = BTreeSet::new();
    for _ in 0..1_000 {
        world.steps = 10;
        let is_over = world.run(own);
        let (fetch, now) = (own.fetch.as_ref().unwrap(), at(world.now_ms));
        avoided.extend((0..OWN).filter(|number| fetch.is_avoided_at(peer(*number), now)));
        if is_over {
            return avoided.into_iter().collect();
        }
    }
    panic!("it does not end");
}

/// The state is that of a provider, and both go on alike.
pub(super) fn assert_synced(own: &mut Syncing, provider: &mut Provider) {
    let mut executor = own.executor();
    assert_eq!(executor.progress(), provider.bench.executor.progress());
    assert_eq!(executor.check_rows().unwrap(), provider.root());
    assert_eq!(
        executor.floor().unwrap(),
        Some(floor(provider.bench.executor.header()))
    );
    let block = provider.bench.next(1_000_000, Vec::new());
    executor.execute(&block).unwrap();
    provider.bench.execute(&block);
    assert_eq!(executor.progress().root, provider.root());
}

pub(super) fn history(rows: u64, empty: u64) -> History {
    let mut history = History::default();
    history.extend(&mut Bench::new(VALIDATORS), rows, empty);
    history
}

pub(super) fn providers(history: &History) -> Vec<Provider> {
    let new = |number| Provider::new(number, &history.blocks);
    (0..OWN).map(new).collect()
}
