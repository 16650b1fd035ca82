//! `idos issuer keys`: the folder with an issuer's keys.

use std::path::{Path, PathBuf};

use idos_credential::{KeyError, KeyKind, SecretKey};
use idos_crypto::SecretKey as EncryptionKey;
use serde_json::json;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{
    command::{
        network_args::{NetworkArgs, NetworkError, of_new_folder},
        new_folder::{self, NewFolderError},
        output::{Output, PrintError, text_of},
        secret_file::{self, SecretFileError},
    },
    role::ENCRYPTION_KEY,
};

/// The keys that sign credentials, with what each is for.
pub(crate) const CREDENTIAL_KEYS: [(&str, KeyKind, &str); 3] = [
    (
        "ed25519.key",
        KeyKind::Ed25519,
        "signs credentials by eddsa-jcs-2022 and eddsa-rdfc-2022",
    ),
    (
        "p256.key",
        KeyKind::P256,
        "signs credentials by ecdsa-rdfc-2019",
    ),
    (
        "bbs.key",
        KeyKind::Bls12381G2,
        "signs credentials of which parts can be disclosed, by bbs-2023",
    ),
];

/// How often randomness may be no key of a kind: of BBS every other is none.
const TRIES: usize = 128;

/// What the command is given.
#[derive(clap::Args)]
#[command(mut_args(of_new_folder))]
pub(crate) struct Args {
    /// Folder to make; whoever can read it can issue in the issuer's name.
    #[arg(long, value_name = "DIR")]
    home: PathBuf,
    #[command(flatten)]
    network: NetworkArgs,
}

/// Why there are no keys.
#[derive(Debug, Error)]
pub(crate) enum KeysError {
    /// There is something already, or nothing can be written.
    #[error(transparent)]
    Folder(#[from] NewFolderError),
    /// No key can be made.
    #[error("the operating system gives no randomness for keys")]
    Randomness(#[from] getrandom::Error),
    /// The network.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// A key's file.
    #[error(transparent)]
    File(#[from] SecretFileError),
    /// What is in it.
    #[error("{} is no key of its kind; the issuer must restore it", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: KeyError,
    },
    /// The keys are made, but nobody was told.
    #[error(transparent)]
    Print(#[from] PrintError),
}

/// Makes the folder and prints who the issuer is.
pub(crate) fn run(args: Args, output: Output) -> Result<(), KeysError> {
    // Whoever only issues over HTTP needs no network.
    let mut files = if args.network.is_named() {
        args.network.files()?
    } else {
        Vec::new()
    };
    files.extend(new_files()?);
    new_folder::make(&args.home, &files)?;
    let encryption = secret_file::read(&args.home.join(ENCRYPTION_KEY))?;
    let encryption = EncryptionKey::from_bytes(encryption).public_key();
    let mut text = format!("made the keys of an issuer: {}\n\n", args.home.display());
    let mut keys = Vec::new();
    let mut address = String::new();
    for (name, kind, meaning) in CREDENTIAL_KEYS {
        let key = read(&args.home, name, kind)?.public();
        if kind == KeyKind::Ed25519 {
            address = hex::encode(key.to_bytes());
        }
        let did = key.did_key();
        text += &format!("  {name:<12} {meaning}\n               {did}\n");
        keys.push(json!({ "file": name, "did": did }));
    }
    text += &format!(
        "  {ENCRYPTION_KEY:<12} opens what people share\n\naddress     {address}\nkey         {}\n",
        encryption.to_base64()
    );
    text += "\nkeep a copy in a safe place: without them nobody can issue or revoke as this issuer";
    let json = json!({
        "event": "keys", "home": text_of(&args.home), "keys": keys,
        "address": address, "encryption_key": encryption.to_base64(),
    });
    Ok(output.print(&text, &json)?)
}

/// Fresh keys as files.
pub(crate) fn new_files() -> Result<Vec<(&'static str, Zeroizing<String>)>, getrandom::Error> {
    let encryption = secret_file::random_seed()?;
    let mut files = vec![(ENCRYPTION_KEY, secret_file::encode(&encryption))];
    for (name, kind, _) in CREDENTIAL_KEYS {
        files.push((name, secret_file::encode(&*new_seed(kind)?)));
    }
    Ok(files)
}

/// Reads one of the keys.
pub(crate) fn read(home: &Path, name: &str, kind: KeyKind) -> Result<SecretKey, KeysError> {
    let path = home.join(name);
    let seed = secret_file::read(&path)?;
    SecretKey::from_bytes(kind, seed.as_slice()).map_err(|source| KeysError::Key { path, source })
}

/// Randomness that is a key of this kind.
fn new_seed(kind: KeyKind) -> Result<Zeroizing<[u8; 32]>, getrandom::Error> {
    let mut seed = secret_file::random_seed()?;
    for _ in 0..TRIES {
        if SecretKey::from_bytes(kind, seed.as_slice()).is_ok() {
            break;
        }
        seed = secret_file::random_seed()?;
    }
    Ok(seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn randomness_becomes_a_key_of_every_kind() {
        for (_, kind, _) in CREDENTIAL_KEYS {
            for _ in 0..8 {
                let seed = new_seed(kind).unwrap();
                assert!(
                    SecretKey::from_bytes(kind, seed.as_slice()).is_ok(),
                    "{kind}"
                );
            }
        }
    }
}
