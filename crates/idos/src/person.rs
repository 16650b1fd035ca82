//! `idos person`: what people do with their own data.

mod address;
mod closed;
mod data;
mod delegation;
mod edit;
mod grants;
mod keys;
mod leaving;
mod recipient;
mod search;
mod session;
mod shared_attributes;
mod sharing;
mod versions;

use clap::Subcommand;

pub(crate) use grants::{grant_json, grant_terms};

use crate::{command::output::Output, role::RoleError};

/// The commands.
#[derive(Subcommand)]
pub(crate) enum PersonCommand {
    /// Make keys, and the file that whoever creates the profile needs.
    Keys(keys::KeysArgs),
    /// Show the profile with its wallets.
    Show(session::PersonArgs),
    /// List the credentials.
    List(session::PersonArgs),
    /// Show a credential, opened.
    Credential(data::CredentialArgs),
    /// Add a credential from a file.
    Add(data::AddArgs),
    /// Replace a credential in its place, unless a lock holds a copy, or somebody reads one as an issuer's word.
    Edit(edit::EditArgs),
    /// Remove a credential with its copies, as far as no lock holds them.
    Remove(data::RemoveArgs),
    /// List the attributes, opened.
    Attributes(session::PersonArgs),
    /// Add an attribute, sealed; its value comes from a file.
    AddAttribute(data::AttributeArgs),
    /// Replace the value of an attribute, sealed.
    EditAttribute(edit::EditAttributeArgs),
    /// Share an attribute.
    ShareAttribute(data::ShareAttributeArgs),
    /// Delete an attribute with its copies, or one copy.
    RemoveAttribute(edit::RemoveAttributeArgs),
    /// List the credentials that fit, by issuer, notes and content.
    Filter(search::FilterArgs),
    /// List what expires soon.
    Expiring(versions::ExpiringArgs),
    /// Share newer versions with those who have older ones.
    Renew(versions::RenewArgs),
    /// Share a credential.
    Share(sharing::ShareArgs),
    /// List what is shared with whom.
    Grants(session::PersonArgs),
    /// Let a grant end by itself.
    SetExpiry(sharing::SetExpiryArgs),
    /// End a grant.
    Revoke(sharing::RevokeArgs),
    /// Sign that an issuer may add one credential.
    WriteGrant(sharing::WriteGrantArgs),
    /// Sign that somebody may read a credential, for others to submit.
    AccessGrant(delegation::AccessGrantArgs),
    /// Link another wallet to the profile.
    AddWallet(keys::WalletArgs),
    /// Take another wallet off the profile.
    RemoveWallet(keys::RemoveWalletArgs),
    /// Change the password.
    Password(keys::ChangeArgs),
    /// Make recovery words, and show them once.
    RecoveryWords(session::PersonArgs),
    /// Get back to a profile by its recovery words, with a new password.
    Recover(keys::RecoverArgs),
    /// Write everything, opened, to a new folder.
    Export(leaving::ExportArgs),
    /// Delete the whole profile.
    Erase(leaving::EraseArgs),
}

/// Does one of them.
pub(crate) fn run(command: PersonCommand, output: Output) -> Result<(), RoleError> {
    match command {
        PersonCommand::Keys(args) => keys::make(&args, output),
        PersonCommand::Show(args) => data::show(&args, output),
        PersonCommand::List(args) => data::list(&args, output),
        PersonCommand::Credential(args) => data::credential(&args, output),
        PersonCommand::Add(args) => data::add(&args, output),
        PersonCommand::Edit(args) => edit::edit(&args, output),
        PersonCommand::Remove(args) => data::remove(&args, output),
        PersonCommand::Attributes(args) => data::attributes(&args, output),
        PersonCommand::AddAttribute(args) => data::add_attribute(&args, output),
        PersonCommand::EditAttribute(args) => edit::edit_attribute(&args, output),
        PersonCommand::ShareAttribute(args) => data::share_attribute(&args, output),
        PersonCommand::RemoveAttribute(args) => edit::remove_attribute(&args, output),
        PersonCommand::Filter(args) => search::filter(&args, output),
        PersonCommand::Expiring(args) => versions::expiring(&args, output),
        PersonCommand::Renew(args) => versions::renew(&args, output),
        PersonCommand::Share(args) => sharing::share(&args, output),
        PersonCommand::Grants(args) => grants::list(&args, output),
        PersonCommand::SetExpiry(args) => sharing::set_expiry(&args, output),
        PersonCommand::Revoke(args) => sharing::revoke(&args, output),
        PersonCommand::WriteGrant(args) => sharing::write_grant(&args, output),
        PersonCommand::AccessGrant(args) => delegation::access_grant(&args, output),
        PersonCommand::AddWallet(args) => keys::add_wallet(&args, output),
        PersonCommand::RemoveWallet(args) => keys::remove_wallet(&args, output),
        PersonCommand::Password(args) => keys::change_password(&args, output),
        PersonCommand::RecoveryWords(args) => keys::recovery_words(&args, output),
        PersonCommand::Recover(args) => keys::recover(&args, output),
        PersonCommand::Export(args) => leaving::export(&args, output),
        PersonCommand::Erase(args) => leaving::erase(&args, output),
    }
}
