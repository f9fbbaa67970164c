//! The same calls on CPython's own `socket` and on this library: results, kinds of errors and their numbers must agree.
//!
//! `cases.txt` has the calls, `python.py` makes them on CPython, and `calls.rs` makes them on this library.
//! Calls that Python refuses because of the type of an argument cannot be written in Rust. Such cases are
//! there only if the library itself decides.
#![cfg(target_os = "linux")]

mod calls;
mod expand;
mod syntax;
mod value;

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::support::tools;

/// The least number of cases. The table may grow but not shrink.
const LEAST: usize = 400;

#[test]
fn results_errors_and_numbers_are_those_of_python() {
    if !tools::have("python3", "the behaviour of CPython's socket") {
        return;
    }
    let cases = expand::cases(include_str!("cases.txt"));
    assert!(cases.len() >= LEAST, "only {} cases", cases.len());
    let python = on_python(&cases);
    if let Some(hung) = cases.get(python.len()) {
        panic!("CPython hangs or breaks down in: {hung}");
    }
    let mut differences = String::new();
    let mut count = 0;
    for (case, (expected, own)) in cases.iter().zip(python.iter().zip(on_tabi(&cases))) {
        if own != *expected {
            count += 1;
            differences += &format!("{case}\n  Python: {expected}\n  tabi:   {own}\n");
        }
    }
    println!("{} cases compared with CPython, {count} differ", cases.len());
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

/// The results of the cases on CPython, one line for each.
fn on_python(cases: &[String]) -> Vec<String> {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/differential/python.py");
    // With the option for isolation, nothing in the user's environment can replace the standard module.
    let mut python = Command::new("python3")
        .arg("-I")
        .arg(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 starts");
    let mut stdin = python.stdin.take().expect("piped");
    let text = cases.join("\n");
    let writer = thread::spawn(move || stdin.write_all(text.as_bytes()));
    let mut answers = String::new();
    python.stdout.take().expect("piped").read_to_string(&mut answers).expect("python3 answers in text");
    writer.join().expect("the writer does not panic").expect("python3 reads the cases");
    python.wait().expect("python3 was started");
    answers.lines().map(str::to_owned).collect()
}
