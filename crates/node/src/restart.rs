//! A network that lost more validators than it can do without goes on as a new chain: its genesis names
//! the state that it begins with, and every node that has that state makes it its own.

mod durable;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use idos_ledger::{self as ledger, GenesisValidator, State as _, StateError};
use idos_proof::Root;
use idos_store::{Database, FolderLock, NewBlock, Options, StoreError, Writer};
use idos_types::{Digest, ValidatorKey};
use thiserror::Error;

use crate::{
    NodeKey,
    config::{Config, SettingsError},
    executor::{FLOOR, GENESIS, genesis_header},
    genesis::{FirstValidators, Genesis, GenesisError, Origin, ValidatorsError},
    start::{CONSENSUS, DATABASE, StartError, UNFINISHED_DATABASE, VOTE_MARKER, note_no_votes},
};

/// Where the start of the new chain is written before it is the node's.
const UNFINISHED_GENESIS: &str = "genesis.toml.new";
/// How the folders are called that hold what the node was before: this, and the name of the chain after.
const BEFORE: &str = "before-";

/// Why a network is not restarted, here at least.
#[derive(Debug, Error)]
pub enum RestartError {
    /// The state cannot be read or written, or is damaged.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The state cannot be read.
    #[error(transparent)]
    State(#[from] StateError),
    /// The new chain cannot have this name.
    #[error("there can be no such chain")]
    Genesis(#[source] GenesisError),
    /// The validators cannot be those of a genesis.
    #[error("the new chain cannot have these validators")]
    Validators(#[from] ValidatorsError),
    /// The new chain has the name of the old one.
    #[error(
        "the new chain needs a name that no chain had: what was signed for {0} would be valid again"
    )]
    SameName(String),
    /// There is no state to go on with.
    #[error("{} has no state that is whole: use the node that has", .0.display())]
    NoState(PathBuf),
    /// The node runs.
    #[error("the node of {} runs: stop it, and every other one of the old network", .0.display())]
    Running(PathBuf),
    /// One is named that did not validate.
    #[error("{0} is no validator of the network as it was last: name only nodes that were")]
    NoSurvivor(ValidatorKey),
    /// Too few are left to be sure of what was acknowledged.
    #[error(
        "{kept} of {of} validators are too few: what was acknowledged is certain to be on one of them \
         only if they are more than a third. Find more of the old nodes, or accept the loss"
    )]
    TooFew {
        /// Validators that go on.
        kept: usize,
        /// Validators that there were.
        of: usize,
    },
    /// The genesis is none of a restart.
    #[error("the genesis names no state to go on with: use the one that was made for the restart")]
    NoOrigin,
    /// The file is not the state that the genesis names.
    #[error(
        "the file is not the state that the genesis names, but that of height {height} with the root \
         {root}: bring the file that was made together with the genesis"
    )]
    OtherState {
        /// Height of its newest block.
        height: u64,
        /// Root of its state.
        root: Digest,
    },
    /// The file is of another chain than the genesis names.
    #[error("the file is of another chain than the genesis names")]
    OtherChain,
    /// This node has blocks that the state does not have.
    #[error(
        "this node has the blocks up to {own}, the new chain would begin with {origin}: make the genesis \
         and the file from this node, which has more"
    )]
    OwnIsNewer {
        /// Newest height here.
        own: u64,
        /// Height in the genesis.
        origin: u64,
    },
    /// This node computed something else.
    #[error(
        "this node has another state at height {0} than the one that the new chain would begin with: one \
         of the two is wrong. Do not go on before it is clear which"
    )]
    OwnDiffers(u64),
    /// The folder is of neither chain.
    #[error("the folder is of another chain than the one that the genesis goes on with")]
    OwnIsOther,
    /// It was done before.
    #[error("the node is one of the new network already: start it")]
    Done,
    /// The settings of the node, which say where that note is, cannot be read.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The note that the key has not voted on the new chain.
    #[error("the node's key cannot be noted as new")]
    Note(#[source] Box<StartError>),
    /// A folder cannot be changed.
    #[error("{} cannot be changed", path.display())]
    Folder {
        /// Which one.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// Who goes on, and as what.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    /// The name of the new chain.
    pub chain_id: String,
    /// When it starts, in milliseconds since 1970; at least one later than the newest block.
    pub time_millis: u64,
    /// Validators that go on, with operators and addresses as the state has them.
    pub kept: Vec<ValidatorKey>,
    /// Validators beside them.
    pub added: Vec<GenesisValidator>,
    /// Whether to go on although so few are left that acknowledged writes may be lost.
    pub accepts_loss: bool,
}

/// The genesis of the chain that goes on with the state of the node in `home`, which does not run.
pub fn genesis_after(home: &Path, before: &Genesis, plan: Plan) -> Result<Genesis, RestartError> {
    let folder = home.join(DATABASE);
    if plan.chain_id == before.chain_id || was_named(home, &plan.chain_id) {
        return Err(RestartError::SameName(plan.chain_id));
    }
    if FolderLock::is_taken(&folder)? {
        return Err(RestartError::Running(home.to_owned()));
    }
    let no_state = || RestartError::NoState(home.to_owned());
    if !folder.exists() {
        return Err(no_state());
    }
    let writer = open(&folder)?;
    if writer.sync_mark()?.is_some() {
        return Err(no_state());
    }
    let head = writer.head()?.ok_or_else(no_state)?;
    let name = genesis_header(before).hash();
    if writer.meta(GENESIS)? != Some(name.to_string()) {
        return Err(RestartError::OwnIsOther);
    }
    let root = writer.check_rows()?;
    let epoch = before.epoch_blocks.epoch_of(head.height.saturating_add(1));
    let mut validators = survivors(&writer, epoch, &plan)?;
    validators.extend(plan.added);
    let time = plan.time_millis.max(head.time.millis().saturating_add(1));
    let new = Genesis::new(&plan.chain_id, before.owner.as_str(), time);
    Ok(Genesis {
        body_retention_seconds: before.body_retention_seconds,
        epoch_blocks: before.epoch_blocks,
        validators: FirstValidators::new(validators)?,
        origin: Some(Origin {
            chain_id: before.chain_id.clone(),
            genesis: name,
            height: head.height,
            root: root.hash,
            // Height 0 counts as well: the new chain has one.
            blocks: before
                .earlier_blocks()
                .saturating_add(head.height)
                .saturating_add(1),
        }),
        ..new.map_err(RestartError::Genesis)?
    })
}

/// Those who go on. Of more than two thirds that acknowledged a write, one is among more than a third.
/// What is not in this state came after its newest block: in the epoch of the next one, or in a later
/// one that is fixed.
fn survivors(
    state: &Writer,
    epoch: u64,
    plan: &Plan,
) -> Result<Vec<GenesisValidator>, RestartError> {
    let newest = state.newest_validator_set()?;
    let mut sets = Vec::new();
    for epoch in newest.into_iter().flat_map(|(newest, _)| epoch..=newest) {
        sets.extend(state.validator_set(epoch)?);
    }
    let mut survivors = Vec::new();
    for key in &plan.kept {
        let was_one = sets.iter().any(|set| set.contains(*key));
        let known = state.validator(*key)?.filter(|_| was_one);
        let known = known.ok_or(RestartError::NoSurvivor(*key))?;
        survivors.push(GenesisValidator {
            key: known.key,
            operator: idos_types::Identity::of(&known.operator),
            address: known.address,
        });
    }
    for set in &sets {
        let kept = plan.kept.iter().filter(|key| set.contains(**key)).count();
        let of = set.len();
        if kept.saturating_mul(3) <= of && !plan.accepts_loss {
            return Err(RestartError::TooFew { kept, of });
        }
    }
    Ok(survivors)
}

/// Makes the node in `home`, which does not run, one of the network of `genesis`, with the state in the
/// file `from`, a copy as [`crate::copy`] makes it. What the node was before is moved to a folder in
/// `home`, whose path is returned with the root of the new chain's state; a node that was in no network
/// yet has none. A call that was interrupted can be repeated.
pub fn take_over(
    home: &Path,
    genesis: &Genesis,
    key: &NodeKey,
    from: &Path,
) -> Result<(Root, PathBuf), RestartError> {
    let origin = genesis.origin.as_ref().ok_or(RestartError::NoOrigin)?;
    let known = Genesis::load(home).ok();
    match known {
        Some(known) if known == *genesis => return Err(RestartError::Done),
        // Its votes would count in both networks.
        Some(known) if known.chain_id == genesis.chain_id => {
            return Err(RestartError::SameName(known.chain_id));
        }
        _ if was_named(home, &genesis.chain_id) => {
            return Err(RestartError::SameName(genesis.chain_id.clone()));
        }
        _ => {}
    }
    // A folder without settings has the default ones.
    let config = match home.join(Config::FILE).exists() {
        true => Config::load(home)?,
        false => Config::default(),
    };
    let marker = config.vote_marker_of(home);
    let before = home.join(format!("{BEFORE}{}", genesis.chain_id));
    let database = home.join(DATABASE);
    let _home = take(home)?;
    let unfinished = home.join(UNFINISHED_DATABASE);
    remove(&unfinished)?;
    // A call that was interrupted has moved it.
    let own = [database, before.join(DATABASE)];
    let root = match begin(from, &unfinished, genesis, origin, &own) {
        Ok(root) => root,
        Err(error) => {
            // It holds what people may erase, and nobody looks after it any more.
            let _ = fs::remove_dir_all(&unfinished);
            return Err(error);
        }
    };
    put_in_place(home, &marker, &before, genesis, key)?;
    Ok((root, before))
}

/// Takes the folder of a node that does not run, so that none starts meanwhile.
fn take(home: &Path) -> Result<FolderLock, RestartError> {
    FolderLock::take(home).map_err(|error| match error {
        StoreError::Locked { folder } => RestartError::Running(folder),
        error => error.into(),
    })
}

/// Makes a database of the new chain from a copy of the state of the old one, in a folder that is not there yet. What
/// the node has of the old one itself, in any of the folders `own`, has to be of the same state.
fn begin(
    from: &Path,
    folder: &Path,
    genesis: &Genesis,
    origin: &Origin,
    own: &[PathBuf],
) -> Result<Root, RestartError> {
    Database::restore(from, folder)?;
    let mut writer = open(folder)?;
    check_origin(&writer, origin)?;
    for own in own.iter().filter(|folder| folder.exists()) {
        check_own(own, &writer, origin)?;
    }
    let changes = ledger::restart(&writer, &genesis.validators, genesis.earlier_blocks())?;
    let first = genesis_header(genesis);
    let block = NewBlock {
        hash: first.hash(),
        time: first.time,
        header: first.encode(),
    };
    let name = first.hash().to_string();
    let root = writer.start_again(&changes, block, origin.blocks, (GENESIS, &name), FLOOR)?;
    writer.check_rows()?;
    writer.checkpoint()?;
    Ok(root)
}

/// Whether the node was in a chain of this name once: what it was then is in a folder of its home.
fn was_named(home: &Path, chain_id: &str) -> bool {
    let folders = fs::read_dir(home).into_iter().flatten().flatten();
    let before = folders.filter(|folder| {
        folder
            .file_name()
            .as_encoded_bytes()
            .starts_with(BEFORE.as_bytes())
    });
    before
        .filter_map(|folder| Genesis::load(&folder.path()).ok())
        .any(|genesis| genesis.chain_id == chain_id)
}

/// Moves what the node was out of the way, and what it is now to its place. The genesis comes last:
/// until then the call can be repeated. The note that the key has not voted may be on another disk, and comes after
/// all of that is for good: with the old genesis and no database the node would begin that chain again, and vote.
fn put_in_place(
    home: &Path,
    marker: &Path,
    before: &Path,
    genesis: &Genesis,
    key: &NodeKey,
) -> Result<(), RestartError> {
    let changing = |path: &Path| {
        let path = path.to_owned();
        move |source| RestartError::Folder { path, source }
    };
    fs::create_dir_all(before).map_err(changing(before))?;
    // One outside of the folder is perhaps on another disk, so it is put aside where it is.
    let own_name = marker.file_name().filter(|_| marker.parent() == Some(home));
    let old_marker = match own_name {
        Some(name) => before.join(name),
        None => put_aside(marker, before),
    };
    for (from, to) in [
        (home.join(CONSENSUS), before.join(CONSENSUS)),
        (marker.to_owned(), old_marker),
        // One that was left when the settings named another place is of the old chain too.
        (home.join(VOTE_MARKER), before.join(VOTE_MARKER)),
        (home.join(DATABASE), before.join(DATABASE)),
    ] {
        // What is there from an interrupted call is the node's; what took its place since is not.
        if to.exists() {
            remove(&from)?;
        } else if from.exists() {
            durable::rename(&from, &to).map_err(changing(&from))?;
        }
    }
    let old = home.join(Genesis::FILE);
    if old.exists() && !before.join(Genesis::FILE).exists() {
        // Under another name until it is whole: a call that was interrupted begins this anew.
        let unfinished = before.join(UNFINISHED_GENESIS);
        fs::copy(&old, &unfinished)
            .and_then(|_| fs::File::open(&unfinished)?.sync_all())
            .and_then(|()| durable::rename(&unfinished, &before.join(Genesis::FILE)))
            .map_err(changing(before))?;
    }
    durable::keep(before).map_err(changing(before))?;
    let unfinished = home.join(UNFINISHED_DATABASE);
    durable::rename(&unfinished, &home.join(DATABASE)).map_err(changing(&unfinished))?;
    durable::keep(home).map_err(changing(home))?;
    note_no_votes(marker, key).map_err(|failure| RestartError::Note(Box::new(failure)))?;
    durable::record(|| durable::Step::Noted);
    let new = home.join(UNFINISHED_GENESIS);
    fs::write(&new, genesis.to_file()).map_err(changing(&new))?;
    let synced = fs::File::open(&new).and_then(|file| file.sync_all());
    synced
        .and_then(|()| durable::rename(&new, &old))
        .and_then(|()| durable::keep(home))
        .map_err(changing(home))
}

/// What a file outside of the folder is called that belongs to what the node was: its name, and that of
/// the folder which has the rest.
fn put_aside(file: &Path, before: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(before.file_name().unwrap_or_default());
    name.into()
}

/// Whether a state is the one that a chain begins with.
fn check_origin(state: &Writer, origin: &Origin) -> Result<(), RestartError> {
    if state.meta(GENESIS)? != Some(origin.genesis.to_string()) {
        return Err(RestartError::OtherChain);
    }
    match state.head()? {
        Some(head) if head.height == origin.height && head.root.hash == origin.root => Ok(()),
        found => Err(RestartError::OtherState {
            height: found.as_ref().map_or(0, |head| head.height),
            root: found.map_or_else(Digest::default, |head| head.root.hash),
        }),
    }
}

/// Whether what this node has is what the state has as well: it computed every block alike.
fn check_own(own: &Path, state: &Writer, origin: &Origin) -> Result<(), RestartError> {
    let own = open(own)?;
    // A state that was on its way here says nothing.
    if own.sync_mark()?.is_some() {
        return Ok(());
    }
    let Some(head) = own.head()? else {
        return Ok(());
    };
    if own.meta(GENESIS)? != Some(origin.genesis.to_string()) {
        // A node that never was in a network has only its genesis.
        return match head.height {
            0 => Ok(()),
            _ => Err(RestartError::OwnIsOther),
        };
    }
    if head.height > origin.height {
        return Err(RestartError::OwnIsNewer {
            own: head.height,
            origin: origin.height,
        });
    }
    match state.block(head.height)? {
        // Of a node that was restored once, the root may not be known.
        Some(there)
            if there.hash == head.hash && (there.is_root_unknown() || there.root == head.root) =>
        {
            Ok(())
        }
        // The state came from others, and has no blocks before.
        None => Ok(()),
        Some(_) => Err(RestartError::OwnDiffers(head.height)),
    }
}

fn open(folder: &Path) -> Result<Writer, StoreError> {
    let (writer, readers) = Database::open(folder, &Options::default())?;
    drop(readers);
    Ok(writer)
}

fn remove(path: &Path) -> Result<(), RestartError> {
    let removed = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    };
    removed.map_err(|source| RestartError::Folder {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests;
