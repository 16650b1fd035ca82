use std::collections::BTreeMap;

use idos_consensus::{Block, Item, Turn};
use idos_ledger::{Pace, ParameterName};
use idos_types::{Value, limits};
use tempfile::TempDir;

use super::{durable::Step, *};
use crate::{
    copy,
    executor::{ExecutionError, Executor},
    genesis::FirstValidators,
    start::check_vote_marker,
    testing::{OWNER, at, call, genesis, node_key, profile_of},
};

const NEW: &str = "unit-2";

/// A node of the old network, stopped.
struct Old {
    home: TempDir,
    genesis: Genesis,
}

impl Old {
    /// One that executed so many blocks, each by this number of milliseconds after the one before.
    fn new(blocks: u64, step_ms: u64) -> Self {
        Self::with(blocks, step_ms, profile_of(2).to_vec())
    }

    /// One whose first block had these items.
    fn with(blocks: u64, step_ms: u64, first: Vec<Item>) -> Self {
        Self::of(genesis(4), blocks, step_ms, first)
    }

    fn of(genesis: Genesis, blocks: u64, step_ms: u64, first: Vec<Item>) -> Self {
        let home = TempDir::new().unwrap();
        fs::write(home.path().join(Genesis::FILE), genesis.to_file()).unwrap();
        let writer = open(&home.path().join(DATABASE)).unwrap();
        let mut executor = Executor::new(writer, &genesis).unwrap();
        for height in 1..=blocks {
            let items = if height == 1 {
                first.clone()
            } else {
                Vec::new()
            };
            let block = Block::new(
                executor.header(),
                at(height * step_ms),
                Turn::default(),
                items,
            );
            executor.execute(&block).unwrap();
        }
        Self { home, genesis }
    }

    fn plan(&self, kept: u8) -> Plan {
        Plan {
            chain_id: NEW.to_owned(),
            time_millis: 1,
            kept: (0..kept).map(|number| node_key(number).public()).collect(),
            added: self.genesis.validators[..0].to_vec(),
            accepts_loss: false,
        }
    }

    fn genesis_after(&self, plan: Plan) -> Result<Genesis, RestartError> {
        genesis_after(self.home.path(), &self.genesis, plan)
    }

    fn state(&self) -> PathBuf {
        let file = self.home.path().join("state");
        if !file.exists() {
            copy(self.home.path(), &self.genesis, &file).unwrap();
        }
        file
    }

    fn take_over(&self, genesis: &Genesis, from: &Path) -> Result<(Root, PathBuf), RestartError> {
        take_over(self.home.path(), genesis, &node_key(0), from)
    }

    fn executor(&self, genesis: &Genesis) -> Result<Executor, ExecutionError> {
        Executor::new(open(&self.home.path().join(DATABASE)).unwrap(), genesis)
    }
}

#[test]
fn the_state_goes_on_and_what_is_written_next_comes_after_it() {
    let old = Old::new(200, 10);
    let new = old.genesis_after(old.plan(2)).unwrap();
    let origin = new.origin.clone().unwrap();
    assert_eq!((origin.height, origin.blocks), (200, 201));
    assert!(new.time_millis > at(2_000).millis());
    let leaves = |executor: &Executor| executor.progress().root.count;
    let before = leaves(&old.executor(&old.genesis).unwrap());
    let (root, moved) = old.take_over(&new, &old.state()).unwrap();
    assert!(moved.join(DATABASE).exists() && moved.join(Genesis::FILE).exists());
    assert!(old.home.path().join(VOTE_MARKER).exists());

    let mut executor = old.executor(&new).unwrap();
    assert_eq!(executor.progress().root, root);
    assert_eq!(executor.progress().tip.height, 0);
    // Four validators and the sets of epochs 0 to 3 became two validators and two sets.
    assert_eq!(leaves(&executor), before - 2 - 1);
    assert_eq!(executor.progress().pace, Pace::Idle);
    let sets = |epoch| executor.state().validator_set(epoch).unwrap();
    assert_eq!([0, 1].map(|epoch| sets(epoch).unwrap().len()), [2, 2]);
    assert_eq!([2, 3].map(sets), [None, None]);
    assert!(executor.check_rows().is_ok());

    // Accounts go on where they were, heights and places too: lists are as they would have been.
    let id = Value::from(idos_types::Uuid::from_bytes([9; 16]));
    let item = call(OWNER, 3, "add_inserter_as_owner", vec![id, "new".into()]);
    let wrong_chain = Block::new(
        executor.header(),
        at(3_000_000_000),
        Turn::default(),
        vec![item],
    );
    let outcomes = executor.execute(&wrong_chain).unwrap().outcomes;
    assert!(outcomes.is_empty(), "it was signed for the old chain");
    assert_eq!(executor.network().counted(1), 202);
    assert_eq!(executor.network().block(1, at(0)).height, 202);

    let again = old.take_over(&new, &old.state());
    assert!(matches!(again, Err(RestartError::Done)));
}

/// Else the key would not vote on the new chain, whose epochs begin at 0, until that has as many.
#[test]
fn a_vote_marker_outside_of_the_folder_begins_anew_too() {
    let old = Old::new(2, 10);
    let new = old.genesis_after(old.plan(2)).unwrap();
    let elsewhere = TempDir::new().unwrap();
    let marker = elsewhere.path().join("votes");
    fs::write(&marker, "of the old chain").unwrap();
    let config = Config {
        vote_marker: Some(marker.clone()),
        ..Config::default()
    };
    fs::write(old.home.path().join(Config::FILE), config.to_file()).unwrap();
    fs::write(old.home.path().join(VOTE_MARKER), "left there").unwrap();
    let (_, before) = old.take_over(&new, &old.state()).unwrap();
    assert!(check_vote_marker(&marker, &node_key(0)).unwrap());
    let aside = elsewhere.path().join(format!("votes.before-{NEW}"));
    assert_eq!(fs::read(aside).unwrap(), b"of the old chain");
    assert_eq!(fs::read(before.join(VOTE_MARKER)).unwrap(), b"left there");
    assert!(!old.home.path().join(VOTE_MARKER).exists());
}

/// Of what is not for good a loss of power leaves all, or nothing. With the genesis of the old chain, a note that the
/// key has not voted, and no database, the node would begin that chain again, and vote on it for the second time.
#[test]
fn a_loss_of_power_leaves_no_key_that_votes_again_on_the_old_chain() {
    let old = Old::new(2, 10);
    let new = old.genesis_after(old.plan(2)).unwrap();
    let (home, elsewhere) = (old.home.path(), TempDir::new().unwrap());
    let config = Config {
        vote_marker: Some(elsewhere.path().join("votes")),
        ..Config::default()
    };
    fs::write(home.join(Config::FILE), config.to_file()).unwrap();
    fs::create_dir(home.join(CONSENSUS)).unwrap();
    let from = old.state();
    durable::STEPS.take();
    old.take_over(&new, &from).unwrap();

    let started = [
        (DATABASE, "old"),
        (CONSENSUS, "old"),
        (Genesis::FILE, "old"),
    ];
    let written = [(UNFINISHED_DATABASE, "new"), (UNFINISHED_GENESIS, "new")];
    let mut names: BTreeMap<PathBuf, &str> = started
        .into_iter()
        .chain(written)
        .map(|(name, whose)| (home.join(name), whose))
        .collect();
    let (mut kept, mut is_noted) = (names.clone(), false);
    let steps = durable::STEPS.take();
    for step in &steps {
        match step {
            Step::Renamed(from, to) => {
                let whose = names.remove(from).unwrap_or("old");
                names.insert(to.clone(), whose);
            }
            Step::Kept(folder) if folder == home => kept.clone_from(&names),
            Step::Kept(_) => {}
            Step::Noted => is_noted = true,
        }
        for left in [&names, &kept] {
            let whose = |name| left.get(&home.join(name)).copied();
            let begins_again =
                whose(Genesis::FILE) == Some("old") && whose(DATABASE) != Some("new");
            assert!(!(is_noted && begins_again), "{step:?} of {steps:#?}");
        }
    }
    assert!(is_noted);
    assert_eq!(kept.get(&home.join(Genesis::FILE)), Some(&"new"));
}

/// The state has operators folded to lower case, which for most kinds of wallets is no address any more.
#[test]
fn the_genesis_can_be_read_whatever_wallets_the_operators_have() {
    let operators = [
        "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh",
        "GA5ZSEJYB37JRC5AVCIA5MOP4RHTM335X2KGX3IHOJAPP5RE34K4KZVN",
        "ed25519:DcA2MzgpJbrUATQLLceocVckhhAqrkingax4oJ9kZ847",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    ];
    let mut first = genesis(4);
    let validators = first.validators.iter().zip(operators);
    let validators = validators.map(|(validator, operator)| GenesisValidator {
        operator: idos_types::Identity::of(operator),
        ..validator.clone()
    });
    first.validators = FirstValidators::new(validators.collect()).unwrap();
    let old = Old::of(first, 5, 10, Vec::new());
    let new = old.genesis_after(old.plan(4)).unwrap();
    let read = Genesis::parse(&new.to_file(), Path::new(Genesis::FILE)).unwrap();
    assert_eq!(read, new);
    assert!(old.take_over(&read, &old.state()).is_ok());
}

/// It may be what stopped the network, and its height may be in no epoch's beginning of the new chain.
#[test]
fn a_version_that_was_only_decided_does_not_count_in_the_new_chain() {
    let ahead = i64::try_from(2 * limits::FEWEST_EPOCH_BLOCKS).unwrap();
    let version = vec!["protocol_version".into(), 2.into(), ahead.into()];
    let decided = call(OWNER, 1, "set_parameter_as_owner", version);
    let old = Old::of(genesis(3), 5, 10, vec![decided]);
    let known = |home: &Path| {
        let state = open(&home.join(DATABASE)).unwrap();
        state
            .parameter(ParameterName::ProtocolVersion)
            .unwrap()
            .unwrap()
    };
    assert!(known(old.home.path()).next.is_some());
    let new = old.genesis_after(old.plan(3)).unwrap();
    old.take_over(&new, &old.state()).unwrap();
    let after = known(old.home.path());
    assert_eq!((after.value, after.next), (1, None));
}

#[test]
fn whoever_has_the_state_or_less_makes_the_same_of_it() {
    let (old, behind, none) = (Old::new(20, 10), Old::new(7, 10), Old::new(0, 10));
    let new = old.genesis_after(old.plan(2)).unwrap();
    let from = old.state();
    let made = old.take_over(&new, &from).unwrap().0;
    for other in [behind, none] {
        assert_eq!(other.take_over(&new, &from).unwrap().0, made);
    }
    let empty = TempDir::new().unwrap();
    let root = take_over(empty.path(), &new, &node_key(9), &from)
        .unwrap()
        .0;
    assert_eq!(root, made);
}

#[test]
fn a_call_that_was_interrupted_can_be_repeated() {
    let old = Old::new(5, 10);
    let new = old.genesis_after(old.plan(2)).unwrap();
    let (root, before) = old.take_over(&new, &old.state()).unwrap();
    // As if the genesis had not been put in its place any more.
    fs::write(old.home.path().join(Genesis::FILE), old.genesis.to_file()).unwrap();
    assert_eq!(
        old.take_over(&new, &old.state()).unwrap(),
        (root, before.clone())
    );
    // What the node was is still what it was.
    let writer = open(&before.join(DATABASE)).unwrap();
    assert_eq!(writer.head().unwrap().unwrap().height, 5);
}

#[test]
fn no_chain_gets_the_name_of_an_earlier_one() {
    let old = Old::new(5, 10);
    let new = old.genesis_after(old.plan(2)).unwrap();
    let from = old.state();
    old.take_over(&new, &from).unwrap();
    for name in [&old.genesis.chain_id, &new.chain_id] {
        let again = Genesis {
            chain_id: name.clone(),
            time_millis: new.time_millis + 1,
            ..new.clone()
        };
        let refused = old.take_over(&again, &from).unwrap_err();
        assert!(matches!(refused, RestartError::SameName(_)), "{refused}");
    }
    let mut plan = old.plan(2);
    plan.chain_id.clone_from(&old.genesis.chain_id);
    let refused = genesis_after(old.home.path(), &new, plan).unwrap_err();
    assert!(matches!(refused, RestartError::SameName(_)), "{refused}");
}

#[test]
fn another_state_is_refused() {
    let old = Old::new(20, 10);
    let new = old.genesis_after(old.plan(2)).unwrap();
    let from = old.state();
    let newer = Old::new(21, 10).take_over(&new, &from).unwrap_err();
    assert!(matches!(newer, RestartError::OwnIsNewer { own: 21, .. }));
    let other = Old::new(20, 11).take_over(&new, &from).unwrap_err();
    assert!(matches!(other, RestartError::OwnDiffers(20)));
    let shorter = Old::new(19, 10);
    let missing = old.take_over(&new, &shorter.state()).unwrap_err();
    assert!(matches!(
        missing,
        RestartError::OtherState { height: 19, .. }
    ));
    let without = Genesis {
        chain_id: "unit-3".to_owned(),
        ..old.genesis.clone()
    };
    let missing = old.take_over(&without, &from).unwrap_err();
    assert!(matches!(missing, RestartError::NoOrigin));
    let mut chain = new.clone();
    chain.origin.as_mut().unwrap().genesis = Digest::default();
    let other = old.take_over(&chain, &from).unwrap_err();
    assert!(matches!(other, RestartError::OtherChain));
    // Nothing was touched, and nothing is left.
    assert!(!old.home.path().join(UNFINISHED_DATABASE).exists());
    assert_eq!(
        old.executor(&old.genesis).unwrap().progress().tip.height,
        20
    );
}

#[test]
fn a_genesis_needs_survivors_and_a_new_name() {
    let old = Old::new(3, 10);
    let refused = |plan| old.genesis_after(plan).unwrap_err();
    let few = refused(old.plan(1));
    assert!(matches!(few, RestartError::TooFew { kept: 1, of: 4 }));
    assert!(matches!(refused(old.plan(5)), RestartError::NoSurvivor(_)));
    let mut twice = old.plan(2);
    twice.kept.push(twice.kept[0]);
    assert!(matches!(refused(twice), RestartError::Validators(_)));
    let mut same = old.plan(2);
    same.chain_id.clone_from(&old.genesis.chain_id);
    assert!(matches!(refused(same), RestartError::SameName(_)));
    let mut accepted = old.plan(1);
    accepted.accepts_loss = true;
    assert_eq!(old.genesis_after(accepted).unwrap().validators.len(), 1);
    let running = old.executor(&old.genesis).unwrap();
    assert!(matches!(refused(old.plan(2)), RestartError::Running(_)));
    drop(running);
}

/// A newer set may be tiny: what was acknowledged is on those who acknowledged it.
#[test]
fn survivors_are_enough_of_every_epoch_that_may_have_acknowledged() {
    let leaves = (1..4).map(|number| {
        let key = node_key(number).public().to_string();
        call(200 + number, 1, "leave", vec![key.as_str().into()])
    });
    let old = Old::with(limits::FEWEST_EPOCH_BLOCKS + 2, 10, leaves.collect());
    let writer = open(&old.home.path().join(DATABASE)).unwrap();
    let (newest, set) = writer.newest_validator_set().unwrap().unwrap();
    assert_eq!((newest, set.len()), (2, 1), "the others are about to leave");
    drop(writer);
    let few = old.genesis_after(old.plan(1)).unwrap_err();
    assert!(matches!(few, RestartError::TooFew { kept: 1, of: 4 }));
    // One who is about to leave is a survivor as well; one who is needed later too has to be there.
    assert_eq!(old.genesis_after(old.plan(2)).unwrap().validators.len(), 2);
    let leaving = Plan {
        kept: [1, 2].map(|number| node_key(number).public()).to_vec(),
        ..old.plan(0)
    };
    let few = old.genesis_after(leaving).unwrap_err();
    assert!(matches!(few, RestartError::TooFew { kept: 0, of: 1 }));
}

#[test]
fn nobody_makes_up_a_state_that_the_genesis_only_names() {
    let old = Old::new(3, 10);
    let new = old.genesis_after(old.plan(2)).unwrap();
    let empty = TempDir::new().unwrap();
    let made = Executor::new(open(empty.path()).unwrap(), &new).err();
    assert!(matches!(made, Some(ExecutionError::NoState)));
}
