//! The C face as C programs see it: each program of `tests/c` is compiled with all warnings as errors, and
//! run.
//!
//! A new `tests/c/NAME.c` needs one more word in the list below. With `TABI_VALGRIND=1` in the environment
//! each program runs under valgrind, and a leak or an invalid access fails the test.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::support::c_program::Linkage;
use crate::support::{c_program, tools};

macro_rules! programs {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                check(concat!(stringify!($name), ".c"), Linkage::Shared);
            }
        )*

        const LISTED: &[&str] = &[$(concat!(stringify!($name), ".c")),*];
    };
}

programs! {
    address
    address_text
    any_bytes
    bad_input
    cancel
    close
    connect_result
    connections
    constants
    control
    descriptors
    deadlines
    error
    families
    file
    io
    jobs
    life
    lookup_signals
    message
    names
    operators
    option_numbers
    options
    panic
    park
    poll
    proxy
    proxy_server
    python
    resolve
    sendfile
    server
    server_closing
    server_hooks
    server_hosts
    server_making
    server_requests
    socket
    timeouts
    windows
}

#[test]
fn every_c_program_is_in_the_list() {
    let directory = directory();
    let files =
        directory.read_dir().expect("tests/c can be read").map(|entry| entry.expect("an entry").file_name());
    let mut programs: Vec<String> = files.map(|name| name.to_string_lossy().into_owned()).collect();
    programs.retain(|name| name.ends_with(".c"));
    programs.sort();
    let mut listed = LISTED.to_vec();
    listed.sort_unstable();
    assert_eq!(programs, listed, "the files of {} and the list in {}", directory.display(), file!());
}

#[test]
fn a_program_can_be_linked_with_the_static_library() {
    check("error.c", Linkage::Static);
}

/// How long a program may take before it counts as hung.
const HANG_GUARD: Duration = Duration::from_secs(300);

fn check(name: &str, linkage: Linkage) {
    if !tools::have("cc", name) {
        return;
    }
    let program = c_program::program(&directory().join(name), linkage);
    let mut command = match std::env::var("TABI_VALGRIND").as_deref() {
        Ok("1") if tools::have("valgrind", "memory") => under_valgrind(&program),
        _ => Command::new(program),
    };
    run(command.env("TABI_SKIP_CASES", skipped_cases(name)));
}

/// The cases of a program that `TABI_SKIP_CASES` names as `PROGRAM::CASE`, with a space before and behind each.
fn skipped_cases(file: &str) -> String {
    let cases = std::env::var("TABI_SKIP_CASES").unwrap_or_default();
    let program = file.trim_end_matches(".c");
    let source = std::fs::read_to_string(directory().join(file)).expect("the program can be read");
    let of_program = |case: &str| {
        let case = case.strip_prefix(program)?.strip_prefix("::")?;
        assert!(source.contains(&format!("RUN({case});")), "{file} has no case {case}");
        Some(format!("{case} "))
    };
    std::iter::once(" ".to_owned()).chain(cases.split_whitespace().filter_map(of_program)).collect()
}

/// Programs that fork while other threads run, or that exit while threads run, such as those for look-ups, which are never
/// joined. The memory of these threads is never freed. `operators` is one of them, because the standard library keeps what
/// it knows of the main thread.
const LEAVE_THREADS_BEHIND: [&str; 5] = ["connections", "life", "lookup_signals", "names", "operators"];

fn under_valgrind(program: &Path) -> Command {
    let leaves_threads = LEAVE_THREADS_BEHIND.iter().any(|name| program.ends_with(name));
    let leaks = if leaves_threads { "--leak-check=no" } else { "--leak-check=full" };
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--quiet", leaks, "--error-exitcode=99"]).arg(program);
    valgrind
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c")
}

/// Runs a program to its end. Fails with its output unless it succeeds. Kills a program that hangs.
fn run(command: &mut Command) {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let printed = outputs(&mut child);
    let end = printed.recv_timeout(HANG_GUARD);
    if end.is_err() {
        child.kill().expect("the program was started");
    }
    let status = child.wait().expect("the program was started");
    let hangs = if end.is_err() { " after it was killed, because it hangs" } else { "" };
    let printed = end.or_else(|_| printed.recv()).expect("the outputs end with the program");
    assert!(status.success(), "{command:?}: {status}{hangs}\n{printed}");
}

/// Sends everything that the program has printed, when it has closed both outputs.
fn outputs(child: &mut Child) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    let mut stdout = child.stdout.take().expect("piped");
    let mut stderr = child.stderr.take().expect("piped");
    let errors = thread::spawn(move || {
        let mut bytes = Vec::new();
        stderr.read_to_end(&mut bytes).map(|_| bytes)
    });
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = stdout.read_to_end(&mut bytes);
        bytes.extend(errors.join().expect("the reader does not panic").unwrap_or_default());
        let _ = sender.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    receiver
}
