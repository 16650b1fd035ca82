//! What is proved, what is measured, and what is not shown.

use maud::{Markup, html};

use super::{
    layout::{Part, page, verdict_of},
    text::full,
};
use crate::answer::Network;

/// The page for whoever wants to know.
pub fn about(network: &Network) -> String {
    let content = html! {
        h1 { "What is proved" }
        section class="stack" aria-labelledby="yours" {
            h2 id="yours" { "What your browser checks" }
            p { "After every block each validator signs the state it computed. More than two thirds "
                "of these signatures are a certificate. On the page of a block your browser checks "
                "every signature of its certificate, that header, time, root and entries of the state are "
                "those that were signed, that the page shows these, and from the header the block before "
                "and the proposer, and as signers those who signed. Where this node has a receipt of "
                "everything in the block, also that the list of transactions is the one in the header." }
            p { "On the page of a grant it also checks the proof that the certified state has a grant "
                "with that id, to that grantee, for that data. A node cannot invent one, and not "
                "show one to some that others do not see." }
        }
        (anchor(network))
        section class="stack" aria-labelledby="word" {
            h2 id="word" { "What you have this node's word for" }
            p { "Kinds and results of transactions (receipts are local to each node), the lock and the "
                "end of a grant, names of grantees, that a list of grants is complete, whether there is "
                "a next block, the sizes, all measurements, and whatever is on pages that say nothing of "
                "a check. The script that checks comes from this node too: whoever wants to rely on none uses "
                "the SDK or the command line with a genesis of their own." }
        }
        section class="stack" aria-labelledby="measured" {
            h2 id="measured" { "What the plots are measured from" }
            p { "Blocks and transactions per minute: the headers and receipts in this node's "
                "database, by block time. A node that fetched its state from others has them from "
                "then on. From block to certificate: by this node, in memory, since it "
                "started. Signatures of validators: the newest certificates in the database." }
        }
        section class="stack" aria-labelledby="hidden" {
            h2 id="hidden" { "What is not shown" }
            p { "No payload and no sender of a transaction. Of a grant neither the owner, nor the "
                "digest of the data, nor who made it: each would link grants of one person to each "
                "other. Lists of a person's grants, credentials and wallets are for that person." }
        }
    };
    page(Part::About, "What is proved", &content)
}

fn anchor(network: &Network) -> Markup {
    html! {
        section class="stack" aria-labelledby="anchor" {
            h2 id="anchor" { "What you have to trust" }
            p { "Your browser starts from the first validators of the network and follows every "
                "change of them, each signed by the validators before. Who the first ones were is "
                "what this node says. To be certain, compare this fingerprint with one that you got "
                "elsewhere: from an operator whom you know, or from the explorer of another node." }
            @match (&network.fingerprint, &network.checkpoint) {
                (Some(fingerprint), Some(_)) => {
                    div class="card" { dl class="facts" {
                        dt { "Chain" } dd { code { (network.chain_id) } }
                        dt { "Fingerprint" } dd id="fact-fingerprint" { (full(fingerprint)) }
                        dt { "Genesis" } dd { (full(&network.genesis)) }
                    } }
                    (verdict_of("anchor", None, &html! {
                        "Without a script you have this node's word that this is the fingerprint. With one, "
                        "your browser computes it from the validators that it starts from."
                    }))
                }
                _ => p class="notice" data-tone="warn" {
                    "This network started without validators: there is nothing to compare."
                },
            }
            div id="checkpoint" data-needs-script="" hidden {
                div class="card stack" {
                    div class="field" {
                        label for="checkpoint-text" { "Start from a checkpoint of your own" }
                        textarea class="input mono" id="checkpoint-text" rows="5" spellcheck="false"
                            aria-describedby="checkpoint-note checkpoint-error" {}
                        span class="small muted" id="checkpoint-note" {
                            "JSON with chainId, epoch and sets, as the SDK keeps it. It stays in this "
                            "browser."
                        }
                        span class="field-error" id="checkpoint-error" role="alert" {}
                    }
                    div class="row" {
                        button class="button" data-kind="primary" id="checkpoint-keep"
                            type="button" { "Use it" }
                        button class="button" id="checkpoint-forget" type="button" {
                            "Use this node's again"
                        }
                    }
                    p class="small" id="checkpoint-state" role="status" {}
                }
            }
        }
    }
}
