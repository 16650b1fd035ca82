//! Validators, and what operators vote on.

use maud::{Markup, html};

use super::{
    home::end,
    layout::{Part, page},
    text::{counted, full, millis, name, number, seconds, short},
};
use crate::answer::{Motion, MotionList, Validator, ValidatorList};

/// Who validates.
pub fn validators(list: &ValidatorList) -> String {
    let content = html! {
        h1 { "Validators" }
        p { "They order transactions, and sign the state after each block. More than two thirds of "
            "them have to agree." }
        div class="cards" { @for validator in &list.validators { (card(validator, list.counted)) } }
        p class="small muted" {
            "Counted over the newest " (counted(list.counted, "certificate", "certificates"))
            " that this node has. A certificate is made as soon as more than two thirds have signed, "
            "so a sound validator is missing from some: the newest signature says whether it is "
            "there, the share says how often it was among the first."
        }
    };
    page(Part::Validators, "Validators", &content)
}

fn card(validator: &Validator, counted: u64) -> Markup {
    let tone = if validator.votes { "good" } else { "" };
    html! {
        article class="card stack" {
            div class="row spread" {
                h2 class="name" {
                    @match name(validator.operator_name.as_ref()) {
                        Some(name) => (name),
                        None => (short(&validator.key)),
                    }
                }
                span class="badge" data-tone=(tone) { (standing(validator)) }
            }
            @if validator.votes && counted > 0 {
                div {
                    progress class="share" max=(counted) value=(validator.signed)
                        aria-label="Share of certificates with its signature" {}
                    p class="small" {
                        "In " (number(validator.signed)) " of " (number(counted)) " certificates"
                        @if let (Some(height), Some(time)) =
                            (validator.last_signed, validator.last_signed_time) {
                            ", the newest of "
                            a href=(format!("/explorer/blocks/{height}")) {
                                "block " (number(height))
                            }
                            " (" (millis(time)) ")"
                        }
                    }
                }
            }
            dl class="facts" {
                dt { "Key" } dd { (full(&validator.key)) }
                dt { "Operator" } dd { (full(&validator.operator)) }
                dt { "Address" } dd { code { (validator.address) } }
                @if validator.expires_at != 0 {
                    dt { "Lapses" } dd { (end(validator.expires_at, "")) }
                }
            }
        }
    }
}

fn standing(validator: &Validator) -> &'static str {
    match (validator.votes, validator.status.as_str()) {
        (true, "leaving") => "votes, is leaving",
        (true, _) => "votes",
        (false, "requested") => "asks to join",
        (false, "observer") => "observes",
        (false, "ready") => "votes from the next epochs on",
        (false, _) => "leaves",
    }
}

/// What is open to be voted on.
pub fn motions(list: &MotionList) -> String {
    let content = html! {
        h1 { "Votes" }
        p { "Operators of validators decide about the network: who validates, its parameters, and "
            "who is an issuer or a consumer. Requests to join are with the validators." }
        @if list.motions.is_empty() {
            p class="notice" { "Nothing is open to be voted on." }
        }
        @for motion in &list.motions { (open(motion)) }
        @if let Some(next) = list.next {
            p { a class="button" rel="next" href=(format!("/explorer/motions?offset={next}")) {
                "More"
            } }
        }
    };
    page(Part::Motions, "Votes", &content)
}

fn open(motion: &Motion) -> Markup {
    html! {
        article class="card stack" {
            div class="row spread" {
                h2 class="name" { code { (motion.action) } }
                span class="badge" data-tone="accent" {
                    (counted(u64::try_from(motion.votes.len()).unwrap_or(u64::MAX), "vote", "votes"))
                }
            }
            dl class="facts" {
                dt { "Arguments" } dd { (full(&motion.arguments)) }
                dt { "Proposed by" } dd { (full(&motion.proposer)) }
                dt { "In block" }
                dd { a href=(format!("/explorer/blocks/{}", motion.height)) {
                    (number(motion.height))
                } }
                dt { "Lapses" } dd { (seconds(motion.expires_at)) }
                dt { "Agreed" }
                dd {
                    @if motion.votes.is_empty() { "nobody yet" }
                    ul class="plain digests" { @for vote in &motion.votes { li { (full(vote)) } } }
                }
                dt { "Id" } dd { (full(&motion.id)) }
            }
        }
    }
}
