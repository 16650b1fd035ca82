//! What a document may do in a browser: `Content-Security-Policy` and `Permissions-Policy`, made
//! from the configuration.

use super::config::PageConfig;

/// Who may show a document in a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum FramedBy {
    /// Nobody.
    Nobody,
    /// Every page. What is shown there must not trust its surroundings.
    Everybody,
}

/// A document, by what it has to be able to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Document {
    /// A page that people open, with the enclave in a frame.
    Page,
    /// The enclave in the frame of a page.
    EnclaveFrame,
    /// The enclave in a window of its own, where people type secrets.
    EnclaveWindow,
}

impl Document {
    fn framed_by(self) -> FramedBy {
        match self {
            Self::Page | Self::EnclaveWindow => FramedBy::Nobody,
            Self::EnclaveFrame => FramedBy::Everybody,
        }
    }
}

/// The `Content-Security-Policy` of a document.
pub(super) fn content_security_policy(document: Document, config: &PageConfig) -> String {
    let nodes = config.nodes.iter();
    let issuers = config.issuers.iter().map(|issuer| &issuer.url);
    let connect = nodes.chain(issuers).map(|url| url.origin());
    let enclave = config.enclave.iter().map(|url| url.origin());
    let frames: Vec<_> = enclave.collect();
    let frames = if document == Document::Page && !frames.is_empty() {
        frames.join(" ")
    } else {
        "'none'".to_owned()
    };
    let ancestors = match document.framed_by() {
        FramedBy::Nobody => "'none'",
        FramedBy::Everybody => "*",
    };
    let mut sources = vec!["'self'"];
    for origin in connect {
        if !sources.contains(&origin) {
            sources.push(origin);
        }
    }
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "font-src 'self'",
        "img-src 'self' data: blob:",
        "manifest-src 'self'",
        &format!("connect-src {}", sources.join(" ")),
        &format!("frame-src {frames}"),
        &format!("frame-ancestors {ancestors}"),
        "base-uri 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ]
    .join("; ")
}

/// What no page needs.
const FORBIDDEN: [&str; 8] = [
    "camera",
    "display-capture",
    "geolocation",
    "microphone",
    "midi",
    "payment",
    "serial",
    "usb",
];
/// What the enclave needs: passkeys, and its own storage within the frames of others. Browsers give
/// it to a frame only if the page around it passes it on.
const OF_THE_ENCLAVE: [&str; 3] = [
    "publickey-credentials-create",
    "publickey-credentials-get",
    "storage-access",
];

/// The `Permissions-Policy` of a document.
pub(super) fn permissions_policy(document: Document, config: &PageConfig) -> String {
    let allowed = match (document, &config.enclave) {
        (Document::Page, Some(enclave)) => format!("(self \"{}\")", enclave.origin()),
        (Document::Page, None) => "()".to_owned(),
        (Document::EnclaveFrame | Document::EnclaveWindow, _) => "(self)".to_owned(),
    };
    let forbidden = FORBIDDEN.iter().map(|name| format!("{name}=()"));
    let of_the_enclave = OF_THE_ENCLAVE.iter();
    let of_the_enclave = of_the_enclave.map(|name| format!("{name}={allowed}"));
    forbidden
        .chain(of_the_enclave)
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::{super::config::tests::config, *};

    #[test]
    fn a_page_may_ask_nodes_and_issuers_and_show_the_enclave() {
        let policy = content_security_policy(Document::Page, &config());
        assert_eq!(
            policy,
            "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; \
             img-src 'self' data: blob:; manifest-src 'self'; \
             connect-src 'self' http://127.0.0.1:8484 https://issuer.example; \
             frame-src http://localhost:8481; frame-ancestors 'none'; base-uri 'none'; \
             form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
        );
    }

    #[test]
    fn only_the_frame_of_the_enclave_is_shown_within_others() {
        let frame = content_security_policy(Document::EnclaveFrame, &config());
        assert!(frame.contains("frame-ancestors *;"), "{frame}");
        let window = content_security_policy(Document::EnclaveWindow, &config());
        assert!(window.contains("frame-ancestors 'none';"), "{window}");
        for policy in [frame, window] {
            assert!(policy.contains("frame-src 'none';"), "{policy}");
        }
    }

    #[test]
    fn an_origin_is_named_once() {
        let mut config = config();
        config.issuers = vec!["A=http://127.0.0.1:8484/issuer".parse().unwrap()];
        let policy = content_security_policy(Document::Page, &config);
        assert!(
            policy.contains("connect-src 'self' http://127.0.0.1:8484;"),
            "{policy}"
        );
    }

    #[test]
    fn passkeys_are_for_the_enclave() {
        let page = permissions_policy(Document::Page, &config());
        let passed = "publickey-credentials-get=(self \"http://localhost:8481\")";
        assert!(page.contains(passed), "{page}");
        assert!(page.contains("camera=()"), "{page}");
        let frame = permissions_policy(Document::EnclaveFrame, &config());
        assert!(
            frame.contains("publickey-credentials-create=(self)"),
            "{frame}"
        );
        assert!(frame.contains("storage-access=(self)"), "{frame}");
    }
}
