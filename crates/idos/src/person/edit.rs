//! Changing what is there.

use std::path::PathBuf;

use idos_client::{FlowError, person::is_key_ring};
use idos_crypto::SigningKey;
use idos_ledger::Attribute;
use idos_types::{
    AttributeId, CredentialId, Uuid,
    limits::{ATTRIBUTE_VALUE_BYTES, CREDENTIAL_BYTES, PUBLIC_NOTES_BYTES},
};
use serde_json::json;

use super::{session::PersonArgs, shared_attributes};
use crate::{
    command::{bounded_file, output::Output},
    role::{RoleError, block_on},
};

/// What `edit` is given.
#[derive(clap::Args)]
pub(crate) struct EditArgs {
    #[command(flatten)]
    person: PersonArgs,
    /// The credential, by its id.
    id: Uuid,
    /// The new content.
    file: PathBuf,
    /// File with the new public notes [default: they stay]
    #[arg(long, value_name = "FILE")]
    notes_file: Option<PathBuf>,
}

/// What `edit-attribute` is given.
#[derive(clap::Args)]
pub(crate) struct EditAttributeArgs {
    #[command(flatten)]
    person: PersonArgs,
    /// The attribute, by its id.
    id: Uuid,
    /// Another key [default: it stays]
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// File with its value: a command line is seen by others.
    #[arg(long, value_name = "FILE")]
    value_file: PathBuf,
}

/// What `remove-attribute` is given.
#[derive(clap::Args)]
pub(crate) struct RemoveAttributeArgs {
    #[command(flatten)]
    person: PersonArgs,
    /// The attribute, by its id.
    id: Uuid,
}

/// Replaces a credential. A key that is made for it signs it, as with `add`.
pub(super) fn edit(args: &EditArgs, output: Output) -> Result<(), RoleError> {
    let content = bounded_file::read_text(&args.file, CREDENTIAL_BYTES)?;
    let notes = match &args.notes_file {
        Some(path) => Some(bounded_file::read_text(path, PUBLIC_NOTES_BYTES)?),
        None => None,
    };
    let id = CredentialId(args.id);
    block_on(async {
        let (person, keys) = args.person.unlock().await?;
        let entries = person.originals().await?;
        let entry = entries.into_iter().find(|entry| entry.header.id == id);
        let what = "credential";
        let entry = entry.ok_or(FlowError::NotFound { what, id: args.id })?;
        let notes = notes.unwrap_or(entry.header.public_notes);
        let signer = SigningKey::generate().map_err(FlowError::from)?;
        person
            .edit_credential(&keys, id, notes.trim(), content.as_bytes(), &signer)
            .await?;
        Ok(())
    })?;
    let json = json!({ "event": "credential-edited", "id": id.to_string() });
    let text = format!(
        "replaced the credential {id}\nnext: `idos person renew` for whom has the older version"
    );
    Ok(output.print(&text, &json)?)
}

/// Replaces an attribute.
pub(super) fn edit_attribute(args: &EditAttributeArgs, output: Output) -> Result<(), RoleError> {
    let value = bounded_file::read_text(&args.value_file, ATTRIBUTE_VALUE_BYTES)?;
    let id = AttributeId(args.id);
    block_on(async {
        let (person, keys) = args.person.unlock().await?;
        let found = person.attributes(&keys).await?;
        let found = found.into_iter().find(|own| own.row.id == id);
        let what = "attribute";
        let found = found.ok_or(FlowError::NotFound { what, id: args.id })?;
        let key = args.key.as_ref().unwrap_or(&found.row.attribute_key);
        person
            .edit_attribute(&keys, id, key, value.trim_end_matches('\n'))
            .await?;
        Ok(())
    })?;
    let json = json!({ "event": "attribute-edited", "id": id.to_string() });
    Ok(output.print(&format!("replaced the attribute {id}"), &json)?)
}

/// Deletes an attribute or a copy of one. The key ring is none of those: without it nothing opens.
pub(super) fn remove_attribute(
    args: &RemoveAttributeArgs,
    output: Output,
) -> Result<(), RoleError> {
    let id = AttributeId(args.id);
    let gone = block_on(async {
        let person = args.person.open().await?;
        let rows = person.attribute_rows().await?;
        let is_meant = |row: &Attribute| row.id == id && !is_key_ring(row);
        if !rows.iter().any(|(row, _)| is_meant(row)) {
            let what = "attribute";
            return Err(FlowError::NotFound { what, id: args.id }.into());
        }
        person.remove_attribute(id).await?;
        let copies = rows.into_iter().filter_map(|(_, copy)| copy);
        let copies = copies.filter(|copy| [copy.copy_id, copy.original_id].contains(&id));
        Ok(copies.map(|copy| copy.copy_id).collect::<Vec<_>>())
    })?;
    shared_attributes::forget(&args.person.role.home, &gone);
    let json = json!({ "event": "attribute-removed", "id": id.to_string() });
    Ok(output.print(&format!("removed the attribute {id}"), &json)?)
}
