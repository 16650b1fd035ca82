//! The web pages of this product, built from `web` when this crate is, and embedded: a server needs
//! no files beside its program. Which files there are is a pure question; HTTP is the servers'.

mod asset;
mod look_up;

pub use asset::{Asset, CacheFor};
pub use look_up::{Found, look_up};

include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// A web page, by the name of its package in `web`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Page {
    /// Where people look after their data.
    Dashboard,
    /// The demo bank.
    Demo,
    /// Where the keys of people are: an origin of its own.
    Enclave,
    /// What the nodes' explorer does in browsers.
    Explorer,
}

impl Page {
    /// Every page.
    pub const ALL: [Self; 4] = [Self::Dashboard, Self::Demo, Self::Enclave, Self::Explorer];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dashboard => "dashboard",
            Self::Demo => "demo",
            Self::Enclave => "enclave",
            Self::Explorer => "explorer",
        }
    }

    /// Its files, sorted by path.
    pub fn assets(self) -> &'static [Asset] {
        match self {
            Self::Dashboard => DASHBOARD,
            Self::Demo => DEMO,
            Self::Enclave => ENCLAVE,
            Self::Explorer => EXPLORER,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_page_has_its_document_and_only_files_of_known_kinds() {
        for page in Page::ALL {
            let assets = page.assets();
            assert!(assets.is_sorted_by_key(|asset| asset.path), "{page:?}");
            for asset in assets {
                assert!(asset.content_type().is_some(), "{page:?}: {}", asset.path);
                assert_eq!(asset.etag.len(), 66, "{page:?}: {}", asset.path);
            }
            if page != Page::Explorer {
                let index = look_up(assets, "/");
                assert!(matches!(index, Found::Asset(_)), "{page:?}");
            }
        }
    }
}
