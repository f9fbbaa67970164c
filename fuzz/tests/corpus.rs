//! The properties on the inputs of `corpus/`, and on numbers that are the same in every run.

use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use tabi_fuzz::{addresses, calls, control, messages, options, proxy};

/// How many inputs of numbers each property is tried with. Miri is some thousand times slower.
const INPUTS: u64 = if cfg!(miri) { 20 } else { 20_000 };

/// Every so many files of a corpus are tried.
const EVERY: usize = if cfg!(miri) { 16 } else { 1 };

/// Who counts descriptors must be alone.
static ALONE: Mutex<()> = Mutex::new(());

fn repeat(target: &str, check: fn(&[u8])) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let files = fs::read_dir(directory).expect("each target has a corpus");
    let mut files: Vec<_> = files.map(|entry| entry.expect("an entry").path()).collect();
    assert!(!files.is_empty(), "the corpus of {target} is empty");
    // The same files in every run.
    files.sort();
    for file in files.iter().step_by(EVERY) {
        check(&fs::read(file).expect("the file can be read"));
    }
    let mut state = 1_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for _ in 0..INPUTS {
        let len = next() % 200;
        // Small numbers reach more than large ones: lengths, choices, families.
        let limit = [4, 128, 256][(next() % 3) as usize];
        check(&(0..len).map(|_| (next() % limit) as u8).collect::<Vec<_>>());
    }
}

#[test]
fn addresses_hold() {
    repeat("addresses", addresses::check);
}

#[test]
fn control_holds() {
    repeat("control", control::check);
}

#[test]
fn proxy_holds() {
    repeat("proxy", proxy::check);
}

#[test]
#[cfg_attr(miri, ignore = "makes system calls that Miri does not have")]
fn options_hold() {
    repeat("options", options::check);
}

#[test]
#[cfg_attr(miri, ignore = "makes system calls that Miri does not have")]
fn messages_hold() {
    repeat("messages", messages::check);
}

#[test]
#[cfg_attr(miri, ignore = "makes system calls that Miri does not have")]
fn calls_hold() {
    repeat("calls", calls::check);
}
