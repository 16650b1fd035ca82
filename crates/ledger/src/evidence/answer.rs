//! From claim to claim until a question is answered.

use idos_proof::LeafKey;
use idos_types::{AttributeId, CredentialId, UserId, ValidatorSet};

use crate::{
    context::Caller,
    evidence::{Contents, Found, FoundRow, Question},
    leaves::{LeafKeys, List},
    row::{
        AccessGrant, Attribute, AttributeCopy, AttributeGrant, Credential, CredentialCopy,
        CredentialHeader, Key, Party, PartyKeys, Row, User, Wallet,
    },
    state::Page,
    table::Table,
};

/// Where the steps to an answer come from: the node's database, which proves each, or a node's
/// answer, of which each is checked.
pub trait Evidence {
    /// Why there is no evidence.
    type Error;

    /// The row with this leaf; `None` if there is none.
    fn row(&mut self, key: &LeafKey, contents: Contents) -> Result<Option<Found>, Self::Error>;

    /// A credential of a person, its content hidden; `None` if the person has none with this id. Not
    /// by its leaf: the database finds it by its id without a look at the content.
    fn header(&mut self, id: CredentialId, owner: UserId) -> Result<Option<Found>, Self::Error>;

    /// Every row of a list, contents of credentials hidden.
    fn list(&mut self, list: &List<'_>) -> Result<Vec<Found>, Self::Error>;

    /// Every grant to a grantee; if there are more than an answer shows, those of one page of the
    /// grants of this owner.
    fn grants(
        &mut self,
        grantee: &str,
        owner: Option<UserId>,
        page: Page,
    ) -> Result<Grants, Self::Error>;

    /// A grant to a grantee that lets read `data` at `now`, in seconds since 1970; if there is none,
    /// every grant to this grantee.
    fn grants_on(
        &mut self,
        grantee: &str,
        data: CredentialId,
        now: i64,
    ) -> Result<Vec<Found>, Self::Error>;
}

/// Grants to a grantee.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Grants {
    /// Every one.
    All(Vec<Found>),
    /// Some of so many.
    Some {
        /// How many there are, of all owners.
        total: u64,
        /// Those that are shown.
        shown: Vec<Found>,
    },
}

/// The answer to a question, in the order in which its view tells it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// The caller's profile; `None` if the caller has none.
    Profile(Option<User>),
    /// The caller's wallets.
    Wallets(Vec<Wallet>),
    /// The caller's credentials, each with what it is a copy of.
    Credentials(Vec<(CredentialHeader, Option<CredentialCopy>)>),
    /// The credential; `None` if the caller has none with this id.
    CredentialOwned(Option<Credential>),
    /// The credential; `None` if it is not shared with the caller.
    CredentialShared(Option<Box<SharedCredential>>),
    /// The caller's attributes, each with what it is a copy of.
    Attributes(Vec<(Attribute, Option<AttributeCopy>)>),
    /// The attribute with what it is a copy of; `None` if it is not shared with the caller.
    AttributeShared(Option<(Attribute, Option<AttributeCopy>)>),
    /// The grants that the caller gave.
    GrantsOwned(Vec<AccessGrant>),
    /// Grants to the caller.
    GrantsGranted(GrantPage),
    /// The party with its current keys, if it published any; `None` if there is no such party.
    Party(Option<(Party, Option<PartyKeys>)>),
    /// The party with every version of its keys, oldest first.
    PartyHistory(Option<(Party, Vec<PartyKeys>)>),
    /// Parties, each with its current keys.
    Parties(Vec<(Party, Option<PartyKeys>)>),
    /// The validators; `None` if those of this epoch are not fixed.
    ValidatorSet(Option<ValidatorSet>),
}

/// A credential that was shared with the caller.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SharedCredential {
    /// What lets the caller read it.
    pub grant: AccessGrant,
    /// The credential with its content.
    pub credential: Credential,
    /// Says that it is a copy.
    pub copy: Option<CredentialCopy>,
    /// What it is a copy of, for its public notes.
    pub original: Option<CredentialHeader>,
}

/// A page of the grants to the caller.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GrantPage {
    /// The grants, oldest first, without those that ended.
    pub grants: Vec<AccessGrant>,
    /// How many grants to the caller there are, of all owners, ended ones that are still there
    /// included.
    pub total: u64,
    /// Whether it is proved that no grant is left out of the page. The state has no list in the
    /// order of pages: of more grants than [`idos_types::limits::PROVED_ROWS`] only their number
    /// is proved, and each that is shown.
    pub is_complete: bool,
}

/// Answers a question of a caller, at a time in seconds since 1970.
pub fn answer<E: Evidence>(
    question: &Question,
    caller: &Caller,
    now: i64,
    evidence: &mut E,
) -> Result<Answer, E::Error> {
    let mut steps = Steps { caller, evidence };
    Ok(match question {
        Question::Profile => Answer::Profile(steps.profile()?),
        Question::Wallets => {
            let wallets = steps.own(List::Wallets, Found::wallet)?;
            Answer::Wallets(in_order(wallets))
        }
        Question::Credentials => {
            let headers = steps.own(List::Credentials, Found::header)?;
            Answer::Credentials(steps.with_copies(in_order(headers))?)
        }
        Question::CredentialOwned(id) => Answer::CredentialOwned(steps.credential_owned(*id)?),
        Question::CredentialShared(id) => {
            let shared = steps.credential_shared(*id, now)?;
            Answer::CredentialShared(shared.map(Box::new))
        }
        Question::Attributes => {
            let attributes = steps.own(List::Attributes, Found::attribute)?;
            Answer::Attributes(steps.attributes_with_copies(in_order(attributes))?)
        }
        Question::AttributeShared(id) => Answer::AttributeShared(steps.attribute_shared(*id)?),
        Question::GrantsOwned => Answer::GrantsOwned(steps.grants_owned(now)?),
        Question::GrantsGranted { owner, page } => {
            Answer::GrantsGranted(steps.grants_granted(*owner, *page, now)?)
        }
        Question::Party(id) => {
            let party = steps.keyed(&Key::Party(*id), Found::party)?;
            Answer::Party(match party {
                Some(party) => Some(steps.with_current_keys(party)?),
                None => None,
            })
        }
        Question::PartyHistory(id) => {
            let party = steps.keyed(&Key::Party(*id), Found::party)?;
            Answer::PartyHistory(match party {
                Some(party) => {
                    let mut keys = steps.all(&List::PartyKeys(*id), Found::party_keys)?;
                    keys.sort_by_key(|(_, keys)| keys.version);
                    Some((party, keys.into_iter().map(|(_, keys)| keys).collect()))
                }
                None => None,
            })
        }
        Question::Parties { role, page } => Answer::Parties(steps.parties(role.as_deref(), *page)?),
        Question::ValidatorSet(None) => Answer::ValidatorSet(None),
        Question::ValidatorSet(Some(epoch)) => {
            let set = steps.keyed(&Key::ValidatorSet(*epoch), Found::validator_set)?;
            Answer::ValidatorSet(set)
        }
    })
}

struct Steps<'a, E> {
    caller: &'a Caller,
    evidence: &'a mut E,
}

/// A row of one kind, with its place.
type Placed<T> = (u64, T);

impl<E: Evidence> Steps<'_, E> {
    /// Whose wallet the caller is.
    fn person(&mut self) -> Result<Option<UserId>, E::Error> {
        if self.caller.is_nobody() {
            return Ok(None);
        }
        let wallets = self
            .evidence
            .list(&List::WalletOf(self.caller.identity()))?;
        let wallet = wallets.into_iter().find_map(Found::wallet);
        Ok(wallet.map(|wallet| wallet.user_id))
    }

    fn one<T>(
        &mut self,
        key: &LeafKey,
        contents: Contents,
        as_row: impl Fn(Found) -> Option<T>,
    ) -> Result<Option<T>, E::Error> {
        Ok(self.evidence.row(key, contents)?.and_then(as_row))
    }

    /// The row with this key, which tells where its leaf is.
    fn keyed<T>(
        &mut self,
        key: &Key,
        as_row: impl Fn(Found) -> Option<T>,
    ) -> Result<Option<T>, E::Error> {
        match LeafKeys::of_key(key) {
            Some(keys) => self.one(&keys.row, Contents::Hidden, as_row),
            None => Ok(None),
        }
    }

    fn all<T>(
        &mut self,
        list: &List<'_>,
        as_row: impl Fn(Found) -> Option<T>,
    ) -> Result<Vec<Placed<T>>, E::Error> {
        let rows = self.evidence.list(list)?;
        Ok(placed(rows, as_row))
    }

    /// Every row of a list of the caller; none if the caller has no profile.
    fn own<T>(
        &mut self,
        list: fn(UserId) -> List<'static>,
        as_row: impl Fn(Found) -> Option<T>,
    ) -> Result<Vec<Placed<T>>, E::Error> {
        match self.person()? {
            Some(user) => self.all(&list(user), as_row),
            None => Ok(Vec::new()),
        }
    }

    fn profile(&mut self) -> Result<Option<User>, E::Error> {
        match self.person()? {
            Some(id) => self.keyed(&Key::User(id), Found::user),
            None => Ok(None),
        }
    }

    fn with_copies(
        &mut self,
        headers: Vec<CredentialHeader>,
    ) -> Result<Vec<(CredentialHeader, Option<CredentialCopy>)>, E::Error> {
        let with_copy = |header: CredentialHeader| {
            let copy = self.keyed(&Key::CredentialCopy(header.id), Found::credential_copy)?;
            Ok((header, copy))
        };
        headers.into_iter().map(with_copy).collect()
    }

    fn attributes_with_copies(
        &mut self,
        attributes: Vec<Attribute>,
    ) -> Result<Vec<(Attribute, Option<AttributeCopy>)>, E::Error> {
        let with_copy = |attribute: Attribute| {
            let copy = self.keyed(&Key::AttributeCopy(attribute.id), Found::attribute_copy)?;
            Ok((attribute, copy))
        };
        attributes.into_iter().map(with_copy).collect()
    }

    fn attribute_shared(
        &mut self,
        id: AttributeId,
    ) -> Result<Option<(Attribute, Option<AttributeCopy>)>, E::Error> {
        if self.caller.is_nobody() {
            return Ok(None);
        }
        let key = LeafKeys::attribute_grant(id, self.caller.text()).row;
        let Some(grant) = self.one(&key, Contents::Hidden, Found::attribute_grant)? else {
            return Ok(None);
        };
        let key = LeafKeys::attribute(id, grant.owner).row;
        let attribute = self.one(&key, Contents::Hidden, Found::attribute)?;
        let mut found = self.attributes_with_copies(attribute.into_iter().collect())?;
        Ok(found.pop())
    }

    fn credential_owned(&mut self, id: CredentialId) -> Result<Option<Credential>, E::Error> {
        match self.person()? {
            Some(user) => self.credential(id, user),
            None => Ok(None),
        }
    }

    fn credential(
        &mut self,
        id: CredentialId,
        user: UserId,
    ) -> Result<Option<Credential>, E::Error> {
        let key = LeafKeys::credential(id, user).row;
        self.one(&key, Contents::Shown, Found::credential)
    }

    fn credential_shared(
        &mut self,
        id: CredentialId,
        now: i64,
    ) -> Result<Option<SharedCredential>, E::Error> {
        if self.caller.is_nobody() {
            return Ok(None);
        }
        let grants = self.evidence.grants_on(self.caller.text(), id, now)?;
        let mut grants = grants.into_iter().filter_map(Found::access_grant);
        let Some(grant) = grants.find(|grant| grant.permits(id, now)) else {
            return Ok(None);
        };
        let owner = grant.owner;
        let Some(credential) = self.credential(id, owner)? else {
            return Ok(None);
        };
        let copy = self.keyed(&Key::CredentialCopy(id), Found::credential_copy)?;
        let original = match copy.as_ref().and_then(|copy| copy.original_id) {
            Some(original) => {
                let original = self.evidence.header(original, owner)?;
                original.and_then(Found::header)
            }
            None => None,
        };
        Ok(Some(SharedCredential {
            grant,
            credential,
            copy,
            original,
        }))
    }

    fn grants_owned(&mut self, now: i64) -> Result<Vec<AccessGrant>, E::Error> {
        let Some(user) = self.person()? else {
            return Ok(Vec::new());
        };
        let grants = self.evidence.list(&List::GrantsOwned(user))?;
        let mut grants = in_order(placed(grants, Found::access_grant));
        grants.retain(|grant| grant.is_live(now));
        Ok(grants)
    }

    fn grants_granted(
        &mut self,
        owner: Option<UserId>,
        page: Page,
        now: i64,
    ) -> Result<GrantPage, E::Error> {
        if self.caller.is_nobody() {
            return Ok(GrantPage {
                grants: Vec::new(),
                total: 0,
                is_complete: true,
            });
        }
        let grants = self.evidence.grants(self.caller.text(), owner, page)?;
        let (found, total, is_complete) = match grants {
            Grants::All(all) => {
                let total = u64::try_from(all.len()).unwrap_or(u64::MAX);
                (all, total, true)
            }
            Grants::Some { total, shown } => (shown, total, false),
        };
        let mut grants: Vec<_> = found.into_iter().filter_map(Found::access_grant).collect();
        grants.retain(|grant| owner.is_none_or(|owner| grant.owner == owner));
        grants.sort_by_key(|grant| (grant.height, grant.id));
        // A part of the list is the page itself.
        let offset = if is_complete { page.offset } else { 0 };
        let mut grants = cut(grants, Page { offset, ..page });
        grants.retain(|grant| grant.is_live(now));
        Ok(GrantPage {
            grants,
            total,
            is_complete,
        })
    }

    fn with_current_keys(&mut self, party: Party) -> Result<(Party, Option<PartyKeys>), E::Error> {
        let key = Key::PartyKeys(party.id, party.version);
        // Before the first there is none, as everybody knows without proof.
        let keys = match party.version {
            0 => None,
            _ => self.keyed(&key, Found::party_keys)?,
        };
        Ok((party, keys))
    }

    fn parties(
        &mut self,
        role: Option<&str>,
        page: Page,
    ) -> Result<Vec<(Party, Option<PartyKeys>)>, E::Error> {
        let parties = self.all(&List::All(Table::Parties), Found::party)?;
        let mut parties = in_order(parties);
        parties.retain(|party| role.is_none_or(|role| party.roles.has(role) == Some(true)));
        let with_keys = |party| self.with_current_keys(party);
        cut(parties, page).into_iter().map(with_keys).collect()
    }
}

fn placed<T>(found: Vec<Found>, as_row: impl Fn(Found) -> Option<T>) -> Vec<Placed<T>> {
    let with_place = |found: Found| {
        let place = found.place.0;
        Some((place, as_row(found)?))
    };
    found.into_iter().filter_map(with_place).collect()
}

/// Rows in the order in which they were first written.
fn in_order<T>(mut rows: Vec<Placed<T>>) -> Vec<T> {
    rows.sort_by_key(|(place, _)| *place);
    rows.into_iter().map(|(_, row)| row).collect()
}

fn cut<T>(rows: Vec<T>, page: Page) -> Vec<T> {
    let number = |number: i64| usize::try_from(number).unwrap_or_default();
    let rows = rows.into_iter().skip(number(page.offset));
    rows.take(number(page.rows)).collect()
}

/// Rows by their kinds. A row that is where another kind belongs is none: no leaf has such a key.
macro_rules! kinds {
    ($($name:ident: $variant:ident -> $kind:ty;)*) => {
        impl Found {
            $(pub(super) fn $name(self) -> Option<$kind> {
                match self.row {
                    FoundRow::Whole(row) => match *row {
                        Row::$variant(row) => Some(row),
                        _ => None,
                    },
                    FoundRow::Header(_) => None,
                }
            })*

            fn header(self) -> Option<CredentialHeader> {
                match self.row {
                    FoundRow::Header(header) => Some(header),
                    FoundRow::Whole(_) => None,
                }
            }

            fn validator_set(self) -> Option<ValidatorSet> {
                match self.row {
                    FoundRow::Whole(row) => match *row {
                        Row::ValidatorSet(_, set) => Some(set),
                        _ => None,
                    },
                    FoundRow::Header(_) => None,
                }
            }
        }
    };
}

kinds! {
    user: User -> User;
    wallet: Wallet -> Wallet;
    credential: Credential -> Credential;
    credential_copy: CredentialCopy -> CredentialCopy;
    attribute: Attribute -> Attribute;
    attribute_copy: AttributeCopy -> AttributeCopy;
    attribute_grant: AttributeGrant -> AttributeGrant;
    access_grant: AccessGrant -> AccessGrant;
    party: Party -> Party;
    party_keys: PartyKeys -> PartyKeys;
}
