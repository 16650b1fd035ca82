//! How inserters come and go, what their power over a profile is, and what it means if they succeed.

use crate::{
    play::Play,
    steps::{Pick, Step},
    support::{call::call, id, network::Network},
};

impl Play {
    /// Steps that concern who may make profiles.
    pub(crate) fn play_with_inserter(&mut self, step: &Step) -> Option<()> {
        let owner = Network::owner();
        match *step {
            Step::ChangeKeyAsIssuer { issuer, profile } => {
                let (issuer, user) = (issuer.of(&self.issuers)?, profile.of(&self.profile_ids)?);
                let is_there = self.model.profiles.contains_key(&user);
                // Of a profile that is not there, nothing happens.
                let may = self.model.delegates.contains_key(issuer.text())
                    && (!is_there || self.model.is_creators(issuer.text(), user));
                let (action, new) = ("update_user_pub_key_as_inserter", self.fresh());
                let ok = self.send(&issuer, call!(action, user, new.as_str(), "user"));
                assert_eq!(ok, may, "creators have power until the first act");
                if ok && is_there {
                    self.model.profiles.get_mut(&user)?.encryption_key = new;
                }
            }
            Step::AdmitInserter { inserter } => {
                let name = self.inserter_of(inserter)?;
                let call = call!("add_inserter_as_owner", id(&name), name.as_str());
                assert!(self.send(&owner, call), "an inserter is admitted again");
                self.model.inserters.insert(name);
            }
            Step::DismissInserter { inserter } => {
                let name = self.inserter_of(inserter)?;
                assert!(self.send(&owner, call!("delete_inserter_as_owner", id(&name))));
                self.model.inserters.remove(&name);
                self.model.delegates.retain(|_, acts_for| *acts_for != name);
            }
            Step::AddDelegate { issuer, inserter } => {
                let (issuer, name) = (issuer.of(&self.issuers)?, self.inserter_of(inserter)?);
                let acts_for = self.model.delegates.get(issuer.text());
                let may = self.model.inserters.contains(&name)
                    && acts_for.is_none_or(|acts_for| *acts_for == name);
                let call = call!("add_delegate_as_owner", issuer.text(), id(&name));
                assert_eq!(self.send(&owner, call), may, "a key acts for one inserter");
                if may {
                    self.model.delegates.insert(issuer.text().to_owned(), name);
                }
            }
            Step::DeleteDelegate { issuer } => {
                let issuer = issuer.of(&self.issuers)?;
                assert!(self.send(&owner, call!("delete_delegate_as_owner", issuer.text())));
                self.model.delegates.remove(issuer.text());
            }
            _ => unreachable!("the other steps are played elsewhere"),
        }
        Some(())
    }

    fn inserter_of(&self, pick: Pick) -> Option<String> {
        let names: Vec<_> = (0..self.issuers.len()).map(Self::inserter).collect();
        pick.of(&names)
    }
}
