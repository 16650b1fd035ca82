//! How everybody tries every action.

use idos_ledger::Call;
use idos_types::{Uuid, Value};

use crate::{
    support::{
        call::call,
        id,
        key::Key,
        network::{Network, START},
        signed::{
            Sealed, WriteGrant, access_grant, add_wallet, notes, publish_keys, upsert_wallet,
            validator_call,
        },
        validators::{address, voting},
    },
    world::{
        OTHER, OWN, REQUESTED, Role, copy_hash, grant_on, motion_id, of, operator_of, original_of,
    },
};

/// The ways in which a caller tries one action.
#[derive(Default)]
pub(crate) struct Attempts {
    /// At the victim's data, each way on its own.
    pub(crate) aimed: Vec<Call>,
    /// At the caller's own data.
    pub(crate) own: Vec<Call>,
    /// At the victim's data, with a delegated grant that the victim signed.
    pub(crate) signed: Vec<Call>,
}

impl Attempts {
    fn aimed<const N: usize>(aimed: [Call; N]) -> Self {
        Self {
            aimed: aimed.into(),
            ..Self::default()
        }
    }

    fn own<const N: usize>(mut self, own: [Call; N]) -> Self {
        self.own.extend(own);
        self
    }
}

/// One call at the victim's row and one at the caller's own.
fn both(role: Role, call: impl Fn(&str) -> Call) -> Attempts {
    Attempts::aimed([call("victim")]).own([call(role.own())])
}

/// The attempts of a role at an action.
pub(crate) fn attempts(action: &'static str, role: Role, network: &Network) -> Attempts {
    let key = role.key();
    let me = key.text();
    let at_row = |what: &'static str| both(role, move |who| call!(action, of(who, what)));
    match action {
        "add_inserter_as_owner" => Attempts::aimed([call!(action, id("new"), "new")]),
        "delete_inserter_as_owner" => Attempts::aimed([call!(action, id("creator"))]),
        "add_delegate_as_owner" => {
            Attempts::aimed([call!(action, Key::of("new").text(), id("creator"))])
        }
        "delete_delegate_as_owner" => Attempts::aimed([call!(action, Key::of("creator").text())]),
        "add_party_as_owner" => {
            Attempts::aimed([call!(action, id("new"), Key::of("new").text(), "issuer")])
        }
        "set_party_roles_as_owner" => {
            Attempts::aimed([call!(action, of("grantee", "party"), "operator")])
        }
        "remove_party_as_owner" => Attempts::aimed([call!(action, of("grantee", "party"))]),
        "publish_party_keys" => Attempts::aimed([publish(network, "grantee", &key)])
            .own([publish(network, "creator", &key)]),

        "add_user_as_inserter" => Attempts::aimed([call!(action, id("victim"), "my key", "mpc")])
            .own([call!(action, id("new"), "my key", "user")]),
        "update_user_pub_key_as_inserter" => {
            both(role, |who| call!(action, id(who), "my key", "mpc"))
        }
        "update_encryption_key" => Attempts::aimed([call!(action, "my key", "mpc")]),
        "upsert_wallet_as_inserter" => {
            let wallet = |id, who: &str| upsert_wallet(id, self::id(who), &Key::of("new"), "new");
            Attempts::aimed([
                wallet(id("new"), "victim"),
                wallet(of("victim", "wallet"), "victim"),
                wallet(of("victim", "wallet"), role.own()),
                wallet(of(role.own(), "wallet"), "victim"),
            ])
            .own([wallet(of(role.own(), "wallet"), role.own())])
        }
        "add_wallet" => Attempts::aimed([
            add_wallet(id("new"), &Key::of("new"), "new"),
            add_wallet(of("victim", "spare"), &Key::of("new"), "new"),
        ]),
        "remove_wallet" => at_row("spare"),
        "detach_wallet" | "erase_profile" | "action_costing_gas" => {
            Attempts::aimed([call!(action)])
        }

        "add_credential" => Attempts::aimed([
            Sealed::new(&key, "", "new").add(id("new")),
            Sealed::new(&key, "", "new").add(of("victim", "credential")),
        ]),
        "edit_credential" => {
            let edit = |id| Sealed::new(&key, "", "new").edit(id);
            Attempts::aimed([edit(of("victim", "credential"))])
                .own([edit(of(role.own(), "unshared"))])
        }
        "remove_credential" => at_row("credential"),
        "upsert_credential_as_inserter" => {
            let upsert =
                |id, who: &str| Sealed::new(&key, &notes("new"), "new").upsert(id, self::id(who));
            let own = role.own();
            Attempts::aimed([
                upsert(id("new"), "victim"),
                upsert(of("victim", "credential"), "victim"),
                upsert(of("victim", "credential"), own),
                upsert(of(own, "credential"), "victim"),
            ])
            .own([upsert(id("new"), own), upsert(of(own, "credential"), own)])
        }
        "edit_public_notes_as_issuer" => {
            let edit = |notes: &str| call!(action, notes, "new notes");
            let by_issuer = original_of("copy by issuer");
            Attempts::aimed([edit("victim"), edit(&by_issuer)]).own([edit(role.own())])
        }
        "share_credential" => {
            let share =
                |id, who: &str| Sealed::copy(&key, "new").share(id, of(who, "credential"), me, 0);
            Attempts::aimed([
                share(id("new"), "victim"),
                share(of("victim", "copy"), role.own()),
            ])
            .own([share(id("new"), role.own())])
        }
        "rescind_shared_credential" => at_row("copy"),
        "create_credentials_by_dwg" => delegated(role, |signer, owner| {
            write_grant(network, (owner, signer), me)
        }),
        "create_ag_by_dag_for_copy" => {
            let victims = of("victim", "credential");
            let mut attempts = delegated(role, |signer, owner| {
                access_grant(network, (owner, signer), me, victims, 0)
            });
            // In one's own name, on data that is not one's own; and on data that is.
            attempts
                .aimed
                .push(access_grant(network, (&key, &key), me, victims, 0));
            let own = of(role.own(), "credential");
            attempts.own([access_grant(network, (&key, &key), me, own, 0)])
        }

        "add_attribute_as_inserter" => {
            let add = |id, who: &str| call!(action, id, self::id(who), "key", "new");
            Attempts::aimed([
                add(id("new"), "victim"),
                add(of("victim", "attribute"), "victim"),
            ])
            .own([add(id("new"), role.own())])
        }
        "add_attribute" => Attempts::aimed([
            call!(action, id("new"), "key", "new"),
            call!(action, of("victim", "attribute"), "key", "new"),
        ]),
        "edit_attribute" => both(role, |who| {
            call!(action, of(who, "attribute"), "key", "new")
        }),
        "remove_attribute" => at_row("attribute"),
        "share_attribute" => both(role, |who| {
            call!(action, id("new"), of(who, "attribute"), "key", "new")
        }),

        "share_attribute_with" => both(role, |who| {
            call!(action, id("new"), of(who, "attribute"), "key", "new", me)
        }),

        "revoke_access_grant" => both(role, |who| {
            call!(action, grant_on(network, of(who, "copy")))
        }),
        "set_access_grant_expiry" => both(role, |who| {
            call!(
                action,
                grant_on(network, of(who, "copy")),
                START + 2_000_000
            )
        }),

        "action_costing_idos_token" => {
            Attempts::aimed([call!(action, Value::Numeric("1".to_owned()))])
        }
        "action_costing_fee" => at_row("credential"),
        "request_withdrawal" => Attempts::aimed([call!(action, "IDOS")]),
        "request_balance_withdrawal" => Attempts::aimed([call!(action, "IDOS", me)]),

        "approve_validator_as_owner"
        | "remove_validator_as_owner"
        | "set_parameter_as_owner"
        | "request_join"
        | "ready"
        | "leave"
        | "set_validator_address"
        | "withdraw_vote" => governance(action, role, network),

        view => views(view, role, network),
    }
}

/// Validators, votes and parameters.
fn governance(action: &'static str, role: Role, network: &Network) -> Attempts {
    let key = role.key();
    let at_key = |number: usize| call!(action, voting(number).text());
    // A voting key signs for one operator only.
    let signed = |number: usize, who: &Key, at: usize| {
        let key = voting(number);
        validator_call(network, action, (&key, &key), who, &address(at))
    };
    match action {
        "approve_validator_as_owner" => Attempts::aimed([at_key(REQUESTED)]),
        "remove_validator_as_owner" => Attempts::aimed([at_key(OTHER), at_key(REQUESTED)]),
        "set_parameter_as_owner" => {
            let retention = "body_retention_seconds";
            Attempts::aimed([call!(action, retention, 30, Value::Null)])
        }
        "ready" | "leave" => Attempts::aimed([at_key(OTHER), at_key(REQUESTED)]).own([at_key(OWN)]),
        "request_join" => Attempts::aimed([
            signed(OTHER, &operator_of(OTHER), 20),
            signed(OTHER, &key, 20),
            signed(20, &operator_of(OTHER), 20),
        ])
        .own([signed(20, &key, 20)]),
        "set_validator_address" => Attempts::aimed([
            signed(OTHER, &operator_of(OTHER), 20),
            signed(OTHER, &key, 20),
        ])
        .own([signed(OWN, &key, 20)]),
        _ => Attempts::aimed([call!(action, motion_id(network, "first motion"))])
            .own([call!(action, motion_id(network, "second motion"))]),
    }
}

fn views(action: &'static str, role: Role, network: &Network) -> Attempts {
    let key = role.key();
    let me = key.text();
    let null = Value::Null;
    let at_row = |what: &'static str| both(role, move |who| call!(action, of(who, what)));
    match action {
        "get_user"
        | "get_wallets"
        | "get_credentials"
        | "get_attributes"
        | "get_access_grants_owned"
        | "get_access_grant_expiries"
        | "get_allowance" => Attempts::aimed([call!(action)]),
        "get_user_as_inserter" => both(role, |who| call!(action, id(who))),
        "has_profile" => Attempts::aimed([call!(action, Key::of("victim").text())]),
        "get_credential_owned" => Attempts::aimed([
            call!(action, of("victim", "credential")),
            call!(action, of("victim", "copy")),
        ])
        .own([call!(action, of(role.own(), "credential"))]),
        "credential_exist_as_inserter" | "get_issuer_fee" => at_row("credential"),
        "get_credentials_shared_by_user" => both(role, |who| call!(action, id(who), null.clone())),
        "get_credential_shared" => Attempts::aimed([
            call!(action, of("victim", "copy")),
            call!(action, of("victim", "locked copy")),
            call!(action, of("victim", "given up")),
            call!(action, of("victim", "credential")),
            call!(action, of("victim", "original of given up")),
        ])
        .own([call!(action, of(role.own(), "copy"))]),
        "get_sibling_credential_id" => Attempts::aimed(
            ["victim's copy", "victim's locked copy"]
                .map(|content| call!(action, Sealed::copy(&key, content).content)),
        )
        .own([call!(action, copy_hash(role.own()))]),
        "get_access_grants_granted" => Attempts::aimed([
            call!(action, null.clone(), 1, 100),
            call!(action, id("victim"), null.clone(), null.clone()),
        ]),
        "get_attributes_shared" => Attempts::aimed([
            call!(action, null.clone(), 1, 100),
            call!(action, id("victim"), null.clone(), null.clone()),
        ]),
        "get_attribute_shared" => {
            let copy = "shared attribute";
            let original = call!(action, of("victim", "attribute"));
            Attempts::aimed([call!(action, of("victim", copy)), original])
                .own([call!(action, of(role.own(), copy))])
        }
        "get_access_grants_granted_count" => {
            Attempts::aimed([call!(action, null.clone()), call!(action, id("victim"))])
        }
        "has_locked_access_grants" => at_row("locked copy"),
        "get_access_grants_for_credential" => at_row("copy"),
        "dwg_message" => {
            let victim = Key::of("victim");
            let dates = [START, START, START + 1].map(crate::support::date);
            let [lock, not_before, not_after] = dates;
            Attempts::aimed([call!(
                action,
                victim.text(),
                me,
                me,
                id("new"),
                lock,
                not_before,
                not_after
            )])
        }
        "dag_message" => {
            let victim = Key::of("victim");
            let data = of("victim", "credential");
            Attempts::aimed([call!(action, victim.text(), me, data, 0, "hash")])
        }
        "party_message" => {
            let party = of("grantee", "party");
            Attempts::aimed([call!(action, party, "name", null.clone(), me, "key")])
        }
        "get_party" | "get_party_history" => {
            Attempts::aimed([call!(action, of("grantee", "party"))])
        }
        "get_parties" => Attempts::aimed([call!(action, null.clone(), 1, 100)]),
        "get_motions" => Attempts::aimed([call!(action, 1, 100)]),
        "get_validators" | "get_parameters" => Attempts::aimed([call!(action)]),
        "get_validator_set" => Attempts::aimed([call!(action, 0)]),
        "validator_message" => {
            let who = operator_of(OTHER);
            Attempts::aimed([call!(
                action,
                voting(OTHER).text(),
                who.text(),
                address(OTHER)
            )])
        }
        "check_balance" => Attempts::aimed([call!(action, Key::of("victim").text(), "IDOS")]),
        "get_wallet_with_balance" => Attempts::aimed([call!(action, "IDOS")]),
        unknown => {
            let _ = network;
            panic!("nobody tries {unknown}: add how")
        }
    }
}

/// A grant in the victim's name, signed by the caller; and one signed by the victim.
fn delegated(role: Role, call: impl Fn(&Key, &Key) -> Call) -> Attempts {
    let victim = Role::Owner.key();
    Attempts {
        aimed: vec![call(&role.key(), &victim)],
        own: Vec::new(),
        signed: vec![call(&victim, &victim)],
    }
}

fn write_grant(network: &Network, (owner, signer): (&Key, &Key), grantee: &str) -> Call {
    let of_new = |what: &str| -> Uuid { of("new", what) };
    WriteGrant {
        owner,
        signer,
        grantee,
        issuer: &Key::of("creator"),
        id: of_new("write grant"),
        locked_until: 0,
        usable: (START, START + 1_000),
        original: (of_new("original"), "", "new"),
        copy: (of_new("copy"), "new"),
    }
    .call(network)
}

/// The next keys of a party, signed by whoever tries.
fn publish(network: &Network, party: &str, key: &Key) -> Call {
    publish_keys(network, of(party, "party"), key)
}
