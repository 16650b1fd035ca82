//! `idos node backup` and `idos node restore`: a node's state in one file, with what it holds beside
//! it.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

use idos_node::{CONSENSUS, CopyError, config::SettingsError, copy, genesis::Genesis, restore};
use idos_types::Digest;
use serde_json::{Value as Json, json};
use thiserror::Error;

use crate::{
    command::{
        new_folder,
        output::{Output, PrintError, text_of},
        secret_file::{self, SecretFileError},
    },
    node::{
        home::{HomeArg, HomeError},
        init::NODE_KEY,
    },
};

/// What `backup` is given.
#[derive(clap::Args)]
pub(crate) struct BackupArgs {
    /// The new file.
    file: PathBuf,
    #[command(flatten)]
    home: HomeArg,
    /// Copy the node's secret key as well, to a file beside it.
    #[arg(long)]
    with_key: bool,
}

/// What `restore` is given.
#[derive(clap::Args)]
pub(crate) struct RestoreArgs {
    /// The file that `idos node backup` wrote.
    file: PathBuf,
    #[command(flatten)]
    home: HomeArg,
}

/// Why there is no backup, or no state from it.
#[derive(Debug, Error)]
pub(crate) enum BackupError {
    /// It is unknown which node.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// Its genesis.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// Its key.
    #[error(transparent)]
    Key(#[from] SecretFileError),
    /// Its database.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// A file is there already.
    #[error("{} is there, and is not overwritten; name another file", .0.display())]
    Exists(PathBuf),
    /// A file cannot be read or written.
    #[error("{} cannot be read or written", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The manifest is none.
    #[error("{} is no manifest of a backup; bring the one that was written with the file", .0.display())]
    Manifest(PathBuf),
    /// The file is not the one that was written.
    #[error("{} is not the file that its manifest names: it was changed or is not whole", .0.display())]
    Changed(PathBuf),
    /// Nobody can be told.
    #[error(transparent)]
    Print(#[from] PrintError),
}

/// The file beside a backup that ends so.
fn beside(file: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(end);
    PathBuf::from(name)
}

fn manifest_of(file: &Path) -> PathBuf {
    beside(file, ".json")
}

/// The files of a backup that is not whole yet: they go with it, the key first of all.
struct Made(Vec<PathBuf>);

impl Drop for Made {
    fn drop(&mut self) {
        for path in self.0.iter().rev() {
            let _ = fs::remove_file(path);
        }
    }
}

/// Writes the backup. It appears with its manifest once it is whole and checked.
pub(crate) fn backup(args: BackupArgs, output: Output) -> Result<(), BackupError> {
    let home = args.home.resolve()?;
    let genesis = Genesis::load(&home)?;
    let file = args.file;
    let (manifest, key) = (manifest_of(&file), beside(&file, ".node.key"));
    for path in [&file, &manifest, &key] {
        if path.exists() {
            return Err(BackupError::Exists(path.clone()));
        }
    }
    let failed = |path: &Path, source| BackupError::File {
        path: path.to_owned(),
        source,
    };
    let unfinished = new_folder::unfinished(&file).map_err(|source| failed(&file, source))?;
    let mut made = Made(vec![unfinished.clone()]);
    let copied = copy(&home, &genesis, &unfinished)?;
    new_folder::place(&unfinished, &file).map_err(|source| failed(&file, source))?;
    made.0.push(file.clone());
    if args.with_key {
        let seed = secret_file::read(&home.join(NODE_KEY))?;
        new_folder::write_new(&key, secret_file::encode(&seed).as_bytes())
            .map_err(|source| failed(&key, source))?;
        made.0.push(key.clone());
    }
    let described = json!({
        "chain_id": genesis.chain_id,
        "height": copied.height,
        "root": copied.root.hash.to_string(),
        "sha256": copied.digest.to_string(),
        "bytes": copied.bytes,
    });
    // Last: nothing is restored without it.
    new_folder::write_new(&manifest, format!("{described}\n").as_bytes())
        .map_err(|source| failed(&manifest, source))?;
    made.0.clear();
    let height = copied.height.unwrap_or(0);
    let text = format!(
        "wrote the state of {} at height {height} to {} ({} bytes), checked row by row\n\n\
         what people erase from now on is still in this file: delete it when it is no longer needed",
        genesis.chain_id,
        file.display(),
        copied.bytes
    );
    let json = json!({
        "event": "backed-up", "file": text_of(&file), "manifest": text_of(&manifest),
        "key": args.with_key.then(|| text_of(&key)), "state": described,
    });
    Ok(output.print(&text, &json)?)
}

/// Makes the state of a node from a backup.
pub(crate) fn restore_from(args: RestoreArgs, output: Output) -> Result<(), BackupError> {
    let home = args.home.resolve()?;
    let genesis = Genesis::load(&home)?;
    let manifest = manifest_of(&args.file);
    let text = fs::read_to_string(&manifest).map_err(|source| BackupError::File {
        path: manifest.clone(),
        source,
    })?;
    let told: Json =
        serde_json::from_str(&text).map_err(|_| BackupError::Manifest(manifest.clone()))?;
    let digest = |name| told.get(name)?.as_str().and_then(Digest::from_hex);
    let (Some(sha256), Some(root)) = (digest("sha256"), digest("root")) else {
        return Err(BackupError::Manifest(manifest));
    };
    if digest_of(&args.file)? != sha256 {
        return Err(BackupError::Changed(args.file));
    }
    restore(&home, &genesis, &args.file, root)?;
    let height = told.get("height").and_then(Json::as_u64).unwrap_or(0);
    let since = if home.join(CONSENSUS).exists() {
        "it goes on from the blocks it has, or fetches what happened since, and votes on"
    } else {
        "it fetches what happened since, and votes from the next epoch on"
    };
    let text = format!(
        "{} has the state of {} at height {height}, checked row by row\n\n\
         next: idos node start; {since}",
        home.display(),
        genesis.chain_id
    );
    let json =
        json!({ "event": "restored", "home": text_of(&home), "height": height, "state": told });
    Ok(output.print(&text, &json)?)
}

fn digest_of(file: &Path) -> Result<Digest, BackupError> {
    idos_node::digest_of_file(file).map_err(|source| BackupError::File {
        path: file.to_owned(),
        source,
    })
}
