//! How long a write takes on a simulated network whose nodes are far apart.
//!
//! `cargo bench -p idos-sim`; `IDOS_BENCH_WRITES` sets how many writes, `IDOS_BENCH_ONE_WAY_MS` how long
//! a message takes.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark fails by panicking and prints what it finds"
)]

use std::{env, time::Duration};

use idos_sim::{Latency, latency};

fn asked(name: &str, usual: u64) -> u64 {
    let Ok(text) = env::var(name) else {
        return usual;
    };
    text.parse().expect("a number")
}

fn main() {
    let writes = usize::try_from(asked("IDOS_BENCH_WRITES", 500)).expect("a count");
    let one_way = Duration::from_millis(asked("IDOS_BENCH_ONE_WAY_MS", 100));
    for nodes in [4, 7] {
        let times = latency(Latency {
            seed: 1,
            nodes,
            one_way,
            jitter: one_way / 20,
            writes,
        });
        let figure = |percent: usize| times[(times.len() - 1) * percent / 100].as_millis();
        println!(
            "{nodes} nodes, {} ms from node to node (simulated): a write on an idle network takes p50 \
             {} ms, p99 {} ms, at most {} ms of virtual time ({writes} writes)",
            one_way.as_millis(),
            figure(50),
            figure(99),
            figure(100),
        );
    }
}
