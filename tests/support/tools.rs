//! Tools that a machine may lack: a user's test is skipped with the reason, a build server's fails.

use std::process::{Command, Stdio};

/// True when `tool` can be started; else says what is skipped, and fails where the environment has `CI=true`.
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
