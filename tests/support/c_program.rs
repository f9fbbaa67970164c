//! C programs, linked with the library.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{compile, library};

/// How a program gets the library.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Linkage {
    Shared,
    Static,
}

/// Compiles one C file to a program of the same name and returns its path.
pub(crate) fn program(source: &Path, linkage: Linkage) -> PathBuf {
    let place = match linkage {
        Linkage::Shared => "c-shared",
        Linkage::Static => "c-static",
    };
    let output = library::scratch(place).join(source.file_stem().expect("a C file has a name"));
    let mut cc = Command::new("cc");
    cc.args(compile::C_FLAGS).args(more_flags());
    cc.arg("-g").arg("-I").arg(compile::include()).arg("-o").arg(&output).arg(source);
    match linkage {
        Linkage::Shared => {
            let library = library::directory();
            cc.arg("-L").arg(&library).arg("-ltabi").arg(format!("-Wl,-rpath,{}", library.display()));
        }
        // The libraries that the static library needs; see `--print native-static-libs`.
        Linkage::Static => {
            cc.arg(&library::library().archive).args(["-ldl", "-lm"]);
        }
    }
    compile::run(cc.arg("-lpthread"));
    output
}

/// More flags, from `TABI_CFLAGS`: those of a sanitizer.
fn more_flags() -> Vec<String> {
    let flags = std::env::var("TABI_CFLAGS").unwrap_or_default();
    flags.split_whitespace().map(str::to_owned).collect()
}
