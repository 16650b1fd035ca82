//! Which rows must be there, which must not, and who reads those that are shared: by what clients
//! sent, and what became of it.

use std::collections::{BTreeMap, BTreeSet};

use idos_ledger::{Call, Caller, Rows, State};
use idos_node::simulation::Node;
use idos_types::{AttributeId, BlockTime, CredentialId, Digest, Uuid, Value};
use idos_wire::TxCode;

use crate::{
    clients::{Clients, Effect, Made, Row, Sent, Share},
    support::call::call,
    truth::Truth,
};

/// What must be there, and what must not: what was made is there unless it was erased, and what
/// was erased is not, unless it was made again.
pub(crate) struct Expected {
    made: BTreeMap<Row, Made>,
    there: BTreeSet<Row>,
    gone: BTreeSet<Row>,
}

impl Expected {
    /// As the receipts of honest nodes had it, in the order of blocks. Clients that heard nothing
    /// know it from there too.
    pub(crate) fn of(truth: &Truth, clients: &Clients) -> Self {
        let mut done: Vec<(u64, u32, &Sent)> = Vec::new();
        for (hash, sent) in &clients.sent {
            done.extend(place(truth, hash).map(|(height, position)| (height, position, sent)));
        }
        done.sort_by_key(|(height, position, _)| (*height, *position));
        let mut expected = Self {
            made: BTreeMap::new(),
            there: BTreeSet::new(),
            gone: BTreeSet::new(),
        };
        for (height, position, sent) in done {
            match &sent.effect {
                Effect::Other => {}
                Effect::Forbidden => panic!(
                    "rules: {} of {position} in block {height} is allowed to whom it must not be",
                    sent.action
                ),
                Effect::Makes(made) => expected.make(made),
                Effect::Erases(row, person) => expected.erase(*row, *person),
                Effect::ErasesAll(person) => expected.erase_all(*person),
            }
        }
        expected
    }

    fn make(&mut self, made: &Made) {
        let row = made.row;
        let earlier = self.made.insert(row, made.clone());
        // Once more, it is the same, or it is refused.
        let is_known = earlier.is_none_or(|earlier| !self.there.contains(&row) || earlier == *made);
        assert!(is_known, "rules: {row:?} is made over another one");
        self.gone.remove(&row);
        // A copy of a credential goes with the grant that it was made for.
        if !matches!((row, made.original), (Row::Credential(_), Some(_))) {
            self.there.insert(row);
        }
    }

    fn erase(&mut self, row: Row, person: usize) {
        let Some(made) = self.made.get(&row) else {
            return;
        };
        let is_certain = made.by == Some(person);
        if !is_certain && made.by.is_some() {
            return;
        }
        // One that an issuer made may be of another profile: then nothing happens.
        let copies = self.there.iter().copied();
        let copies = copies.filter(|copy| self.made[copy].original == Some(row));
        let erased: Vec<_> = copies.chain([row]).collect();
        for row in erased {
            self.there.remove(&row);
            if is_certain {
                self.gone.insert(row);
            }
        }
    }

    fn erase_all(&mut self, person: usize) {
        for (row, made) in &self.made {
            match made.by {
                Some(by) if by == person => {
                    self.there.remove(row);
                    self.gone.insert(*row);
                }
                Some(_) => {}
                None => {
                    self.there.remove(row);
                }
            }
        }
    }

    /// Checks it on a node.
    pub(crate) fn check(&self, number: usize, node: &Node) {
        let has = |row: &Row| {
            let found = node.read(|state| match row {
                Row::Attribute(id) => {
                    let found = state.attribute(AttributeId::from(*id));
                    found.map(|found| found.is_some())
                }
                Row::Credential(id) => {
                    let found = state.credential(CredentialId::from(*id));
                    found.map(|found| found.is_some())
                }
            });
            found.expect("an honest node reads").expect("it reads")
        };
        for row in &self.there {
            assert!(has(row), "acknowledged: node {number} lost {row:?}");
        }
        for row in &self.gone {
            assert!(!has(row), "erasure: {row:?} came back on node {number}");
        }
    }

    /// Checks on a node that consumers read the attributes that are shared with them, as they are
    /// shared, and that nobody reads others.
    pub(crate) fn check_shares(
        &self,
        number: usize,
        node: &Node,
        clients: &Clients,
        now: BlockTime,
    ) {
        let consumers = clients.consumers().iter().enumerate();
        let consumers = consumers.map(|(consumer, key)| (Some(consumer), caller(key.text())));
        for (consumer, caller) in consumers.chain([(None, Caller::nobody())]) {
            let reader = Reader { node, caller, now };
            let mut listed = reader.list();
            for (id, made, share) in self.shares() {
                let found = reader.one(id);
                let is_theirs = consumer == Some(share.consumer);
                if is_theirs && self.there.contains(&made.row) {
                    let expected = Some(shared_row(node, clients, id, made, share));
                    assert!(
                        found == expected,
                        "acknowledged: node {number} tells {consumer:?} {found:?}, not {expected:?}"
                    );
                }
                if !is_theirs || self.gone.contains(&made.row) {
                    assert!(
                        found.is_none(),
                        "shares: node {number} tells {consumer:?} what is not shared with it: {found:?}"
                    );
                }
                let whole = found.map(|[id, user, key, _, original]| [id, user, key, original]);
                let in_list = listed.remove(&id);
                assert!(
                    in_list == whole,
                    "shares: node {number} lists {in_list:?} for {consumer:?}, and tells {whole:?}"
                );
            }
            assert!(
                listed.is_empty(),
                "shares: node {number} lists for {consumer:?} what nobody shared: {listed:?}"
            );
        }
    }

    /// How many copies of attributes were made for consumers.
    pub(crate) fn count_shares(&self) -> u64 {
        u64::try_from(self.shares().count()).expect("a count")
    }

    /// The copies of attributes for consumers that were ever made.
    fn shares(&self) -> impl Iterator<Item = (Uuid, &Made, &Share)> {
        self.made.values().filter_map(|made| match made.row {
            Row::Attribute(id) => Some((id, made, made.share.as_ref()?)),
            Row::Credential(_) => None,
        })
    }
}

/// Where a transaction took effect: the height of its block, and its position in there.
fn place(truth: &Truth, hash: &Digest) -> Option<(u64, u32)> {
    let receipt = truth.receipt(hash)?;
    (receipt.code == TxCode::Ok.code()).then_some((receipt.height, receipt.position))
}

fn caller(text: &str) -> Caller {
    Caller::new(text.to_owned())
}

/// What `get_attribute_shared` has to tell of a copy that is there: it is of the profile that the
/// person has now, since with an earlier one it would have gone.
fn shared_row(node: &Node, clients: &Clients, id: Uuid, made: &Made, share: &Share) -> [Value; 5] {
    let person = made.by.expect("people share what is theirs");
    let person = caller(clients.key_of(person).text());
    let wallet = node.read(|state| state.wallet_of(person.identity()));
    let wallet = wallet.expect("an honest node reads").expect("it reads");
    let user = wallet.map(|wallet| wallet.user_id.0);
    let Some(Row::Attribute(original)) = made.original else {
        panic!("a copy of an attribute");
    };
    [
        Value::Uuid(id),
        user.map_or(Value::Null, Value::Uuid),
        Value::from("key"),
        Value::from(share.value.as_str()),
        Value::Uuid(original),
    ]
}

/// Somebody who asks a node for what is shared with them.
struct Reader<'n> {
    node: &'n Node,
    caller: Caller,
    now: BlockTime,
}

impl Reader<'_> {
    /// What `get_attributes_shared` lists, page by page.
    fn list(&self) -> BTreeMap<Uuid, [Value; 4]> {
        let mut listed = BTreeMap::new();
        for page in 1.. {
            let rows = self.ask(call!(
                "get_attributes_shared",
                Value::Null,
                page,
                Value::Null
            ));
            if rows.is_empty() {
                break;
            }
            for row in rows {
                let Some(Value::Uuid(id)) = row.first() else {
                    panic!("shares: a row without an id");
                };
                let twice = listed.insert(*id, columns(row));
                assert!(twice.is_none(), "shares: {twice:?} is listed twice");
            }
        }
        listed
    }

    /// What `get_attribute_shared` tells.
    fn one(&self, id: Uuid) -> Option<[Value; 5]> {
        let mut rows = self.ask(call!("get_attribute_shared", id));
        let row = rows.pop();
        assert!(rows.is_empty(), "shares: more than one row");
        row.map(columns)
    }

    fn ask(&self, call: Call) -> Rows {
        let rows = self.node.view(&self.caller, call, self.now);
        rows.expect("an honest node answers")
    }
}

fn columns<const COUNT: usize>(row: Vec<Value>) -> [Value; COUNT] {
    row.try_into().expect("the columns of the view")
}
