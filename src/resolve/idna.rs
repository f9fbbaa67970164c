//! Host names that are not ASCII.

use std::borrow::Cow;

use crate::error::Result;

/// Returns the host name that is given to the C library: encoded, if it is not ASCII.
#[cfg(feature = "idna")]
pub(super) fn encode(host: &[u8]) -> Result<Cow<'_, [u8]>> {
    if host.is_ascii() {
        return Ok(Cow::Borrowed(host));
    }
    match ::idna::domain_to_ascii_cow(host, ::idna::AsciiDenyList::EMPTY) {
        Ok(name) => Ok(Cow::Owned(name.into_owned().into_bytes())),
        Err(_) => Err(crate::error::Error::value(format_args!(
            "the host name {:?} has no IDNA form",
            String::from_utf8_lossy(host)
        ))),
    }
}

/// Returns the host name that is given to the C library: unchanged.
#[cfg(not(feature = "idna"))]
pub(super) fn encode(host: &[u8]) -> Result<Cow<'_, [u8]>> {
    Ok(Cow::Borrowed(host))
}
