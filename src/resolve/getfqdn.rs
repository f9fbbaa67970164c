//! The fully qualified name of a host.

use super::{gethostbyaddr_until, gethostname};
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::sys::libc;

/// Returns the fully qualified name of a host (`socket.getfqdn`): the first of its names that contains a dot.
///
/// `""`, `"0.0.0.0"` and `"::"` stand for this machine. If no name contains a dot, the result is the main name of the
/// host. If the host is unknown, the result is `name` itself. Fails as [`gethostname`] does, and with
/// [`Error::Cancelled`].
pub fn getfqdn(name: &str) -> Result<String> {
    getfqdn_until(name, Deadline::NEVER)
}

/// [`getfqdn`] that returns `name` itself when the deadline passes.
pub fn getfqdn_until(name: &str, deadline: Deadline) -> Result<String> {
    let name = match name.trim() {
        "" | "0.0.0.0" | "::" => gethostname()?,
        name => name.to_owned(),
    };
    let entry = match gethostbyaddr_until(&name, deadline) {
        Ok(entry) => entry,
        Err(error @ (Error::Os(libc::EINTR) | Error::Cancelled)) => return Err(error),
        Err(_) => return Ok(name),
    };
    let mut names = std::iter::once(&entry.name).chain(&entry.aliases);
    Ok(names.find(|name| name.contains('.')).unwrap_or(&entry.name).clone())
}
