//! Words and bytes of a device, made fit for a terminal and a window.
//!
//! A device may call itself anything. Its words are cleaned where they enter the program, so that nobody after that
//! has to think of them.

/// Characters of a device's own words that are kept.
const LONGEST: usize = 80;
/// The same of what a document is called: people write sentences there.
const LONGEST_TITLE: usize = 300;
/// Bytes at the beginning of what nobody understands that are shown to a person.
const SHOWN: usize = 16;

/// One line of at most 80 characters. Line breaks and tabs become spaces, several spaces one; what moves a cursor,
/// cannot be seen or turns the direction of writing is left out.
pub fn plain(text: &str) -> String {
    one_line(text, LONGEST)
}

/// What a document is called, as [`plain`], of at most 300 characters; `None` when nothing is left.
pub fn plain_title(text: &str) -> Option<String> {
    Some(one_line(text, LONGEST_TITLE)).filter(|title| !title.is_empty())
}

fn one_line(text: &str, most: usize) -> String {
    let mut line = String::new();
    let mut length = 0;
    for character in text.chars() {
        let space = character.is_whitespace();
        if (space && (line.is_empty() || line.ends_with(' '))) || (!space && is_hidden(character)) {
            continue;
        }
        if length == most {
            break;
        }
        line.push(if space { ' ' } else { character });
        length += 1;
    }
    line.truncate(line.trim_end().len());
    line
}

/// The same for words that may be missing; `None` when nothing is left.
pub fn plain_or_none(text: Option<&str>) -> Option<String> {
    text.map(plain).filter(|text| !text.is_empty())
}

/// How bytes begin, in words: the text where it is text, else hexadecimal digits.
pub fn beginning(bytes: &[u8]) -> String {
    let shown = &bytes[..bytes.len().min(SHOWN)];
    let text = String::from_utf8_lossy(shown);
    if shown.is_empty() {
        "nothing".to_owned()
    } else if shown.iter().all(|byte| (0x20..0x7f).contains(byte) || byte.is_ascii_whitespace()) {
        format!("“{}”", plain(&text))
    } else {
        let digits: Vec<String> = shown.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("the bytes {}", digits.join(" "))
    }
}

/// Control characters, and those of Unicode that format text without being seen.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_device_are_one_short_line_that_does_nothing() {
        for (text, expected) in [
            ("EPSON ET-4850 Series", "EPSON ET-4850 Series"),
            ("  Büro \r\n\t Süd  ", "Büro Süd"),
            ("\u{1b}[2J\u{7}red\u{9b}31m", "[2Jred31m"),
            ("gnp.\u{202e}exe\u{2066}\u{200b}\u{feff}", "gnp.exe"),
            ("a\u{2028}b\u{85}c", "a b c"),
            ("\u{0}\u{1b}\n", ""),
        ] {
            assert_eq!(plain(text), expected, "{text:?}");
        }
        assert_eq!(plain(&"ä".repeat(3000)), "ä".repeat(LONGEST));
        assert_eq!(plain_or_none(Some("\u{202e}")), None);
    }

    #[test]
    fn bytes_are_shown_by_their_beginning() {
        assert_eq!(beginning(b"SSH-2.0-OpenSSH_9.2p1 Debian\r\n"), "“SSH-2.0-OpenSSH_”");
        assert_eq!(beginning(b"\xff\xfe<\0"), "the bytes ff fe 3c 00");
        assert_eq!(beginning(b""), "nothing");
    }
}
