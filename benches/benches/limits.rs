//! Rates of a node, each beside the limit that the same run measured.
//!
//! `cargo bench -p idos-benches --bench limits` prints everything. `IDOS_BENCH_CREDENTIALS` sets how many
//! credentials the large database holds, a million by default; `TMPDIR` where databases are put.
//! `IDOS_BENCH_ONLY` measures one part: `blocks`, `reads` or `writes`.
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark fails by panicking and prints what it finds"
)]

use std::{env, path::Path, time::Duration};

use criterion::Criterion;
use idos_benches::{
    bare_http, bare_rows, bare_signatures, bare_statements, database, execution,
    http::Request,
    machine, node_process,
    people::Person,
    pipeline, reads,
    server_process::ServerProcess,
    table::{self, Line, number},
    timing::Rate,
    transactions::Kind,
};
use tempfile::TempDir;

const KINDS: [Kind; 3] = [
    Kind::AddAttribute,
    Kind::ShareCredential(1_000),
    Kind::ShareCredential(100_000),
];
/// Credentials of the small database.
const FEW: u64 = 1_000;
/// Credentials of the large one, unless told otherwise.
const MANY: u64 = 1_000_000;
/// People that sign in and read.
const READERS: u64 = 50;
/// Memory that a node with the large database may take, in MiB.
const MEMORY_GOAL: f64 = 400.0;

/// Blocks that are executed: enough for several times of moving the log.
const BLOCKS: usize = 24;

/// How blocks are executed: verified in turn with that, or while the one before is executed.
const ONE_THREAD: &str = "one thread";
const TWO_THREADS: &str = "two threads as a node";

/// What was found.
#[derive(Default)]
struct Found {
    /// Rates by the clock.
    by_clock: Vec<Line>,
    /// Rates per second of the node's own time on one core.
    by_cpu: Vec<Line>,
    /// Memory of the node.
    memory: Vec<String>,
}

fn main() {
    if node_process::run_if_asked() || bare_http::run_if_asked() {
        return;
    }
    let many = env::var("IDOS_BENCH_CREDENTIALS")
        .ok()
        .and_then(|text| text.parse().ok());
    println!("{}", machine::describe());
    let mut found = Found::default();
    if is_wanted("blocks") {
        blocks(&mut found);
    }
    for credentials in [FEW, many.unwrap_or(MANY)] {
        whole_node(credentials, &mut found);
    }
    println!("\n{}\n", machine::describe());
    table::print("second", &found.by_clock);
    println!("\nof the node's own time, whatever the client takes:\n");
    table::print("second of one core", &found.by_cpu);
    println!();
    for line in found.memory {
        println!("- {line}");
    }
}

/// Whether a part is to be measured: all of them, unless told otherwise.
fn is_wanted(part: &str) -> bool {
    env::var("IDOS_BENCH_ONLY").map_or(true, |only| only == part)
}

/// Signatures, rows, and blocks through the executor.
fn blocks(found: &mut Found) {
    let mut criterion = Criterion::default()
        .sample_size(30)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(4));
    let recover = bare_signatures::recover_rate(&mut criterion);
    println!(
        "secp256k1 recover with EIP-191 and address, one core: {}/s",
        number(recover)
    );
    let signatures = KINDS.map(|kind| bare_signatures::measure(&mut criterion, kind));
    for (kind, signatures) in KINDS.into_iter().zip(signatures) {
        found.by_clock.push(Line {
            what: format!("decode and verify {}, one core", kind.name()),
            rate: bare_signatures::verify_rate(&mut criterion, kind),
            limits: vec![("signature", signatures.sender)],
            needed: Vec::new(),
        });
    }
    for (kind, signatures) in KINDS.into_iter().zip(signatures) {
        let folder = folder();
        let transaction = kind.transaction(&Person::new(1), 1).encode().len();
        let sizes = kind.row_bytes(transaction);
        let rows =
            bare_rows::transactions_per_second(folder.path(), &sizes, kind.per_block(), BLOCKS);
        let limits = vec![("signatures", signatures.all), ("rows", rows)];
        for (name, rate) in [
            (
                ONE_THREAD,
                execution::transactions_per_second as fn(&Path, Kind, u64) -> f64,
            ),
            (TWO_THREADS, execution::transactions_per_second_of_two),
        ] {
            let database = folder.path().join(name);
            database::fill(&database, 500 * database::PER_PERSON, &execution::genesis());
            found.by_clock.push(Line {
                what: executed(kind, name),
                rate: rate(&database, kind, BLOCKS as u64),
                limits: limits.clone(),
                needed: Vec::new(),
            });
        }
        println!(
            "{}: {} rows a transaction, bare rows {}/s",
            kind.name(),
            sizes.len(),
            number(rows * f64::from(u32::try_from(sizes.len()).expect("a few")))
        );
    }
}

/// A node in its own process, with so many credentials.
fn whole_node(credentials: u64, found: &mut Found) {
    if !is_wanted("reads") && !is_wanted("writes") {
        return;
    }
    println!("\nfilling a database with {credentials} credentials and as many grants");
    let home = folder();
    let folder = node_process::database(home.path());
    database::fill(&folder, credentials, &execution::genesis());
    println!("  {} MB", machine::folder_bytes(&folder) / 1_000_000);
    let address = node_process::free_address();
    node_process::make_home(home.path(), execution::ONLY, address, &execution::genesis());
    let node = node_process::start(home.path());
    let people = credentials / database::PER_PERSON;
    if is_wanted("reads") {
        read(&node, credentials, people, &folder, found);
        memory(&node, credentials, "after reads", found);
    }
    if is_wanted("writes") {
        write(&node, credentials, people.min(500), found);
        memory(&node, credentials, "after writes", found);
    }
    println!(
        "  {} MB of files",
        machine::folder_bytes(&folder) / 1_000_000
    );
}

fn read(node: &ServerProcess, credentials: u64, people: u64, folder: &Path, found: &mut Found) {
    let http = reads::per_second(node, &reads::ping(), None);
    println!("user.ping: {}", both(http));
    let rows = usize::try_from(database::PER_PERSON).expect("a few");
    let readers: Vec<_> = (0..READERS)
        .map(|number| Person::new(number * people / READERS))
        .collect();
    let consumer = database::consumer();
    let early: Vec<i64> = (1..=50).collect();
    let all = i64::try_from(credentials).expect("a count");
    let last = all / 20;

    let mut add = |what: &str, rows, requests: &[Request], statements: Rate| {
        let view = reads::per_second(node, requests, Some(rows));
        let bytes = reads::answer_bytes(node, requests);
        let as_large = bare_http::per_second(requests, bytes);
        println!(
            "{what}: {}; its statements: {}; HTTP alone with answers of {bytes} bytes: {}",
            both(view),
            both(statements),
            both(as_large)
        );
        let what = format!("{what}, {credentials} credentials");
        let line = |what: &str, of: fn(Rate) -> f64| Line {
            what: what.to_owned(),
            rate: of(view),
            limits: vec![("HTTP", of(http)), ("statements", of(statements))],
            needed: vec![of(as_large), of(statements)],
        };
        found.by_clock.push(line(&what, |rate| rate.per_second));
        found.by_cpu.push(line(&what, |rate| rate.per_cpu_second));
    };
    let requests = reads::credentials(node, &readers);
    add(
        "get_credentials (20 rows)",
        rows,
        &requests,
        bare_statements::credentials(folder, &readers),
    );
    for (which, pages) in [
        ("pages 1 to 50", early.as_slice()),
        ("middle page", &[last / 2]),
        ("last page", &[last]),
    ] {
        let requests = reads::grants(node, &consumer, pages.iter().copied());
        add(
            &format!("get_access_grants_granted (20 rows, {which})"),
            20,
            &requests,
            bare_statements::grants(folder, &consumer, pages, all),
        );
    }
}

fn write(node: &ServerProcess, credentials: u64, people: u64, found: &mut Found) {
    let people: Vec<_> = (0..people).map(Person::new).collect();
    let mut next = 1;
    for kind in KINDS {
        // Enough for seconds, and no more than may wait at once.
        let of_each = if kind.per_block() < 500 { 300 } else { 10_000 } / people.len() as u64;
        let nonces = next..=next + of_each.clamp(1, 60) - 1;
        next = nonces.end() + 1;
        let rate = pipeline::transactions_per_second(&[node], kind, &people, nonces);
        println!("{} over HTTP: {}", kind.name(), both(rate));
        let executed = executed(kind, ONE_THREAD);
        let limits = found.by_clock.iter().find(|line| line.what == executed);
        let limits = limits.map(|line| line.limits.clone()).unwrap_or_default();
        let what = format!("{} over HTTP, {credentials} credentials", kind.name());
        found.by_clock.push(Line {
            what: what.clone(),
            rate: rate.per_second,
            limits: limits.clone(),
            needed: Vec::new(),
        });
        found.by_cpu.push(Line {
            what,
            rate: rate.per_cpu_second,
            limits,
            needed: Vec::new(),
        });
    }
}

/// How blocks through the executor are called.
fn executed(kind: Kind, threads: &str) -> String {
    format!("verify and execute {}, {threads}", kind.name())
}

fn both(rate: Rate) -> String {
    format!(
        "{}/s, {} per second of one core",
        number(rate.per_second),
        number(rate.per_cpu_second)
    )
}

fn memory(node: &ServerProcess, credentials: u64, when: &str, found: &mut Found) {
    let (now, most) = machine::resident_mib(node.id());
    let verdict = if most < MEMORY_GOAL { "met" } else { "missed" };
    let text = format!(
        "{credentials} credentials, {when}: VmRSS {now:.0} MiB, at most {most:.0} MiB so far \
         (goal of {MEMORY_GOAL:.0} MiB: {verdict})"
    );
    println!("memory with {text}");
    found.memory.push(text);
}

fn folder() -> TempDir {
    TempDir::with_prefix("idos-bench-").expect("a folder for the database")
}
