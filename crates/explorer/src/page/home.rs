//! The first page.

use maud::{Markup, html};

use super::{
    block::table,
    layout::{Part, page, verdict},
    plot::Plot,
    text::{counted, full, millis, number, seconds},
};
use crate::answer::{BlockList, Network, Parameter, Stats};

/// The state of the network, its newest blocks, its size and its plots.
pub fn home(network: &Network, blocks: &BlockList, stats: &Stats) -> String {
    let content = html! {
        h1 { "The network " span class="chain" { (network.chain_id) } }
        (state(network))
        (verdict(network.certified_height, "network"))
        section class="stack" aria-labelledby="newest" {
            div class="row spread" {
                h2 id="newest" { "Newest blocks" }
                p class="small muted live" id="live" hidden {}
            }
            div class="card flush" id="newest-blocks" { (table(&blocks.blocks)) }
            p { a href="/explorer/blocks" { "All blocks" } }
        }
        section class="stack" aria-labelledby="plots" {
            h2 id="plots" { "Throughput and latency" }
            div class="plots" { (plots(stats)) }
        }
        section class="stack" aria-labelledby="size" {
            h2 id="size" { "Size" }
            (sizes(network))
        }
        section class="stack" aria-labelledby="parameters" {
            h2 id="parameters" { "Parameters" }
            div class="card" { dl class="facts" {
                @for parameter in &network.parameters { (parameter_fact(parameter)) }
                dt { "Blocks of an epoch" } dd { (number(network.epoch_blocks)) }
                dt { "Genesis" } dd { (full(&network.genesis)) }
            } }
        }
    };
    page(Part::Home, "Overview", &content)
}

/// The script keeps what has an id current.
fn state(network: &Network) -> Markup {
    let lag = network.height.saturating_sub(network.certified_height);
    html! {
        div class="tiles" {
            div class="tile" {
                p class="tile-name" { "Height" }
                p class="tile-value" id="height" { (number(network.height)) }
                p class="small muted" id="height-time" { (millis(network.block_time)) }
            }
            div class="tile" {
                p class="tile-name" { "Certified" }
                p class="tile-value" id="certified" { (number(network.certified_height)) }
                p class="small muted" id="certified-lag" {
                    @if lag == 0 { "up to the newest block" }
                    @else { (counted(lag, "block", "blocks")) " behind the newest" }
                }
            }
            div class="tile" {
                p class="tile-name" { "Validators" }
                p class="tile-value" { (number(network.validators)) }
                p class="small muted" { (number(network.quorum)) " of them have to sign" }
            }
            div class="tile" {
                p class="tile-name" { "Epoch" }
                p class="tile-value" { (number(network.epoch)) }
                p class="small muted" {
                    @if network.healthy {
                        span class="badge" data-tone="good" { "this node is healthy" }
                    } @else {
                        span class="badge" data-tone="bad" { "this node is not healthy" }
                    }
                }
            }
        }
    }
}

fn plots(stats: &Stats) -> Markup {
    let minutes = |value: fn(&crate::answer::MinuteSample) -> u64| {
        stats.minutes.iter().map(value).collect::<Vec<_>>()
    };
    let hour = ["an hour ago", "now"];
    let blocks = Plot {
        id: "plot-blocks",
        title: "Blocks per minute",
        note: "From the headers that this node keeps. An idle network makes one block a minute.",
        unit: "in a minute",
        values: minutes(|sample| sample.blocks),
        ends: hour,
    };
    let transactions = Plot {
        id: "plot-transactions",
        title: "Transactions per minute",
        note: "From this node's receipts: transactions that changed something.",
        unit: "in a minute",
        values: minutes(|sample| sample.transactions),
        ends: hour,
    };
    let certificates = Plot {
        id: "plot-certificates",
        title: "From block to certificate",
        note: "Measured by this node since it started, at most the newest 60: from the time in the \
               block, by its proposer's clock, to the certificate, by this node's clock.",
        unit: "ms",
        values: stats
            .certificates
            .iter()
            .map(|sample| sample.millis)
            .collect(),
        ends: ["older", "newest"],
    };
    html! { (blocks.draw()) (transactions.draw()) (certificates.draw()) }
}

fn sizes(network: &Network) -> Markup {
    let sizes = &network.sizes;
    let maybe = |count: Option<u64>| match count {
        Some(count) => number(count),
        None => "not counted: it takes too long".to_owned(),
    };
    html! {
        div class="card" { dl class="facts" {
            dt { "People" } dd { (number(sizes.people)) }
            dt { "Credentials" } dd { (maybe(sizes.credentials)) " with copies" }
            dt { "Access grants" } dd { (maybe(sizes.grants)) }
            dt { "Parties" } dd { (number(sizes.parties)) }
            dt { "Accounts" } dd { (number(sizes.accounts)) }
            dt { "Entries of the state" } dd { (number(sizes.leaves)) }
            dt { "Transactions" } dd { (number(sizes.transactions)) " that this node has receipts of" }
        } }
    }
}

fn parameter_fact(parameter: &Parameter) -> Markup {
    html! {
        dt { (parameter.name.replace('_', " ")) }
        dd {
            (number(parameter.value))
            @if let Some(next) = &parameter.next {
                " (" (number(next.value)) " from block " (number(next.from_height)) " on)"
            }
        }
    }
}

/// When something ends, if it does.
pub(super) fn end(at: i64, never: &str) -> Markup {
    if at == 0 {
        return html! { (never) };
    }
    seconds(at)
}
