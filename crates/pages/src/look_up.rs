//! From the path of a request to a file.

use crate::asset::Asset;

/// The document of a page.
const INDEX: &str = "index.html";

/// What is at a path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Found<'a> {
    /// This file.
    Asset(&'a Asset),
    /// A place within the page, which its script knows: it gets the document of the page.
    Place(&'a Asset),
    /// Nothing.
    Nothing,
}

/// What is at this path of a page. Paths are compared with the names of the files and never lead
/// anywhere else. What has no `.` in its last part may be a place within the page.
pub fn look_up<'a>(assets: &'a [Asset], path: &str) -> Found<'a> {
    let Some(path) = path.strip_prefix('/') else {
        return Found::Nothing;
    };
    let named = |name: &str| assets.iter().find(|asset| asset.path == name);
    if path.is_empty() {
        return named(INDEX).map_or(Found::Nothing, Found::Asset);
    }
    if let Some(asset) = named(path) {
        return Found::Asset(asset);
    }
    let last = path.rsplit('/').next().unwrap_or(path);
    let is_odd = path.contains(['%', '\\']) || path.split('/').any(|part| part == "..");
    if is_odd || last.contains('.') {
        return Found::Nothing;
    }
    named(INDEX).map_or(Found::Nothing, Found::Place)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn asset(path: &'static str) -> Asset {
        Asset {
            path,
            etag: "\"0\"",
            content: b"",
            gzip: None,
        }
    }

    const ASSETS: [Asset; 3] = [
        asset("assets/index-1.js"),
        asset("index.html"),
        asset("window.html"),
    ];

    #[test]
    fn files_are_found_by_their_names() {
        for (path, file) in [
            ("/", 1),
            ("/index.html", 1),
            ("/window.html", 2),
            ("/assets/index-1.js", 0),
        ] {
            assert_eq!(
                look_up(&ASSETS, path),
                Found::Asset(&ASSETS[file]),
                "{path}"
            );
        }
    }

    #[test]
    fn places_of_the_page_get_its_document() {
        for path in ["/data", "/data/", "/a/b.c/d", "/window"] {
            assert_eq!(look_up(&ASSETS, path), Found::Place(&ASSETS[1]), "{path}");
        }
        assert_eq!(look_up(&ASSETS[..1], "/data"), Found::Nothing);
    }

    #[test]
    fn nothing_else_is_there() {
        for path in [
            "",
            "index.html",
            "/missing.js",
            "/assets/index-2.js",
            "/..",
            "/../x",
            "/a/../../etc/passwd",
            "/..%2f..%2fetc",
            "/%2e%2e/x.html",
            "/a\\b",
            "//index.html",
            "/.env",
            "*",
        ] {
            assert_eq!(look_up(&ASSETS, path), Found::Nothing, "{path}");
        }
    }
}
