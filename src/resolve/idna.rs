//! Host names beyond ASCII.

use std::borrow::Cow;

use crate::error::Result;

/// The host as the C library is asked for it.
#[cfg(feature = "idna")]
pub(super) fn encode(host: &[u8]) -> Result<Cow<'_, [u8]>> {
    if host.is_ascii() {
        return Ok(Cow::Borrowed(host));
    }
    match ::idna::domain_to_ascii_cow(host, ::idna::AsciiDenyList::EMPTY) {
        Ok(name) => Ok(Cow::Owned(name.into_owned().into_bytes())),
        Err(_) => Err(crate::error::Error::value(format!(
            "the host name {:?} has no IDNA form",
            String::from_utf8_lossy(host)
        ))),
    }
}

/// The host as the C library is asked for it: unchanged.
#[cfg(not(feature = "idna"))]
pub(super) fn encode(host: &[u8]) -> Result<Cow<'_, [u8]>> {
    Ok(Cow::Borrowed(host))
}
