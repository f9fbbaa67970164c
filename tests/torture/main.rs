//! Torture, as curl's tests call it: every call of the system and every allocation that the library makes fails once.
//!
//! A scenario (`scenarios/*`, C programs and a Python script, and those of a Rust program, `tests/helpers/torture.rs`) runs once without a fault under `shim.c`, which lists the calls that `libtabi.so` makes.
//! Then it runs once for each of these calls and each error that the call may give. The scenario checks that no byte
//! is lost or doubled, that the code says what happened, that a server serves the next clients, that no descriptor stays
//! open, and that all of it works a second time in the same process. The driver checks that it neither crashes nor hangs,
//! that nothing is printed but what the scenario itself says, and that no block of memory is left.
//!
//! For memory there is a second kind of fault: from one allocation on, all fail until the second time.
//!
//! Without `TABI_TORTURE=all`, each place in the library fails once instead of each call. That takes a minute, so only CI
//! does all of it; elsewhere, one in twenty of these faults is tried.
//!
//! It needs Linux: the shim is preloaded into programs, and knows the calls of glibc.
#![cfg(target_os = "linux")]

#[path = "../support/mod.rs"]
mod support;

mod coverage;
mod faults;
mod runs;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use coverage::{Code, Place};
use runs::{Call, Fault, Outcome, Scenario};
use support::{helpers, library, tools};

const SCENARIOS: [&str; 20] = [
    "cancel.c",
    "client.c",
    "daemon.c",
    "ended.c",
    "file.c",
    "forks.c",
    "handover.c",
    "limits.c",
    "listen.c",
    "names.c",
    "options.c",
    "own.c",
    "pair.c",
    "parked.c",
    "poll.c",
    "proxy.c",
    "python.py",
    "threads.c",
    "udp.c",
    "unix.c",
];

/// The scenarios of `tests/helpers/torture.rs`.
const IN_RUST: [&str; 6] = ["listener", "messages", "packets", "parked", "streams", "threads"];

/// The places with a system call that no scenario reaches, each with the reason.
const UNREACHED: [(&str, &str); 8] = [
    (
        "accept4 in tabi::sys::system::accept",
        "clients of families that socket2 does not accept, such as AF_VSOCK",
    ),
    ("dup3 in tabi::sys::system::replace", "a wake-up pipe in a forked child that serves"),
    ("dup3 in tabi::sys::system::watch::Watch::renew", "parked connections in a forked child that serves"),
    (
        "fcntl in tabi::sys::unix::descriptor::set_close_on_exec",
        "systems without MSG_CMSG_CLOEXEC, with which descriptors are received",
    ),
    (
        "getsockopt in tabi::sys::system::tcp_bytes::tcp_bytes",
        "a least rate, which is looked at once a second",
    ),
    ("setsockopt in socket2::sys::setsockopt", "options of socket2 that only Rust programs set"),
    (
        "setsockopt in tabi::sys::unix::sigpipe::suppress_sigpipe",
        "systems where no flag of a send suppresses SIGPIPE",
    ),
    ("waitpid in tabi::sys::unix::child::Child::collect", "systems without pidfd_open"),
];

/// Which part of the faults is tried outside of CI: one of so many.
const EVERY: usize = 20;

#[test]
fn every_scenario_is_in_the_list() {
    let files = runs::directory().join("scenarios").read_dir().expect("the scenarios can be read");
    let names: BTreeSet<String> =
        files.map(|file| file.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(names, SCENARIOS.iter().map(|name| (*name).to_owned()).collect());
}

#[test]
fn every_call_fails_once() {
    if !cfg!(target_os = "linux") || !tools::have("cc", "torture") || !tools::have("objdump", "torture") {
        return;
    }
    let all = std::env::var("TABI_TORTURE").as_deref() == Ok("all");
    let only = std::env::var("TABI_TORTURE_SCENARIO").ok();
    let library = Code::read(&library::library().shared_object);
    let program = PathBuf::from(helpers::helper("torture_helper").get_program());
    let in_rust = Code::read(&program);
    let (mut scenarios, mut jobs) = (Vec::new(), Vec::new());
    let wanted = |name: &&&str| only.as_deref().is_none_or(|only| only == **name);
    let files = SCENARIOS
        .iter()
        .filter(wanted)
        .filter(|name| !name.ends_with(".py") || tools::have("python3", "torture of the Python face"));
    let files = files.map(|file| (Scenario::new(file), file.ends_with(".c")));
    let rust = IN_RUST.iter().filter(wanted).map(|name| (Scenario::in_rust(name, &program, &in_rust), false));
    for (scenario, in_c) in files.chain(rust) {
        let mut clean = scenario.run(None);
        assert_eq!(clean.trouble, None, "{} without a fault:\n{}", scenario.name, clean.printed);
        // None is the least: the scenario cannot always tell.
        clean.live = clean.live.min(scenario.run(None).live).min(scenario.run(None).live);
        if scenario.is_in_rust() {
            // The standard library ends a Rust program that has no memory.
            clean.calls.retain(|call| call.kind != "memory");
        }
        let faults = plan(&clean.calls, all, all || in_c);
        jobs.extend(faults.into_iter().map(|fault| (scenarios.len(), fault)));
        scenarios.push((scenario, clean));
    }
    if !all && !std::env::var("CI").is_ok_and(|ci| ci == "true") {
        jobs = jobs.into_iter().step_by(EVERY).collect();
    }
    let results = run_all(&scenarios, &jobs);
    let report = Report::new(&library, &in_rust, &scenarios, &results);
    println!("{}", report.text);
    assert!(report.findings == 0, "{}", report.text);
    if only.is_none() && (all || std::env::var("CI").is_ok_and(|ci| ci == "true")) {
        let listed = |site: &&String| UNREACHED.iter().any(|(known, _)| known == *site);
        let unknown: Vec<&String> = report.unreached.iter().filter(|site| !listed(site)).collect();
        assert!(unknown.is_empty(), "no scenario reaches {unknown:?}, and there is no reason in the list");
        let reached: Vec<_> = UNREACHED
            .iter()
            .filter(|(known, _)| !report.unreached.iter().any(|site| site == known))
            .collect();
        assert!(reached.is_empty(), "a scenario reaches {reached:?}, which the list says is not reached");
    }
}

/// The faults for one scenario: all calls and all errors; or the first call from each place with the first error, and
/// the other errors at the first place of each kind. With `lasting`, all memory is gone from each of its places on, too.
fn plan(calls: &[Call], all: bool, lasting: bool) -> Vec<Fault> {
    let (mut kinds, mut places, mut faults) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    for call in calls {
        let errors = faults::errors(&call.kind);
        let new_kind = kinds.insert(&call.kind);
        let new_place = places.insert((&call.kind, &call.places));
        let most = match (all || new_kind, new_place) {
            (true, _) => errors.len(),
            (false, true) => 1,
            (false, false) => 0,
        };
        let fault = |error, lasts| Fault { kind: call.kind.clone(), number: call.number, error, lasts };
        faults.extend(errors.iter().take(most).map(|&error| fault(error, false)));
        if lasting && call.kind == "memory" && most > 0 {
            faults.push(fault(libc::ENOMEM, true));
        }
    }
    faults
}

type Clean = (Scenario, Outcome);

/// Runs all faults, a few at a time. Returns them with their outcomes.
fn run_all(scenarios: &[Clean], jobs: &[(usize, Fault)]) -> Vec<(usize, Fault, Outcome)> {
    let (next, results) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some((scenario, fault)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let (program, clean) = &scenarios[*scenario];
            let mut outcome = program.run(Some(fault));
            // A thread that is just starting or ending has memory. A leak is there each time.
            let leaks = |outcome: &Outcome| {
                outcome.trouble.is_none() && clean.live.is_some() && outcome.live > clean.live
            };
            for _ in 0..4 {
                if leaks(&outcome) {
                    outcome = program.run(Some(fault));
                }
            }
            if leaks(&outcome) {
                let live = outcome.live.unwrap_or_default();
                let before = clean.live.unwrap_or_default();
                outcome.trouble =
                    Some(format!("{live} blocks of memory at the end, {before} without the fault"));
            }
            results.lock().expect("no worker panics").push((*scenario, fault.clone(), outcome));
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, |cores| cores.get() + 1) {
            scope.spawn(work);
        }
    });
    results.into_inner().expect("no worker panics")
}

/// What is printed: findings, and how much was reached.
struct Report {
    text: String,
    findings: usize,
    unreached: Vec<String>,
}

impl Report {
    fn new(
        library: &Code,
        in_rust: &Code,
        scenarios: &[Clean],
        results: &[(usize, Fault, Outcome)],
    ) -> Report {
        let mut text = String::new();
        let mut findings: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let (mut reached, mut reached_in_rust) = (BTreeSet::new(), BTreeSet::new());
        let mut memory: BTreeSet<Place> = BTreeSet::new();
        let mut happened = 0;
        for (scenario, clean) in scenarios {
            let reached = if scenario.is_in_rust() { &mut reached_in_rust } else { &mut reached };
            reached.extend(clean.calls.iter().filter_map(|call| call.places.first().copied()));
        }
        for (scenario, fault, outcome) in results {
            let scenario = &scenarios[*scenario].0;
            let code = if scenario.is_in_rust() { in_rust } else { library };
            if let Some(places) = &outcome.fault {
                happened += 1;
                match fault.kind.as_str() {
                    "memory" => memory.extend(library.own_place(places)),
                    _ if scenario.is_in_rust() => reached_in_rust.extend(places.first().copied()),
                    _ => reached.extend(places.first().copied()),
                }
            }
            if let Some(trouble) = &outcome.trouble {
                let place = outcome
                    .fault
                    .as_ref()
                    .map_or("before the fault".to_owned(), |places| code.describe(places));
                let all = if fault.lasts { " from there on" } else { "" };
                let what = format!("{} {}{all}: {place}", fault.kind, fault.error);
                findings.entry(what).or_default().push(format!(
                    "{}, number {}: {trouble}\n{}",
                    scenario.name, fault.number, outcome.printed
                ));
            }
        }
        for (what, found) in &findings {
            let _ = writeln!(
                text,
                "{what}\n    {} times; {}",
                found.len(),
                found[0].trim_end().replace('\n', "\n    ")
            );
        }
        let sites = library.call_sites();
        let unreached = sites.iter().filter(|(place, _)| !reached.contains(place));
        let mut unreached: Vec<String> = unreached.map(|(_, site)| site.clone()).collect();
        unreached.sort();
        for site in &unreached {
            let _ = writeln!(text, "not reached: {site}");
        }
        let _ = writeln!(
            text,
            "{} runs, {happened} faults, {} findings; {} of {} places with system calls, {} places that take memory; \
             {} of {} places in the Rust program",
            results.len(),
            findings.len(),
            sites.len() - unreached.len(),
            sites.len(),
            memory.len(),
            reached_in_rust.len(),
            in_rust.call_sites().len(),
        );
        Report { text, findings: findings.len(), unreached }
    }
}
