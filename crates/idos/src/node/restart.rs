//! `idos node restart-genesis` and `idos node restart-network`: a network that lost more validators than
//! it can do without goes on as a new chain.

use std::{
    fs::OpenOptions,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::PathBuf,
};

use idos_node::{
    NodeKey,
    config::SettingsError,
    genesis::{FirstValidators, Genesis, GenesisValidator},
    genesis_hash,
    restart::{self, Plan, RestartError},
};
use idos_types::ValidatorKey;
use serde_json::json;
use thiserror::Error;

use crate::{
    command::{
        bounded_file::{self, FileError},
        clock::now_millis,
        network_args::GENESIS_BYTES,
        output::{Output, PrintError, text_of},
        secret_file::{self, SecretFileError},
    },
    node::{
        home::{HomeArg, HomeError},
        init::NODE_KEY,
    },
};

/// What `restart-genesis` is given.
#[derive(clap::Args)]
pub(crate) struct GenesisArgs {
    /// The new file.
    file: PathBuf,
    #[command(flatten)]
    home: HomeArg,
    /// Name of the new chain, which no chain had.
    #[arg(long, value_name = "ID")]
    chain_id: String,
    /// A validator that goes on; several times for several.
    #[arg(long, value_name = "KEY", required = true, value_parser = parse_key)]
    keep: Vec<ValidatorKey>,
    /// A file with a table [[validators]] for each validator beside them.
    #[arg(long, value_name = "FILE")]
    add: Option<PathBuf>,
    /// Go on although so few validators are left that acknowledged writes may be lost.
    #[arg(long)]
    accept_loss: bool,
}

/// What `restart-network` is given.
#[derive(clap::Args)]
pub(crate) struct NetworkArgs {
    /// The genesis of the new chain, the same on every node.
    genesis: PathBuf,
    /// The state that it names, as `idos node backup` wrote it.
    state: PathBuf,
    #[command(flatten)]
    home: HomeArg,
}

/// Why the network is not restarted.
#[derive(Debug, Error)]
pub(crate) enum NodeRestartError {
    /// It is unknown which node.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// A genesis, or validators, cannot be read.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A file is missing or too large.
    #[error(transparent)]
    File(#[from] FileError),
    /// Its key.
    #[error(transparent)]
    Key(#[from] SecretFileError),
    /// The restart.
    #[error(transparent)]
    Restart(#[from] RestartError),
    /// The file cannot be made.
    #[error("{} cannot be written: name a file that is not there", path.display())]
    Write {
        /// Which one.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Nobody can be told.
    #[error(transparent)]
    Print(#[from] PrintError),
}

fn parse_key(text: &str) -> Result<ValidatorKey, &'static str> {
    ValidatorKey::from_hex(text).ok_or("a voting key has 64 lower-case hexadecimal digits")
}

/// Writes the genesis of the chain that goes on with the state of this node.
pub(crate) fn genesis(args: GenesisArgs, output: Output) -> Result<(), NodeRestartError> {
    let home = args.home.resolve()?;
    let before = Genesis::load(&home)?;
    let added = args.add.map(added).transpose()?.unwrap_or_default();
    let plan = Plan {
        chain_id: args.chain_id,
        time_millis: now_millis(),
        kept: args.keep,
        added,
        accepts_loss: args.accept_loss,
    };
    let genesis = restart::genesis_after(&home, &before, plan)?;
    let mut new = OpenOptions::new();
    new.write(true).create_new(true).mode(0o644);
    new.open(&args.file)
        .and_then(|mut file| {
            file.write_all(genesis.to_file().as_bytes())?;
            file.sync_all()
        })
        .map_err(|source| NodeRestartError::Write {
            path: args.file.clone(),
            source,
        })?;
    let origin = genesis.origin.as_ref().ok_or(RestartError::NoOrigin)?;
    let hash = genesis_hash(&genesis);
    let text = format!(
        "wrote the start of {} to {}: it goes on with the state of {} at height {}, whose root is {}, and \
         has {} validators\n\nhash: {hash}\n\nnext: idos node backup FILE on this node; both files to every \
         operator, who compare the hash; idos node restart-network on every node",
        genesis.chain_id,
        args.file.display(),
        origin.chain_id,
        origin.height,
        origin.root,
        genesis.validators.len(),
    );
    let json = json!({
        "event": "restart-genesis", "file": text_of(&args.file), "hash": hash.to_string(),
        "chain_id": genesis.chain_id, "validators": genesis.validators.len(),
        "origin": {
            "chain_id": origin.chain_id, "height": origin.height, "root": origin.root.to_string(),
        },
    });
    Ok(output.print(&text, &json)?)
}

/// The validators of a file that has nothing else.
fn added(path: PathBuf) -> Result<Vec<GenesisValidator>, NodeRestartError> {
    let text = bounded_file::read_text(&path, GENESIS_BYTES)?;
    Ok(FirstValidators::parse(&text, &path)?.to_vec())
}

/// Makes the node one of the new network.
pub(crate) fn network(args: NetworkArgs, output: Output) -> Result<(), NodeRestartError> {
    let home = args.home.resolve()?;
    let text = bounded_file::read_text(&args.genesis, GENESIS_BYTES)?;
    let genesis = Genesis::parse(&text, &args.genesis)?;
    let key = NodeKey::from_seed(secret_file::read(&home.join(NODE_KEY))?);
    let (root, before) = restart::take_over(&home, &genesis, &key, &args.state)?;
    let votes = match genesis.validators.iter().any(|one| one.key == key.public()) {
        true => "validates",
        false => "does not validate: let it join once the network runs",
    };
    let text = format!(
        "{} is a node of {} now, with a state whose root is {}; it {votes}\n\nwhat it was before is in {}: \
         never start a node on it, and delete it when it is no longer needed, since what people erase from \
         now on is still in it\n\nnext: idos node start",
        home.display(),
        genesis.chain_id,
        root.hash,
        before.display(),
    );
    let json = json!({
        "event": "network-restarted", "home": text_of(&home), "chain_id": genesis.chain_id,
        "root": root.hash.to_string(), "before": text_of(&before),
    });
    Ok(output.print(&text, &json)?)
}
