//! Texts of others, as they may be shown: with what is not seen, or turns the direction of what
//! follows, one text looks like another.

/// Whether a character is not seen, or puts what is seen in another order: the general categories
/// `Cc` and `Cf` of Unicode. A test of `web/kit` compares these with the pages'.
pub fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}'
            | '\u{890}'..='\u{891}' | '\u{8e2}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0001}' | '\u{e0020}'..='\u{e007f}')
}

/// A name that somebody gave themselves, without what is not seen; `None` if nothing is left.
pub fn shown_name(name: &str) -> Option<String> {
    let seen: String = name.chars().filter(|it| !is_unseen(*it)).collect();
    Some(seen.trim().to_owned()).filter(|seen| !seen.is_empty())
}

/// A text that has to stay the one it is: what is not seen is written out.
pub fn inert(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if is_unseen(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names of `web/kit/test/names.test.ts`.
    #[test]
    fn names_are_what_people_see() {
        for (name, seen) in [
            ("Sample Bank", "Sample Bank"),
            ("Banco de Fomento Ação", "Banco de Fomento Ação"),
            ("Sample\u{202e}knaB", "SampleknaB"),
            ("Sample\nBank\0", "SampleBank"),
            ("Sam\u{200b}ple Bank\u{feff}", "Sample Bank"),
        ] {
            assert_eq!(shown_name(name).as_deref(), Some(seen), "{name:?}");
        }
        for name in ["", " ", "\u{200b}\u{2066}\u{2069}", "\t\n"] {
            assert_eq!(shown_name(name), None, "{name:?}");
        }
    }

    #[test]
    fn what_is_not_seen_is_written_out() {
        assert_eq!(
            inert("plain, \u{e9}, {\"a\":1}"),
            "plain, \u{e9}, {\"a\":1}"
        );
        assert_eq!(
            inert("\u{1b}[2Ja\r\nb\u{7}\u{9b}"),
            "\\u{1b}[2Ja\\r\\nb\\u{7}\\u{9b}"
        );
        assert_eq!(inert("a\u{202e}b\u{200b}"), "a\\u{202e}b\\u{200b}");
    }
}
