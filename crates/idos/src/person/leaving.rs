//! Taking everything along, and leaving.

use std::path::PathBuf;

use idos_client::person::{Keys, Person};
use idos_credential::Seconds;
use idos_ledger::AccessGrant;
use serde_json::json;

use super::{data::attribute_json, session::PersonArgs, sharing::grant_json};
use crate::{
    credential_verify::now,
    new_folder,
    output::Output,
    role::{RoleError, block_on},
};

/// What `export` is given.
#[derive(clap::Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    person: PersonArgs,
    /// Folder to make. What is in it is not encrypted.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

/// What `erase` is given.
#[derive(clap::Args)]
pub(crate) struct EraseArgs {
    #[command(flatten)]
    person: PersonArgs,
    /// Do it; without, it is only told what would go and what would stay.
    #[arg(long)]
    yes: bool,
}

/// Writes everything to a folder.
pub(super) fn export(args: &ExportArgs, output: Output) -> Result<(), RoleError> {
    let count = block_on(async {
        let (person, keys) = args.person.unlock().await?;
        new_folder::make(&args.to, &[])?;
        write_all(args, &person, &keys).await
    })?;
    let to = args.to.display();
    let text = format!("wrote {count} credentials with attributes, grants and wallets to {to}");
    let folder = to.to_string();
    let json = json!({ "event": "exported", "folder": folder, "credentials": count });
    output.print(&text, &json).map_err(RoleError::Print)
}

async fn write_all(args: &ExportArgs, person: &Person, keys: &Keys) -> Result<usize, RoleError> {
    let mut list = Vec::new();
    for entry in person.originals().await? {
        let opened = person.credential(keys, entry.header.id).await?;
        let name = format!("credential-{}.json", entry.header.id);
        new_folder::add(&args.to, &name, &opened.content)?;
        list.push(json!({
            "id": entry.header.id.to_string(), "file": name,
            "notes": entry.header.public_notes,
            "content_hash": opened.content_hash.to_string(),
        }));
    }
    let attributes = person.attributes(keys).await?;
    let attributes: Vec<_> = attributes
        .iter()
        .map(|(id, key, value)| attribute_json(&id.to_string(), key, value))
        .collect();
    let grants: Vec<_> = person.grants().await?.iter().map(grant_json).collect();
    let wallets = person
        .wallets()
        .await?
        .into_iter()
        .map(|it| json!({ "kind": it.wallet_type.name(), "address": it.address }));
    let profile = json!({
        "profile": person.id().to_string(), "key": person.shown_key().to_base64(),
        "wallets": wallets.collect::<Vec<_>>(), "credentials": list,
        "attributes": attributes, "grants": grants,
    });
    new_folder::add(&args.to, "profile.json", &format!("{profile:#}\n"))?;
    Ok(list.len())
}

/// Deletes the profile, or tells what that would do.
pub(super) fn erase(args: &EraseArgs, output: Output) -> Result<(), RoleError> {
    let (locked, log) = block_on(async {
        let person = args.person.open().await?;
        let now = now().0;
        let mut locked = person.grants().await?;
        locked.retain(|grant| grant.is_locked(now));
        let log = if args.yes {
            Some(person.erase().await?.log)
        } else {
            None
        };
        Ok((locked, log))
    })?;
    let list: Vec<_> = locked.iter().map(grant_json).collect();
    let json = json!({
        "event": if log.is_some() { "erased" } else { "would-erase" },
        "stays_under_lock": list, "log": log,
    });
    output
        .print(&explanation(&locked, log.as_deref()), &json)
        .map_err(RoleError::Print)
}

fn explanation(locked: &[AccessGrant], log: Option<&str>) -> String {
    let mut text = match log {
        Some(_) => "the profile is erased: wallets, credentials, attributes and grants".to_owned(),
        None => "this would erase wallets, credentials, attributes and grants, for good".to_owned(),
    };
    for grant in locked {
        let until = Seconds(grant.locked_until).rfc3339();
        let (copy, grantee) = (grant.data_id, &grant.grantee);
        text += &format!(
            "\nstays until {until}, as you promised: the copy {copy} for {grantee}; then it goes by itself"
        );
    }
    text += "\nwhat others copied elsewhere is not within reach; blocks hold what was written for the \
             time that docs/privacy.md names";
    match log {
        Some("") => {}
        Some(log) => text += &format!("\n\n{log}"),
        None => text += "\n\nnext: `idos person export` to keep a copy, then again with --yes",
    }
    text
}
