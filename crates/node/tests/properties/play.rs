//! A network on which steps are played, beside the model of what should be there.

use std::collections::{BTreeMap, BTreeSet};

use idos_ledger::{Call, Deadline};
use idos_types::{Uuid, Value};

use crate::{
    model::{GrantKey, Model},
    steps::{NewId, Pick, Step, When},
    support::{
        call::call,
        dump::{Dump, Row},
        id,
        key::Key,
        network::{Network, START},
    },
};

/// A message that took effect.
pub(crate) enum Message {
    /// A wallet proved its ownership with this nonce.
    Ownership(Box<Key>, String),
    /// A delegated grant in the call that carried it.
    Grant(Call),
}

/// What a lock promises to a grantee: to read this content until then, come what may.
struct Promise {
    data: Uuid,
    grantee: Key,
    until: i64,
    content: String,
}

/// A network with its people, and what should be there.
pub(crate) struct Play {
    pub(crate) network: Network,
    pub(crate) model: Model,
    /// Keys that may be wallets of people.
    pub(crate) people: Vec<Key>,
    pub(crate) issuers: Vec<Key>,
    /// Whom people share with: two organisations and two of the people.
    pub(crate) grantees: Vec<Key>,
    /// Ids of profiles and credentials that were ever used.
    pub(crate) profile_ids: Vec<Uuid>,
    pub(crate) credential_ids: Vec<Uuid>,
    pub(crate) write_grant_ids: Vec<Uuid>,
    /// What took effect by a signature other than a transaction's.
    pub(crate) messages: Vec<Message>,
    promises: Vec<Promise>,
    /// How many texts and ids were made: each is different.
    serial: u32,
    /// Whether each failure is compared with the state before.
    pub(crate) is_watching_failures: bool,
}

impl Play {
    /// Issuers are admitted, and three people have profiles that they have not taken over.
    pub(crate) fn new() -> Self {
        let mut network = Network::new();
        network.wait_until(START + 1);
        let keys = |kind: &str, count: usize| -> Vec<_> {
            (0..count)
                .map(|at| Key::of(&format!("{kind} {at}")))
                .collect()
        };
        let (people, issuers) = (keys("person", 6), keys("issuer", 2));
        let owner = Network::owner();
        let mut delegates = BTreeMap::new();
        for (at, key) in issuers.iter().enumerate() {
            let name = Self::inserter(at);
            network.must(
                &owner,
                call!("add_inserter_as_owner", id(&name), name.as_str()),
            );
            network.must(
                &owner,
                call!("add_delegate_as_owner", key.text(), id(&name)),
            );
            delegates.insert(key.text().to_owned(), name);
        }
        let mut grantees = keys("consumer", 2);
        grantees.extend_from_slice(&people[..2]);
        let mut play = Self {
            model: Model {
                now: network.now(),
                inserters: delegates.values().cloned().collect(),
                delegates,
                ..Model::default()
            },
            network,
            people,
            issuers,
            grantees,
            profile_ids: Vec::new(),
            credential_ids: Vec::new(),
            write_grant_ids: Vec::new(),
            messages: Vec::new(),
            promises: Vec::new(),
            serial: 0,
            is_watching_failures: false,
        };
        for at in 0..3 {
            play.play(&Step::MakeProfile {
                issuer: Pick::at(at),
                person: Pick::at(at),
                id: NewId::Fresh,
            });
        }
        play
    }

    /// The name of an inserter, of which there may be as many as issuers.
    pub(crate) fn inserter(at: usize) -> String {
        format!("issuer {at}")
    }

    /// A text that was never used.
    pub(crate) fn fresh(&mut self) -> String {
        self.serial += 1;
        format!("number {}", self.serial)
    }

    /// The id for a new row.
    pub(crate) fn id_for(&mut self, new: NewId, used: fn(&mut Self) -> &mut Vec<Uuid>) -> Uuid {
        if let NewId::Again(pick) = new
            && let Some(id) = pick.of(used(self))
        {
            return id;
        }
        let id = id(&self.fresh());
        used(self).push(id);
        id
    }

    /// A moment.
    pub(crate) fn at(&self, when: When) -> i64 {
        let now = self.model.now;
        match when {
            When::Zero => 0,
            When::In(seconds) => now + seconds,
            When::Due(seconds) => self.network.next_due().unwrap_or(now + 7) + seconds,
        }
    }

    /// A person to do something: mostly one with a profile.
    pub(crate) fn anybody(&self, pick: Pick) -> Key {
        let has_profile = |key: &&Key| self.model.user_of(key.text()).is_some();
        let some: Vec<_> = self.people.iter().filter(has_profile).cloned().collect();
        let people = if some.is_empty() || pick.is_one_in(5) {
            &self.people
        } else {
            &some
        };
        pick.of(people).expect("there are people")
    }

    /// A wallet to be linked: mostly one that is not.
    pub(crate) fn free_wallet(&self, pick: Pick) -> Key {
        let is_free = |key: &&Key| self.model.user_of(key.text()).is_none();
        let free: Vec<_> = self.people.iter().filter(is_free).cloned().collect();
        let wallets = if free.is_empty() || pick.is_one_in(5) {
            &self.people
        } else {
            &free
        };
        pick.of(wallets).expect("there are people")
    }

    /// A person to do something with what `owner` has: mostly the owner, with any wallet.
    pub(crate) fn person(&self, pick: Pick, owner: Option<Uuid>) -> Key {
        let is_owners = |key: &&Key| owner.is_some() && self.model.user_of(key.text()) == owner;
        let owners: Vec<_> = self.people.iter().filter(is_owners).cloned().collect();
        let people = if owners.is_empty() || pick.is_one_in(4) {
            &self.people
        } else {
            &owners
        };
        pick.of(people).expect("there are people")
    }

    /// A credential: mostly one that is there.
    pub(crate) fn credential(&self, pick: Pick) -> Option<Uuid> {
        let there: Vec<_> = self.model.credentials.keys().copied().collect();
        if there.is_empty() || pick.is_one_in(7) {
            return pick.of(&self.credential_ids);
        }
        pick.of(&there)
    }

    /// Who owns a credential.
    pub(crate) fn owner_of(&self, credential: Uuid) -> Option<Uuid> {
        self.model
            .credentials
            .get(&credential)
            .map(|credential| credential.owner)
    }

    /// The spelling of a grantee: one in five is in upper case.
    pub(crate) fn spelled(pick: Pick, grantee: &Key) -> String {
        if pick.is_one_in(5) {
            grantee.text().to_ascii_uppercase()
        } else {
            grantee.text().to_owned()
        }
    }

    /// A grant that is there, and its id on the network.
    pub(crate) fn grant(&self, pick: Pick) -> Option<(GrantKey, Uuid)> {
        let keys: Vec<_> = self.model.grants.keys().cloned().collect();
        let (data, grantee, lock) = pick.of(&keys)?;
        let grants = self
            .network
            .state(|state| state.grants_on(data.into()).unwrap());
        let found = grants.into_iter().find(|grant| {
            grant.grantee.eq_ignore_ascii_case(&grantee) && grant.locked_until == lock
        });
        let id = found.expect("the network has the grants of the model").id.0;
        Some(((data, grantee, lock), id))
    }

    /// Sends a transaction. Whoever succeeds has acted.
    pub(crate) fn send(&mut self, key: &Key, call: Call) -> bool {
        self.send_all(key, vec![call])
    }

    /// Sends a transaction with several calls of one action: all take effect, or none.
    pub(crate) fn send_all(&mut self, key: &Key, calls: Vec<Call>) -> bool {
        let before = self.is_watching_failures.then(|| self.network.dump());
        let is_known = self.network.knows(key);
        let ok = self.network.send_all(key, calls).ok;
        if ok {
            self.model.acted(key.text());
        } else if let Some(before) = before {
            self.check_failure(key, is_known, &before);
        }
        ok
    }

    /// Whoever failed used up a nonce, unless nobody knows them; nothing else happened.
    fn check_failure(&self, key: &Key, is_known: bool, before: &Dump) {
        let after = self.network.dump();
        assert_eq!(after.difference(before), [], "a failure changed the state");
        let own = key.sender().account().0.to_string();
        let nonce = |dump: &Dump| -> Option<u64> {
            let account = dump.accounts.iter().find(|row| row["digest"] == own)?;
            Some(account["nonce"].parse().unwrap())
        };
        let (used, uses) = (nonce(before), nonce(&after));
        if is_known || used.is_some() {
            assert_eq!(
                uses,
                Some(used.unwrap_or(0) + 1),
                "a failure uses up a nonce"
            );
        } else {
            assert_eq!(uses, None, "the failure of a stranger made an account");
        }
        let others = |dump: &Dump| -> BTreeSet<Row> {
            let rows = dump.accounts.iter().filter(|row| row["digest"] != own);
            rows.cloned().collect()
        };
        assert_eq!(
            others(&after),
            others(before),
            "a failure touched another account"
        );
    }

    /// Time passes.
    pub(crate) fn wait_until(&mut self, seconds: i64) {
        if seconds > self.model.now {
            let due = self.due_until(seconds);
            self.network.wait_until(seconds);
            self.model.wait_until(seconds);
            let late: Vec<_> = self
                .due_until(seconds)
                .intersection(&due)
                .cloned()
                .collect();
            assert_eq!(late, [], "more than a block was needed");
            self.settle();
        }
    }

    /// Deadlines until a moment: when, of which kind, of what.
    fn due_until(&self, seconds: i64) -> BTreeSet<(i64, String, String)> {
        let dump = self.network.dump();
        let due = dump.table("due").iter().map(|row| {
            let at = row["at"].parse().unwrap();
            (at, row["kind"].clone(), row["id"].clone())
        });
        due.filter(|(at, ..)| *at <= seconds).collect()
    }

    /// Where a grant ended, there may be left on what was taken back grants that no lock protects:
    /// these go with the next block. Nothing else waits for it.
    pub(crate) fn settle(&mut self) {
        let now = self.model.now;
        if self.network.next_due().is_none_or(|due| due > now) {
            return;
        }
        let release = Deadline::RELEASE_CREDENTIAL.to_string();
        for (at, kind, id) in self.due_until(now) {
            assert_eq!(kind, release, "overdue since {at}: {id}");
        }
        self.network.block(Vec::new());
        self.model.wait_until(now);
    }

    /// A grant was made: what its lock promises begins.
    pub(crate) fn granted(&mut self, data: Uuid, grantee: &Key, lock: i64, hash: &str) {
        let grant = (data, grantee.text().to_owned(), lock);
        self.model.grant(grant, hash);
        if lock >= self.model.now {
            self.promises.push(Promise {
                data,
                grantee: grantee.clone(),
                until: lock,
                content: self.model.credentials[&data].content.clone(),
            });
        }
    }

    /// A grantee gave up: nothing is promised any more.
    pub(crate) fn given_up(&mut self, data: Uuid, grantee: &str) {
        self.model.rescind(grantee, data);
        self.promises
            .retain(|it| it.data != data || it.grantee.text() != grantee);
    }

    /// Every lock that has not ended holds what it promised.
    pub(crate) fn check_promises(&self) {
        let running = self
            .promises
            .iter()
            .filter(|promise| promise.until >= self.model.now);
        for Promise {
            data,
            grantee,
            content,
            ..
        } in running
        {
            let rows = self
                .network
                .view(Some(grantee), call!("get_credential_shared", *data));
            let row = rows.expect("locked data is readable").concat();
            assert_eq!(row[3], Value::from(content.as_str()), "locked data changed");
        }
    }

    /// The rows are those of the model.
    pub(crate) fn check_rows(&self) {
        let (found, expected) = (self.lines(), self.model.lines());
        let more: Vec<_> = found.difference(&expected).collect();
        let less: Vec<_> = expected.difference(&found).collect();
        assert!(
            more.is_empty() && less.is_empty(),
            "there is, and should not be: {more:#?}\nthere should be, and is not: {less:#?}"
        );
    }

    /// The rows of the network in the form of [`Model::lines`].
    fn lines(&self) -> BTreeSet<String> {
        let dump = self.network.dump();
        let id = |row: &Row, column: &str| -> Uuid { row[column].parse().unwrap() };
        let original = |row: &Row| match row["original_id"].as_str() {
            "NULL" => None,
            _ => Some(id(row, "original_id")),
        };
        let truth = |row: &Row, column: &str| row[column] == "1";
        let mut lines = BTreeSet::new();
        for (table, rows) in &dump.state {
            for it in rows {
                lines.insert(match table.as_str() {
                    "users" => {
                        let (claimed, erased) = (truth(it, "claimed"), truth(it, "erased"));
                        let (by, key) = (&it["inserter"], &it["recipient_encryption_public_key"]);
                        format!(
                            "profile {} by {by} with {key} claimed {claimed} erased {erased}",
                            id(it, "id")
                        )
                    }
                    "wallets" => {
                        let key = &it["public_key"];
                        format!("wallet {} of {}: {key}", id(it, "id"), id(it, "user_id"))
                    }
                    "credentials" => {
                        let content = &it["content"];
                        format!(
                            "credential {} of {}: {content}",
                            id(it, "id"),
                            id(it, "user_id")
                        )
                    }
                    "shared_credentials" | "shared_user_attributes" => {
                        format!("{} is a copy of {:?}", id(it, "copy_id"), original(it))
                    }
                    "user_attributes" => {
                        let value = &it["value"];
                        format!(
                            "attribute {} of {}: {value}",
                            id(it, "id"),
                            id(it, "user_id")
                        )
                    }
                    "attribute_grants" => format!(
                        "{} lets {} read the attribute {}",
                        id(it, "owner_user_id"),
                        it["grantee"].to_ascii_lowercase(),
                        id(it, "copy_id"),
                    ),
                    "access_grants" => format!(
                        "{} grants {} to {}: {}, {}",
                        id(it, "owner_user_id"),
                        id(it, "data_id"),
                        it["grantee"].to_ascii_lowercase(),
                        it["locked_until"],
                        it["expires_at"],
                    ),
                    "inserters" => format!("inserter {}", it["name"]),
                    "delegates" => {
                        format!("{} acts for {}", it["address"], id(it, "inserter_id"))
                    }
                    "consumed_write_grants" => format!("write grant {} was used", id(it, "id")),
                    _ => continue,
                });
            }
        }
        lines
    }
}
