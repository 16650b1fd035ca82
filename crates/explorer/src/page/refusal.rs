//! Pages that say why there is nothing to see.

use maud::html;

use super::layout::{Part, page};

/// There is nothing with this name.
pub fn not_found(what: &str) -> String {
    said("Not found", what)
}

/// The node does not answer.
pub fn page_of_refusal(text: &str) -> String {
    said("No answer", text)
}

/// What was typed cannot be searched for.
pub fn search_fault(text: &str) -> String {
    said("Nothing to search for", text)
}

fn said(title: &str, text: &str) -> String {
    let content = html! {
        h1 { (title) }
        p class="notice" data-tone="warn" { (text) }
        p { a href="/explorer/" { "Back to the overview" } }
    };
    page(Part::None, title, &content)
}
