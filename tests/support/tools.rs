//! Tools that may be missing on a machine. A test of a user is then skipped with the reason, and a test with
//! `CI=true` fails.

use std::process::{Command, Stdio};

/// Returns true if `tool` can be started. Otherwise it prints what is skipped, and fails if the environment
/// has `CI=true`.
pub(crate) fn have(tool: &str, skipped: &str) -> bool {
    is_there(Command::new(tool), tool, skipped)
}

/// The Python that is tested: `python3`, or the command that `TABI_PYTHON` has, such as `.ci/newer-python 3.15`. Without
/// it, `None` is returned for a user, and a test with `CI=true` fails.
#[allow(dead_code, reason = "most of the binaries of tests need no Python")]
pub(crate) fn python(skipped: &str) -> Option<Command> {
    let chosen = std::env::var("TABI_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let command = || {
        let mut words = chosen.split_whitespace();
        let mut command = Command::new(words.next().expect("TABI_PYTHON names a command"));
        command.args(words);
        command
    };
    is_there(command(), &chosen, skipped).then(command)
}

fn is_there(mut command: Command, tool: &str, skipped: &str) -> bool {
    let found = command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !found {
        let reason = format!("{tool} is not installed: {skipped} is not tested");
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{reason}");
        eprintln!("skipped: {reason}");
    }
    found
}
