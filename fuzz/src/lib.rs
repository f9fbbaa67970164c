//! Properties of tabi that hold for any input.
//!
//! Each module has a function `check`, which makes calls of its input and panics when a property does not hold. libFuzzer
//! looks for such an input ([`target!`]), a test repeats the inputs in `corpus/`, and Miri runs what needs no system call.

pub mod addresses;
pub mod calls;
mod connection;
pub mod control;
mod look_up;
pub mod messages;
mod network;
pub mod options;
pub mod proxy;
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

/// Fails unless `run` leaves the same descriptors open as it found.
pub fn leaves_no_descriptor(run: impl FnOnce()) {
    let before = open_descriptors();
    run();
    assert_eq!(open_descriptors(), before, "the descriptors that are open");
}

/// The open ones among the first 100: no property has as many open at once.
fn open_descriptors() -> Vec<i32> {
    // SAFETY: the call takes no pointer, and changes nothing.
    (0..100).filter(|&fd| unsafe { libc::fcntl(fd, libc::F_GETFD) } >= 0).collect()
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
