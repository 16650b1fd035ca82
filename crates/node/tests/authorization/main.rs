//! Who may do what: every action as everybody, compared with the table in `docs/authorization.md`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in its helpers"
)]

mod attempts;
#[path = "../support/mod.rs"]
mod support;
mod table;
mod world;

use std::collections::BTreeSet;

use idos_ledger::{Access, Action, Call, Rows, actions, find};

use crate::{
    attempts::{Attempts, attempts},
    support::{
        dump::{Dump, Row},
        id,
        network::{Network, Template},
    },
    table::{Cell, Table},
    world::{OTHER, Role, World, of, operator_of},
};

#[test]
fn everybody_may_do_what_the_table_says_and_no_more() {
    let committed = Table::committed();
    let world = World::new();
    let (mut claimed, mut unclaimed) =
        (Sandbox::new(&world.claimed), Sandbox::new(&world.unclaimed));
    let mut young = Sandbox::new(&world.young);
    let mut untouched = Sandbox::new(&world.untouched);
    let absent = world.absent.open();
    let mut found = Table::default();
    for action in actions() {
        let cells = Role::ALL.map(|(role, _)| match role {
            // Its power ends with the first grant that the victim signs.
            Role::Creator if action.name.ends_with("_as_inserter") => {
                untouched.cell(&absent, action, role)
            }
            Role::Creator => unclaimed.cell(&absent, action, role),
            Role::Owner | Role::CreatorAfterClaim => claimed.cell(&absent, action, role),
            // What counts is what somebody can do at any time.
            _ => {
                let later = claimed
                    .cell(&absent, action, role)
                    .max(unclaimed.cell(&absent, action, role));
                match role {
                    Role::NetworkOwner => later.max(young.cell(&absent, action, role)),
                    _ => later,
                }
            }
        });
        found.rows.insert(action.name.to_owned(), cells);
    }
    let differences = committed.differences(&found);
    assert!(
        differences.is_empty(),
        "the table in docs/authorization.md is not what happens:\n{}\n\nWhat happens:\n{found}",
        differences.join("\n")
    );
}

#[test]
fn the_table_has_every_action_once_and_nothing_else() {
    let rows: Vec<_> = Table::committed().rows.into_keys().collect();
    let names: BTreeSet<_> = actions().map(|action| action.name.to_owned()).collect();
    assert_eq!(rows, names.into_iter().collect::<Vec<_>>());
}

/// Nobody is refused by the session that private views need; if that ever failed, the rules alone
/// still show nothing of the victim.
#[test]
fn without_a_caller_private_views_are_empty_anyway() {
    let world = World::new();
    let (network, absent) = (world.claimed.open(), world.absent.open());
    for action in actions().filter(|action| action.access == Access::Session) {
        let Attempts { aimed, own, .. } = attempts(action.name, Role::Nobody, &network);
        for call in aimed.into_iter().chain(own) {
            let shown = network.view(None, call.clone()).unwrap_or_default();
            let without = absent.view(None, call).unwrap_or_default();
            assert_eq!(shown, without, "{}", action.name);
        }
    }
}

/// A world in which one attempt after the other is made, each as if it were the first.
struct Sandbox<'a> {
    template: &'a Template,
    network: Network,
}

impl<'a> Sandbox<'a> {
    fn new(template: &'a Template) -> Self {
        Self {
            template,
            network: template.open(),
        }
    }

    /// What an action comes to in a role.
    fn cell(&mut self, absent: &Network, action: &'static Action, role: Role) -> Cell {
        let Attempts { aimed, own, signed } = attempts(action.name, role, &self.network);
        let mut best = |calls: Vec<Call>| {
            let cells = calls.into_iter().map(|call| {
                if action.is_view() {
                    self.seen(absent, action, role, &call)
                } else {
                    self.done(role, call)
                }
            });
            cells.max().unwrap_or(Cell::No)
        };
        let (unsigned, own, signed) = (best(aimed), best(own), best(signed));
        match (unsigned, signed) {
            (Cell::Yes, _) => Cell::Yes,
            (_, Cell::Yes) => Cell::Signed,
            _ => unsigned.max(own.min(Cell::Own)),
        }
    }

    /// What a view shows: something of the victim if it would answer otherwise without one.
    fn seen(&self, absent: &Network, action: &Action, role: Role, call: &Call) -> Cell {
        let is_nobody = role == Role::Nobody;
        if is_nobody && action.access == Access::Session {
            return Cell::No;
        }
        let key = (!is_nobody).then(|| role.key());
        let ask = |network: &Network| -> Rows {
            network.view(key.as_ref(), call.clone()).unwrap_or_default()
        };
        let (shown, without) = (ask(&self.network), ask(absent));
        if shown.is_empty() && without.is_empty() {
            Cell::No
        } else if shown == without {
            Cell::Own
        } else {
            Cell::Yes
        }
    }

    /// What a transaction changes.
    fn done(&mut self, role: Role, call: Call) -> Cell {
        let before = self.network.dump();
        let action = call.action.clone();
        let sent = self.network.send(&role.key(), call);
        let after = self.network.dump();
        assert!(
            after.dangling.is_empty(),
            "{action} leaves dangling references"
        );
        let changed = after.difference(&before);
        assert!(
            sent.ok || changed.is_empty(),
            "{action} failed and changed something: {changed:?}"
        );
        if changed.is_empty() {
            return Cell::No;
        }
        self.network = self.template.open();
        if changed.iter().all(|(table, _)| is_of_a_vote(table))
            && find("", &action).unwrap().access == Access::Owner
        {
            return Cell::Vote;
        }
        let is_victims = |(table, row): &(String, Row)| is_victims(table, row, &before, &after);
        if changed.iter().any(is_victims) {
            Cell::Yes
        } else {
            Cell::Own
        }
    }
}

/// Whether a table holds votes, and nothing that was decided.
fn is_of_a_vote(table: &str) -> bool {
    ["motions", "votes", "due"].contains(&table)
}

/// Whether a row is the victim's, or the network's or the grantee's party, which stand for "the
/// owner" where an action is not about anybody's profile.
fn is_victims(table: &str, row: &Row, before: &Dump, after: &Dump) -> bool {
    let hex = |id: idos_types::Uuid| hex::encode(id.as_bytes());
    let victim = hex(id("victim"));
    let owned_in = |table: &str, id: &str| {
        let rows = before.table(table).iter().chain(after.table(table));
        rows.into_iter()
            .any(|row| row["id"] == id && row["user_id"] == victim)
    };
    match table {
        "users" => row["id"] == victim,
        "wallets" | "credentials" | "user_attributes" => row["user_id"] == victim,
        "access_grants" | "grant_counts" | "attribute_grants" => row["owner_user_id"] == victim,
        "shared_credentials" => owned_in("credentials", &row["copy_id"]),
        "shared_user_attributes" => owned_in("user_attributes", &row["copy_id"]),
        "inserters" | "delegates" | "params" => true,
        "validators" => row["operator"] == operator_of(OTHER).text(),
        "parties" => row["id"] != hex(of("creator", "party")),
        "party_keys" => row["party_id"] != hex(of("creator", "party")),
        // These name nobody, and never change alone.
        "consumed_write_grants" | "spent_messages" | "due" => false,
        // Everybody has votes of their own; an epoch ends by itself.
        "motions" | "votes" | "validator_sets" => false,
        unknown => panic!("whose are the rows of {unknown}?"),
    }
}
