//! Transactions.

use maud::{Markup, html};

use super::{
    layout::{Part, page},
    text::{full, number},
};
use crate::answer::TransactionSummary;

/// One transaction.
pub fn transaction(transaction: &TransactionSummary) -> String {
    let content = html! {
        h1 { "Transaction" }
        div class="card" { dl class="facts" {
            dt { "Hash" } dd { (full(&transaction.hash)) }
            dt { "Block" }
            dd {
                a href=(format!("/explorer/blocks/{}", transaction.height)) {
                    (number(transaction.height))
                }
                ", place " (transaction.position)
            }
            dt { "Kind" } dd { code { (transaction.kind) } }
            dt { "Result" } dd { (result(transaction.code)) }
        } }
        p class="notice" {
            "Who sent it and what it says is for its sender only, and what it says is removed from "
            "every node after the retention time. What became of it is this node's receipt; receipts "
            "are not part of the certified state."
        }
    };
    page(Part::Blocks, "Transaction", &content)
}

/// What became of a transaction.
pub(super) fn result(code: u16) -> Markup {
    if code == 0 {
        return html! { span class="badge" data-tone="good" { "done" } };
    }
    html! { span class="badge" data-tone="warn" { "refused, code " (code) } }
}
