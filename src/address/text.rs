//! Names that may contain any bytes as text. Printable characters stay as they are, and everything else is escaped.
//!
//! A peer chooses its unix path itself. A path with a line feed or an escape sequence could add false lines to a log or
//! control a terminal if it were written unchanged.

use std::borrow::Cow;
use std::fmt::{self, Write};

use crate::c_string::quoted;

/// Writes a name for people. `\n`, `\u{1b}` and a backslash are escaped as in Rust, and a byte that is not UTF-8 is
/// written as `\xff`.
pub(super) fn write_escaped(f: &mut impl Write, name: &[u8]) -> fmt::Result {
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

/// Returns what [`write_escaped`] writes.
pub(super) fn escaped(name: &[u8]) -> String {
    let mut text = String::new();
    // A String takes whatever is written to it.
    let _ = write_escaped(&mut text, name);
    text
}

/// Returns the name that [`escaped`] has written. Fails with the reason why a text is none.
pub(super) fn unescaped(text: &[u8]) -> Result<Vec<u8>, Cow<'static, str>> {
    let mut name = Vec::new();
    let mut parts = text.split(|&byte| byte == b'\\');
    name.extend_from_slice(parts.next().unwrap_or_default());
    while let Some(part) = parts.next() {
        let rest = match part {
            // Two backslashes, and what follows them.
            [] => {
                name.push(b'\\');
                parts.next().ok_or("a backslash at its end must be written twice")?
            }
            [b'n', rest @ ..] => pushed(&mut name, b"\n", rest),
            [b'r', rest @ ..] => pushed(&mut name, b"\r", rest),
            [b't', rest @ ..] => pushed(&mut name, b"\t", rest),
            [b'0', rest @ ..] => pushed(&mut name, b"\0", rest),
            [b'x', high, low, rest @ ..] => {
                let byte = hexadecimal(&[*high, *low]).ok_or_else(|| unknown_escape(part))?;
                pushed(&mut name, &[byte as u8], rest)
            }
            [b'u', b'{', rest @ ..] => {
                let end = rest.iter().position(|&byte| byte == b'}').ok_or_else(|| unknown_escape(part))?;
                let character = hexadecimal(&rest[..end]).and_then(char::from_u32);
                let character = character.ok_or_else(|| unknown_escape(part))?;
                pushed(&mut name, character.encode_utf8(&mut [0; 4]).as_bytes(), &rest[end + 1..])
            }
            _ => return Err(unknown_escape(part)),
        };
        name.extend_from_slice(rest);
    }
    Ok(name)
}

fn pushed<'a>(name: &mut Vec<u8>, bytes: &[u8], rest: &'a [u8]) -> &'a [u8] {
    name.extend_from_slice(bytes);
    rest
}

/// Reads up to 6 hexadecimal digits.
fn hexadecimal(digits: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(digits).ok()?;
    let all_digits = (1..=6).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    u32::from_str_radix(text, 16).ok().filter(|_| all_digits)
}

fn unknown_escape(after_backslash: &[u8]) -> Cow<'static, str> {
    format!("{} follows a backslash, which must be written twice", quoted(after_backslash)).into()
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
