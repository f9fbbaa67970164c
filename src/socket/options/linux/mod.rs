//! Options that only Linux has, in one module for each level, sorted by name.

mod ip;
mod ipv6;
mod socket;
mod source_multicast;
mod tcp;
mod udp;
mod unix;

use crate::error::{Error, Result};

/// Checks the length of a name. The system would silently cut a name that is too long.
fn check_text(text: &[u8], most: usize, what: &str) -> Result<()> {
    if text.contains(&0) {
        return Err(Error::value(format_args!("{what} must not contain a NUL byte")));
    }
    if text.len() > most {
        return Err(Error::value(format_args!("{what} must be at most {most} bytes, got {}", text.len())));
    }
    Ok(())
}

/// Returns the part of a system's text before its first NUL byte.
fn up_to_nul(text: &[u8]) -> Vec<u8> {
    text.iter().copied().take_while(|&byte| byte != 0).collect()
}
