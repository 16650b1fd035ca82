//! A picture of a person, as pages send it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use idos_credential::File;
use idos_types::limits::PORTRAIT_BYTES;

use super::facts::FactError;

/// Kinds of pictures, with the bytes that each begins with.
const KINDS: [(&str, &[u8]); 2] = [
    ("data:image/jpeg;base64,", b"\xff\xd8\xff"),
    ("data:image/png;base64,", b"\x89PNG\r\n\x1a\n"),
];

/// Reads a `data:` URL of a JPEG or PNG file.
pub(super) fn read(url: &str) -> Result<File, FactError> {
    let wrong = |expected| FactError::new("portrait", expected);
    let kind = KINDS
        .iter()
        .find_map(|(prefix, first)| Some((url.strip_prefix(prefix)?, first)));
    let (text, first) = kind.ok_or(wrong("a data: URL of image/jpeg or image/png, in base64"))?;
    // Before it is decoded: base64 has four characters for three bytes.
    if text.len() > PORTRAIT_BYTES.div_ceil(3) * 4 {
        let most = PORTRAIT_BYTES / 1024;
        let expected = format!("a picture of at most {most} KiB");
        return Err(FactError::new("portrait", expected));
    }
    let bytes = STANDARD
        .decode(text)
        .map_err(|_| wrong("a picture in base64"))?;
    if !bytes.starts_with(first) {
        return Err(wrong("a picture of the kind that it says it is"));
    }
    Ok(File(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(kind: &str, bytes: &[u8]) -> String {
        format!("data:image/{kind};base64,{}", STANDARD.encode(bytes))
    }

    #[test]
    fn pictures_are_read() {
        assert_eq!(read(&url("jpeg", b"\xff\xd8\xff\xe0")).unwrap().0.len(), 4);
        assert!(read(&url("png", b"\x89PNG\r\n\x1a\n")).is_ok());
    }

    #[test]
    fn anything_else_is_refused() {
        let mut large = b"\xff\xd8\xff".to_vec();
        large.resize(PORTRAIT_BYTES + 3, 0);
        for (text, why) in [
            (url("gif", b"GIF89a"), "image/jpeg or image/png"),
            (url("png", b"\xff\xd8\xff"), "the kind"),
            ("data:image/png;base64,@".to_owned(), "base64"),
            (url("jpeg", &large), "512 KiB"),
            (String::new(), "data: URL"),
        ] {
            let error = read(&text).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
