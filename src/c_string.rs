//! Text for calls of the C library.

use std::ffi::CString;
use std::slice::EscapeAscii;

use crate::error::{Error, Result};
use crate::sys::libc;

/// How many bytes of a text an error shows.
const SHOWN: usize = 200;

/// Returns the text with a closing NUL. `what` is the name of the text in errors.
///
/// Fails with [`Error::Value`] when the text contains a NUL byte, and with `Os(ENOMEM)` when there is no memory for a
/// copy.
pub(crate) fn c_string(text: &[u8], what: &str) -> Result<CString> {
    if text.contains(&0) {
        return Err(Error::value(format_args!("{what} must not contain a NUL byte, got {}", quoted(text))));
    }
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(text.len() + 1).map_err(|_| Error::Os(libc::ENOMEM))?;
    bytes.extend_from_slice(text);
    bytes.push(0);
    // This cannot fail: the text has no NUL before the one that was added.
    Ok(CString::from_vec_with_nul(bytes).unwrap_or_default())
}

/// Returns the text as an error shows it. Of a long text it is the beginning.
pub(crate) fn quoted(text: &[u8]) -> String {
    let (shown, more) = shortened(text);
    format!("\"{shown}\"{more}")
}

/// The beginning of a text that an error shows, and what stands for the rest.
pub(crate) fn shortened(text: &[u8]) -> (EscapeAscii<'_>, &'static str) {
    let (shown, rest) = text.split_at(text.len().min(SHOWN));
    (shown.escape_ascii(), if rest.is_empty() { "" } else { "..." })
}
