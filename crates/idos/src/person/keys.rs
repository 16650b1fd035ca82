//! Keys, passwords, wallets and recovery.

use std::{fs, path::PathBuf};

use idos_client::{
    FlowError, Wallet as _,
    keys::Seed,
    person::{Keys, Person, WordsWallet},
};
use idos_crypto::{NewFactor, Password, PasswordCost, RecoveryWords, UnlockError, WrapKind};
use idos_types::{Uuid, WalletId};
use serde_json::json;
use zeroize::Zeroizing;

use super::session::{self, PersonArgs};
use crate::{
    command::{
        network_args::of_new_folder,
        new_folder,
        output::{Output, text_of},
        password_args::{self, RECOVERY_WORDS},
        secret_file,
    },
    role::{
        RoleArgs, RoleError, WALLET_KEY, block_on,
        wallet_kind::{self, WalletKind},
    },
};

/// What whoever creates the profile is given.
const PROFILE: &str = "profile.json";

/// What `keys` is given.
#[derive(clap::Args)]
#[command(mut_args(of_new_folder), mut_arg("home", |home| home.help("Folder to make")))]
pub(crate) struct KeysArgs {
    #[command(flatten)]
    person: PersonArgs,
    /// The kind of wallet that is made.
    #[arg(long, value_enum, default_value_t)]
    wallet: WalletKind,
}

/// What `add-wallet` is given.
#[derive(clap::Args)]
pub(crate) struct WalletArgs {
    #[command(flatten)]
    person: PersonArgs,
    /// The kind of the wallet.
    #[arg(long, value_enum, default_value_t)]
    wallet: WalletKind,
    /// File with the secret key of the wallet.
    #[arg(long, value_name = "FILE")]
    key_file: PathBuf,
}

/// What `remove-wallet` is given.
#[derive(clap::Args)]
pub(crate) struct RemoveWalletArgs {
    #[command(flatten)]
    person: PersonArgs,
    /// The wallet, by its id.
    wallet: Uuid,
}

/// What `password` is given.
#[derive(clap::Args)]
pub(crate) struct ChangeArgs {
    #[command(flatten)]
    person: PersonArgs,
    /// File with the new password [default: the variable IDOS_NEW_PASSWORD, or the terminal]
    #[arg(long, value_name = "FILE")]
    new_password_file: Option<PathBuf>,
}

/// What `recover` is given.
#[derive(clap::Args)]
#[command(mut_args(of_new_folder), mut_arg("home", |home| home.help(RECOVERED_FOLDER)))]
pub(crate) struct RecoverArgs {
    #[command(flatten)]
    role: RoleArgs,
    /// File with the recovery words [default: the variable IDOS_RECOVERY_WORDS, or the terminal]
    #[arg(long, value_name = "FILE")]
    words_file: Option<PathBuf>,
    /// File with the new password [default: the variable IDOS_NEW_PASSWORD, or the terminal]
    #[arg(long, value_name = "FILE")]
    new_password_file: Option<PathBuf>,
}

/// What `--home` is of `recover`.
const RECOVERED_FOLDER: &str =
    "Folder to make, or that of the same command if it failed: then it also has the network";

/// Makes the folder of a person.
pub(super) fn make(args: &KeysArgs, output: Output) -> Result<(), RoleError> {
    let PersonArgs { role, password } = &args.person;
    let mut files = role.network.files()?;
    new_folder::check(&role.home)?;
    let password = password.read_new()?;
    let seed = secret_file::random_seed()?;
    let wallet = args.wallet.wallet(&seed)?;
    let user = Person::new_id()?;
    let keys = Keys::compatible(user, &password)?;
    // The network's name is in what is signed; no node is asked.
    let chain_id = role.network.open(&role.home)?.chain_id().to_owned();
    let facts =
        block_on(async { Ok(Person::profile_facts(&chain_id, &keys, wallet.as_ref()).await?) })?;
    let text = serde_json::to_string_pretty(&facts).map_err(|source| RoleError::Form {
        path: PROFILE.into(),
        expected: "a profile",
        source,
    })?;
    files.push((PROFILE, Zeroizing::new(text)));
    files.push((WALLET_KEY, secret_file::encode(&seed)));
    let kind = Zeroizing::new(format!("{}\n", args.wallet.name()));
    files.push((wallet_kind::FILE, kind));
    new_folder::make(&role.home, &files)?;
    let file = role.home.join(PROFILE);
    let text = format!(
        "made the keys of a person: {}\nprofile     {user}\nwallet      {}\n\n\
         next: give {} to an issuer, who creates the profile; it holds no secret.\n\
         Keep a copy of {WALLET_KEY} in a safe place, or make recovery words: without either \
         nobody gets back to the data.",
        role.home.display(),
        facts.wallet.address,
        file.display(),
    );
    let json = json!({
        "event": "keys", "home": text_of(&role.home), "profile": user.to_string(),
        "wallet": facts.wallet.address, "profile_file": text_of(&file),
    });
    Ok(output.print(&text, &json)?)
}

/// Links another wallet.
pub(super) fn add_wallet(args: &WalletArgs, output: Output) -> Result<(), RoleError> {
    let seed: Seed = secret_file::read(&args.key_file)?;
    let wallet = args.wallet.wallet(&seed)?;
    let id = block_on(async {
        Ok(args
            .person
            .open()
            .await?
            .add_wallet(wallet.as_ref())
            .await?)
    })?;
    let json = json!({ "event": "wallet-added", "id": id.to_string() });
    Ok(output.print(&format!("linked the wallet {id}"), &json)?)
}

/// Takes a wallet off.
pub(super) fn remove_wallet(args: &RemoveWalletArgs, output: Output) -> Result<(), RoleError> {
    let id = WalletId(args.wallet);
    block_on(async { Ok(args.person.open().await?.remove_wallet(id).await?) })?;
    let json = json!({ "event": "wallet-removed", "id": id.to_string() });
    Ok(output.print(&format!("took off the wallet {id}"), &json)?)
}

/// A change of the password that came to its end.
struct Changed {
    keys: Keys,
    /// How many recovery words and passkeys open nothing any more; not known if an attempt before this
    /// one changed it.
    lost: Option<usize>,
}

/// Changes the password. A key that came from a password alone is replaced: it would remain that
/// password's.
pub(super) fn change_password(args: &ChangeArgs, output: Output) -> Result<(), RoleError> {
    let new = args.new_password_file.as_deref();
    let [old, new] = password_args::replaced(&args.person.password, new)?;
    let Changed { keys, lost } = block_on(changed(&args.person, &old, &new))?;
    let text = match lost {
        Some(0) => "changed the password; nothing had to be sealed again",
        Some(_) => {
            "changed the password; nothing had to be sealed again\n\
             the old password had made the key itself, so there is a new one, and recovery words \
             and passkeys of before open nothing any more\n\
             next: `idos person recovery-words`"
        }
        None => {
            "the new password counts already, by an attempt before this one, and what that one left \
             to do is done; the old password opens nothing\n\
             recovery words and passkeys of before may open nothing any more\n\
             next: `idos person recovery-words`"
        }
    };
    let json = json!({ "event": "password-changed", "other_ways_lost": lost });
    let printed = output.print(text, &json);
    let noted = printed
        .map_err(RoleError::from)
        .and_then(|()| args.person.remember(&keys));
    noted.map_err(|error| {
        error.after(
            "the password is changed, and the new one counts; correct what failed after that, and the \
             next command notes the revision of the key ring",
        )
    })
}

async fn changed(args: &PersonArgs, old: &Password, new: &Password) -> Result<Changed, RoleError> {
    let (mut person, keys) = match args.unlock_with(old).await {
        Ok(unlocked) => unlocked,
        Err(error) => return changed_before(args, new, error).await,
    };
    if keys.is_of_password() {
        return replaced(&mut person, &keys, old, new).await;
    }
    let cost = PasswordCost::DEFAULT;
    let keys = person.change_password(&keys, new, cost).await?;
    Ok(Changed {
        keys,
        lost: Some(0),
    })
}

/// What an attempt that was interrupted changed already: the ring opens by the new password only. To
/// unlock it finishes the change. A key that is a password's was not replaced by that attempt, so that
/// the old password is simply wrong.
async fn changed_before(
    args: &PersonArgs,
    new: &Password,
    by_old: RoleError,
) -> Result<Changed, RoleError> {
    if !is_wrong_password(&by_old) {
        return Err(by_old);
    }
    match args.unlock_with(new).await {
        Ok((_, keys)) if !keys.is_of_password() => Ok(Changed { keys, lost: None }),
        Err(error) if !is_wrong_password(&error) => Err(by_new_password(error)),
        _ => Err(by_old),
    }
}

/// Whether there is a key ring, and the password is not that of it.
fn is_wrong_password(error: &RoleError) -> bool {
    matches!(
        error,
        RoleError::Flow(FlowError::Unlock(UnlockError::WrongPassword))
    )
}

/// Replaces a key that the old password made.
async fn replaced(
    person: &mut Person,
    keys: &Keys,
    old: &Password,
    new: &Password,
) -> Result<Changed, RoleError> {
    let cost = PasswordCost::DEFAULT;
    // Until the key is replaced the ring opens by the old password, so that the command can be repeated
    // wherever it was interrupted; after that it opens by the new one, which the command tries then.
    let adopted = keys.adopted(&NewFactor::Password(old, cost))?;
    if keys.key_ring().is_none() {
        person.store_key_ring(&adopted).await?;
    }
    let factor = NewFactor::Password(new, cost);
    let replaced = person.replace_key(&adopted, &[factor]).await;
    Ok(Changed {
        keys: replaced.map_err(|error| by_new_password(error.into()))?,
        lost: Some(other_ways(&adopted)),
    })
}

/// Says which password counts, if the key was replaced and what comes after that failed.
fn by_new_password(error: RoleError) -> RoleError {
    if !matches!(error, RoleError::Flow(FlowError::KeyNotShown(_))) {
        return error;
    }
    error.after(
        "the new password counts already, and the old one opens nothing any more, nor do recovery words \
         and passkeys of before; the same command again, or any other with the new password, finishes \
         the change",
    )
}

/// How many recovery words and passkeys open the key ring.
fn other_ways(keys: &Keys) -> usize {
    let wraps = keys.key_ring().into_iter().flat_map(|ring| ring.wraps());
    let is_other = |kind: &WrapKind| !matches!(kind, WrapKind::Password(_));
    wraps.filter(|(_, kind)| is_other(kind)).count()
}

/// Makes recovery words.
pub(super) fn recovery_words(args: &PersonArgs, output: Output) -> Result<(), RoleError> {
    let password = args.password.read()?;
    let (keys, words) = block_on(async {
        let (person, mut keys) = args.unlock_with(&password).await?;
        if keys.key_ring().is_none() {
            keys = keys.adopted(&NewFactor::Password(&password, PasswordCost::DEFAULT))?;
            person.store_key_ring(&keys).await?;
        }
        Ok(person.add_recovery_words(&keys).await?)
    })?;
    let wallet = WordsWallet::new(&words).map_err(|error| RoleError::Refused(error.to_string()))?;
    let address = wallet.link().address;
    let words = words.expose();
    let text = Zeroizing::new(format!(
        "write these words down on paper, now: they are shown this once, and whoever has them has \
         the profile\n\n{}\n\n\
         earlier words open nothing any more; take their wallets off with `idos person \
         remove-wallet`\nthe wallet of these is {address}",
        words.as_str()
    ));
    let json = json!({
        "event": "recovery-words", "words": words.as_str(), "wallet": address,
    });
    // Before anything else that can fail: earlier words are dead, and nobody else knows these.
    output.print(&text, &json).map_err(|error| {
        RoleError::from(error).after(
            "earlier words open nothing any more, and the new ones could not be shown: correct the cause, \
             and make words again",
        )
    })?;
    args.remember(&keys).map_err(|error| {
        error.after(
            "the words above count, write them down; correct what failed after that, and the next \
             command notes the revision of the key ring",
        )
    })
}

/// The files of a folder with their names.
type NewFiles = Vec<(&'static str, Zeroizing<String>)>;

/// A file that says that a recovery was begun in its folder, and has not come to its end.
const RECOVERING: &str = "recovering";

/// Gets back by recovery words. Whatever it was interrupted by, it can be repeated.
pub(super) fn recover(args: &RecoverArgs, output: Output) -> Result<(), RoleError> {
    // Before anybody types 24 words and a password, twice.
    let files = files_of_recovery(&args.role)?;
    let home = &args.role.home;
    let network = args.role.network.open(home)?;
    let (words, _) = password_args::secret(args.words_file.as_deref(), &RECOVERY_WORDS)?;
    let words = RecoveryWords::parse(&words)?;
    let new = password_args::new_password(args.new_password_file.as_deref())?;
    if let Some(files) = files {
        // Before anything is changed: the key of the wallet that is linked must not be lost.
        new_folder::make(home, &files)?;
    }
    let wallet = args.role.wallet(WALLET_KEY)?;
    let user = block_on(async {
        let (mut person, keys) = Person::recover(network, &words, session::revision(home)?).await?;
        let address = wallet.link().address;
        let linked = person.wallets().await?;
        if !linked
            .iter()
            .any(|it| it.address.eq_ignore_ascii_case(&address))
        {
            person.add_wallet(wallet.as_ref()).await?;
        }
        let cost = PasswordCost::DEFAULT;
        let keys = if keys.is_of_password() {
            let factors = [NewFactor::Password(&new, cost), NewFactor::Words(&words)];
            person.replace_key(&keys, &factors).await?
        } else {
            person.change_password(&keys, &new, cost).await?
        };
        session::remember(home, &keys)?;
        Ok(person.id())
    })?;
    let path = home.join(RECOVERING);
    fs::remove_file(&path).map_err(|source| RoleError::Write { path, source })?;
    let text = format!(
        "got back to the profile {user} with a new wallet and the new password: {}\n\
         next: take lost wallets off with `idos person remove-wallet`",
        home.display()
    );
    let json = json!({ "event": "recovered", "profile": user.to_string() });
    Ok(output.print(&text, &json)?)
}

/// What the new folder is to hold; none if it is the one of an attempt that was interrupted, which stays
/// as it is.
fn files_of_recovery(role: &RoleArgs) -> Result<Option<NewFiles>, RoleError> {
    if role.home.join(RECOVERING).exists() {
        return Ok(None);
    }
    let mut files = role.network.files()?;
    new_folder::check(&role.home)?;
    let seed = secret_file::random_seed()?;
    files.push((WALLET_KEY, secret_file::encode(&seed)));
    files.push((RECOVERING, Zeroizing::default()));
    Ok(Some(files))
}
