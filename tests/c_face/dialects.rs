//! The header in each standard of C and C++ that it is for, and in those that it is not for.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::support::{compile, library, tools};

const C: [&str; 5] = ["c99", "gnu99", "c11", "c17", "c2x"];
const CXX: [&str; 5] = ["c++11", "c++14", "c++17", "c++20", "c++2b"];
const TOO_OLD: [(&str, &str); 2] = [("cc", "c89"), ("c++", "c++98")];

/// A program that includes the header, in a file of its own.
fn source(compiler: &str, standard: &str) -> PathBuf {
    let ending = if standard.contains("++") { "cpp" } else { "c" };
    let source = library::scratch("dialects").join(format!("{compiler}-{standard}.{ending}"));
    let code = "#include <tabi.h>\ndouble limit(void);\ndouble limit(void) { return TABI_NO_TIMEOUT; }\n";
    fs::write(&source, code).unwrap();
    source
}

fn command(compiler: &str, standard: &str) -> Command {
    let mut command = Command::new(compiler);
    command.arg(format!("-std={standard}")).args(["-fsyntax-only", "-I"]).arg(compile::include());
    command.arg(source(compiler, standard));
    command
}

#[test]
fn every_standard_since_c99_and_cxx11_compiles_the_header_without_a_warning() {
    for (compiler, standards) in [("cc", C), ("c++", CXX)] {
        if !tools::have(compiler, "the header in each standard") {
            continue;
        }
        for standard in standards {
            let mut command = command(compiler, standard);
            compile::run(command.args([
                "-pedantic",
                "-Wall",
                "-Wextra",
                "-Wconversion",
                "-Wshadow",
                "-Wundef",
                "-Werror",
            ]));
        }
    }
}

/// Clang has warnings for whatever somebody might not want. Some say that a program uses what its standard has.
#[test]
fn clang_has_no_warning_of_any_kind_about_the_header() {
    for (compiler, standards) in [("clang", C), ("clang++", CXX)] {
        if !tools::have(compiler, "the header with every warning of Clang") {
            continue;
        }
        for standard in standards {
            let mut command = command(compiler, standard);
            command.args(["-Weverything", "-Wno-c++98-compat", "-Wno-c++98-compat-pedantic"]);
            // Newer versions warn of declarations that are not at the beginning of a block, and of every pointer in C++.
            command.args(["-Wno-unknown-warning-option", "-Wno-pre-c11-compat", "-Wno-unsafe-buffer-usage"]);
            compile::run(command.args(["-Wno-pre-c2x-compat", "-Werror"]));
        }
    }
}

#[test]
fn an_older_standard_is_named_in_the_first_error() {
    for (compiler, standard) in TOO_OLD {
        if !tools::have(compiler, "the header in older standards") {
            continue;
        }
        let output = command(compiler, standard).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        let first = text.lines().find(|line| line.contains("error:")).unwrap_or_default();
        assert!(
            !output.status.success() && first.contains("tabi.h needs C99 or C++11"),
            "{standard}: {text}"
        );
    }
}
