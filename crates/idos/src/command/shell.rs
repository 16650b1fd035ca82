//! What is printed for people to run.

use std::path::Path;

/// An argument as a shell reads it.
pub(crate) fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-:".contains(&byte);
    if text.bytes().all(is_plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_take_apart_is_quoted() {
        for (path, expected) in [
            ("/home/ada/issuer-1", "/home/ada/issuer-1"),
            ("urn:uuid:1b4e28ba", "urn:uuid:1b4e28ba"),
            ("my issuer", "'my issuer'"),
            ("it's", r"'it'\''s'"),
            ("$(rm)", "'$(rm)'"),
        ] {
            assert_eq!(quoted(Path::new(path)), expected);
        }
    }
}
