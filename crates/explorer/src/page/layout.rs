//! What every page has around it.

use maud::{DOCTYPE, Markup, html};

use crate::assets::{script_path, stylesheet_path};

/// The parts of the explorer, as its navigation names them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Home,
    Blocks,
    Grants,
    Validators,
    Motions,
    About,
    None,
}

const PARTS: [(Part, &str, &str); 6] = [
    (Part::Home, "/explorer/", "Overview"),
    (Part::Blocks, "/explorer/blocks", "Blocks"),
    (Part::Grants, "/explorer/grants", "Access grants"),
    (Part::Validators, "/explorer/validators", "Validators"),
    (Part::Motions, "/explorer/motions", "Votes"),
    (Part::About, "/explorer/about", "What is proved"),
];

/// A whole page.
pub(super) fn page(part: Part, title: &str, content: &Markup) -> String {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (title) " · idOS explorer" }
                link rel="icon" href="data:,";
                link rel="stylesheet" href=(stylesheet_path());
                script type="module" src=(script_path()) {}
            }
            body {
                a class="skip" href="#content" { "Skip to the content" }
                header class="top" {
                    div class="top-row" {
                        a class="brand" href="/explorer/" {
                            span class="brand-mark" aria-hidden="true" {}
                            "idOS explorer"
                        }
                        (search())
                    }
                    nav aria-label="Explorer" {
                        ul class="tabs" {
                            @for (other, path, name) in PARTS {
                                li {
                                    @if other == part {
                                        a href=(path) aria-current="page" { (name) }
                                    } @else {
                                        a href=(path) { (name) }
                                    }
                                }
                            }
                        }
                    }
                }
                main id="content" class="stack" { (content) }
                footer class="bottom small muted" {
                    p {
                        "This node shows what anybody may know: no payload and no sender of a "
                        "transaction, and of a grant not who gave it."
                    }
                    p {
                        a href="/api/v1/openapi.json" { "The same for programs (OpenAPI)" }
                        " · "
                        a href="/explorer/about" { "What is proved, and what is not" }
                    }
                }
            }
        }
    };
    markup.into_string()
}

fn search() -> Markup {
    html! {
        form class="search" action="/explorer/search" method="get" role="search" {
            label class="hidden-text" for="search" { "Height, hash, grant, data id or grantee" }
            input id="search" class="input" name="q" type="search" maxlength="512" required
                autocomplete="off" spellcheck="false" placeholder="Height, hash, id or grantee";
            button class="button" type="submit" { "Search" }
        }
    }
}

/// Where the script says what it verified. Without one, the page says who vouches for it.
pub(super) fn verdict(height: u64, what: &str) -> Markup {
    let unchecked = html! {
        "Without a script you have this node's word for what stands here. With one, your "
        "browser checks the validators' signatures itself. "
        a href="/explorer/about" { "How" }
    };
    verdict_of(what, Some(height), &unchecked)
}

/// The same of anything, which may have no height.
pub(super) fn verdict_of(what: &str, height: Option<u64>, unchecked: &Markup) -> Markup {
    html! {
        section class="notice verdict" id="verdict" data-verify=(what) data-height=[height]
            role="status" {
            p class="verdict-title" { "Not checked in your browser" }
            p class="small" { (unchecked) }
        }
    }
}
