//! How each step with attributes is done, and what it means if it succeeds.

use idos_types::Uuid;

use crate::{
    model::Attribute,
    play::Play,
    steps::{Pick, Step},
    support::{call::call, id, key::Key},
};

impl Play {
    /// Steps that concern attributes and who gets them.
    pub(crate) fn play_with_attribute(&mut self, step: &Step) -> Option<()> {
        match *step {
            Step::AddAttribute { person } => {
                let key = self.anybody(person);
                let id = id(&self.fresh());
                if self.send(&key, call!("add_attribute", id, "key", "value")) {
                    let user = self.model.user_of(key.text()).expect("a person");
                    self.has_attribute(id, user, None);
                }
            }
            Step::AddAttributeAsIssuer { issuer, profile } => {
                let issuer = issuer.of(&self.issuers)?;
                let (user, id) = (profile.of(&self.profile_ids)?, id(&self.fresh()));
                let action = "add_attribute_as_inserter";
                if self.send(&issuer, call!(action, id, user, "key", "value")) {
                    assert!(self.model.is_creators(issuer.text(), user));
                    self.has_attribute(id, user, None);
                }
            }
            Step::EditAttribute { person, attribute } => {
                let (id, key) = self.attribute(attribute, person)?;
                let (user, value) = (self.model.user_of(key.text()), self.fresh());
                let known = &self.model.attributes[&id];
                let is_own = Some(known.owner) == user;
                let may = !is_own || known.copy_of.is_none();
                let ok = self.send(&key, call!("edit_attribute", id, "key", value.as_str()));
                assert_eq!(ok, may, "only the owner's copies are refused");
                // Of somebody else's attribute, nothing happens and nothing is told.
                if ok && is_own {
                    self.model.attributes.get_mut(&id)?.value = value;
                }
            }
            Step::ShareAttribute { person, attribute } => {
                let (original, key) = self.attribute(attribute, person)?;
                let copy = id(&self.fresh());
                let call = call!("share_attribute", copy, original, "key", "value");
                if self.send(&key, call) {
                    self.shared_attribute(copy, original, &key);
                }
            }
            Step::ShareAttributeWith {
                person,
                attribute,
                grantee,
            } => {
                let (original, key) = self.attribute(attribute, person)?;
                let grantee = grantee.of(&self.grantees)?;
                let (copy, action) = (id(&self.fresh()), "share_attribute_with");
                let spelled = grantee.text().to_ascii_uppercase();
                let call = call!(action, copy, original, "key", "value", spelled.as_str());
                if self.send(&key, call) {
                    self.shared_attribute(copy, original, &key);
                    let grantee = grantee.text().to_owned();
                    self.model.attribute_grants.insert(copy, grantee);
                }
            }
            Step::RemoveAttribute { person, attribute } => {
                let (id, key) = self.attribute(attribute, person)?;
                let owner = self.model.attributes[&id].owner;
                if self.send(&key, call!("remove_attribute", id))
                    && self.model.user_of(key.text()) == Some(owner)
                {
                    self.model.remove_attribute(id);
                }
            }
            _ => unreachable!("the other steps are played elsewhere"),
        }
        Some(())
    }

    fn has_attribute(&mut self, id: Uuid, owner: Uuid, copy_of: Option<Uuid>) {
        let attribute = Attribute {
            owner,
            value: "value".to_owned(),
            copy_of,
        };
        self.model.attributes.insert(id, attribute);
    }

    /// Only owners share, and no copies.
    fn shared_attribute(&mut self, copy: Uuid, original: Uuid, key: &Key) {
        let known = &self.model.attributes[&original];
        let (owner, of) = (known.owner, known.copy_of);
        assert_eq!((self.model.user_of(key.text()), of), (Some(owner), None));
        self.has_attribute(copy, owner, Some(original));
    }

    /// An attribute that is there, and somebody to do something with it.
    fn attribute(&self, attribute: Pick, person: Pick) -> Option<(Uuid, Key)> {
        let attributes: Vec<_> = self.model.attributes.keys().copied().collect();
        let id = attribute.of(&attributes)?;
        let owner = self.model.attributes[&id].owner;
        Some((id, self.person(person, Some(owner))))
    }
}
