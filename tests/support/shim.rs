//! The library that is preloaded into a program to make its calls fail (`tests/torture`) or to delay them
//! (`tests/races`).

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::{compile, library};

/// The preloaded library, compiled once by each test process that needs it.
pub(crate) fn shim() -> &'static Path {
    static SHIM: OnceLock<PathBuf> = OnceLock::new();
    SHIM.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/torture/shim.c");
        let output = library::scratch("shim").join(format!("shim-{}.so", std::process::id()));
        let mut cc = Command::new("cc");
        cc.args(["-O1", "-g", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror"]);
        compile::run(cc.arg(source).arg("-o").arg(&output).arg("-ldl"));
        output
    })
}
