//! The content of a credential.

use std::{ops::Deref, sync::OnceLock};

use idos_types::{Digest, Value};

/// The content of a credential, encrypted, base64. It may have megabytes, so its digest is computed at
/// most once, when it is first asked for, and goes with it: into signatures, the row and its leaf. The
/// text never changes.
#[derive(Clone)]
pub struct Content {
    text: String,
    digest: OnceLock<Digest>,
}

impl Content {
    /// SHA-256 of the text.
    pub fn digest(&self) -> &Digest {
        self.digest.get_or_init(|| Digest::of(self.text.as_bytes()))
    }

    /// Whether it is the same text as `other`. If so, and the digest of `other` is known, its own is
    /// known as well.
    pub(crate) fn is(&self, other: &Self) -> bool {
        let is_same = self == other;
        if let Some(digest) = other.digest.get().filter(|_| is_same) {
            self.digest.get_or_init(|| *digest);
        }
        is_same
    }
}

impl Deref for Content {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

// What is known of it makes no difference.
impl PartialEq for Content {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Content {}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Content({} bytes)", self.text.len())
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Self {
            text,
            digest: OnceLock::new(),
        }
    }
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<Content> for Value {
    fn from(content: Content) -> Self {
        Self::Text(content.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_that_of_the_text_wherever_it_comes_from() {
        let known = Content::from("content");
        assert_eq!(*known.digest(), Digest::of(b"content"));
        let [same, other] = ["content", "Content"].map(Content::from);
        assert!(same.is(&known) && !other.is(&known));
        assert_eq!(same.digest.get(), Some(&Digest::of(b"content")));
        assert_eq!(other.digest.get(), None);
        assert_eq!(*other.digest(), Digest::of(b"Content"));
        assert_eq!(same, Content::from("content"));
        assert!(Content::from("content").is(&Content::from("content")));
    }
}
