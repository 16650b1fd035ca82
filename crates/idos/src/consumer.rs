//! `idos consumer`: what whoever reads what people shared does.

mod attributes;
mod signed_by;

use std::path::PathBuf;

use clap::Subcommand;
use idos_client::{
    Owner,
    consumer::{Consumer, GRANTS_PER_PAGE},
    party::trust_list,
    signed_grant::DelegatedAccess,
};
use idos_crypto::{SecretKey, SigningKey};
use idos_ledger::AccessGrant;
use idos_types::{CredentialId, UserId, Uuid};
use serde_json::{Map, json};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{
    command::{
        clock::now,
        exit::Exit,
        network_args::{NetworkArgs, of_new_folder},
        new_folder,
        output::{Output, text_of},
        secret_file,
        trust_args::TrustArgs,
        verify_sources::SourceArgs,
    },
    credential_verify::{self, VerdictArgs},
    issuer::people,
    person::{grant_json, grant_terms},
    role::{
        self, ENCRYPTION_KEY, NewFile, RoleArgs, RoleError, WALLET_KEY, block_on, opened,
        party_keys,
    },
};
use signed_by::SignedBy;

/// The commands.
#[derive(Subcommand)]
pub(crate) enum ConsumerCommand {
    /// Make keys.
    Keys(KeysArgs),
    /// Publish its keys as a party that the network admitted.
    PublishKeys(party_keys::Args),
    /// List what was granted.
    Grants(GrantsArgs),
    /// Fetch a credential that is shared, and open it.
    Fetch(FetchArgs),
    /// Fetch a credential that is shared, and make every check of it.
    Verify(VerifyArgs),
    /// Make the access grant that a person signed for this consumer.
    Accept(AcceptArgs),
    /// List the attributes that are shared.
    Attributes(GrantsArgs),
    /// Fetch an attribute that is shared, and open it.
    Attribute(attributes::AttributeArgs),
    /// Give up the grants on a credential.
    Rescind(RescindArgs),
}

/// What `keys` is given.
#[derive(clap::Args)]
#[command(mut_args(of_new_folder))]
pub(crate) struct KeysArgs {
    /// Folder to make.
    #[arg(long, value_name = "DIR")]
    home: PathBuf,
    #[command(flatten)]
    network: NetworkArgs,
}

/// What `grants` and `attributes` are given.
#[derive(clap::Args)]
pub(crate) struct GrantsArgs {
    #[command(flatten)]
    role: RoleArgs,
    /// Only those of this person.
    #[arg(long, value_name = "ID")]
    owner: Option<Uuid>,
    /// Page of 100, counted from 1.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(i64).range(1..))]
    page: i64,
}

/// What `fetch` is given.
#[derive(clap::Args)]
pub(crate) struct FetchArgs {
    #[command(flatten)]
    role: RoleArgs,
    /// The copy, by its id.
    id: Uuid,
    /// File to make with the content [default: it is printed]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// What `verify` is given.
#[derive(clap::Args)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    role: RoleArgs,
    /// The copy, by its id.
    id: Uuid,
    /// Instead of the issuers that the network admitted, who is believed.
    #[command(flatten)]
    trust: TrustArgs,
    #[command(flatten)]
    sources: SourceArgs,
    #[command(flatten)]
    verdict: VerdictArgs,
    /// File to make with the very content that is verified, if it is valid.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// What `accept` is given.
#[derive(clap::Args)]
pub(crate) struct AcceptArgs {
    #[command(flatten)]
    role: RoleArgs,
    /// The access grant that the person signed.
    file: PathBuf,
}

/// What `rescind` is given.
#[derive(clap::Args)]
pub(crate) struct RescindArgs {
    #[command(flatten)]
    role: RoleArgs,
    /// The copy, by its id.
    id: Uuid,
}

/// Why a verification cannot say whether a credential is valid.
#[derive(Debug, Error)]
#[error(transparent)]
pub(crate) struct CannotSay(#[from] RoleError);

impl CannotSay {
    /// Whether it can say after all: what was shared is not what its grant promises, and never will be.
    pub(crate) fn is_verdict(&self) -> bool {
        matches!(&self.0, RoleError::Flow(error) if error.owner() == Owner::Counterparty)
    }
}

/// Does one of them.
pub(crate) fn run(
    command: ConsumerCommand,
    output: Output,
) -> Result<Exit, Box<dyn std::error::Error>> {
    match command {
        ConsumerCommand::Keys(args) => keys(&args, output)?,
        ConsumerCommand::PublishKeys(args) => publish_keys(&args, output)?,
        ConsumerCommand::Grants(args) => grants(&args, output)?,
        ConsumerCommand::Fetch(args) => fetch(&args, output)?,
        ConsumerCommand::Verify(args) => return Ok(verify(&args, output).map_err(CannotSay)?),
        ConsumerCommand::Accept(args) => accept(&args, output)?,
        ConsumerCommand::Attributes(args) => attributes::list(&args, output)?,
        ConsumerCommand::Attribute(args) => attributes::fetch(&args, output)?,
        ConsumerCommand::Rescind(args) => rescind(&args, output)?,
    }
    Ok(Exit::Done)
}

fn open(role: &RoleArgs) -> Result<Consumer, RoleError> {
    Ok(Consumer::new(role.client(WALLET_KEY)?, role.encryption()?))
}

fn keys(args: &KeysArgs, output: Output) -> Result<(), RoleError> {
    let mut files = args.network.files()?;
    files.extend(new_files()?);
    new_folder::make(&args.home, &files)?;
    let wallet = secret_file::read(&args.home.join(WALLET_KEY))?;
    let encryption = secret_file::read(&args.home.join(ENCRYPTION_KEY))?;
    let address = hex::encode(idos_client::keys::Ed25519Key::from_seed(&wallet)?.public());
    let key = SecretKey::from_bytes(encryption).public_key().to_base64();
    let home = args.home.display();
    let text =
        format!("made the keys of a consumer: {home}\naddress     {address}\nkey         {key}");
    let json =
        json!({ "event": "keys", "home": text_of(&args.home), "address": address, "key": key });
    Ok(output.print(&text, &json)?)
}

fn publish_keys(args: &party_keys::Args, output: Output) -> Result<(), RoleError> {
    let consumer = open(&args.role)?;
    let seed = secret_file::read(&args.role.home.join(WALLET_KEY))?;
    let keys = (&SigningKey::from_seed(&seed), consumer.public_key());
    party_keys::publish(args, consumer.client(), None, keys, output)
}

/// Fresh keys as files.
pub(crate) fn new_files() -> Result<Vec<(&'static str, Zeroizing<String>)>, getrandom::Error> {
    let (wallet, encryption) = (secret_file::random_seed()?, secret_file::random_seed()?);
    Ok(vec![
        (WALLET_KEY, secret_file::encode(&wallet)),
        (ENCRYPTION_KEY, secret_file::encode(&encryption)),
    ])
}

fn grants(args: &GrantsArgs, output: Output) -> Result<(), RoleError> {
    let page = block_on(async {
        let consumer = open(&args.role)?;
        let owner = args.owner.map(UserId);
        Ok(consumer.grants(owner, args.page, GRANTS_PER_PAGE).await?)
    })?;
    let mut lines: Vec<_> = page.grants.iter().map(grant_line).collect();
    if lines.is_empty() {
        lines.push("no grants".to_owned());
    }
    if !page.is_complete {
        let total = page.total;
        lines.push(format!(
            "not proved complete: of {total} grants in all, each of these is proved to be one, but not \
             that no other belongs here"
        ));
    }
    let text = lines.join("\n");
    let list: Vec<_> = page.grants.iter().map(grant_json).collect();
    let json = json!({
        "event": "grants", "grants": list, "total": page.total, "is_complete": page.is_complete,
    });
    Ok(output.print(&text, &json)?)
}

/// A grant for people: whose, since all are for this consumer.
fn grant_line(grant: &AccessGrant) -> String {
    let (id, data, owner) = (grant.id, grant.data_id, grant.owner);
    format!("{id}  credential {data}  of {owner}{}", grant_terms(grant))
}

fn fetch(args: &FetchArgs, output: Output) -> Result<(), RoleError> {
    let id = CredentialId(args.id);
    let found = block_on(async { Ok(open(&args.role)?.fetch(id).await?) })?;
    let mut json = json!({
        "event": "credential", "id": args.id, "owner": found.owner.to_string(),
        "notes": found.notes, "content_hash": found.content_hash.to_string(),
        "grant": grant_json(&found.grant),
    });
    if let Some(path) = &args.out {
        role::write_new(path, &found.content)?;
        let text = format!("wrote {}", path.display());
        return Ok(output.print(&text, &json)?);
    }
    let (name, value) = opened::content(&found.content);
    if let Some(json) = json.as_object_mut() {
        json.insert(name.to_owned(), value);
    }
    Ok(output.print_bytes(&found.content, &json)?)
}

fn verify(args: &VerifyArgs, output: Output) -> Result<Exit, RoleError> {
    // Before anybody is asked: nothing is verified for a file that cannot be.
    let file = args.out.as_deref().map(NewFile::make).transpose()?;
    let (found, report, issuers) = block_on(async {
        let consumer = open(&args.role)?;
        let (trust, issuers) = if args.trust.is_empty() {
            let issuers = consumer.client().parties(Some("issuer")).await?;
            (trust_list(&issuers), issuers)
        } else {
            (args.trust.read()?, Vec::new())
        };
        let found = consumer.fetch(CredentialId(args.id)).await?;
        let sources = args.sources.read(&trust)?;
        let verifier = sources.verifier(trust);
        let report = sources.report(|| found.verify(&verifier, now())).await;
        Ok((found, report, issuers))
    })?;
    let verdict = args.verdict.of(&report);
    if let (Some(file), true) = (file, verdict.is_valid()) {
        file.write(&found.content)?;
    }
    let signed_by = SignedBy::of(&report, &found.content, &issuers);
    let lines = [
        format!("owner   {}", found.owner),
        format!("grant   {}", found.grant.id),
        format!("issuer  {}", signed_by.for_people()),
    ];
    let of = Map::from_iter([
        ("issuer".to_owned(), signed_by.json()),
        ("id".to_owned(), json!(args.id)),
        ("owner".to_owned(), found.owner.to_string().into()),
        ("grant".to_owned(), grant_json(&found.grant)),
        (
            "content_hash".to_owned(),
            found.content_hash.to_string().into(),
        ),
    ]);
    Ok(credential_verify::print(
        &report, verdict, of, &lines, output,
    )?)
}

fn accept(args: &AcceptArgs, output: Output) -> Result<(), RoleError> {
    let access: DelegatedAccess = role::read_json(&args.file, "an access grant")?;
    block_on(async { Ok(open(&args.role)?.accept(&access).await?) })?;
    people::print_access(&access, output)
}

fn rescind(args: &RescindArgs, output: Output) -> Result<(), RoleError> {
    let id = CredentialId(args.id);
    block_on(async { Ok(open(&args.role)?.rescind(id).await?) })?;
    let json = json!({ "event": "rescinded", "id": id.to_string() });
    Ok(output.print(&format!("gave up the grants on {id}"), &json)?)
}
