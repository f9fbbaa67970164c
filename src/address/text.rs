//! Names that may contain any bytes as text. Printable characters stay as they are, and everything else is escaped.
//!
//! A peer chooses its unix path itself. A path with a line feed or an escape sequence could add false lines to a log or
//! control a terminal if it were written unchanged.

use std::fmt::{self, Write};

/// Writes a name for people. `\n`, `\u{1b}` and a backslash are escaped as in Rust, and a byte that is not UTF-8 is
/// written as `\xff`.
pub(super) fn write_escaped(f: &mut fmt::Formatter<'_>, name: &[u8]) -> fmt::Result {
    for chunk in name.utf8_chunks() {
        for character in chunk.valid().chars() {
            if character != '\\' && is_printable(character) {
                f.write_char(character)?;
            } else {
                write!(f, "{}", character.escape_debug())?;
            }
        }
        for byte in chunk.invalid() {
            write!(f, "\\x{byte:02x}")?;
        }
    }
    Ok(())
}

/// Writes Python's `repr` of a name as a `str`, in which bytes that are not UTF-8 are surrogates.
pub(super) fn python_repr(name: &[u8]) -> String {
    let quote = if name.contains(&b'\'') && !name.contains(&b'"') { '"' } else { '\'' };
    let mut text = String::from(quote);
    for chunk in name.utf8_chunks() {
        for character in chunk.valid().chars() {
            text.push_str(&match character {
                '\\' => "\\\\".to_owned(),
                '\n' => "\\n".to_owned(),
                '\r' => "\\r".to_owned(),
                '\t' => "\\t".to_owned(),
                _ if character == quote => format!("\\{character}"),
                _ if is_printable(character) => character.to_string(),
                '\0'..='\u{ff}' => format!("\\x{:02x}", u32::from(character)),
                '\0'..='\u{ffff}' => format!("\\u{:04x}", u32::from(character)),
                _ => format!("\\U{:08x}", u32::from(character)),
            });
        }
        for byte in chunk.invalid() {
            text.push_str(&format!("\\udc{byte:02x}"));
        }
    }
    text.push(quote);
    text
}

fn is_printable(character: char) -> bool {
    if character.is_ascii() {
        return !character.is_ascii_control();
    }
    // `str::escape_debug` does not escape a combining character that follows another character.
    String::from_iter(['a', character]).escape_debug().nth(1) == Some(character)
}
