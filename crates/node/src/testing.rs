//! A node without network and server, for tests of its parts.

use std::{net::SocketAddr, sync::Arc};

use idos_consensus::{Block, Chain, Header, Item, Outbox, Recipient, Tip, Turn};
use idos_ledger::{Change, GenesisValidator, NAMESPACE, Pace, Row};
use idos_proof::{ChainId, Root, RootCertificate, RootStatement, ValidatorSet};
use idos_store::{Database, NewBlock, Options, Readers};
use idos_types::{
    BlockTime, Digest, EpochLength, Identity, Member, Uuid, ValidatorKey,
    ValidatorSet as MemberSet, Value, limits,
};
use idos_wallet::{AuthType, Sender, near_to_sign};
use idos_wire::{
    Fee, Transaction,
    payload::{ActionExecution, EXECUTE, EncodedValue},
};
use tempfile::TempDir;
use zeroize::Zeroizing;

use crate::{
    NodeKey,
    config::Config,
    entrance::Entrance,
    executor::{Executor, GENESIS, Progress, genesis_header},
    genesis::{FirstValidators, Genesis},
    intake::Verification,
    metrics::Metrics,
    node::Node,
    nodes::Nodes,
    parts::Desk,
    shared::Shared,
    sign_in_nonce::SignInNonce,
    sign_in_proof::{SignInProof, sign_in_text},
    verified::Verifier,
};

/// The chain of every test.
pub(crate) const CHAIN: &str = "unit";
/// When it starts: before the clock of any machine that runs these tests.
pub(crate) const START_MS: u64 = 1_700_000_000_000;

/// Milliseconds after the start.
pub(crate) fn at(millis: u64) -> BlockTime {
    BlockTime::from_millis(START_MS + millis)
}

/// The key of the node with this number.
pub(crate) fn node_key(number: u8) -> NodeKey {
    NodeKey::from_seed(Zeroizing::new([number + 1; 32]))
}

/// The start of the network of these tests, with so many validators.
pub(crate) fn genesis(validators: u8) -> Genesis {
    let owner = hex::encode(wallet(OWNER).0);
    let genesis = Genesis::new(CHAIN, &owner, START_MS).unwrap();
    let validators = (0..validators).map(|number| GenesisValidator {
        key: node_key(number).public(),
        operator: Identity::of(&hex::encode(wallet(200 + number).0)),
        address: SocketAddr::from(([192, 0, 2, number + 1], 8485))
            .to_string()
            .parse()
            .unwrap(),
    });
    Genesis {
        epoch_blocks: EpochLength::new(limits::FEWEST_EPOCH_BLOCKS).unwrap(),
        validators: FirstValidators::new(validators.collect()).unwrap(),
        ..genesis
    }
}

/// A database at its genesis, with so many validators.
pub(crate) struct Bench {
    pub(crate) executor: Executor,
    pub(crate) readers: Readers,
    pub(crate) shared: Arc<Shared>,
    genesis: Digest,
    /// Of the database, as long as that is open.
    pub(crate) folder: TempDir,
}

impl Bench {
    /// Readers of its database.
    pub(crate) const READERS: u32 = 2;

    pub(crate) fn new(validators: u8) -> Self {
        Self::beginning_with(validators, &[])
    }

    /// The same, with rows that no block put there.
    pub(crate) fn beginning_with(validators: u8, rows: &[Row]) -> Self {
        let genesis = genesis(validators);
        let folder = TempDir::new_in("/dev/shm").unwrap_or_else(|_| TempDir::new().unwrap());
        let options = Options {
            cache_mib: 4,
            readers: Self::READERS,
        };
        let (mut writer, readers) = Database::open(folder.path(), &options).unwrap();
        if !rows.is_empty() {
            let mut changes = idos_ledger::genesis(&genesis.validators).unwrap();
            changes.extend(rows.iter().cloned().map(Change::Put));
            let header = genesis_header(&genesis);
            let block = NewBlock {
                hash: header.hash(),
                time: header.time,
                header: header.encode(),
            };
            let name = header.hash().to_string();
            writer.start(&changes, block, GENESIS, &name).unwrap();
        }
        let executor = Executor::new(writer, &genesis).unwrap();
        Self {
            shared: Arc::new(Shared::new(executor.progress(), 0, Metrics::default())),
            genesis: crate::genesis_hash(&genesis),
            executor,
            readers,
            folder,
        }
    }

    /// The node, as requests see it.
    pub(crate) fn node(&self, config: Config) -> Arc<Node> {
        let desk = Desk {
            network: self.executor.network().clone(),
            readers: self.readers.clone(),
            shared: Arc::clone(&self.shared),
            entrance: self.entrance(1),
            chain: Chain::default(),
            nodes: Nodes::default(),
        };
        Arc::new(Node::new(config, node_key(0), self.genesis, desk))
    }

    pub(crate) fn epochs(&self) -> EpochLength {
        self.executor.network().epoch
    }

    /// The door of this node.
    pub(crate) fn entrance(&self, stranger_writes_per_minute: u32) -> Arc<Entrance> {
        Arc::new(Entrance::new(
            self.executor.network().clone(),
            self.readers.clone(),
            Arc::clone(&self.shared),
            stranger_writes_per_minute,
        ))
    }

    /// What takes in what peers of this node send.
    pub(crate) fn verification(&self) -> Verification {
        let shared = Arc::clone(&self.shared);
        let verifier = Verifier::new(CHAIN.to_owned(), shared);
        Verification::new(Arc::new(verifier), self.entrance(10))
    }

    /// The block after the newest, so many milliseconds after the start.
    pub(crate) fn next(&self, millis: u64, items: Vec<Item>) -> Block {
        Block::new(self.executor.header(), at(millis), Turn::default(), items)
    }

    /// Executes the next block and settles it.
    pub(crate) fn execute(&mut self, block: &Block) {
        let executed = self.executor.execute(block).unwrap();
        self.shared.progress.send_replace(self.executor.progress());
        self.shared
            .waiting
            .settle(block.header.height, &block.items, executed);
        self.shared.waiting.expire(block.header.time);
    }
}

/// Progress of a node that never executed anything.
pub(crate) fn progress(height: u64) -> Progress {
    let header = Header::genesis(at(0), Digest::default());
    Progress {
        tip: Tip {
            height,
            hash: header.hash(),
            time: at(0),
        },
        root: Root::empty(),
        validators: 4,
        next_due: None,
        pace: Pace::Idle,
    }
}

/// What honest nodes compute at a height.
pub(crate) fn statement(height: u64) -> RootStatement {
    let epochs = EpochLength::new(limits::FEWEST_EPOCH_BLOCKS).unwrap();
    RootStatement {
        chain_id: ChainId::new(CHAIN).unwrap(),
        epoch: epochs.epoch_of(height),
        height,
        ends_epoch: epochs.ended_by(height).is_some(),
        header: Digest::of(&height.to_be_bytes()),
        root: Root::empty(),
        time: at(height),
    }
}

/// A certificate of these validators of the four.
pub(crate) fn certificate(statement: &RootStatement, signers: &[u8]) -> RootCertificate {
    certificate_of(4, statement, signers)
}

/// A certificate of these validators of so many.
pub(crate) fn certificate_of(
    validators: u8,
    statement: &RootStatement,
    signers: &[u8],
) -> RootCertificate {
    let member = |number: u8| Member {
        key: node_key(number).public(),
        address: format!("10.0.0.{}:1", number + 1).parse().unwrap(),
    };
    let row = MemberSet::new((0..validators).map(member).collect()).unwrap();
    let set = ValidatorSet::of(row).unwrap();
    let mut signatures: Vec<_> = signers
        .iter()
        .map(|number| {
            let key = node_key(*number);
            let position = set.position(&key.public().0).unwrap();
            (position, key.sign_root(statement))
        })
        .collect();
    signatures.sort_unstable();
    RootCertificate::new(statement.clone(), validators.into(), signatures).unwrap()
}

/// What a service wants sent.
pub(crate) fn sent(f: impl FnOnce(&mut Outbox)) -> Vec<(Recipient, Vec<u8>)> {
    let mut outbox = Outbox::default();
    f(&mut outbox);
    outbox.into_messages()
}

/// An ed25519 wallet: its public key and its secret.
pub(crate) fn wallet(seed: u8) -> ([u8; 32], ed25519_zebra::SigningKey) {
    let secret = ed25519_zebra::SigningKey::from([seed; 32]);
    let public = ed25519_zebra::VerificationKey::from(&secret).into();
    (public, secret)
}

pub(crate) fn sender(seed: u8) -> Sender {
    Sender::parse(AuthType::Ed25519, &wallet(seed).0).unwrap()
}

/// A signed transaction of an action that does not exist. The owner of the network may fail at its
/// own expense.
pub(crate) fn transaction(seed: u8, nonce: u64, chain: &str) -> Item {
    let action = ActionExecution::new("main", "no_such_action", Vec::new());
    signed(seed, nonce, chain, action.unwrap().encode())
}

/// A signed transaction that calls an action with these arguments.
pub(crate) fn call(seed: u8, nonce: u64, action: &str, arguments: Vec<Value>) -> Item {
    calls(seed, nonce, action, vec![arguments])
}

/// The same with the arguments of several calls.
pub(crate) fn calls(seed: u8, nonce: u64, action: &str, arguments: Vec<Vec<Value>>) -> Item {
    let parameters = idos_ledger::find(NAMESPACE, action).unwrap().parameters;
    let encode = |arguments: Vec<Value>| {
        let values = parameters.iter().zip(arguments);
        let encoded =
            values.map(|(parameter, value)| EncodedValue::new(parameter.data_type, value).unwrap());
        encoded.collect()
    };
    let arguments = arguments.into_iter().map(encode).collect();
    let action = ActionExecution::new(NAMESPACE, action, arguments);
    signed(seed, nonce, CHAIN, action.unwrap().encode())
}

/// Transactions that make a profile which the wallet with this seed can claim.
pub(crate) fn profile_of(seed: u8) -> [Item; 4] {
    let id = |byte| Value::from(Uuid::from_bytes([byte; 16]));
    let issuer = hex::encode(wallet(ISSUER).0);
    let [user, wallet] = next_profile_of(seed, 1);
    [
        call(
            OWNER,
            1,
            "add_inserter_as_owner",
            vec![id(1), "issuer".into()],
        ),
        call(
            OWNER,
            2,
            "add_delegate_as_owner",
            vec![issuer.as_str().into(), id(1)],
        ),
        user,
        wallet,
    ]
}

/// Transactions of the issuer, from this nonce on, that make another one.
pub(crate) fn next_profile_of(seed: u8, nonce: u64) -> [Item; 2] {
    let id = |byte| Value::from(Uuid::from_bytes([byte; 16]));
    let (public, secret) = wallet(seed);
    let address = hex::encode(public);
    let message = format!("Sign this message to prove you own this wallet. Nonce: {nonce}");
    let signature = hex::encode(secret.sign(message.as_bytes()).to_bytes());
    let [address, key] = [address.as_str(); 2].map(Value::from);
    let [kind, message, signature] =
        ["FaceSign", message.as_str(), signature.as_str()].map(Value::from);
    let number = u8::try_from(nonce).unwrap();
    let (user, own) = (id(100 + number), id(150 + number));
    let wallet = vec![own, user.clone(), address, key, kind, message, signature];
    let user = vec![user, "encryption key".into(), "user".into()];
    [
        call(ISSUER, nonce, "add_user_as_inserter", user),
        call(ISSUER, nonce + 1, "upsert_wallet_as_inserter", wallet),
    ]
}

/// A transaction signed by a NEAR wallet, without a callback URL and with an empty one: two spellings
/// of one signature.
pub(crate) fn near_twins(seed: u8, nonce: u64) -> [Transaction; 2] {
    let action = ActionExecution::new("main", "no_such_action", Vec::new());
    let mut transaction = unsigned(seed, nonce, CHAIN, action.unwrap().encode());
    transaction.scheme = AuthType::Nep413.name().to_owned();
    let to_sign = near_to_sign(&transaction.signed_text(), &[seed; 32], "idos.network");
    let signature = wallet(seed).1.sign(&to_sign.digest()).to_bytes();
    let absent = to_sign.envelope(&signature).unwrap();
    let payload = &absent[2..absent.len() - signature.len()];
    let len = u16::try_from(payload.len() + 4).unwrap().to_be_bytes();
    let (is_there, without) = payload.split_last().unwrap();
    assert_eq!(*is_there, 0);
    let empty = [&len, without, &[1, 0, 0, 0, 0], &signature].concat();
    [absent, empty].map(|signature| Transaction {
        signature,
        ..transaction.clone()
    })
}

fn signed(seed: u8, nonce: u64, chain: &str, payload: Vec<u8>) -> Item {
    let mut transaction = unsigned(seed, nonce, chain, payload);
    let signature = wallet(seed).1.sign(transaction.signed_text().as_bytes());
    transaction.signature = signature.to_bytes().to_vec();
    Item::new(transaction.encode())
}

fn unsigned(seed: u8, nonce: u64, chain: &str, payload: Vec<u8>) -> Transaction {
    Transaction {
        signature: Vec::new(),
        scheme: AuthType::Ed25519.name().to_owned(),
        sender: wallet(seed).0.to_vec(),
        description: String::new(),
        payload_type: EXECUTE.to_owned(),
        payload,
        fee: Fee(0),
        nonce,
        chain_id: chain.to_owned(),
    }
}

/// The seed of the owner's wallet, and of one that makes profiles.
pub(crate) const OWNER: u8 = 250;
const ISSUER: u8 = 249;

/// A sign-in of somebody without a profile, at the start.
pub(crate) fn sign_in(seed: u8) -> Item {
    let nonce = SignInNonce {
        issued: START_MS / 1_000,
        random: [seed; 16],
        node: node_key(0).public(),
        signature: [0; 64],
    };
    let text = sign_in_text("https://node.test", CHAIN, &nonce);
    let signature = wallet(seed).1.sign(text.render().as_bytes());
    let signature = signature.to_bytes().to_vec();
    Item::new(
        SignInProof::verify(sender(seed), text, signature)
            .unwrap()
            .encode(),
    )
}

/// The key of a node as its peers know it.
pub(crate) fn peer(number: u8) -> idos_consensus::PeerKey {
    let ValidatorKey(key) = node_key(number).public();
    idos_consensus::PeerKey(key)
}
