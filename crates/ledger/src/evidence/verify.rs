//! Whether a node's answer is true.

use idos_proof::{
    CertificateError, Claim, ClaimError, DecodeError, Freshness, LeafKey, LightClient,
    LightClientError, ListId, Proof, Root, RootCertificate, RootStatement,
};
use idos_types::{CredentialId, UserId, limits::PROVED_ROWS};
use thiserror::Error;

use crate::{
    context::Caller,
    evidence::{
        Answer, Claimed, ClaimedRow, Contents, Evidence, Found, Grants, Kind, Question, answer,
    },
    leaves::{LeafKeys, List},
    row::AccessGrant,
    row_decoding::RowError,
    state::Page,
};

/// A node's answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProvedAnswer {
    /// The height whose state it tells.
    pub height: u64,
    /// The encoded certificate of that state.
    pub certificate: Vec<u8>,
    /// What proves it, in the order in which the question is answered.
    pub claims: Vec<Claimed>,
}

/// An answer that is true of a certified state.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proved {
    /// What the validators certified.
    pub statement: RootStatement,
    /// The answer.
    pub answer: Answer,
}

/// Why an answer is not believed. Unless the reason is the caller's own clock or a grant that ended,
/// the node that answered is at fault: ask a different one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AnswerError {
    /// The certificate is none.
    #[error("the node's certificate cannot be read: {0}")]
    Certificate(#[from] CertificateError),
    /// The certificate does not hold, or is too old.
    #[error(transparent)]
    LightClient(#[from] LightClientError),
    /// The certificate is of another height than the node says.
    #[error("the node's certificate is of height {certified}, the answer of height {said}")]
    Height {
        /// What the node says.
        said: u64,
        /// What the certificate says.
        certified: u64,
    },
    /// A claim does not hold, or is not one that answers the question.
    #[error("claim {number} of the node's answer: {source}")]
    Claim {
        /// Which one, from 1.
        number: usize,
        /// What is wrong with it.
        source: ClaimFault,
    },
    /// The grant that lets read something permitted it when the certified block was made, and has
    /// ended since. That is no lie: blocks are made now and then, and clocks differ.
    #[error(
        "the grant has ended by this clock, at {expires_at} seconds since 1970: ask its owner for another"
    )]
    Ended {
        /// When it ended, in seconds since 1970.
        expires_at: i64,
    },
    /// There are more claims than the question needs.
    #[error("the node's answer has {0} claims that nobody asked for")]
    Superfluous(usize),
}

/// What is wrong with a claim.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ClaimFault {
    /// It is not there.
    #[error("it is missing")]
    Missing,
    /// It is about another list than the one in question: another person's, for instance.
    #[error("it is about another list than the one in question")]
    OtherList,
    /// It is of a kind that does not answer this part of the question.
    #[error("a claim of the kind \"{}\" does not answer the question", .0.name())]
    Kind(Kind),
    /// The numbers of rows and elements do not fit its kind.
    #[error("the number of its rows does not fit")]
    Shape,
    /// It has more rows than an answer has.
    #[error("it has more than {PROVED_ROWS} rows")]
    TooMany,
    /// It tells only how long a list is of which it has to show all.
    #[error("a list of {0} rows has to be shown as a whole")]
    TooFew(u64),
    /// It tells how long a list is, and not as many rows follow as are on the page.
    #[error("{shown} rows follow, where {expected} are on the page")]
    PartOfPage {
        /// How many follow.
        shown: u64,
        /// How many there are on the page.
        expected: u64,
    },
    /// A row cannot be read.
    #[error(transparent)]
    Row(#[from] RowError),
    /// The row is another than the one in question.
    #[error("it shows another row than the one in question")]
    OtherRow,
    /// The proof cannot be read.
    #[error(transparent)]
    Proof(#[from] DecodeError),
    /// The proof does not prove it.
    #[error(transparent)]
    NotProved(#[from] ClaimError),
}

/// Whether an answer to a question of a caller is true of a recent state that is certified. Follow
/// set changes first ([`LightClient::advance`]). What ends at a time has ended if it has by the
/// clock of `freshness`.
pub fn verify(
    client: &LightClient,
    freshness: &Freshness,
    question: &Question,
    caller: &Caller,
    given: &ProvedAnswer,
) -> Result<Proved, AnswerError> {
    let certificate = RootCertificate::decode(&given.certificate)?;
    let statement = client.certified(&certificate, freshness)?;
    if statement.height != given.height {
        return Err(AnswerError::Height {
            said: given.height,
            certified: statement.height,
        });
    }
    let mut checker = Checker {
        root: statement.root,
        time: statement.time.seconds(),
        claims: &given.claims,
        number: 0,
    };
    let now = statement.time.max(freshness.now).seconds();
    let answer = answer(question, caller, now, &mut checker)?;
    if !checker.claims.is_empty() {
        return Err(AnswerError::Superfluous(checker.claims.len()));
    }
    Ok(Proved {
        statement: statement.clone(),
        answer,
    })
}

/// Takes claim after claim, and checks that it is the one in question and holds.
struct Checker<'a> {
    root: Root,
    /// When the block was made, in seconds since 1970.
    time: i64,
    claims: &'a [Claimed],
    number: usize,
}

impl<'a> Checker<'a> {
    fn fault(&self, source: impl Into<ClaimFault>) -> AnswerError {
        AnswerError::Claim {
            number: self.number,
            source: source.into(),
        }
    }

    fn next(&mut self) -> Result<&'a Claimed, AnswerError> {
        self.number += 1;
        let (claim, rest) = self
            .claims
            .split_first()
            .ok_or_else(|| self.fault(ClaimFault::Missing))?;
        self.claims = rest;
        let count = usize::try_from(claim.count).unwrap_or(usize::MAX);
        let rows = claim.rows.len();
        let fits = match claim.kind {
            Kind::Row => rows == 1 && count == 1,
            Kind::Absent => rows == 0 && count == 0,
            Kind::List => rows == count,
            Kind::Count => rows == 0,
        };
        if !fits {
            return Err(self.fault(ClaimFault::Shape));
        }
        if rows > PROVED_ROWS {
            return Err(self.fault(ClaimFault::TooMany));
        }
        Ok(claim)
    }

    fn next_of(&mut self, list: &ListId) -> Result<&'a Claimed, AnswerError> {
        let claim = self.next()?;
        if claim.list != *list {
            return Err(self.fault(ClaimFault::OtherList));
        }
        Ok(claim)
    }

    fn prove(&self, proof: &[u8], claim: &Claim<'_>) -> Result<(), AnswerError> {
        let proof = Proof::decode(proof).map_err(|error| self.fault(error))?;
        proof
            .verify(&self.root, claim)
            .map_err(|error| self.fault(error))
    }

    fn decode(&self, row: &ClaimedRow, contents: Contents) -> Result<Found, AnswerError> {
        row.decode(contents).map_err(|error| self.fault(error))
    }

    /// The one row of a claim, wherever it is in the state.
    fn proved_row(&self, claim: &Claimed, contents: Contents) -> Result<Found, AnswerError> {
        let row = claim.rows.first();
        let row = row.ok_or_else(|| self.fault(ClaimFault::Kind(claim.kind)))?;
        let found = self.decode(row, contents)?;
        let leaf = row.leaves(&found.keys()).next();
        let leaf = leaf.ok_or_else(|| self.fault(ClaimFault::OtherRow))?;
        self.prove(&claim.proof, &Claim::Leaf(&leaf))?;
        Ok(found)
    }

    /// All rows of a claim about a list, each by the leaf that it has there.
    fn proved_list(&self, claim: &Claimed) -> Result<Vec<Found>, AnswerError> {
        let (mut rows, mut elements) = (Vec::new(), Vec::new());
        for row in &claim.rows {
            let found = self.decode(row, Contents::Hidden)?;
            let keys = found.keys();
            let leaf = row.leaves(&keys).find(|it| it.key.list() == claim.list);
            let leaf = leaf.ok_or_else(|| self.fault(ClaimFault::OtherRow))?;
            elements.push((leaf.key.element(), leaf.value));
            rows.push(found);
        }
        elements.sort_unstable();
        let all = Claim::List {
            list: &claim.list,
            elements: &elements,
        };
        self.prove(&claim.proof, &all)?;
        Ok(rows)
    }

    fn proved_count(&self, claim: &Claimed) -> Result<u64, AnswerError> {
        let (list, count) = (&claim.list, claim.count);
        if count <= u64::try_from(PROVED_ROWS).unwrap_or(u64::MAX) {
            return Err(self.fault(ClaimFault::TooFew(count)));
        }
        self.prove(&claim.proof, &Claim::Count { list, count })?;
        Ok(count)
    }
}

impl Evidence for Checker<'_> {
    type Error = AnswerError;

    fn row(&mut self, key: &LeafKey, contents: Contents) -> Result<Option<Found>, AnswerError> {
        let claim = self.next_of(&key.list())?;
        match claim.kind {
            Kind::Row => {
                let found = self.proved_row(claim, contents)?;
                if found.keys().row != *key {
                    return Err(self.fault(ClaimFault::OtherRow));
                }
                Ok(Some(found))
            }
            Kind::Absent => {
                self.prove(&claim.proof, &Claim::Absent(key))?;
                Ok(None)
            }
            kind @ (Kind::List | Kind::Count) => Err(self.fault(ClaimFault::Kind(kind))),
        }
    }

    fn header(&mut self, id: CredentialId, owner: UserId) -> Result<Option<Found>, AnswerError> {
        self.row(&LeafKeys::credential(id, owner).row, Contents::Hidden)
    }

    fn list(&mut self, list: &List<'_>) -> Result<Vec<Found>, AnswerError> {
        let claim = self.next_of(&list.id())?;
        match claim.kind {
            Kind::List => self.proved_list(claim),
            kind => Err(self.fault(ClaimFault::Kind(kind))),
        }
    }

    fn grants(
        &mut self,
        grantee: &str,
        owner: Option<UserId>,
        page: Page,
    ) -> Result<Grants, AnswerError> {
        let list = List::GrantsTo(grantee).id();
        let claim = self.next_of(&list)?;
        let counted = self.number;
        let total = match claim.kind {
            Kind::List => return Ok(Grants::All(self.proved_list(claim)?)),
            Kind::Count => self.proved_count(claim)?,
            kind @ (Kind::Row | Kind::Absent) => {
                return Err(self.fault(ClaimFault::Kind(kind)));
            }
        };
        let size = |rows: i64| u64::try_from(rows).unwrap_or_default();
        let on_page = total.saturating_sub(size(page.offset)).min(size(page.rows));
        let most = usize::try_from(on_page).unwrap_or(usize::MAX);
        let (mut shown, mut seen) = (Vec::new(), std::collections::BTreeSet::new());
        while !self.claims.is_empty() {
            let claim = self.next_of(&list)?;
            let found = self.proved_row(claim, Contents::Hidden)?;
            let key = found.keys().row;
            if key.list() != list || !seen.insert(key.0) {
                return Err(self.fault(ClaimFault::OtherRow));
            }
            shown.push(found);
            if shown.len() > most {
                return Err(self.fault(ClaimFault::TooMany));
            }
        }
        // How many grants of one owner there are, nothing tells.
        if owner.is_none() && shown.len() < most {
            self.number = counted;
            return Err(self.fault(ClaimFault::PartOfPage {
                shown: u64::try_from(shown.len()).unwrap_or(u64::MAX),
                expected: on_page,
            }));
        }
        Ok(Grants::Some { total, shown })
    }

    fn grants_on(
        &mut self,
        grantee: &str,
        data: CredentialId,
        now: i64,
    ) -> Result<Vec<Found>, AnswerError> {
        let list = List::GrantsTo(grantee).id();
        let claim = self.next_of(&list)?;
        match claim.kind {
            Kind::List => self.proved_list(claim),
            Kind::Row => {
                let found = self.proved_row(claim, Contents::Hidden)?;
                let permitted = |grant: &AccessGrant| grant.permits(data, self.time);
                let grant = found.clone().access_grant().filter(permitted);
                let grant = grant.filter(|_| found.keys().row.list() == list);
                let grant = grant.ok_or_else(|| self.fault(ClaimFault::OtherRow))?;
                // It would hide one that has not ended.
                if !grant.is_live(now) {
                    let expires_at = grant.expires_at;
                    return Err(AnswerError::Ended { expires_at });
                }
                Ok(vec![found])
            }
            kind @ (Kind::Absent | Kind::Count) => Err(self.fault(ClaimFault::Kind(kind))),
        }
    }
}
