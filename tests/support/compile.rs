//! Compiling C and C++ against the header, with every warning an error.

use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) const C_FLAGS: [&str; 7] =
    ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Wconversion", "-Wstrict-prototypes", "-Werror"];

/// The directory of `tabi.h`.
pub(crate) fn include() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("include")
}

/// Runs a command to its end. Fails with everything that it printed unless it succeeds. Returns its output.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {}\n{stdout}{stderr}", output.status);
    stdout.into_owned()
}
