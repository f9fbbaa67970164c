//! The Python face: CPython's own tests run on it, and tests of what it promises in addition.

use std::path::Path;
use std::process::Command;

use crate::support::{library, tools};

/// `python3`, with the library that was built for this test.
fn python() -> Option<Command> {
    if !tools::have("python3", "the Python face") {
        return None;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new("python3");
    command
        .current_dir(root)
        .env("TABI_LIBRARY", &library::library().shared_object)
        .env("PYTHONPATH", root.join("python"))
        .env("PYTHONDONTWRITEBYTECODE", "1");
    Some(command)
}

fn run(what: &[&str]) {
    let Some(mut command) = python() else { return };
    let output = command.args(what).output().expect("python3 starts");
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    assert!(output.status.success(), "python3 {}:\n{text}", what.join(" "));
    println!("{text}");
}

#[test]
fn cpythons_own_tests_end_as_on_the_builtin_module() {
    run(&["python/tests/conformance.py", "--quick", "--jobs", "4"]);
}

#[test]
fn its_own_tests_pass() {
    run(&["-m", "unittest", "discover", "--start-directory", "python/tests", "--pattern", "test_*.py"]);
}

#[test]
fn cpythons_tests_of_socketserver_pass_with_ours_in_its_place() {
    run(&["python/tests/in_place.py", "test_socketserver"]);
}
