//! Texts of others, as they may be shown: with what is not seen, or turns the direction of what
//! follows, one text looks like another.

/// Whether a character is not seen, or puts what is seen in another order: the general categories
/// `Cc`, `Cf`, `Zl` and `Zp` of Unicode 17.0, its property `Default_Ignorable_Code_Point`
/// (`DerivedCoreProperties.txt`), and the braille pattern without dots. A test of `web/kit`
/// compares these with the pages'.
pub fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}'
            | '\u{890}'..='\u{891}' | '\u{8e2}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
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
            ("Sample\u{fe0f} \u{34f}Bank\u{3164}", "Sample Bank"),
            (
                "S\u{115f}a\u{1160}m\u{ffa0}p\u{2800}l\u{2028}e\u{2029} Bank\u{e0100}",
                "Sample Bank",
            ),
        ] {
            assert_eq!(shown_name(name).as_deref(), Some(seen), "{name:?}");
        }
        for name in [
            "",
            " ",
            "\u{200b}\u{2066}\u{2069}",
            "\t\n",
            "\u{3164}\u{2800}\u{fe0f}",
        ] {
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
        assert_eq!(inert("a\u{2028}b\u{3164}"), "a\\u{2028}b\\u{3164}");
    }
}
