//! Access grants.

use maud::{Markup, html};

use super::{
    home::end,
    layout::{Part, page, verdict},
    text::{full, name, number, short},
};
use crate::{
    answer::{Grant, GrantList},
    question::GrantsBy,
};

/// The search for grants, with what it found if something was asked.
pub fn grants(found: Option<(&GrantsBy, &GrantList)>) -> String {
    let content = html! {
        h1 { "Access grants" }
        p { "A grant lets somebody read data of a person. That it exists is public, and provable. "
            "Who gave it and what the data says is not." }
        (form(found.map(|(by, _)| by)))
        @if let Some((by, list)) = found { (results(by, list)) }
    };
    page(Part::Grants, "Access grants", &content)
}

fn form(by: Option<&GrantsBy>) -> Markup {
    let (grantee, data) = match by {
        Some(GrantsBy::Grantee(grantee)) => (grantee.clone(), String::new()),
        Some(GrantsBy::Data(data)) => (String::new(), data.to_string()),
        None => Default::default(),
    };
    html! {
        div class="grid" {
            form class="card stack" action="/explorer/grants" method="get" {
                div class="field" {
                    label for="grantee" { "By grantee" }
                    input class="input" id="grantee" name="grantee" value=(grantee) required
                        maxlength="512" autocomplete="off" spellcheck="false";
                    span class="small muted" { "The address or key of who may read." }
                }
                div { button class="button" data-kind="primary" type="submit" { "Find grants" } }
            }
            form class="card stack" action="/explorer/grants" method="get" {
                div class="field" {
                    label for="data_id" { "By data id" }
                    input class="input" id="data_id" name="data_id" value=(data) required
                        maxlength="36" autocomplete="off" spellcheck="false";
                    span class="small muted" { "The id of a credential or of its copy." }
                }
                div { button class="button" data-kind="primary" type="submit" { "Find grants" } }
            }
        }
    }
}

fn results(by: &GrantsBy, list: &GrantList) -> Markup {
    let next = list.next.as_ref().map(|next| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        match by {
            GrantsBy::Grantee(grantee) => query.append_pair("grantee", grantee),
            GrantsBy::Data(data) => query.append_pair("data_id", &data.to_string()),
        };
        query.append_pair("before", next);
        format!("/explorer/grants?{}", query.finish())
    });
    html! {
        section class="stack" aria-labelledby="found" {
            h2 id="found" {
                @match list.total {
                    Some(1) => "One grant",
                    Some(total) => { (number(total)) " grants" },
                    None => "Grants",
                }
            }
            @if list.grants.is_empty() {
                p class="muted" { "There is no such grant in the state of this node." }
            } @else {
                div class="card flush" { div class="table-scroll" tabindex="0" role="region"
                    aria-label="Table of grants" { table class="table" {
                    thead { tr {
                        th scope="col" { "Grant" } th scope="col" { "Grantee" }
                        th scope="col" { "Data" } th scope="col" { "Locked until" }
                        th scope="col" { "Ends" } th scope="col" { "Block" }
                    } }
                    tbody { @for grant in &list.grants { (row(grant)) } }
                } } }
            }
            @if let Some(next) = next { p { a class="button" rel="next" href=(next) { "Older" } } }
        }
    }
}

fn row(grant: &Grant) -> Markup {
    html! {
        tr {
            td { a href=(format!("/explorer/grants/{}", grant.id)) { (short(&grant.id)) } }
            td {
                @if let Some(name) = name(grant.grantee_name.as_ref()) {
                    (name) " " span class="muted small" { "as it calls itself" } " "
                }
                (short(&grant.grantee))
            }
            td { (short(&grant.data_id)) }
            td { (end(grant.locked_until, "no lock")) }
            td { (end(grant.expires_at, "never by itself")) }
            td { a href=(format!("/explorer/blocks/{}", grant.height)) { (number(grant.height)) } }
        }
    }
}

/// One grant. `height` is the newest one that this node has executed.
pub fn grant(grant: &Grant, height: u64) -> String {
    let mut by_grantee = form_urlencoded::Serializer::new(String::new());
    by_grantee.append_pair("grantee", &grant.grantee);
    let content = html! {
        h1 { "Access grant" }
        (verdict(height, "grant"))
        div class="card" { dl class="facts" {
            dt { "Id" } dd id="fact-id" { (full(&grant.id)) }
            dt { "Grantee" }
            dd {
                @if let Some(name) = name(grant.grantee_name.as_ref()) {
                    p { (name) " " span class="muted small" { "as it calls itself" } }
                }
                a id="fact-grantee" href=(format!("/explorer/grants?{}", by_grantee.finish())) {
                    (full(&grant.grantee))
                }
            }
            dt { "Data" }
            dd {
                a id="fact-data" href=(format!("/explorer/grants?data_id={}", grant.data_id)) {
                    (full(&grant.data_id))
                }
            }
            dt { "Locked until" }
            dd { (end(grant.locked_until, "no lock: the owner can revoke it at any time")) }
            dt { "Ends" } dd { (end(grant.expires_at, "not by itself")) }
            dt { "Made in block" }
            dd { a href=(format!("/explorer/blocks/{}", grant.height)) { (number(grant.height)) } }
        } }
        p class="small muted" {
            "Proved is that the state has a grant with this id, to this grantee, for this data. Lock, "
            "end and block are in a row that would also name the owner: for these you have this "
            "node's word. Who gave the grant is not shown to anybody but those it concerns."
        }
    };
    page(Part::Grants, "Access grant", &content)
}
