//! Tools that may be missing on a machine. A test of a user is then skipped with the reason, and a test with
//! `CI=true` fails.

use std::process::{Command, Stdio};

/// Returns true if `tool` can be started. Otherwise it prints what is skipped, and fails if the environment
/// has `CI=true`.
pub(crate) fn have(tool: &str, skipped: &str) -> bool {
    let found =
        Command::new(tool).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !found {
        let reason = format!("{tool} is not installed: {skipped} is not tested");
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{reason}");
        eprintln!("skipped: {reason}");
    }
    found
}
