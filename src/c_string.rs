//! Text that the C library is to read.

use std::ffi::CString;

use crate::error::{Error, Result};

/// How many bytes of a refused text are shown.
const SHOWN: usize = 200;

/// The text with a closing NUL; `what` names it in the error.
///
/// Fails with [`Error::Value`] for a NUL byte in it, and with `Os(ENOMEM)` when there is no memory for a copy.
pub(crate) fn c_string(text: &[u8], what: &str) -> Result<CString> {
    if text.contains(&0) {
        return Err(Error::value(format!("{what} must not contain a NUL byte, got {}", quoted(text))));
    }
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(text.len() + 1).map_err(|_| Error::Os(libc::ENOMEM))?;
    bytes.extend_from_slice(text);
    bytes.push(0);
    // The bytes were searched for a NUL above.
    Ok(CString::from_vec_with_nul(bytes).unwrap_or_default())
}

/// The text as an error shows it, the start of it when it is long.
pub(crate) fn quoted(text: &[u8]) -> String {
    let (shown, rest) = text.split_at(text.len().min(SHOWN));
    let more = if rest.is_empty() { "" } else { "..." };
    format!("\"{}\"{more}", shown.escape_ascii())
}
