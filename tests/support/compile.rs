//! Compiling C and C++ against the header, with every warning an error.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::library;

pub(crate) const C_FLAGS: [&str; 7] =
    ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Wconversion", "-Wstrict-prototypes", "-Werror"];

/// How a program gets the library.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Linkage {
    Shared,
    Static,
}

/// Compiles one C file to a program of the same name and returns its path.
pub(crate) fn program(source: &Path, linkage: Linkage) -> PathBuf {
    let (place, library) = match linkage {
        Linkage::Shared => ("c-shared", library::directory()),
        Linkage::Static => ("c-static", library::built()),
    };
    let output = library::scratch(place).join(source.file_stem().expect("a C file has a name"));
    let mut cc = Command::new("cc");
    cc.args(C_FLAGS).arg("-g").arg("-I").arg(include()).arg("-o").arg(&output).arg(source);
    match linkage {
        Linkage::Shared => {
            cc.arg("-L").arg(&library).arg("-ltabi").arg(format!("-Wl,-rpath,{}", library.display()));
        }
        // What the static library needs beside itself: see `--print native-static-libs`.
        Linkage::Static => {
            cc.arg(library.join("libtabi.a")).args(["-ldl", "-lm"]);
        }
    }
    run(cc.arg("-lpthread"));
    output
}

/// The directory of `tabi.h`.
pub(crate) fn include() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("include")
}

/// Runs a command to its end; fails with all that it printed unless it succeeds. Returns its output.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {}\n{stdout}{stderr}", output.status);
    stdout.into_owned()
}
