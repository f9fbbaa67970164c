//! The programs of `tests/helpers`, built once by each test process that needs them.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use super::{compile, library};

/// The command that starts a helper program: those of `tests/helpers/Cargo.toml`.
pub(crate) fn helper(program: &str) -> Command {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    let directory = DIRECTORY.get_or_init(|| {
        let mut cargo = library::cargo();
        cargo.args(["build", "--quiet", "--package", "tabi-test-helpers"]);
        compile::run(cargo.args(library::same_profile_and_place()));
        let test = std::env::current_exe().expect("the test knows its own path");
        test.ancestors().nth(2).expect("the test is in a profile's directory").to_owned()
    });
    Command::new(directory.join(program))
}
