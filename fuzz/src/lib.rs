//! Properties of tabi that hold for any input.
//!
//! Each module has a function `check`, which makes calls of its input and panics when a property does not hold. libFuzzer
//! looks for such an input ([`target!`]), a test repeats the inputs in `corpus/`, and Miri runs what needs no system call.

pub mod addresses;
pub mod calls;
mod connection;
pub mod control;
pub mod messages;
pub mod options;
mod sock;

/// The program of a fuzz target: `check` is called with whatever libFuzzer thinks of.
///
/// Built without libFuzzer, the program checks the files that its arguments name.
#[macro_export]
macro_rules! target {
    ($check:path) => {
        #[cfg(fuzzing)]
        libfuzzer_sys::fuzz_target!(|input: &[u8]| $check(input));

        #[cfg(not(fuzzing))]
        fn main() {
            for file in std::env::args_os().skip(1) {
                $check(&std::fs::read(file).expect("the file can be read"));
            }
        }
    };
}

/// Fails unless `run` leaves as many descriptors open as it found.
///
/// A new descriptor gets the lowest number that is free. The number after `run` is the number before, unless a descriptor
/// was left open or a foreign one was closed.
pub fn leaves_no_descriptor(run: impl FnOnce()) {
    let lowest_free = || {
        let free = std::fs::File::open("/dev/null").expect("a descriptor is free");
        std::os::fd::AsRawFd::as_raw_fd(&free)
    };
    let before = lowest_free();
    run();
    assert_eq!(lowest_free(), before, "the lowest descriptor that is free");
}

/// What is left of an input, as bytes to send: never empty.
fn payload(input: &mut arbitrary::Unstructured<'_>, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    let mut next = input.arbitrary::<u8>().unwrap_or(1);
    for byte in &mut bytes {
        *byte = next;
        next = next.wrapping_mul(31).wrapping_add(7);
    }
    bytes
}
