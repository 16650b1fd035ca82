//! What the explorer sends back.

use idos_explorer::{Fault, Format, Refused};
use idos_types::BlockTime;
use serde::Serialize;

use crate::node::failed;

/// An answer of the explorer.
#[derive(Debug)]
pub(crate) struct Document {
    /// The HTTP status.
    pub(crate) status: u16,
    pub(crate) content: Content,
    /// Seconds after which it is worth asking again.
    pub(crate) retry_after: Option<u64>,
}

/// What is in it.
#[derive(Debug)]
pub(crate) enum Content {
    Json(Vec<u8>),
    Page(String),
    Stylesheet,
    Script,
    /// It is at another path of this node.
    Redirect(String),
}

impl Document {
    pub(super) fn ok(content: Content) -> Self {
        Self::with(200, content)
    }

    fn with(status: u16, content: Content) -> Self {
        Self {
            status,
            content,
            retry_after: None,
        }
    }

    pub(super) fn page(page: String) -> Self {
        Self::ok(Content::Page(page))
    }

    pub(super) fn bad_page(page: String) -> Self {
        Self::with(400, Content::Page(page))
    }

    pub(super) fn json(answer: &impl Serialize) -> Self {
        match serde_json::to_vec(answer) {
            Ok(bytes) => Self::ok(Content::Json(bytes)),
            Err(error) => {
                let failed = failed(&format_args!("an answer is not JSON: {error}"));
                Self::refused(500, Format::Json, &failed.message)
            }
        }
    }

    pub(super) fn openapi() -> Self {
        Self::ok(Content::Json(idos_explorer::openapi().into()))
    }

    /// An answer in the form that was asked for.
    pub(super) fn of<T: Serialize>(
        format: Format,
        answer: &T,
        page: impl FnOnce(&T) -> String,
    ) -> Self {
        match format {
            Format::Json => Self::json(answer),
            Format::Page => Self::page(page(answer)),
        }
    }

    pub(super) fn redirect(path: String) -> Self {
        Self::with(303, Content::Redirect(path))
    }

    /// This node has no explorer, or none that answers now.
    pub(crate) fn off() -> Self {
        let text = "this node has no explorer, ask another node of the network";
        Self::refused(404, Format::Json, text)
    }

    pub(super) fn fault(format: Format, fault: &Fault) -> Self {
        let status = match fault {
            Fault::NoPath => 404,
            Fault::TooLong => 414,
            Fault::Value { .. } | Fault::Parameter | Fault::GrantsBy => 400,
        };
        Self::refused(status, format, &fault.to_string())
    }

    pub(super) fn not_found(format: Format, what: &str) -> Self {
        Self::refused(404, format, what)
    }

    pub(super) fn too_many(format: Format, now: BlockTime) -> Self {
        let text = "too many questions from this address, wait a minute";
        Self {
            retry_after: Some(next_minute(now)),
            ..Self::refused(429, format, text)
        }
    }

    /// So many addresses asked in this minute that no other can be counted.
    pub(super) fn crowded(format: Format, now: BlockTime) -> Self {
        let text = "too many addresses ask this node in this minute, wait for the next or ask another node";
        Self {
            retry_after: Some(next_minute(now)),
            ..Self::refused(503, format, text)
        }
    }

    pub(super) fn busy(format: Format) -> Self {
        let text = "too many ask at the same time, try again in a moment";
        Self::unavailable(format, text)
    }

    /// The node cannot answer now.
    pub(crate) fn unavailable(format: Format, text: &str) -> Self {
        Self {
            retry_after: Some(2),
            ..Self::refused(503, format, text)
        }
    }

    fn refused(status: u16, format: Format, text: &str) -> Self {
        let content = match format {
            Format::Json => {
                let refused = Refused {
                    error: text.to_owned(),
                };
                Content::Json(serde_json::to_vec(&refused).unwrap_or_default())
            }
            Format::Page if status == 404 => Content::Page(idos_explorer::not_found(text)),
            Format::Page => Content::Page(idos_explorer::page_of_refusal(text)),
        };
        Self::with(status, content)
    }
}

/// Seconds until the next minute, of which each has a quota.
fn next_minute(now: BlockTime) -> u64 {
    60 - now.millis() / 1000 % 60
}

/// One parameter of a query.
pub(super) fn query(name: &str, value: &str) -> String {
    form_urlencoded::Serializer::new(String::new())
        .append_pair(name, value)
        .finish()
}
