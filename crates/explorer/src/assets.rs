//! What the pages load: one style sheet and one script, built from `web/explorer`.

/// The style sheet.
pub fn stylesheet() -> &'static str {
    include_str!(concat!(env!("OUT_DIR"), "/explorer.css"))
}

/// The script.
pub fn script() -> &'static str {
    include_str!(concat!(env!("OUT_DIR"), "/explorer.js"))
}

/// The path of the style sheet; another one has another path.
pub(crate) const STYLESHEET: &str = concat!(
    "/explorer/assets/",
    env!("EXPLORER_STYLESHEET_DIGEST"),
    "/explorer.css"
);

/// The path of the script; another one has another path.
pub(crate) const SCRIPT: &str = concat!(
    "/explorer/assets/",
    env!("EXPLORER_SCRIPT_DIGEST"),
    "/explorer.js"
);
