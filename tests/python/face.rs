//! The Python face: CPython's own tests run on it, and tests of what it promises in addition.

use std::path::Path;
use std::process::Command;

use crate::support::{library, tools};

/// Python, with the library that was built for this test.
pub(crate) fn python() -> Option<Command> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = tools::python("the Python face")?;
    command
        .current_dir(root)
        .env("TABI_LIBRARY", &library::library().shared_object)
        .env("PYTHONPATH", root.join("python"))
        .env("PYTHONDONTWRITEBYTECODE", "1");
    Some(command)
}

/// Returns what the tests have printed, or `None` if Python is missing.
fn run(what: &[&str]) -> Option<String> {
    let mut command = python()?;
    let output = command.args(what).output().expect("Python starts");
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(output.status.success(), "python {}:\n{text}", what.join(" "));
    println!("{text}");
    Some(text)
}

#[test]
fn cpythons_own_tests_end_as_on_the_builtin_module() {
    run(&["python/tests/conformance.py", "--quick", "--jobs", "4"]);
}

/// Each file of them in a process of its own, side by side, because most of them wait for something. The file for Windows
/// is left out: new versions of Python take a file whose tests are all skipped for a mistake.
#[test]
fn its_own_tests_pass() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/tests");
    let names =
        folder.read_dir().expect("the tests can be read").map(|entry| entry.expect("an entry").file_name());
    let files = names.filter(|name| name.to_string_lossy().starts_with("test_") && name != "test_windows.py");
    let files: Vec<_> = files.map(|name| format!("python/tests/{}", name.to_string_lossy())).collect();
    assert!(files.len() > 5, "{files:?}");
    std::thread::scope(|scope| {
        for file in &files {
            scope.spawn(move || {
                if let Some(text) = run(&[file]) {
                    assert!(text.contains("\nRan "), "{file} has run no tests:\n{text}");
                }
            });
        }
    });
}

#[test]
fn cpythons_tests_of_socketserver_pass_with_ours_in_its_place() {
    run(&["python/tests/in_place.py", "test_socketserver"]);
}
