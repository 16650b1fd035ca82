//! The world in which every cell of the table is tried: a victim's profile with everything that
//! can be in one, and everybody who may want something of it.

use idos_ledger::Call;
use idos_types::{Uuid, Value};

use crate::support::{
    call::call,
    id,
    key::Key,
    network::{Network, START, Template},
    signed::{
        Sealed, WriteGrant, access_grant, add_wallet, notes, publish_keys, upsert_wallet,
        validator_call,
    },
    validators::{add_operator, address, first, grow, operator, voting},
};

/// A column of the table: in which relation the caller is to the data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    Owner,
    OtherPerson,
    Grantee,
    FormerGrantee,
    Creator,
    CreatorAfterClaim,
    /// Issued a credential with a grant that the owner signed.
    Issuer,
    OtherIssuer,
    NetworkOwner,
    /// The same with too many validators to decide alone.
    NetworkOwnerLater,
    /// Operates one of the validators that decide, and an observer.
    Operator,
    Nobody,
}

impl Role {
    /// The columns in their order, with their headings.
    pub(crate) const ALL: [(Self, &str); 12] = [
        (Self::Owner, "owner"),
        (Self::OtherPerson, "other person"),
        (Self::Grantee, "grantee"),
        (Self::FormerGrantee, "former grantee"),
        (Self::Creator, "creator"),
        (Self::CreatorAfterClaim, "creator after claim"),
        (Self::Issuer, "issuer"),
        (Self::OtherIssuer, "other issuer"),
        (Self::NetworkOwner, "network owner"),
        (Self::NetworkOwnerLater, "network owner later"),
        (Self::Operator, "operator"),
        (Self::Nobody, "nobody"),
    ];

    /// Who signs in this role. Nobody has a key that the network does not know.
    pub(crate) fn key(self) -> Key {
        match self {
            Self::Owner => Key::of("victim"),
            Self::OtherPerson => Key::of("other"),
            Self::Grantee => Key::of("grantee"),
            Self::FormerGrantee => Key::of("former grantee"),
            Self::Creator | Self::CreatorAfterClaim => Key::of("creator"),
            Self::Issuer => Key::of("issuer"),
            Self::OtherIssuer => Key::of("rival"),
            Self::NetworkOwner | Self::NetworkOwnerLater => Network::owner(),
            Self::Operator => operator(1),
            Self::Nobody => Key::of("unknown"),
        }
    }

    /// Whose data this role tries its own hand at: the names of rows begin with it.
    pub(crate) fn own(self) -> &'static str {
        match self {
            Self::Creator | Self::CreatorAfterClaim => "subject of creator",
            Self::Issuer => "subject of issuer",
            Self::OtherIssuer => "subject of rival",
            _ => "other",
        }
    }
}

/// What the victim and the other person own, by the first word of its name.
pub(crate) fn of(person: &str, what: &str) -> Uuid {
    id(&format!("{person} {what}"))
}

/// Content hash of the copy that a grantee has of a person's credential: see [`Sealed::share`].
pub(crate) fn copy_hash(person: &str) -> String {
    copy_of(person).content
}

fn copy_of(person: &str) -> Sealed {
    Sealed::copy(&Key::of("rival"), &format!("copy of {person}"))
}

/// The world in five states.
pub(crate) struct World {
    /// The victim has neither acted nor signed anything.
    pub(crate) untouched: Template,
    /// The victim has signed grants and sent nothing, and there is one validator.
    pub(crate) young: Template,
    /// The same, and there are validators enough for votes.
    pub(crate) unclaimed: Template,
    /// The same, and the victim has sent something.
    pub(crate) claimed: Template,
    /// There is no victim, no party of the grantee, and no validator: whatever a view answers
    /// differently here, it tells about them.
    pub(crate) absent: Template,
}

impl World {
    pub(crate) fn new() -> Self {
        let absent = others(Network::new()).into_template();

        let mut network = others(Network::with_validators(first(1)));
        add_party(&mut network, "grantee", "consumer");
        add_victim(&mut network);
        let untouched = network.into_template();

        let mut network = untouched.open();
        sign_grants(&mut network);
        let retention = "body_retention_seconds";
        let changed = call!("set_parameter_as_owner", retention, 60, Value::Null);
        network.must(&Network::owner(), changed);
        add_validators(&mut network);
        let young = network.into_template();

        let mut network = young.open();
        grow(&mut network, 2..5);
        for name in ["first motion", "second motion"] {
            network.must(&operator(0), motion(name));
        }
        network.must(&operator(1), motion("second motion"));
        let unclaimed = network.into_template();

        let mut network = unclaimed.open();
        let grant = grant_on(&network, of("victim", "copy"));
        let expiry = call!("set_access_grant_expiry", grant, START + 1_000_000);
        network.must(&Key::of("victim"), expiry);
        add_spare(&mut network, "victim");
        let (victim, grantee) = (Key::of("victim"), Key::of("grantee"));
        share_attribute(&mut network, &victim, "victim", &grantee);
        Self {
            untouched,
            absent,
            young,
            unclaimed,
            claimed: network.into_template(),
        }
    }
}

/// What operators vote on; the id of the motion with this name.
pub(crate) fn motion_id(network: &Network, name: &str) -> String {
    let rows = network.view(None, call!("get_motions", 1, 100)).unwrap();
    let is_meant = |row: &&Vec<Value>| row[2].clone() == Value::from(arguments(name));
    match rows.iter().find(is_meant).map(|row| &row[0]) {
        Some(Value::Text(id)) => id.clone(),
        _ => String::new(),
    }
}

fn motion(name: &str) -> Call {
    call!("add_inserter_as_owner", id(name), name)
}

fn arguments(name: &str) -> String {
    format!(r#"["{}","{name}"]"#, id(name))
}

/// Everybody but the victim and the parties.
fn others(mut network: Network) -> Network {
    network.wait_until(START + 1);
    admit_issuers(&mut network);
    add_others(&mut network);
    network
}

/// The numbers of the validators that are there besides those that decide: one of the operator in
/// the table, and two of somebody else, of which one is only asked for.
pub(crate) const OWN: usize = 11;
pub(crate) const OTHER: usize = 12;
pub(crate) const REQUESTED: usize = 13;

/// Who operates the validator with this number.
pub(crate) fn operator_of(number: usize) -> Key {
    operator(if number == OWN { 1 } else { 10 })
}

fn add_validators(network: &mut Network) {
    let owner = Network::owner();
    for number in [1, 10] {
        network.must(&owner, add_operator(number));
    }
    for number in [1, OWN, OTHER, REQUESTED] {
        let who = if number == 1 {
            operator(1)
        } else {
            operator_of(number)
        };
        let request = validator_call(
            network,
            "request_join",
            (&voting(number), &voting(number)),
            &who,
            &address(number),
        );
        network.must(&who, request);
        if number != REQUESTED {
            let key = voting(number);
            network.must(&owner, call!("approve_validator_as_owner", key.text()));
        }
    }
    network.must(&operator(1), call!("ready", voting(1).text()));
}

/// The id of the only grant on a credential.
pub(crate) fn grant_on(network: &Network, credential: Uuid) -> Uuid {
    let grants = network.state(|state| state.grants_on(credential.into()).unwrap());
    grants.first().map_or(Uuid::nil(), |grant| grant.id.0)
}

fn admit_issuers(network: &mut Network) {
    let owner = Network::owner();
    for name in ["creator", "issuer", "rival"] {
        let key = Key::of(name);
        network.must(&owner, call!("add_inserter_as_owner", id(name), name));
        network.must(&owner, call!("add_delegate_as_owner", key.text(), id(name)));
        // A profile that nobody has taken over.
        let subject = format!("subject of {name}");
        add_profile(network, &key, &subject);
        let credential = Sealed::new(&key, &notes(&subject), &subject);
        let upsert = credential.upsert(of(&subject, "credential"), id(&subject));
        network.must(&key, upsert);
    }
    add_party(network, "creator", "issuer");
}

fn add_party(network: &mut Network, name: &str, role: &str) {
    let (key, party) = (Key::of(name), of(name, "party"));
    network.must(
        &Network::owner(),
        call!("add_party_as_owner", party, key.text(), role),
    );
    let publish = publish_keys(network, party, &key);
    network.must(&key, publish);
}

fn add_profile(network: &mut Network, issuer: &Key, person: &str) {
    let user = id(person);
    network.must(
        issuer,
        call!("add_user_as_inserter", user, "encryption key", "user"),
    );
    let wallet = upsert_wallet(of(person, "wallet"), user, &Key::of(person), "first");
    network.must(issuer, wallet);
}

/// A second wallet, which only its owner can add.
fn add_spare(network: &mut Network, person: &str) {
    let spare = Key::of(&format!("{person} spare"));
    let add = add_wallet(of(person, "spare"), &spare, "first");
    network.must(&Key::of(person), add);
}

/// Somebody else with a profile, who has acted and shares with the former grantee.
fn add_others(network: &mut Network) {
    let (rival, other) = (Key::of("rival"), Key::of("other"));
    add_profile(network, &rival, "other");
    add_spare(network, "other");
    let credential = Sealed::new(&rival, &notes("other"), "other");
    network.must(&other, credential.add(of("other", "credential")));
    let unshared = Sealed::new(&rival, "", "unshared");
    network.must(&other, unshared.add(of("other", "unshared")));
    network.must(
        &other,
        call!("add_attribute", of("other", "attribute"), "key", "value"),
    );
    share_attribute(network, &other, "other", &Key::of("former grantee"));
    let grantee = Key::of("former grantee");
    let (copy, original) = (of("other", "copy"), of("other", "credential"));
    network.must(
        &other,
        copy_of("other").share(copy, original, grantee.text(), 0),
    );
    let grant = grant_on(network, copy);
    network.must(
        &other,
        call!("set_access_grant_expiry", grant, START + 1_000_000),
    );
    network.must(
        &other,
        add_wallet(of("other", "third"), &Key::of("other third"), "first"),
    );
}

/// A copy of a person's attribute for a grantee.
fn share_attribute(network: &mut Network, key: &Key, person: &str, grantee: &Key) {
    let (copy, original) = (of(person, "shared attribute"), of(person, "attribute"));
    let action = "share_attribute_with";
    let share = call!(action, copy, original, "key", "sealed", grantee.text());
    network.must(key, share);
}

/// The name of what a copy is of, and of its notes.
pub(crate) fn original_of(copy: &str) -> String {
    format!("original of {copy}")
}

/// The victim, with what the creator brought.
fn add_victim(network: &mut Network) {
    let creator = Key::of("creator");
    let user = id("victim");
    add_profile(network, &creator, "victim");
    let credential = Sealed::new(&creator, &notes("victim"), "victim");
    network.must(
        &creator,
        credential.upsert(of("victim", "credential"), user),
    );
    let attribute = of("victim", "attribute");
    let action = "add_attribute_as_inserter";
    network.must(&creator, call!(action, attribute, user, "key", "value"));
}

/// Everything that the victim can have without a transaction of its own.
fn sign_grants(network: &mut Network) {
    let (creator, victim) = (Key::of("creator"), Key::of("victim"));
    // One copy for the grantee, one that is locked, and one that its grantee has given up.
    let (grantee, former) = (Key::of("grantee"), Key::of("former grantee"));
    let issuer = Key::of("issuer");
    let copies = [
        ("copy", &creator, &grantee, 0),
        ("locked copy", &creator, &grantee, START + 1_000_000),
        ("given up", &creator, &former, 0),
        ("copy by issuer", &issuer, &grantee, 0),
    ];
    for (name, issuer, grantee, locked_until) in copies {
        let original = original_of(name);
        let content = format!("victim's {name}");
        let write_grant = WriteGrant {
            owner: &victim,
            signer: &victim,
            grantee: grantee.text(),
            issuer,
            id: of("victim", name),
            locked_until,
            usable: (START, START + 1_000),
            original: (of("victim", &original), &notes(&original), &original),
            copy: (of("victim", name), &content),
        };
        let used = write_grant.call(network);
        network.must(issuer, used);
    }
    let rescind = call!("rescind_shared_credential", of("victim", "given up"));
    network.must(&former, rescind);
    // One grant on an original.
    let data = of("victim", "original of given up");
    let grant = access_grant(network, (&victim, &victim), grantee.text(), data, 0);
    network.must(&creator, grant);
}
