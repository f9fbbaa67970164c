//! The files that `make install` installs, as a C programmer finds them with pkg-config.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{compile, library, tools};

const PROGRAM: &str =
    "#include <stdio.h>\n#include <tabi.h>\nint main(void) { puts(tabi_version()); return 0; }\n";

/// Runs `make` for a target, with a prefix that belongs to the test.
fn make(target: &str, prefix: &Path) {
    let mut make = Command::new("make");
    make.current_dir(env!("CARGO_MANIFEST_DIR")).arg("--silent").arg(target);
    make.arg(format!("PREFIX={}", prefix.display()))
        .arg(format!("LIBRARY={}", library::library().directory().display()));
    compile::run(make.env_remove("MAKEFLAGS").env_remove("DESTDIR"));
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("the directory is there").map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn a_program_finds_what_was_installed_and_nothing_stays_when_it_is_removed() {
    let needed = ["make", "cc", "pkg-config"];
    if !needed.iter().all(|tool| tools::have(tool, "make install")) {
        return;
    }
    let prefix = library::scratch("install").join("usr");
    make("install", &prefix);

    let mut pkg_config = Command::new("pkg-config");
    pkg_config.args(["--cflags", "--libs", "--print-errors", "tabi"]);
    let flags = compile::run(pkg_config.env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig")));
    let program = library::scratch("install").join("version");
    let source = program.with_extension("c");
    fs::write(&source, PROGRAM).expect("the scratch directory can be written");
    let mut cc = Command::new("cc");
    compile::run(
        cc.args(compile::C_FLAGS).arg(&source).arg("-o").arg(&program).args(flags.split_whitespace()),
    );
    let version = compile::run(Command::new(&program).env("LD_LIBRARY_PATH", prefix.join("lib")));
    assert_eq!(version.trim(), env!("CARGO_PKG_VERSION"));

    make("uninstall", &prefix);
    assert_eq!(files(&prefix), Vec::<PathBuf>::new());
}
