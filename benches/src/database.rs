//! Databases that hold many people.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use idos_consensus::Header;
use idos_ledger::{Change, Row};
use idos_node::genesis::Genesis;
use idos_store::{Database, NewBlock, Options, SaltSeed, Writer};
use idos_types::{BlockTime, Digest};

use crate::people::Person;

/// Credentials of one person.
pub const PER_PERSON: u64 = 20;
/// People in one block while a database is filled.
const PEOPLE_PER_BLOCK: u64 = 1_000;
/// When the first block of a filled database was, in milliseconds since 1970.
pub const START_MS: u64 = 1_700_000_000_000;

/// How many blocks count as those before the network's own: more than a database is filled with.
pub const BLOCKS_BEFORE: u64 = 1 << 20;

/// Number of the person who was granted everything.
const CONSUMER: u64 = u64::MAX;

/// Who was granted everything.
pub fn consumer() -> Person {
    Person::new(CONSUMER)
}

/// Fills a new database with so many credentials, each granted to one consumer, as the state that the
/// network of this genesis starts from.
pub fn fill(folder: &Path, credentials: u64, genesis: &Genesis) {
    fill_people(
        folder,
        credentials.div_ceil(PER_PERSON),
        PER_PERSON,
        genesis,
    );
}

/// The same with so many people, each with so many credentials.
pub fn fill_people(folder: &Path, people: u64, each: u64, genesis: &Genesis) {
    let options = Options {
        cache_mib: 512,
        ..Options::default()
    };
    let (mut writer, _readers) = Database::open(folder, &options).expect("a new database");
    let consumer = consumer();
    let grantee = consumer.sender.caller();
    put(&mut writer, consumer.profile());
    let start = Instant::now();
    let mut told = start;
    for first in (0..people).step_by(usize::try_from(PEOPLE_PER_BLOCK).unwrap_or(1)) {
        let block = (first..people.min(first + PEOPLE_PER_BLOCK)).map(Person::new);
        let rows = block.flat_map(|person| {
            let profile = person.profile();
            let credentials = (0..each).map(|which| person.credential(which));
            let mut rows: Vec<Row> = profile.into_iter().chain(credentials).collect();
            rows.extend((0..each).map(|which| person.grant(which, &grantee, 1 + first)));
            rows
        });
        put(&mut writer, rows);
        if told.elapsed() > Duration::from_secs(10) {
            told = Instant::now();
            let done = (first + PEOPLE_PER_BLOCK) * each;
            println!(
                "  {done} of {} credentials after {:.0?}",
                people * each,
                start.elapsed()
            );
        }
    }
    begin_with(&mut writer, genesis);
}

/// Makes everything so far the state that the network of this genesis begins with, as a network does
/// that goes on after a restart: no rows of its blocks get the places of those that are there.
fn begin_with(writer: &mut Writer, genesis: &Genesis) {
    let header = Header::genesis(BlockTime::from_millis(START_MS), genesis.hash());
    let name = header.hash().to_string();
    let validators = idos_ledger::genesis(&genesis.validators).expect("validators");
    let block = NewBlock {
        hash: header.hash(),
        time: header.time,
        header: header.encode(),
    };
    let name = ("genesis", name.as_str());
    writer
        .start_again(&validators, block, BLOCKS_BEFORE, name, "floor")
        .expect("a state to begin with");
}

/// Commits rows as the next block.
fn put(writer: &mut Writer, rows: impl IntoIterator<Item = Row>) {
    let changes: Vec<_> = rows.into_iter().map(Change::Put).collect();
    let height = writer
        .head()
        .expect("a head")
        .map_or(1, |head| head.height + 1);
    let new = NewBlock {
        hash: Digest::of(&height.to_le_bytes()),
        time: BlockTime::from_millis(START_MS + height),
        header: Vec::new(),
    };
    let mut block = writer.begin_block(height).expect("a block");
    block
        .apply(&changes, &SaltSeed::Private(Digest::of(b"bench")))
        .expect("rows");
    block.commit(new).expect("a commit");
    writer.checkpoint().expect("a checkpoint");
}
