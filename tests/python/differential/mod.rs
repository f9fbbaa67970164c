//! The same calls on CPython's own `socket` and on this library: results, kinds of errors and their numbers must agree.
//!
//! `cases.txt` has the calls, `python.py` makes them on CPython and on the Python face, and `calls.rs` makes them on this
//! library.
//! Calls that Python refuses because of the type of an argument cannot be written in Rust. Such cases are
//! there only if the library itself decides.
#![cfg(target_os = "linux")]

mod calls;
mod expand;
mod syntax;
mod value;

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::face;
use crate::support::tools;

/// The least number of cases. The table may grow but not shrink.
const LEAST: usize = 400;

#[test]
fn results_errors_and_numbers_are_those_of_python() {
    let Some(mut python) = tools::python("the behaviour of CPython's socket") else { return };
    let cases = cases();
    // With the option for isolation, nothing in the user's environment can replace the standard module.
    let expected = on_python(python.arg("-I").arg(program()), &cases);
    compare("CPython", &cases, &expected, &on_tabi(&cases));
}

#[test]
fn the_python_face_gives_what_the_module_in_its_place_gives() {
    let Some(mut builtin) = tools::python("the Python face beside CPython's socket") else { return };
    let Some(mut tabi) = face::python() else { return };
    let cases = cases();
    let expected = on_python(builtin.arg("-I").arg(program()), &cases);
    let own = on_python(tabi.arg(program()).arg("tabi"), &cases);
    compare("the built-in module", &cases, &expected, &own);
}

/// The cases of the table, without one on systems of 32 bits: there CPython takes this number for its own sign of an error,
/// and raises SystemError.
fn cases() -> Vec<String> {
    let mut cases = expand::cases(include_str!("cases.txt"));
    cases.retain(|case| !cfg!(target_pointer_width = "32") || case != "if_indextoname(4294967295)");
    assert!(cases.len() >= LEAST, "only {} cases", cases.len());
    cases
}

/// The program that makes the calls of the cases in Python.
fn program() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/differential/python.py")
}

fn compare(with: &str, cases: &[String], expected: &[String], own: &[String]) {
    for (side, results) in [(with, expected), ("tabi", own)] {
        if let Some(hung) = cases.get(results.len()) {
            panic!("{side} hangs or breaks down in: {hung}");
        }
    }
    let mut differences = String::new();
    let mut count = 0;
    for (case, (expected, own)) in cases.iter().zip(expected.iter().zip(own)) {
        if own != expected {
            count += 1;
            differences += &format!("{case}\n  Python: {expected}\n  tabi:   {own}\n");
        }
    }
    println!("{} cases compared with {with}, {count} differ", cases.len());
    assert!(differences.is_empty(), "{count} of {} cases differ:\n{differences}", cases.len());
}

/// How long a case may take before it counts as hung.
const HANG_GUARD: Duration = Duration::from_secs(30);

/// The results of the cases on this library.
fn on_tabi(cases: &[String]) -> Vec<String> {
    let (sender, receiver) = mpsc::channel();
    let table = cases.to_vec();
    thread::spawn(move || table.iter().try_for_each(|case| sender.send(calls::run(case))));
    let answer =
        |case| receiver.recv_timeout(HANG_GUARD).unwrap_or_else(|_| panic!("hangs or panics: {case}"));
    cases.iter().map(answer).collect()
}

/// The results of the cases in Python, one line for each.
fn on_python(command: &mut Command, cases: &[String]) -> Vec<String> {
    let mut python = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("Python starts");
    let mut stdin = python.stdin.take().expect("piped");
    let text = cases.join("\n");
    let writer = thread::spawn(move || stdin.write_all(text.as_bytes()));
    let mut answers = String::new();
    python.stdout.take().expect("piped").read_to_string(&mut answers).expect("Python answers in text");
    writer.join().expect("the writer does not panic").expect("Python reads the cases");
    python.wait().expect("Python was started");
    answers.lines().map(str::to_owned).collect()
}
