//! What the pages load: one style sheet and one script, built from `web/explorer`.

use idos_pages::{Asset, Page};

const STYLESHEET: &str = "explorer.css";
const SCRIPT: &str = "explorer.js";
/// So many digits of a file's digest tell one version from another.
const DIGITS: std::ops::Range<usize> = 1..17;

/// The style sheet.
pub fn stylesheet() -> &'static [u8] {
    content(STYLESHEET)
}

/// The script.
pub fn script() -> &'static [u8] {
    content(SCRIPT)
}

/// The path of the style sheet; another one has another path.
pub fn stylesheet_path() -> String {
    path(STYLESHEET)
}

/// The path of the script; another one has another path.
pub fn script_path() -> String {
    path(SCRIPT)
}

fn asset(name: &str) -> Option<&'static Asset> {
    let assets = Page::Explorer.assets().iter();
    assets.into_iter().find(|asset| asset.path == name)
}

/// Nothing if there is no such file, which a test rules out.
fn content(name: &str) -> &'static [u8] {
    asset(name).map_or(b"", |asset| asset.content)
}

fn path(name: &str) -> String {
    let digest = asset(name).and_then(|asset| asset.etag.get(DIGITS));
    format!("/explorer/assets/{}/{name}", digest.unwrap_or("0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_files_are_embedded_under_paths_of_their_digests() {
        for (content, path) in [(stylesheet(), stylesheet_path()), (script(), script_path())] {
            assert!(!content.is_empty(), "{path}");
            let digest = path.split('/').nth(3).unwrap();
            assert_eq!(digest.len(), 16, "{path}");
            assert!(digest.chars().all(|c| c.is_ascii_hexdigit()), "{path}");
        }
    }
}
