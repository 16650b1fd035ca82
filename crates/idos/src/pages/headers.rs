//! The headers that the answers of a page's server carry.

use axum::http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{
        CONTENT_SECURITY_POLICY, InvalidHeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    },
};
use idos_pages::Page;

use super::{
    config::PageConfig,
    policy::{Document, content_security_policy, permissions_policy},
};

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// The document of the enclave's windows.
const WINDOW: &str = "window.html";

/// Headers for each kind of document of a page.
#[derive(Debug)]
pub(super) struct PageHeaders {
    /// Of the document that is the page, and of everything that is no document.
    index: HeaderMap,
    /// Of the enclave's windows.
    window: Option<HeaderMap>,
}

impl PageHeaders {
    /// Makes them once.
    pub(super) fn new(page: Page, config: &PageConfig) -> Result<Self, InvalidHeaderValue> {
        let of = |document| headers(page, document, config);
        Ok(match page {
            Page::Enclave => Self {
                index: of(Document::EnclaveFrame)?,
                window: Some(of(Document::EnclaveWindow)?),
            },
            Page::Dashboard | Page::Demo | Page::Explorer => Self {
                index: of(Document::Page)?,
                window: None,
            },
        })
    }

    /// Those for a file.
    pub(super) fn of(&self, path: &str) -> &HeaderMap {
        let window = self.window.as_ref().filter(|_| path == WINDOW);
        window.unwrap_or(&self.index)
    }
}

fn headers(
    page: Page,
    document: Document,
    config: &PageConfig,
) -> Result<HeaderMap, InvalidHeaderValue> {
    let is_enclave = page == Page::Enclave;
    // Windows of the enclave and the pages that open them have to find each other.
    let opener = if is_enclave {
        "unsafe-none"
    } else {
        "same-origin-allow-popups"
    };
    // A page that lets in nothing without this header could not show the frame.
    let resource = if document == Document::EnclaveFrame {
        "cross-origin"
    } else {
        "same-origin"
    };
    let referrer = if is_enclave {
        "no-referrer"
    } else {
        "strict-origin"
    };
    let mut headers = HeaderMap::new();
    for (name, value) in [
        (
            CONTENT_SECURITY_POLICY,
            content_security_policy(document, config),
        ),
        (PERMISSIONS_POLICY, permissions_policy(document, config)),
        (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (REFERRER_POLICY, referrer.to_owned()),
        (OPENER_POLICY, opener.to_owned()),
        (RESOURCE_POLICY, resource.to_owned()),
    ] {
        headers.insert(name, HeaderValue::try_from(value)?);
    }
    Ok(headers)
}
