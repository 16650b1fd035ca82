//! A network of one database.

use std::{fs, path::Path};

use idos_consensus::{Block, Header, Item, Turn};
use idos_ledger::{
    Call, Caller, CallerWallet, Context, GenesisValidator, Proofs, Rows, Standing, State, standing,
    view,
};
use idos_node::{
    Executed, Executor, Progress,
    genesis::{FirstValidators, Genesis},
};
use idos_store::{AccountDigest, Database, Options, Readers, Snapshot};
use idos_types::{BlockTime, EpochLength, limits::FEWEST_EPOCH_BLOCKS};
use idos_wire::{
    Fee, Transaction, TxCode,
    payload::{ActionExecution, EXECUTE, EncodedValue},
};
use rusqlite::Connection;
use tempfile::TempDir;

use super::{dump::Dump, key::Key};

/// The chain that everything is signed for.
pub(crate) const CHAIN: &str = "idos-test";
/// When it starts, in seconds since 1970.
pub(crate) const START: i64 = 1_800_000_000;
/// The file within the folder.
const DATABASE: &str = "state.db";

/// A database with its executor.
pub(crate) struct Network {
    // Connections close before the folder goes.
    executor: Executor,
    readers: Readers,
    folder: TempDir,
    genesis: Genesis,
    /// Every block so far.
    pub(crate) blocks: Vec<Block>,
}

/// A closed database, to start from again and again.
pub(crate) struct Template(TempDir, Genesis);

/// What became of a transaction.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Sent {
    /// Whether it took effect, as far as it has one.
    pub(crate) ok: bool,
    /// The log of its receipt.
    pub(crate) log: String,
}

impl Network {
    /// A new network, owned by [`Network::owner`].
    pub(crate) fn new() -> Self {
        Self::with_validators(Vec::new())
    }

    /// A new network with validators, and epochs as short as can be.
    pub(crate) fn with_validators(validators: Vec<GenesisValidator>) -> Self {
        let start = u64::try_from(START).unwrap() * 1000;
        let genesis = Genesis::new(CHAIN, Network::owner().text(), start).unwrap();
        let genesis = Genesis {
            epoch_blocks: EpochLength::new(FEWEST_EPOCH_BLOCKS).unwrap(),
            validators: FirstValidators::new(validators).unwrap(),
            ..genesis
        };
        Self::open(folder(), genesis)
    }

    fn open(folder: TempDir, genesis: Genesis) -> Self {
        let (executor, readers) = open(folder.path(), &genesis);
        Self {
            executor,
            readers,
            folder,
            genesis,
            blocks: Vec::new(),
        }
    }

    /// Who administers it.
    pub(crate) fn owner() -> Key {
        Key::of("network owner")
    }

    /// Closes the database and opens it again.
    pub(crate) fn reopen(self) -> Self {
        let (folder, genesis, blocks) = self.into_closed();
        Self {
            blocks,
            ..Self::open(folder, genesis)
        }
    }

    fn into_closed(self) -> (TempDir, Genesis, Vec<Block>) {
        // The writer last: it moves the write-ahead log to the database.
        drop(self.readers);
        drop(self.executor);
        (self.folder, self.genesis, self.blocks)
    }

    /// Closes the database for good, to be copied.
    pub(crate) fn into_template(self) -> Template {
        let (folder, genesis, _) = self.into_closed();
        Template(folder, genesis)
    }

    /// How far it has come.
    pub(crate) fn progress(&self) -> Progress {
        self.executor.progress()
    }

    /// Checks that the state tree is the one of the rows, and its root the one that blocks tell.
    pub(crate) fn check_tree(&self) {
        assert_eq!(
            self.executor.check_rows().unwrap(),
            self.executor.progress().root
        );
    }

    /// The header of the newest block.
    pub(crate) fn header(&self) -> &Header {
        self.executor.header()
    }

    /// The time of the newest block in seconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        self.progress().tip.time.seconds()
    }

    /// When the earliest deadline is due.
    pub(crate) fn next_due(&self) -> Option<i64> {
        self.progress().next_due.map(BlockTime::seconds)
    }

    /// Executes a block of these items at this time, in milliseconds since 1970.
    pub(crate) fn block_at(&mut self, millis: u64, items: Vec<Item>) -> Executed {
        let tip = self.progress().tip;
        let time = BlockTime::from_millis(millis);
        assert!(time > tip.time, "block time increases");
        self.run(Block::new(
            self.executor.header(),
            time,
            Turn::default(),
            items,
        ))
    }

    /// Executes a block of these items at once: a millisecond after the newest.
    pub(crate) fn block(&mut self, items: Vec<Item>) -> Executed {
        self.block_at(self.progress().tip.time.millis() + 1, items)
    }

    /// The epoch of the newest block.
    pub(crate) fn epoch(&self) -> u64 {
        let length = self.executor.network().epoch;
        length.epoch_of(self.progress().tip.height)
    }

    /// Executes empty blocks until the last one of the epoch, that one included.
    pub(crate) fn end_epoch(&mut self) {
        let length = self.executor.network().epoch;
        // At least one, so that it can be called again and again.
        let next = self.progress().tip.height + 1;
        let last = length.last_height(length.epoch_of(next));
        for _ in next..=last {
            self.block(Vec::new());
        }
    }

    /// Removes bodies that are old enough, as between blocks; whether there were any.
    pub(crate) fn prune(&mut self, seconds: i64) -> bool {
        let millis = u64::try_from(seconds).unwrap() * 1000;
        self.executor.prune(BlockTime::from_millis(millis)).unwrap()
    }

    /// Executes a block that was made elsewhere.
    pub(crate) fn run(&mut self, block: Block) -> Executed {
        let executed = self.executor.execute(&block).unwrap();
        self.blocks.push(block);
        executed
    }

    /// Lets the time come, in seconds since 1970, with an empty block.
    pub(crate) fn wait_until(&mut self, seconds: i64) {
        self.block_at(u64::try_from(seconds).unwrap() * 1000, Vec::new());
    }

    /// A transaction with the nonce that is next for its sender.
    pub(crate) fn sign(&self, key: &Key, call: Call) -> Item {
        self.sign_all(key, vec![call])
    }

    fn sign_all(&self, key: &Key, calls: Vec<Call>) -> Item {
        let account = AccountDigest(key.sender().account().0);
        let used = self.read(|snapshot| snapshot.nonce(&account).unwrap());
        // The failure of a stranger uses up no nonce: the same call again is another transaction.
        let description = format!("after block {}", self.progress().tip.height);
        transaction_of(key, calls, used.unwrap_or(0) + 1, description)
    }

    /// Sends a transaction: a block of its own, at once.
    pub(crate) fn send(&mut self, key: &Key, call: Call) -> Sent {
        self.send_all(key, vec![call])
    }

    /// Sends a transaction with several calls of one action.
    pub(crate) fn send_all(&mut self, key: &Key, calls: Vec<Call>) -> Sent {
        let item = self.sign_all(key, calls);
        let mut executed = self.block(vec![item]);
        let outcome = executed.outcomes.pop().expect("a transaction of its own");
        Sent {
            ok: outcome.code == TxCode::Ok,
            log: outcome.log,
        }
    }

    /// Sends a transaction that takes effect.
    pub(crate) fn must(&mut self, key: &Key, call: Call) {
        let action = call.action.clone();
        let sent = self.send(key, call);
        assert!(sent.ok, "{action}: {}", sent.log);
    }

    /// Asks a view at the newest block; the error is its text. Nobody is who has no session.
    pub(crate) fn view(&self, key: Option<&Key>, call: Call) -> Result<Rows, String> {
        let caller = key.map_or_else(Caller::nobody, |key| Caller::new(key.text().to_owned()));
        let tip = self.progress().tip;
        let block = self.executor.network().block(tip.height, tip.time);
        self.read(|snapshot| {
            let context = Context {
                network: self.executor.network(),
                block,
                caller: &caller,
                wallet: CallerWallet::Unread,
                state: snapshot,
                proofs: Proofs::none(),
            };
            match view(&context, call) {
                Ok((_, rows)) => Ok(rows),
                Err(failure) => Err(failure.to_string()),
            }
        })
    }

    /// The one text that a public view returns.
    pub(crate) fn text(&self, call: Call) -> String {
        match self.view(None, call).unwrap().concat().as_slice() {
            [idos_types::Value::Text(text)] => text.clone(),
            other => panic!("not a text: {other:?}"),
        }
    }

    /// Whether the network knows somebody, as a person, a delegate, a party or its owner.
    pub(crate) fn knows(&self, key: &Key) -> bool {
        let caller = Caller::new(key.text().to_owned());
        let network = self.executor.network();
        self.read(|snapshot| standing(snapshot, network, &caller).unwrap() != Standing::Stranger)
    }

    /// Reads the state as the rules do.
    pub(crate) fn state<T>(&self, f: impl FnOnce(&dyn State) -> T) -> T {
        self.read(|snapshot| f(snapshot))
    }

    /// Reads the newest block.
    pub(crate) fn read<T>(&self, f: impl FnOnce(&Snapshot<'_>) -> T) -> T {
        self.readers.read(f).unwrap()
    }

    /// Does something to the database that no node does.
    pub(crate) fn raw(&self, sql: &str) {
        let conn = Connection::open(self.folder.path().join(DATABASE)).unwrap();
        conn.execute_batch(sql).unwrap();
    }

    /// All rows of the state, and those that follow from it.
    pub(crate) fn dump(&self) -> Dump {
        Dump::of(&self.folder.path().join(DATABASE))
    }
}

impl Template {
    /// A network of its own that starts with these rows.
    pub(crate) fn open(&self) -> Network {
        let folder = folder();
        fs::copy(self.0.path().join(DATABASE), folder.path().join(DATABASE)).unwrap();
        Network::open(folder, self.1.clone())
    }
}

/// A folder, in memory if there is such a place: every block waits for the disk.
fn folder() -> TempDir {
    TempDir::new_in("/dev/shm").unwrap_or_else(|_| TempDir::new().unwrap())
}

fn open(folder: &Path, genesis: &Genesis) -> (Executor, Readers) {
    let options = Options {
        cache_mib: 4,
        readers: 1,
    };
    let (writer, readers) = Database::open(folder, &options).unwrap();
    (Executor::new(writer, genesis).unwrap(), readers)
}

/// A signed transaction.
pub(crate) fn transaction(key: &Key, call: Call, nonce: u64, description: String) -> Item {
    transaction_of(key, vec![call], nonce, description)
}

/// A signed transaction with several calls of one action.
fn transaction_of(key: &Key, calls: Vec<Call>, nonce: u64, description: String) -> Item {
    let (namespace, action) = (calls[0].namespace.clone(), calls[0].action.clone());
    let encode = |(data_type, value)| EncodedValue::new(data_type, value).unwrap();
    let arguments = calls
        .into_iter()
        .map(|call| call.arguments.into_iter().map(encode).collect())
        .collect();
    let execution = ActionExecution::new(&namespace, &action, arguments).unwrap();
    let mut transaction = Transaction {
        signature: Vec::new(),
        scheme: "ed25519".to_owned(),
        sender: key.public().to_vec(),
        description,
        payload_type: EXECUTE.to_owned(),
        payload: execution.encode(),
        fee: Fee(0),
        nonce,
        chain_id: CHAIN.to_owned(),
    };
    transaction.signature = key.sign(transaction.signed_text().as_bytes());
    Item::new(transaction.encode())
}
