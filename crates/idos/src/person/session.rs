//! A person at work: the profile of their wallet, and its keys.

use std::path::Path;

use idos_client::{
    FlowError,
    person::{Keys, Person},
};
use idos_crypto::{Factor, Password};

use crate::{
    command::{bounded_file, new_folder, password_args::PasswordArgs},
    role::{RoleArgs, RoleError, WALLET_KEY},
};

/// The newest revision of the key ring that this device knows: an older one is refused.
const REVISION: &str = "key-ring-revision";

/// Whose profile, and the password to it.
#[derive(clap::Args)]
pub(crate) struct PersonArgs {
    #[command(flatten)]
    pub(super) role: RoleArgs,
    #[command(flatten)]
    pub(super) password: PasswordArgs,
}

impl PersonArgs {
    /// The profile, without its keys.
    pub(super) async fn open(&self) -> Result<Person, RoleError> {
        Ok(Person::open(self.role.client(WALLET_KEY)?).await?)
    }

    /// The profile with its keys, opened by the password.
    pub(super) async fn unlock(&self) -> Result<(Person, Keys), RoleError> {
        let password = self.password.read()?;
        self.unlock_with(&password).await
    }

    /// The same with a password that is known already.
    pub(super) async fn unlock_with(
        &self,
        password: &Password,
    ) -> Result<(Person, Keys), RoleError> {
        let mut person = self.open().await?;
        let seen = self.revision()?;
        let keys = match person.unlock(&Factor::Password(password), seen).await {
            // A ring that was there before does not go by itself.
            Err(FlowError::NoKeyRing) if seen == 0 => person.unlock_compatible(password)?,
            keys => keys?,
        };
        self.remember(&keys)?;
        Ok((person, keys))
    }

    /// The newest revision that was seen; 0 if none was.
    pub(super) fn revision(&self) -> Result<u64, RoleError> {
        revision(&self.role.home)
    }

    /// Remembers the revision of a key ring.
    pub(super) fn remember(&self, keys: &Keys) -> Result<(), RoleError> {
        remember(&self.role.home, keys)
    }
}

/// The newest revision that was seen by the owner of a folder; 0 if none was.
pub(super) fn revision(home: &Path) -> Result<u64, RoleError> {
    let path = home.join(REVISION);
    if !path.exists() {
        return Ok(0);
    }
    let text = bounded_file::read_text(&path, 32)?;
    text.trim().parse().map_err(|_| {
        RoleError::Refused(format!(
            "{} does not hold a number; remove it, if you did not expect that",
            path.display()
        ))
    })
}

/// Remembers the revision of a key ring in the folder of its owner.
pub(super) fn remember(home: &Path, keys: &Keys) -> Result<(), RoleError> {
    let Some(seen) = keys.revision() else {
        return Ok(());
    };
    if revision(home)? >= seen {
        return Ok(());
    }
    let path = home.join(REVISION);
    new_folder::replace(&path, seen.to_string().as_bytes())
        .map_err(|source| RoleError::Write { path, source })
}
