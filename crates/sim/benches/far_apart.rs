//! How long writes take on a simulated network whose nodes are far apart: one alone, and many at once.
//!
//! `cargo bench -p idos-sim`; `IDOS_BENCH_WRITES` sets how many writes come one after the other,
//! `IDOS_BENCH_PEOPLE` how many people write at once, `IDOS_BENCH_ONE_WAY_MS` how long a message takes.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark fails by panicking and prints what it finds"
)]

use std::{env, time::Duration};

use idos_sim::FarApart;

/// How many writes each of many people sends at once: of one account not many more may wait.
const OF_EACH: u64 = 40;

fn asked(name: &str, usual: u64) -> u64 {
    let Ok(text) = env::var(name) else {
        return usual;
    };
    text.parse().expect("a number")
}

fn main() {
    let writes = usize::try_from(asked("IDOS_BENCH_WRITES", 500)).expect("a count");
    let people = asked("IDOS_BENCH_PEOPLE", 400);
    let one_way = Duration::from_millis(asked("IDOS_BENCH_ONE_WAY_MS", 100));
    for nodes in [4, 7] {
        let network = FarApart {
            seed: 1,
            nodes,
            one_way,
            jitter: one_way / 20,
        };
        let apart = format!(
            "{nodes} nodes, {} ms from node to node (simulated)",
            one_way.as_millis()
        );
        let times = network.latency(writes);
        let figure = |percent: usize| times[(times.len() - 1) * percent / 100].as_millis();
        println!(
            "{apart}: a write on an idle network takes p50 {} ms, p99 {} ms, at most {} ms of virtual \
             time ({writes} writes)",
            figure(50),
            figure(99),
            figure(100),
        );
        let count = people * OF_EACH;
        let time = network.at_once(people, OF_EACH);
        println!(
            "{apart}: {count} writes of 1 KB that come at once are certified after {:.1} s of virtual \
             time: {:.0} per second",
            time.as_secs_f64(),
            count as f64 / time.as_secs_f64(),
        );
    }
}
