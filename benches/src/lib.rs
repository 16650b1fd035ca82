//! What the benchmarks are made of: people with keys, databases full of them, a node in a process
//! of its own, and the bare work that a node cannot be faster than.
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a benchmark fails by panicking and prints what it finds"
)]

pub mod bare_http;
pub mod bare_rows;
pub mod bare_signatures;
pub mod bare_statements;
pub mod database;
pub mod execution;
pub mod http;
pub mod machine;
pub mod network;
pub mod node_process;
pub mod people;
pub mod pipeline;
pub mod reads;
pub mod server_process;
pub mod state_tree;
pub mod table;
pub mod timing;
pub mod transactions;
