//! `getfqdn`.

use super::{gethostbyaddr, gethostname};
use crate::error::Result;

/// The fully qualified name of a host (`socket.getfqdn`): the first of its names that has a dot.
///
/// `""`, `"0.0.0.0"` and `"::"` stand for this machine. A host of which nothing is known keeps the name it was
/// asked for by; one without a dotted name gets its main name. Fails only as [`gethostname`] does.
pub fn getfqdn(name: &str) -> Result<String> {
    let name = match name.trim() {
        "" | "0.0.0.0" | "::" => gethostname()?,
        name => name.to_owned(),
    };
    let Ok(entry) = gethostbyaddr(&name) else {
        return Ok(name);
    };
    let mut names = std::iter::once(&entry.name).chain(&entry.aliases);
    Ok(names.find(|name| name.contains('.')).unwrap_or(&entry.name).clone())
}
