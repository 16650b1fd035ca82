//! `idos issuer profile`, `issue`, `grant-access` and `notes`: what an issuer does on the network.

use std::path::{Path, PathBuf};

use idos_client::{
    Error as ClientError, FlowError, derived_id,
    issuer::{IssuedIds, Issuer},
    keys::Seed,
    signed_grant::{DelegatedAccess, HandedWriteGrant, ProfileFacts, WriteGrant},
};
use idos_credential::{Issuer as Signer, KeyKind, Suite, parse_json};
use idos_crypto::PublicKey;
use idos_types::{
    CredentialId, Digest, Identity, UserId, Uuid, WalletId, WalletType,
    limits::{CREDENTIAL_BYTES, PUBLIC_NOTES_BYTES},
};
use idos_wallet::{ownership_message, verify_ownership};
use serde_json::{Value, json};

use crate::{
    command::{
        bounded_file,
        output::{Output, inert, text_of},
        secret_file,
        shell::quoted,
    },
    issuer::{
        issuance::{Issuance, Outcome, Request},
        keys::{self, CREDENTIAL_KEYS},
        revocable::RevocableArgs,
    },
    role::{RoleArgs, RoleError, block_on, party_keys, read_json},
};

/// Domain of the key that ids are made with.
const ID_KEY: &str = "idos/onboarding-id-key/v1";
/// Domain of the digests that ids of wallets' rows are made of.
const WALLET_ROW: &str = "idos/onboarding-wallet-row/v1";

/// By what commands sign credentials.
pub(crate) const SUITE: Suite = Suite::EddsaJcs2022;

/// What `profile` is given.
#[derive(clap::Args)]
pub(crate) struct ProfileArgs {
    #[command(flatten)]
    role: RoleArgs,
    /// What `idos person keys` made for the issuer; several for several people.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// What `issue` is given.
#[derive(clap::Args)]
pub(crate) struct IssueArgs {
    #[command(flatten)]
    role: RoleArgs,
    /// The credential in JSON, not signed yet.
    credential: PathBuf,
    /// The person's profile file.
    #[arg(long, value_name = "FILE")]
    profile: PathBuf,
    /// The write grant that the person signed.
    #[arg(long, value_name = "FILE")]
    grant: PathBuf,
    /// File with the public notes: JSON, with an `id` by which they can be edited.
    #[arg(long, value_name = "FILE")]
    notes_file: Option<PathBuf>,
    /// The consumer that the grant names, if it is not the issuer itself.
    #[arg(long, value_name = "ID")]
    copy_for: Option<Uuid>,
    /// The grant may be signed by another wallet than the one in the profile file: it is written to
    /// the profile of whoever signed.
    #[arg(long)]
    other_wallet: bool,
    #[command(flatten)]
    revocable: RevocableArgs,
}

/// What `notes` is given.
#[derive(clap::Args)]
pub(crate) struct NotesArgs {
    #[command(flatten)]
    role: RoleArgs,
    /// The `id` in the notes.
    id: String,
    /// File with the new notes.
    #[arg(long, value_name = "FILE")]
    notes_file: PathBuf,
}

/// The name of the key by which the network knows the issuer.
pub(crate) fn key_file() -> &'static str {
    CREDENTIAL_KEYS
        .iter()
        .find(|(_, kind, _)| *kind == KeyKind::Ed25519)
        .map_or("", |(name, ..)| name)
}

/// The issuer of a folder.
pub(crate) fn open(role: &RoleArgs) -> Result<Issuer, RoleError> {
    let seed: Seed = secret_file::read(&role.home.join(key_file()))?;
    let network = role.network.open(&role.home)?;
    Ok(Issuer::new(network, &seed, role.encryption()?)?)
}

/// A key for this purpose alone, derived from that by which the network knows the issuer.
pub(crate) fn derived_key(role: &RoleArgs, purpose: &str) -> Result<Seed, RoleError> {
    let seed: Seed = secret_file::read(&role.home.join(key_file()))?;
    Ok(Seed::new(Digest::of_parts(purpose, &[seed.as_slice()]).0))
}

/// The key that ids are made with, so that nobody else can guess what they are made of.
pub(crate) fn id_key(role: &RoleArgs) -> Result<Seed, RoleError> {
    derived_key(role, ID_KEY)
}

/// The id of the row that links a wallet to a profile that this issuer creates. What is written under the id of a
/// row that is there takes its place: so people do not choose it, and another wallet has another one.
pub(crate) fn wallet_row_id(id_key: &[u8; 32], user: UserId, wallet: &Identity) -> WalletId {
    let parts = [
        id_key.as_slice(),
        user.0.as_bytes(),
        wallet.as_str().as_bytes(),
    ];
    WalletId(derived_id(&Digest::of_parts(WALLET_ROW, &parts)))
}

/// The ids of what is issued, from all that makes it what it is, in JSON: the same for every attempt. Everybody sees
/// ids, and what a credential says can be guessed, so they are made with a key.
pub(crate) fn issued_ids(domain: &str, id_key: &[u8; 32], what: &[u8]) -> IssuedIds {
    let id = |which: &str| {
        let parts = [id_key.as_slice(), which.as_bytes(), what];
        CredentialId(derived_id(&Digest::of_parts(domain, &parts)))
    };
    IssuedIds {
        original: id("original"),
        copy: id("copy"),
    }
}

/// What signs its credentials.
pub(crate) fn signer(role: &RoleArgs) -> Result<Signer, RoleError> {
    let key = keys::read(&role.home, key_file(), KeyKind::Ed25519)?;
    Ok(Signer::did_key(key))
}

/// What to seal to for a person: the key that they had when they signed the grant, and if its file
/// does not name one, that of the facts of their profile.
pub(crate) fn owner_key(
    facts: &ProfileFacts,
    handed: &HandedWriteGrant,
) -> Result<PublicKey, RoleError> {
    let (key, of) = match &handed.encryption_public_key {
        Some(key) => (key, "the write grant"),
        None => (&facts.encryption_public_key, "the profile file"),
    };
    PublicKey::from_base64(key)
        .map_err(|error| RoleError::Refused(format!("the encryption key of {of}: {error}")))
}

/// Who signs with the wallet of a profile; `None` if there is no such kind of wallet.
fn wallet_of(facts: &ProfileFacts) -> Option<Identity> {
    let wallet = &facts.wallet;
    let kind = WalletType::parse(&wallet.wallet_type)?;
    Identity::of_wallet(kind, &wallet.address, wallet.public_key.as_deref())
}

/// Refuses a profile file whose wallet did not sign that it belongs to this profile of this network.
pub(crate) fn check_proof(facts: &ProfileFacts, chain_id: &str) -> Result<(), RoleError> {
    let (wallet, user) = (&facts.wallet, facts.user.0);
    let signed = WalletType::parse(&wallet.wallet_type).map(|kind| {
        verify_ownership(
            kind,
            &wallet.address,
            wallet.public_key.as_deref(),
            &wallet.message,
            &wallet.signature,
            chain_id,
            user,
        )
    });
    // Texts of others do not say for which profile they are.
    let own_text = ownership_message(chain_id, user, "");
    if matches!(signed, Some(Ok(_))) && wallet.message.starts_with(&own_text) {
        return Ok(());
    }
    Err(RoleError::Refused(format!(
        "the wallet in the profile file did not sign that it belongs to the profile {user} of this \
         network: let the person make the file anew"
    )))
}

/// Refuses a grant that another wallet signed than that of the profile. The network writes to the
/// profile of whoever signed, whomever the content is sealed for.
pub(crate) fn check_one_person(
    (profile, facts): (&str, &ProfileFacts),
    (file, grant): (&str, &WriteGrant),
) -> Result<(), RoleError> {
    if wallet_of(facts) == Some(Identity::of(&grant.owner)) {
        return Ok(());
    }
    Err(RoleError::Refused(format!(
        "{file} was signed by another wallet than that of {profile}: name the files of one person, \
         or, if it is another wallet of theirs, use `idos issuer issue --other-wallet`"
    )))
}

/// Publishes the keys by which the network and people know the issuer.
pub(crate) fn publish_keys(args: &party_keys::Args, output: Output) -> Result<(), RoleError> {
    let issuer = open(&args.role)?;
    let signer = signer(&args.role)?;
    let keys = (issuer.signing_key(), issuer.as_consumer().public_key());
    party_keys::publish(args, issuer.client(), Some(signer.id()), keys, output)
}

/// Creates profiles. What is done may be repeated: nobody gets a second one.
pub(crate) fn profile(args: &ProfileArgs, output: Output) -> Result<(), RoleError> {
    let id_key = id_key(&args.role)?;
    let facts: Vec<ProfileFacts> = args
        .files
        .iter()
        .map(|path| {
            let mut facts: ProfileFacts = read_json(path, "a person's profile file")?;
            let wallet = wallet_of(&facts).ok_or_else(|| {
                RoleError::Refused(format!(
                    "{}: its wallet is of no known kind",
                    path.display()
                ))
            })?;
            facts.wallet.id = wallet_row_id(&id_key, facts.user, &wallet);
            Ok(facts)
        })
        .collect::<Result<_, RoleError>>()?;
    block_on(async {
        let issuer = open(&args.role)?;
        for facts in &facts {
            let exists = issuer.profile(facts.user).await?.is_some();
            // Half a profile, left by an interruption, is completed. What else is there stays as it is: the network
            // refuses to change it.
            match issuer.create_profile(facts).await {
                Err(FlowError::Client(ClientError::Refused { .. })) if exists => {}
                created => drop(created?),
            }
            let (done, event) = if exists {
                ("there is already", "profile-exists")
            } else {
                ("created", "profile-created")
            };
            let json = json!({ "event": event, "profile": facts.user.to_string() });
            output.print(&format!("{done} the profile {}", facts.user), &json)?;
        }
        Ok(())
    })
}

/// Signs a credential and gives it to a person, unless the same command did before.
pub(crate) fn issue(args: &IssueArgs, output: Output) -> Result<(), RoleError> {
    let (file, grant_file) = (text_of(&args.credential), text_of(&args.grant));
    let text = bounded_file::read_text(&args.credential, CREDENTIAL_BYTES)?;
    let refused = |why: String| RoleError::Refused(format!("{file}: {why}"));
    let unsigned = parse_json(&text).map_err(|error| refused(error.to_string()))?;
    let Value::Object(unsigned) = unsigned else {
        return Err(refused("it is no object".to_owned()));
    };
    let facts: ProfileFacts = read_json(&args.profile, "a person's profile file")?;
    let handed: HandedWriteGrant = read_json(&args.grant, "a write grant")?;
    if !args.other_wallet {
        let profile = text_of(&args.profile);
        check_one_person((&profile, &facts), (&grant_file, &handed.grant))?;
    }
    let notes = match &args.notes_file {
        Some(path) => bounded_file::read_text(path, PUBLIC_NOTES_BYTES)?,
        None => String::new(),
    };
    if args.notes_file.is_some() && !has_id(&notes) {
        let file = args.notes_file.as_deref().map(text_of);
        tracing::warn!(
            "the notes in {} are no JSON object whose `id` is a text: they can never be edited",
            file.unwrap_or_default()
        );
    }
    let request = Request {
        file: &file,
        facts: &facts,
        grant_file: &grant_file,
        handed: &handed,
        notes: notes.trim(),
        unsigned,
    };
    let revocable = args.revocable.open(&args.role.home, SUITE)?;
    let issued = block_on(async {
        let issuance = Issuance::open(&args.role, args.copy_for, revocable).await?;
        issuance.issue(request).await
    })?;
    print_issued(&issued, &handed.grant.grantee, &args.role.home, output)
}

/// Tells what was issued, now or before.
fn print_issued(
    issued: &Outcome,
    grantee: &str,
    home: &Path,
    output: Output,
) -> Result<(), RoleError> {
    let IssuedIds { original, copy } = issued.ids;
    let (event, done) = if issued.is_before {
        ("issued-before", "there is already")
    } else {
        ("issued", "issued")
    };
    let grantee = inert(grantee);
    let mut text = format!("{done} the credential {original}; the copy for {grantee} is {copy}");
    if let Some(id) = &issued.credential {
        text += &format!("\nto revoke it: {}", to_revoke(home, id));
    }
    let json = json!({
        "event": event, "id": original.to_string(), "copy": copy.to_string(),
        "credential": issued.credential,
    });
    Ok(output.print(&text, &json)?)
}

/// The command that revokes a credential of an issuer's folder.
fn to_revoke(home: &Path, id: &str) -> String {
    let (home, id) = (quoted(home), quoted(Path::new(id)));
    format!("idos issuer status --home {home} {id} --set revoked")
}

/// What `grant-access` is given.
#[derive(clap::Args)]
pub(crate) struct GrantAccessArgs {
    #[command(flatten)]
    role: RoleArgs,
    /// The access grant that the person signed.
    file: PathBuf,
}

/// Makes the access grant that a person signed, on what this issuer issued.
pub(crate) fn grant_access(args: &GrantAccessArgs, output: Output) -> Result<(), RoleError> {
    let access: DelegatedAccess = read_json(&args.file, "an access grant")?;
    block_on(async { Ok(open(&args.role)?.grant_access(&access).await?) })?;
    print_access(&access, output)
}

/// Tells that an access grant was made.
pub(crate) fn print_access(access: &DelegatedAccess, output: Output) -> Result<(), RoleError> {
    let (copy, grantee) = (access.data_id, &access.grantee);
    let json = json!({
        "event": "access-granted", "credential": copy.to_string(), "grantee": grantee,
        "locked_until": access.locked_until,
    });
    Ok(output.print(
        &format!("{} may read the credential {copy}", inert(grantee)),
        &json,
    )?)
}

/// Whether notes have an `id`, by which they are found.
fn has_id(notes: &str) -> bool {
    let notes: Result<Value, _> = serde_json::from_str(notes);
    let id = notes
        .ok()
        .and_then(|notes| Some(notes.get("id")?.as_str()?.len()));
    id.is_some_and(|len| len > 0)
}

/// Replaces public notes. The network refuses no `id`, and does not tell what has it.
pub(crate) fn notes(args: &NotesArgs, output: Output) -> Result<(), RoleError> {
    let notes = bounded_file::read_text(&args.notes_file, PUBLIC_NOTES_BYTES)?;
    block_on(async { Ok(open(&args.role)?.edit_notes(&args.id, notes.trim()).await?) })?;
    let json = json!({ "event": "notes-edited", "id": args.id });
    let text = format!(
        "what this key issued with the notes {} has the new ones now; whether there is any, the network \
         does not tell",
        inert(&args.id)
    );
    Ok(output.print(&text, &json)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_that_revokes_is_one() {
        use clap::Parser as _;

        let told = to_revoke(Path::new("the/issuer"), "urn:uuid:1");
        let parsed = crate::Cli::try_parse_from(told.split(' '));
        assert!(parsed.is_ok(), "{told}: {:?}", parsed.err());
    }

    #[test]
    fn what_is_issued_is_sealed_to_the_key_of_the_day() {
        let keys = [[1; 32], [2; 32]].map(|bytes| PublicKey::from_bytes(bytes).to_base64());
        let facts = json!({
            "user": Uuid::from_bytes([1; 16]).to_string(),
            "encryption_public_key": keys[0],
            "wallet": {
                "id": Uuid::from_bytes([2; 16]).to_string(), "wallet_type": "EVM",
                "address": "", "public_key": null, "message": "", "signature": "",
            },
        });
        let facts: ProfileFacts = serde_json::from_value(facts).unwrap();
        let mut handed = json!({
            "owner": "", "grantee": "", "issuer_public_key": "",
            "id": Uuid::from_bytes([3; 16]).to_string(), "access_grant_timelock": "",
            "not_usable_before": "", "not_usable_after": "", "signature": "",
        });
        let sealed_to = |handed: &Value| {
            let handed = serde_json::from_value(handed.clone()).unwrap();
            owner_key(&facts, &handed).map(|key| key.to_base64())
        };
        assert_eq!(sealed_to(&handed).unwrap(), keys[0]);
        handed["encryption_public_key"] = keys[1].as_str().into();
        assert_eq!(sealed_to(&handed).unwrap(), keys[1]);
        handed["encryption_public_key"] = "no key".into();
        assert!(sealed_to(&handed).is_err());
    }
}
