//! Blocks.

use maud::{Markup, html};

use super::{
    layout::{Part, page, verdict},
    text::{counted, full, millis, number, short},
    transaction::result,
};
use crate::answer::{Block, BlockList, BlockSummary};

/// Transactions of a block that its page shows; the JSON has all.
const SHOWN: usize = 200;

/// A page of blocks.
pub fn blocks(list: &BlockList) -> String {
    let content = html! {
        h1 { "Blocks" }
        div class="card flush" { (table(&list.blocks)) }
        nav class="row" aria-label="Pages" {
            a class="button" href="/explorer/blocks" { "Newest" }
            @if let Some(next) = list.next {
                a class="button" rel="next" href=(format!("/explorer/blocks?before={next}")) {
                    "Older"
                }
            }
        }
    };
    page(Part::Blocks, "Blocks", &content)
}

/// Blocks as rows. The script puts new ones on top in the same form.
pub(super) fn table(blocks: &[BlockSummary]) -> Markup {
    html! {
        div class="table-scroll" tabindex="0" role="region" aria-label="Table of blocks" {
            table class="table" {
                thead { tr {
                    th scope="col" { "Height" }
                    th scope="col" { "Time" }
                    th scope="col" { "Transactions" }
                    th scope="col" { "Certificate" }
                    th scope="col" { "Hash" }
                } }
                tbody {
                    @for block in blocks {
                        tr data-height=(block.height) {
                            td { a href=(format!("/explorer/blocks/{}", block.height)) {
                                (number(block.height))
                            } }
                            td { (millis(block.time)) }
                            td { (number(block.transactions)) }
                            td { (certified(block.certified)) }
                            td { (short(&block.hash)) }
                        }
                    }
                }
            }
        }
    }
}

fn certified(is_certified: bool) -> Markup {
    if is_certified {
        return html! { span class="badge" data-tone="good" { "certified" } };
    }
    html! { span class="badge" { "waiting" } }
}

/// One block.
pub fn block(block: &Block) -> String {
    let title = format!("Block {}", number(block.height));
    let content = html! {
        h1 { (title) }
        (verdict(block.height, "block"))
        div class="card" { dl class="facts" {
            dt { "Time" } dd id="fact-time" { (millis(block.time)) }
            dt { "Epoch" } dd id="fact-epoch" { (number(block.epoch)) }
            dt { "Hash" } dd id="fact-hash" { (full(&block.hash)) }
            @if let Some(parent) = &block.parent {
                dt { "Block before" }
                dd id="fact-parent" {
                    a href=(format!("/explorer/blocks/{}", block.height.saturating_sub(1))) {
                        (full(parent))
                    }
                }
            }
            @if let Some(proposer) = &block.proposer {
                dt { "Proposed by" } dd id="fact-proposer" { (full(proposer)) }
            }
            dt { "Root of the state" } dd id="fact-root" { (full(&block.root)) }
            dt { "Entries of the state" } dd id="fact-leaves" { (number(block.leaves)) }
        } }
        (signatures(block))
        (transactions(block))
        nav class="row" aria-label="Neighbours" {
            @if block.height > 0 {
                a class="button" rel="prev"
                    href=(format!("/explorer/blocks/{}", block.height - 1)) { "Block before" }
            }
            @if block.has_next {
                a class="button" rel="next"
                    href=(format!("/explorer/blocks/{}", block.height + 1)) { "Block after" }
            }
        }
    };
    page(Part::Blocks, &title, &content)
}

fn signatures(block: &Block) -> Markup {
    // The script checks the certificate that the page was made of: nodes may have several of one height.
    let bytes = block.certificate.as_ref().map(|it| &it.bytes);
    html! {
        section class="stack" aria-labelledby="signatures" data-certificate=[bytes] {
            h2 id="signatures" { "Certificate" }
            @match &block.certificate {
                None => p class="muted" {
                    "This node has no certificate of this height: it is not signed yet, or the "
                    "certificate of a later height vouches for it."
                },
                Some(certified) => {
                    p {
                        span id="fact-signed" {
                            (certified.signers.len()) " of "
                            (counted(certified.validators, "validator", "validators"))
                        }
                        " signed the state after this block."
                    }
                    ul class="card plain digests" {
                        @for signer in &certified.signers { li { (full(signer)) } }
                    }
                }
            }
        }
    }
}

fn transactions(block: &Block) -> Markup {
    let count = u64::try_from(block.transactions.len()).unwrap_or(u64::MAX);
    html! {
        section class="stack" aria-labelledby="transactions" {
            h2 id="transactions" { "Transactions" }
            @if block.transactions.is_empty() {
                p class="muted" { "None changed anything in this block." }
            } @else {
                div class="card flush" { div class="table-scroll" tabindex="0" role="region"
                    aria-label="Table of the transactions" { table class="table" {
                    thead { tr {
                        th scope="col" { "Hash" } th scope="col" { "Kind" }
                        th scope="col" { "Result" }
                    } }
                    tbody {
                        @for transaction in block.transactions.iter().take(SHOWN) {
                            tr {
                                td { a href=(format!("/explorer/transactions/{}", transaction.hash)) {
                                    (short(&transaction.hash))
                                } }
                                td { code { (transaction.kind) } }
                                td { (result(transaction.code)) }
                            }
                        }
                    }
                } } }
                @if block.transactions.len() > SHOWN {
                    p { "The first " (SHOWN) " of " (number(count)) ". "
                        a href=(format!("/api/v1/blocks/{}", block.height)) { "All of them as JSON" }
                    }
                }
            }
        }
    }
}
