//! What a network of four nodes on this machine does, beside what the machine could do at most.
//!
//! `cargo bench -p idos-benches --bench network` prints everything. `IDOS_BENCH_CREDENTIALS` sets how
//! many credentials the network starts with, `IDOS_BENCH_HEARTBEATS` for how many of
//! its heartbeats (one a minute) it idles (0 leaves that part out),
//! `IDOS_BENCH_WRITES` how many single writes are timed, `IDOS_BENCH_KILL_SECONDS` for how long the
//! network is watched after a validator was killed; `TMPDIR` where databases are put.
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a benchmark fails by panicking and prints what it finds"
)]

use std::{
    env,
    ops::Range,
    thread,
    time::{Duration, Instant},
};

use criterion::Criterion;
use idos_benches::{
    bare_rows, bare_signatures, database, execution, machine,
    network::{NODES, Network, Writer, percentile},
    node_process,
    people::Person,
    pipeline, reads, state_tree,
    table::number,
    timing,
    transactions::Kind,
};
use idos_types::{DataType, Value as Argument};
use idos_wire::payload::EncodedValue;

/// Credentials at the start, unless told otherwise.
const CREDENTIALS: u64 = 20_000;
/// Single writes that are timed, unless told otherwise.
const WRITES: u64 = 500;
/// Writes before them, which are not.
const WARM_UP: u64 = 20;
/// Writes that tell what is usual before a validator is killed, unless told otherwise.
const BEFORE_KILL: u64 = 100;
/// People who write one after the other: enough for the writes of minutes, since each may have a
/// limited number of attributes.
const WRITERS: u64 = 64;
/// People who write at once, and how many transactions of each.
const PEOPLE: u64 = 400;
const OF_EACH: u64 = 25;
/// What the throughput is measured with: about a kilobyte.
const KILOBYTE: Kind = Kind::ShareCredential(1_000);
/// Leaves that one such write changes: copy, mark, grant, its two lists' entries, account.
const LEAVES_PER_WRITE: f64 = 6.0;
/// What rows are measured with: enough for moving the log.
const BLOCKS: usize = 60;
/// What changes of the tree are measured with.
const LEAVES: u64 = 100_000;
const BATCHES: u64 = 60;
/// For how many heartbeats an idle network is watched, unless told otherwise.
const HEARTBEATS: u64 = 10;
/// Heartbeats before that.
const SETTLE: u64 = 2;
/// What a block leaves to be done takes less than this.
const AFTER_HEARTBEAT: Duration = Duration::from_secs(5);
/// For how long writes are timed after a validator was killed, unless told otherwise.
const AFTER_KILL_SECONDS: u64 = 30;

/// Seconds from the environment, or a figure.
fn asked(name: &str, usual: u64) -> u64 {
    let asked = env::var(name).ok().and_then(|text| text.parse().ok());
    asked.unwrap_or(usual)
}

/// The people of the network's state, each with one thing to do.
struct People {
    /// They write one after the other.
    writers: Range<u64>,
    /// They write at once.
    crowd: Range<u64>,
}

impl People {
    /// Those of a state with so many credentials.
    fn of(credentials: u64) -> Self {
        let all = credentials / database::PER_PERSON;
        assert!(
            all >= 4,
            "too few people: set IDOS_BENCH_CREDENTIALS higher"
        );
        let writers = WRITERS.min(all / 4);
        Self {
            writers: 0..writers,
            crowd: writers..all.min(writers + PEOPLE),
        }
    }

    fn crowd(&self) -> Vec<Person> {
        self.crowd.clone().map(Person::new).collect()
    }
}

fn verdict(is_met: bool) -> &'static str {
    if is_met { "met" } else { "missed" }
}

fn main() {
    if node_process::run_if_asked() {
        return;
    }
    println!("{}", machine::describe());
    let credentials = asked("IDOS_BENCH_CREDENTIALS", CREDENTIALS);
    let limit = limit();
    let people = People::of(credentials);
    let mut network = Network::start(credentials);
    sizes(&network, credentials);
    idle(&network);
    latency(&network, &people);
    throughput(&network, &people, limit);
    proofs(&network);
    killed(&mut network, &people);
    catch_up(&mut network, &people);
    state_sync(&mut network);
    println!("\n{}", machine::describe());
}

/// How many such writes per second four nodes on this machine could do at most: each does all the
/// work, and they share the cores. Rows and tree are measured on all cores at once, which is less than
/// what one alone does times their number: they share memory and disk.
fn limit() -> f64 {
    let mut criterion = Criterion::default().sample_size(20);
    let one_core = bare_signatures::measure(&mut criterion, KILOBYTE).all;
    let signatures = one_core * machine::cores() as f64;
    let bytes = KILOBYTE.transaction(&Person::new(1), 1).encode().len();
    let sizes = KILOBYTE.row_bytes(bytes);
    let rows = machine::of_all_cores(|folder| {
        bare_rows::transactions_per_second(folder, &sizes, KILOBYTE.per_block(), BLOCKS)
    });
    let tree = machine::of_all_cores(|folder| {
        state_tree::measure(folder, LEAVES, BATCHES).per_second / LEAVES_PER_WRITE
    });
    let lowest = [signatures, rows, tree]
        .into_iter()
        .fold(f64::MAX, f64::min);
    let of_nodes = lowest / NODES as f64;
    println!(
        "\nall {} cores: signatures of {}/s, at once rows of {}/s and tree changes of {}/s; four nodes that \
         share them: {}/s at most",
        machine::cores(),
        number(signatures),
        number(rows),
        number(tree),
        number(of_nodes)
    );
    of_nodes
}

fn sizes(network: &Network, credentials: u64) {
    let bytes = machine::folder_bytes(&node_process::database(&network.home(0)));
    let people = credentials / database::PER_PERSON;
    let without_credentials = |people| {
        let folder = tempfile::tempdir().expect("a folder");
        database::fill_people(folder.path(), people, 0, &execution::genesis());
        machine::folder_bytes(folder.path())
    };
    let alone = without_credentials(people);
    println!(
        "\ndisk: {credentials} credentials of {people} people with a grant on each take {} MB: {} bytes \
         per credential with its grant, {} bytes per person beside that",
        bytes / 1_000_000,
        bytes.saturating_sub(alone) / credentials.max(1),
        alone.saturating_sub(without_credentials(0)) / people.max(1)
    );
}

fn idle(network: &Network) {
    let heartbeats = asked("IDOS_BENCH_HEARTBEATS", HEARTBEATS);
    if heartbeats == 0 {
        return;
    }
    // What the start left to be done is done, and every file that is made once is there.
    network.reach(0, network.height(0) + SETTLE);
    // What a block leaves to be done is done, before and after.
    thread::sleep(AFTER_HEARTBEAT);
    let start = Instant::now();
    let cpu = || -> f64 {
        let nodes = network.running();
        nodes.map(|node| machine::cpu_seconds(node.id())).sum()
    };
    let before = network.disk();
    let used = cpu();
    network.reach(0, network.height(0) + heartbeats);
    thread::sleep(AFTER_HEARTBEAT);
    let elapsed = start.elapsed().as_secs_f64();
    let used = cpu() - used;
    let after = network.disk();
    let grown = after.kept as f64 - before.kept as f64;
    let per_hour = grown / NODES as f64 * 3_600.0 / elapsed / 1e6;
    let resident: Vec<_> = network
        .running()
        .map(|node| machine::resident_mib(node.id()).0)
        .collect();
    let most = resident.iter().copied().fold(0.0, f64::max);
    println!(
        "\nidle for {elapsed:.0} s with {heartbeats} heartbeats: {:.2} % of a core per node, {per_hour:.2} MB \
         per node and hour of disk (goal of 1 MB: {}) beside {:.1} MB of votes that are pruned with each \
         heartbeat, {most:.0} MiB resident at most (goal of 150 MiB: {})",
        used / NODES as f64 / elapsed * 100.0,
        verdict(per_hour < 1.0),
        after.votes as f64 / NODES as f64 / 1e6,
        verdict(most < 150.0)
    );
}

fn latency(network: &Network, people: &People) {
    let mut writer = Writer::new(network, people.writers.clone());
    for _ in 0..WARM_UP {
        writer.write(Kind::AddAttribute);
    }
    let mut times: Vec<_> = (0..asked("IDOS_BENCH_WRITES", WRITES))
        .map(|_| writer.write(Kind::AddAttribute))
        .collect();
    times.sort();
    let (half, most) = (percentile(&times, 50), percentile(&times, 99));
    println!(
        "\nsingle writes, one after the other at one node after the other: p50 {half:.1} ms (goal of \
         25 ms: {}), p99 {most:.1} ms (goal of 80 ms: {})",
        verdict(half < 25.0),
        verdict(most < 80.0)
    );
}

fn throughput(network: &Network, people: &People, limit: f64) {
    let people = people.crowd();
    let nodes: Vec<_> = network.running().collect();
    let rate = pipeline::transactions_per_second(&nodes, KILOBYTE, &people, 1..=OF_EACH);
    println!(
        "\n{} of {} people to all nodes: {}/s, {:.0} % of the limit (goal of 50 %: {}); {} per second \
         of one core",
        KILOBYTE.name(),
        people.len(),
        number(rate.per_second),
        rate.per_second / limit * 100.0,
        verdict(rate.per_second >= limit / 2.0),
        number(rate.per_cpu_second * NODES as f64)
    );
}

fn proofs(network: &Network) {
    let person = Person::new(0);
    let node = network.node(0);
    let cookie = reads::sign_in(node, &person);
    let id = EncodedValue::new(DataType::UUID, Argument::Uuid(person.credential_id(0).0));
    let id = id.expect("an id");
    println!();
    for (view, arguments) in [
        ("get_credential_owned", vec![id]),
        ("get_access_grants_owned", Vec::new()),
    ] {
        let [plain, proved] = ["user.call", "idos.prove"].map(|method| {
            let request = reads::asked(method, &person, &cookie, view, arguments.clone());
            let mut client = node.client();
            let mut times = Vec::new();
            let mut bytes = 0;
            for _ in 0..200 {
                let start = Instant::now();
                bytes = client.send(&request).body.len();
                times.push(start.elapsed().as_secs_f64() * 1e3);
            }
            (bytes, timing::median(times))
        });
        println!(
            "{view}: {} bytes in {:.2} ms, with proof {} bytes in {:.2} ms",
            plain.0, plain.1, proved.0, proved.1
        );
    }
}

fn killed(network: &mut Network, people: &People) {
    let watched = Duration::from_secs(asked("IDOS_BENCH_KILL_SECONDS", AFTER_KILL_SECONDS));
    let mut before: Vec<_> = {
        let count = asked("IDOS_BENCH_WRITES", BEFORE_KILL).min(BEFORE_KILL);
        let mut writer = Writer::new(network, people.writers.clone());
        (0..count)
            .map(|_| writer.write(Kind::AddAttribute))
            .collect()
    };
    before.sort();
    let usual = percentile(&before, 99);
    network.kill(NODES - 1);
    let start = Instant::now();
    let mut writer = Writer::new(network, people.writers.clone());
    let (mut slow_until, mut slowest, mut count) = (Duration::ZERO, Duration::ZERO, 0);
    while start.elapsed() < watched {
        let time = writer.write(Kind::AddAttribute);
        count += 1;
        slowest = slowest.max(time);
        if time.as_secs_f64() * 1e3 > usual * 2.0 {
            slow_until = start.elapsed();
        }
    }
    println!(
        "\na validator is killed: the slowest write takes {:.0} ms, the last one of more than twice the \
         usual p99 ends {:.1} s after (goal of 10 s: {}); {count} writes in {} s",
        slowest.as_secs_f64() * 1e3,
        slow_until.as_secs_f64(),
        verdict(slow_until < Duration::from_secs(10)),
        watched.as_secs()
    );
}

/// The node that was killed comes back after the others wrote a lot.
fn catch_up(network: &mut Network, people: &People) {
    let away = NODES - 1;
    let from = network.height(0);
    let people = people.crowd();
    let nodes: Vec<_> = network.running().collect();
    pipeline::transactions_per_second(&nodes, KILOBYTE, &people, OF_EACH + 1..=3 * OF_EACH);
    let to = network.height(0);
    let start = Instant::now();
    network.start_node(away);
    network.reach(away, to);
    let took = start.elapsed();
    let count = people.len() as u64 * 2 * OF_EACH;
    let size = KILOBYTE.transaction(&Person::new(1), 1).encode().len();
    let rows = count * KILOBYTE.row_bytes(size).len() as u64;
    let bytes = count * size as u64;
    let raw = machine::write_rate(&network.home(away), bytes);
    let per_second = |count: u64| count as f64 / took.as_secs_f64();
    println!(
        "\ncatching up by blocks: {} blocks with {count} transactions in {:.1} s: {}/s, {} rows/s, {:.1} MB/s \
         of transactions beside {:.0} MB/s of the bare disk",
        to - from,
        took.as_secs_f64(),
        number(per_second(count)),
        number(per_second(rows)),
        per_second(bytes) / 1e6,
        raw / 1e6
    );
}

/// A node lost all that it had, and fetches the state from the others.
fn state_sync(network: &mut Network) {
    let node = NODES - 1;
    network.kill(node);
    network.lose_state(node);
    let to = network.height(0);
    network.start_node(node);
    let fetched = network.watch_sync(node, to);
    let parts = [
        fetched.finding_out,
        fetched.fetching,
        fetched.checking,
        fetched.joining,
    ];
    let [finding_out, fetching, checking, joining] = parts.map(|part| part.as_secs_f64());
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    let raw = machine::write_rate(&network.home(0), fetched.content_bytes.max(1));
    println!(
        "\nfetching the state: {} rows with {:.1} MB of contents, a database of {:.0} MB: found out in \
         {finding_out:.1} s, fetched in {fetching:.1} s: {} rows/s, {:.1} MB/s of contents beside {:.0} MB/s \
         of the bare disk; checked in {checking:.1} s, back in the network {joining:.1} s later",
        fetched.rows,
        megabytes(fetched.content_bytes),
        megabytes(network.database_bytes(node)),
        number(fetched.rows as f64 / fetching),
        megabytes(fetched.content_bytes) / fetching,
        raw / 1e6
    );
}
