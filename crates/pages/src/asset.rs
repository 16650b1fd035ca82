//! A file of a page, with what a server has to know of it.

/// A file of a page.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Asset {
    /// Where it is, without `/` at the beginning.
    pub path: &'static str,
    /// Its `ETag`: SHA-256 of the content, in quotation marks.
    pub etag: &'static str,
    /// The content.
    pub content: &'static [u8],
    /// The content packed by gzip, where that is much less.
    pub gzip: Option<&'static [u8]>,
}

/// For how long a browser may keep a file without asking.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CacheFor {
    /// For ever: its name changes with its content.
    Ever,
    /// Not at all: it is asked for with its `ETag` each time.
    Nothing,
}

/// Where the builder puts files that have a hash of their content in their names.
const HASHED: &str = "assets/";

/// Content types by the end of the name.
const CONTENT_TYPES: [(&str, &str); 11] = [
    ("css", "text/css; charset=utf-8"),
    ("html", "text/html; charset=utf-8"),
    ("ico", "image/x-icon"),
    ("js", "text/javascript; charset=utf-8"),
    ("json", "application/json; charset=utf-8"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("txt", "text/plain; charset=utf-8"),
    ("wasm", "application/wasm"),
    ("webmanifest", "application/manifest+json"),
    ("woff2", "font/woff2"),
];

impl Asset {
    /// Its content type; `None` if it is of a kind that no page has.
    pub fn content_type(&self) -> Option<&'static str> {
        let (_, end) = self.path.rsplit_once('.')?;
        let found = CONTENT_TYPES.iter().find(|(known, _)| *known == end)?;
        Some(found.1)
    }

    /// For how long it may be kept.
    pub fn cache_for(&self) -> CacheFor {
        if self.path.starts_with(HASHED) && !self.path.ends_with(".html") {
            CacheFor::Ever
        } else {
            CacheFor::Nothing
        }
    }
}

impl std::fmt::Debug for Asset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Asset({}, {} bytes)", self.path, self.content.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asset(path: &'static str) -> Asset {
        Asset {
            path,
            etag: "\"0\"",
            content: b"",
            gzip: None,
        }
    }

    #[test]
    fn the_kind_follows_from_the_name() {
        let html = asset("window.html").content_type();
        assert_eq!(html, Some("text/html; charset=utf-8"));
        let script = asset("assets/a-1.b.js").content_type();
        assert_eq!(script, Some("text/javascript; charset=utf-8"));
        assert_eq!(asset("assets/a.map").content_type(), None);
        assert_eq!(asset("LICENSE").content_type(), None);
    }

    #[test]
    fn only_what_is_named_by_its_content_is_kept() {
        assert_eq!(asset("assets/index-BdQ1.js").cache_for(), CacheFor::Ever);
        for path in [
            "index.html",
            "favicon.svg",
            "assets/x.html",
            "x/assets/y.js",
        ] {
            assert_eq!(asset(path).cache_for(), CacheFor::Nothing, "{path}");
        }
    }
}
