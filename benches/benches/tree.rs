//! Rates of the state tree by itself, and how long it takes to check one.
//!
//! `cargo bench -p idos-benches --bench tree` prints them. What the tree costs a block shows in the
//! figures of the bench `limits`.
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark fails by panicking and prints what it finds"
)]

use std::time::Instant;

use idos_benches::{
    database, execution, machine,
    state_tree::{self, BATCH},
    table::number,
};
use idos_store::{Database, Options};
use tempfile::TempDir;

/// Batches of each size of tree.
const BATCHES: u64 = 40;
/// Credentials of the database that is checked.
const CREDENTIALS: u64 = 100_000;

fn main() {
    println!("{}", machine::describe());
    println!(
        "\n| leaves | changes per second | compute, ms | write, ms | commit, ms | pages | bytes a leaf |"
    );
    println!("|---:|---:|---:|---:|---:|---:|---:|");
    for leaves in [100_000, 1_000_000] {
        let folder = TempDir::new().expect("a folder");
        let measured = state_tree::measure(folder.path(), leaves, BATCHES);
        let [compute, write, commit] = measured.millis;
        println!(
            "| {leaves} | **{}** | {compute:.1} | {write:.1} | {commit:.1} | {} | {:.0} |",
            number(measured.per_second),
            number(measured.pages),
            measured.bytes_per_leaf,
        );
    }
    println!("\nBatches of {BATCH}: a half replaces leaves, a quarter adds, a quarter removes.");

    let folder = TempDir::new().expect("a folder");
    database::fill(folder.path(), CREDENTIALS, &execution::genesis());
    let options = Options::default();
    let (writer, _readers) = Database::open(folder.path(), &options).expect("the database");
    let start = Instant::now();
    let root = writer.check_tree().expect("a sound tree");
    let pages = start.elapsed();
    writer.check_rows().expect("a sound state");
    println!(
        "\n{} leaves: the pages are checked in {pages:.1?}, the rows in {:.1?}",
        root.count,
        start.elapsed() - pages
    );
}
