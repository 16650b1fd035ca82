//! A grantee with more grants than one answer shows.

use std::time::Duration;

use idos_ledger::{
    AccessGrant, Answer, AnswerError, Change, ClaimFault, Credential, CredentialHeader,
    GrantOrigin, Kind, PasswordStore, ProvedAnswer, Question, Row, User, verify,
};
use idos_proof::{ChainId, ClaimError, Freshness, LightClient, RootStatement, ValidatorSet};
use idos_store::{Database, EvidenceError, NewBlock, Options, Readers};
use idos_types::{BlockTime, Digest, Member, Uuid, Value, limits::PROVED_ROWS};
use tempfile::TempDir;

use crate::{
    support::{
        call::call,
        network::CHAIN,
        validators::{address, voting},
    },
    world::{caller, certificate, grantee},
};

const GRANTS: usize = PROVED_ROWS + 1;
const NOW: u64 = 1_800_000_000_000;
/// The one of the grants that has no end.
const LASTING: usize = GRANTS / 2;

fn number(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

/// When each of the other grants ends, in seconds since 1970.
fn ends_at(grant: usize) -> i64 {
    BlockTime::from_millis(NOW).seconds() + 1 + i64::try_from(grant).unwrap()
}

fn rows() -> Vec<Change> {
    let user = |id: u128| {
        Row::User(User {
            id: number(id).into(),
            recipient_encryption_public_key: String::new(),
            encryption_password_store: PasswordStore::User,
            inserter: String::new(),
            gas_allowance: 0,
            claimed: true,
            erased: false,
        })
    };
    let credential = Row::Credential(Credential {
        header: CredentialHeader {
            id: number(1).into(),
            user_id: number(1).into(),
            verifiable_credential_id: None,
            public_notes: String::new(),
            encryptor_public_key: String::new(),
            issuer_auth_public_key: String::new(),
            inserter: None,
        },
        content: "".into(),
    });
    let grant = |at: usize| {
        Row::AccessGrant(AccessGrant {
            id: number(1_000 + at as u128).into(),
            owner: number(1).into(),
            grantee: grantee().text().to_owned(),
            data_id: number(1).into(),
            locked_until: i64::try_from(at).unwrap(),
            expires_at: if at == LASTING { 0 } else { ends_at(at) },
            content_hash: None,
            height: 0,
            origin: GrantOrigin::User,
            origin_id: String::new(),
        })
    };
    let rows = [user(1), credential].into_iter();
    rows.chain((0..GRANTS).map(grant))
        .map(Change::Put)
        .collect()
}

struct Long {
    readers: Readers,
    root: idos_proof::Root,
    _folder: TempDir,
}

impl Long {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let (mut writer, readers) = Database::open(folder.path(), &Options::default()).unwrap();
        let block = NewBlock {
            hash: Digest::default(),
            time: BlockTime::from_millis(NOW),
            header: Vec::new(),
        };
        writer.start(&rows(), block, "key", "value").unwrap();
        let root = writer.head().unwrap().unwrap().root;
        Self {
            readers,
            root,
            _folder: folder,
        }
    }

    fn ask(&self, question: &Question) -> Result<ProvedAnswer, EvidenceError> {
        let seconds = BlockTime::from_millis(NOW).seconds();
        let proved = self
            .readers
            .read(|snapshot| snapshot.prove(question, &caller(&grantee()), seconds));
        let statement = RootStatement {
            chain_id: ChainId::new(CHAIN).unwrap(),
            epoch: 0,
            height: 0,
            ends_epoch: false,
            header: Digest::default(),
            root: self.root,
            time: BlockTime::from_millis(NOW),
        };
        Ok(ProvedAnswer {
            height: 0,
            certificate: certificate(statement, 0..3).encode(),
            claims: proved.unwrap()?.1,
        })
    }
}

fn check(question: &Question, given: &ProvedAnswer) -> Result<Answer, AnswerError> {
    let member = |number: usize| Member {
        key: voting(number).validator(),
        address: address(number).parse().unwrap(),
    };
    let set = idos_types::ValidatorSet::new((0..4).map(member).collect()).unwrap();
    let set = ValidatorSet::of(set).unwrap();
    let client = LightClient::genesis(ChainId::new(CHAIN).unwrap(), set.clone(), set);
    let freshness = Freshness {
        min_height: 0,
        max_age: Duration::from_secs(1),
        now: BlockTime::from_millis(NOW),
    };
    let proved = verify(&client, &freshness, question, &caller(&grantee()), given)?;
    Ok(proved.answer)
}

fn page(page: i64, size: i64) -> Question {
    let call = call!("get_access_grants_granted", Value::Null, page, size);
    Question::of(call).unwrap()
}

#[test]
fn of_a_long_list_the_length_and_every_row_shown_are_proved() {
    let long = Long::new();
    let question = page(3, 10);
    let given = long.ask(&question).unwrap();
    let Answer::GrantsGranted(answer) = check(&question, &given).unwrap() else {
        panic!("grants");
    };
    assert_eq!((answer.total, answer.is_complete), (GRANTS as u64, false));
    let ids: Vec<_> = answer.grants.iter().map(|grant| grant.id.0).collect();
    let expected: Vec<_> = (1_020..1_030).map(number).collect();
    assert_eq!(ids, expected);

    let fault = |number, source: ClaimFault| AnswerError::Claim { number, source };
    let refused = |lie: &dyn Fn(&mut ProvedAnswer)| {
        let mut given = given.clone();
        lie(&mut given);
        check(&question, &given).unwrap_err()
    };
    let wrong = refused(&|given| given.claims[0].count += 1);
    assert!(matches!(
        wrong,
        AnswerError::Claim {
            number: 1,
            source: ClaimFault::NotProved(ClaimError::Count { .. })
        }
    ));
    let twice = refused(&|given| given.claims[2] = given.claims[1].clone());
    assert_eq!(twice, fault(3, ClaimFault::OtherRow));
    let changed = refused(&|given| given.claims[2].rows[0].bytes[7] ^= 1);
    assert_eq!(changed, fault(3, ClaimError::OtherRoot.into()));
    let many = refused(&|given| {
        let more = long.ask(&page(4, 10)).unwrap().claims;
        given.claims.extend(more.into_iter().skip(1));
    });
    assert_eq!(many, fault(12, ClaimFault::TooMany));
    // Nothing, or less, as if that were the page.
    for rows in [0, 9] {
        let less = refused(&|given| given.claims.truncate(1 + rows));
        let shown = rows as u64;
        let part = ClaimFault::PartOfPage {
            shown,
            expected: 10,
        };
        assert_eq!(less, fault(1, part));
    }
    // Too many to show them as a list.
    let list = refused(&|given| {
        let rows = vec![given.claims[1].rows[0].clone(); GRANTS];
        (given.claims[0].kind, given.claims[0].rows) = (Kind::List, rows);
    });
    assert_eq!(list, fault(1, ClaimFault::TooMany));
}

#[test]
fn the_last_page_of_a_long_list_is_as_short_as_it_is() {
    let long = Long::new();
    for (number, shown) in [(205, 9), (206, 0)] {
        let question = page(number, 10);
        let given = long.ask(&question).unwrap();
        let Answer::GrantsGranted(answer) = check(&question, &given).unwrap() else {
            panic!("grants");
        };
        assert_eq!((answer.total, answer.grants.len()), (GRANTS as u64, shown));
    }
}

#[test]
fn what_needs_the_whole_of_a_long_list_is_refused() {
    let long = Long::new();
    let shared = |id: u128| Question::CredentialShared(number(id).into());
    // One grant proves that something is shared; that nothing is would take all of them.
    assert!(check(&shared(1), &long.ask(&shared(1)).unwrap()).is_ok());
    let refused = long.ask(&shared(2)).unwrap_err();
    assert!(matches!(refused, EvidenceError::TooMany(count) if count == GRANTS as u64));
}

/// To a caller whose clock is ahead of the node's another may have ended.
#[test]
fn of_several_grants_on_one_credential_the_one_that_lasts_longest_is_shown() {
    let question = Question::CredentialShared(number(1).into());
    let given = Long::new().ask(&question).unwrap();
    let Answer::CredentialShared(Some(shared)) = check(&question, &given).unwrap() else {
        panic!("a credential");
    };
    assert_eq!(shared.grant.id.0, number(1_000 + LASTING as u128));
    assert_eq!(shared.grant.expires_at, 0);
}
