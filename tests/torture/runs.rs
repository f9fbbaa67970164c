//! Compiling scenarios and running them under the shim.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::coverage::{Code, Place};
use crate::support::{compile, library, shim};

/// How long one run may take before it counts as hung.
const HANG: Duration = Duration::from_secs(40);

pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    program: PathBuf,
    /// The script for Python, or what a Rust program has to do.
    argument: Option<PathBuf>,
    /// For a Rust program: the file that lists the library's functions in it.
    functions: Option<PathBuf>,
}

/// One call of the library, as the shim reports it.
pub(crate) struct Call {
    pub(crate) kind: String,
    /// Which call of its kind in the run, from 1.
    pub(crate) number: u64,
    pub(crate) places: Vec<Place>,
}

/// The call that is to fail, and its error.
#[derive(Clone)]
pub(crate) struct Fault {
    pub(crate) kind: String,
    pub(crate) number: u64,
    pub(crate) error: i32,
    /// All later calls of its kind fail too.
    pub(crate) lasts: bool,
}

pub(crate) struct Outcome {
    /// The calls of a run without a fault.
    pub(crate) calls: Vec<Call>,
    /// Where the fault happened, if it did.
    pub(crate) fault: Option<Vec<Place>>,
    /// The blocks of memory that the library had at the end, if the scenario can tell.
    pub(crate) live: Option<i64>,
    /// What is wrong.
    pub(crate) trouble: Option<String>,
    pub(crate) printed: String,
}

pub(crate) fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/torture")
}

impl Scenario {
    /// Makes a scenario of a file: compiles a C program, or leaves a script to Python.
    pub(crate) fn new(file: &'static str) -> Scenario {
        let source = directory().join("scenarios").join(file);
        let (name, ending) = file.split_once('.').expect("a scenario's file has an ending");
        if ending == "py" {
            return Scenario { name, program: "python3".into(), argument: Some(source), functions: None };
        }
        let program = library::scratch("torture").join(name);
        let lib = library::directory();
        let mut cc = Command::new("cc");
        cc.args(["-std=gnu99", "-Wall", "-Wextra", "-Werror", "-g", "-I"]).arg(compile::include());
        cc.arg(source).arg("-o").arg(&program);
        cc.arg("-L").arg(&lib).args(["-ltabi", "-lpthread"]).arg(format!("-Wl,-rpath,{}", lib.display()));
        compile::run(&mut cc);
        Scenario { name, program, argument: None, functions: None }
    }

    /// A scenario of the Rust program, which contains the library.
    pub(crate) fn in_rust(name: &'static str, program: &Path, code: &Code) -> Scenario {
        let functions = library::scratch("torture").join("rust-functions");
        fs::write(&functions, code.own_functions()).expect("the scratch directory can be written");
        let argument = Some(name.into());
        Scenario { name, program: program.to_owned(), argument, functions: Some(functions) }
    }

    pub(crate) fn is_in_rust(&self) -> bool {
        self.functions.is_some()
    }

    /// Runs the scenario to its end, or kills it when it hangs.
    pub(crate) fn run(&self, fault: Option<&Fault>) -> Outcome {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let place = library::scratch("torture");
        let file = |what: &str| place.join(format!("{what}-{}-{number}", std::process::id()));
        let (report, printed) = (file("report"), file("printed"));
        let output = fs::File::create(&printed).expect("the scratch directory can be written");
        let mut command = Command::new(&self.program);
        if let Some(functions) = &self.functions {
            command.env("TORTURE_PLACES", functions);
        }
        if let Some(argument) = &self.argument {
            command.arg(argument).env("TABI_LIBRARY", &library::library().shared_object);
            command.env("PYTHONPATH", concat!(env!("CARGO_MANIFEST_DIR"), "/python"));
            command.env("PYTHONDONTWRITEBYTECODE", "1");
        }
        command.env("LD_PRELOAD", shim::shim()).env("TORTURE_REPORT", &report).stdin(Stdio::null());
        command.stdout(output.try_clone().expect("a file has a duplicate")).stderr(output);
        if let Some(Fault { kind, number, error, lasts }) = fault {
            if *lasts {
                command.env("TORTURE_LASTS", "1");
            }
            command.env("TORTURE_FAULT", format!("{kind}:{number}:{error}"));
        }
        let status = wait(&mut command);
        let read = |path: &Path| {
            let text = fs::read(path).unwrap_or_default();
            let _ = fs::remove_file(path);
            String::from_utf8_lossy(&text).into_owned()
        };
        let (report, printed) = (read(&report), read(&printed));
        let mut outcome = Outcome {
            calls: Vec::new(),
            fault: None,
            live: None,
            trouble: trouble(status, &printed),
            printed,
        };
        for line in report.lines() {
            let (what, call) = parse(line);
            match what {
                "fault" => outcome.fault = Some(call.places),
                _ => outcome.calls.push(call),
            }
        }
        let live = outcome.printed.lines().find_map(|line| line.strip_prefix("live "));
        outcome.live = live.and_then(|live| live.parse().ok());
        outcome
    }
}

/// What a scenario's end or its words say about the library.
fn trouble(status: Option<ExitStatus>, printed: &str) -> Option<String> {
    let Some(status) = status else { return Some("hangs".to_owned()) };
    if let Some(signal) = status.signal() {
        return Some(format!("ended by signal {signal}"));
    }
    if !status.success() {
        return Some(format!("{status}"));
    }
    let own = |line: &str| line.starts_with("failed: ") || line.starts_with("live ");
    printed.lines().find(|line| !own(line)).map(|line| format!("printed {line:?}"))
}

fn wait(command: &mut Command) -> Option<ExitStatus> {
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let begin = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("the scenario was started") {
            return Some(status);
        }
        if begin.elapsed() > HANG {
            let _ = child.kill();
            let _ = child.wait();
            return None;
        }
        thread::sleep(Duration::from_millis(2));
    }
}

/// A line of the shim's: what it is, and the call.
fn parse(line: &str) -> (&str, Call) {
    let mut words = line.split(' ');
    let mut word = || words.next().unwrap_or_default();
    let (what, kind) = (word(), word().to_owned());
    let number = word().parse().unwrap_or_else(|_| panic!("the shim writes numbers, not {line:?}"));
    let places = words.map(|place| Place::from_str_radix(place, 16).expect("a place is a number")).collect();
    (what, Call { kind, number, places })
}
