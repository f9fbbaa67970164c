//! Eight threads make random calls on the same few sockets, while the shim delays system calls now and then and a bystander
//! opens and closes descriptors of its own.
//!
//! `TABI_RACES=NUMBER` is how many calls are made in each scene.

use std::env;
use std::fs::File;
use std::os::fd::IntoRawFd;
use std::os::unix::fs::MetadataExt;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::kinds::lock;
use crate::report::Results;
use crate::support::{HANG, open_descriptors, shim};

const THREADS: usize = 8;

/// For the shim: one in so many system calls is delayed, by less than so many microseconds.
const DELAY: &str = "200:300";

/// What the threads do, and to what.
pub(crate) trait Scene: Send + Sync + 'static {
    /// Makes a call that is chosen at random. Returns its name and its result.
    fn call(&self, random: &mut Random) -> (&'static str, tabi::Result<()>);

    /// Closes a socket, so that no call waits for ever, and puts another in its place.
    fn renew(&self, random: &mut Random);

    /// What it has measured.
    fn describe(&self) -> String;
}

/// Numbers without order, which are the same in each run.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(thread: usize) -> Self {
        Random(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(thread as u64 + 1))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 8
    }
}

/// How many calls are made in each scene.
fn most_calls() -> u64 {
    env::var("TABI_RACES").map_or(20_000, |number| number.parse().expect("TABI_RACES is a number"))
}

/// Preloads the shim, which delays calls of the process.
pub(crate) fn delay_calls(test: &mut Command) {
    test.env("LD_PRELOAD", shim::shim()).env("TORTURE_DELAY", DELAY);
}

/// Runs a scene: all its calls, by all threads.
pub(crate) fn run<S: Scene>(name: &str, make: impl Fn() -> S) {
    // What all scenes of a process share is made now, and stays open.
    drop(make());
    let before = open_descriptors();
    let scene = Arc::new(make());
    let (over, all) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Results::default())));
    let made: Arc<[AtomicU64; THREADS]> = Arc::default();
    let mut threads: Vec<JoinHandle<()>> = Vec::new();
    for number in 0..THREADS {
        let (scene, all, made) = (Arc::clone(&scene), Arc::clone(&all), Arc::clone(&made));
        threads.push(thread::spawn(move || {
            let (mut random, mut results) = (Random::new(number), Results::default());
            for _ in 0..most_calls().div_ceil(THREADS as u64) {
                let (call, result) = scene.call(&mut random);
                assert!(!is_wrong(&result), "{call}: {result:?}");
                results.add(call, result);
                made[number].fetch_add(1, Ordering::Relaxed);
            }
            results.add_to(&all);
        }));
    }
    let bystander = thread::spawn({
        let over = Arc::clone(&over);
        move || stand_by(&over)
    });
    let mut random = Random::new(THREADS);
    let mut progress = [(0, Instant::now()); THREADS];
    while !threads.iter().all(JoinHandle::is_finished) {
        scene.renew(&mut random);
        thread::sleep(Duration::from_micros(100));
        for (number, thread) in threads.iter().enumerate() {
            let now = made[number].load(Ordering::Relaxed);
            if now != progress[number].0 || thread.is_finished() {
                progress[number] = (now, Instant::now());
            }
            assert!(progress[number].1.elapsed() < HANG, "thread {number} hangs in a call after {now} calls");
        }
    }
    for thread in threads {
        thread.join().expect("no thread finds anything wrong");
    }
    over.store(true, Ordering::Relaxed);
    bystander.join().expect("the bystander finds nothing wrong");
    let all = lock(&all);
    println!("{name}: {} calls, {}\n    {}", all.count(), all.describe(), scene.describe());
    drop(scene);
    assert_eq!(open_descriptors(), before, "descriptors that are open");
}

/// Errors that say that a number was not that of the socket, that a pointer was wrong, or that a call did not wait although no
/// timeout of a scene is 0.
fn is_wrong(result: &tabi::Result<()>) -> bool {
    use tabi::Error::Os;
    matches!(
        result,
        Err(Os(libc::EBADF | libc::ENOTSOCK | libc::EFAULT | libc::ENOTTY | libc::EIO | libc::EAGAIN))
    )
}

/// Opens and closes descriptors of its own, which nobody else may close or replace.
fn stand_by(over: &AtomicBool) {
    let device = |file: &File| file.metadata().expect("the bystander's file is open").rdev();
    let null = device(&File::open("/dev/null").expect("there is a descriptor for it"));
    while !over.load(Ordering::Relaxed) {
        let files = [(); 4].map(|()| File::open("/dev/null").expect("there is a descriptor for it"));
        thread::sleep(Duration::from_micros(100));
        for file in files {
            assert_eq!(device(&file), null, "the bystander's file was replaced");
            let number = file.into_raw_fd();
            // SAFETY: the descriptor belongs to this function.
            assert_eq!(unsafe { libc::close(number) }, 0, "somebody closed the bystander's file");
        }
    }
}

/// Tests of scenes, each in a process of its own.
macro_rules! scenes {
    ($($name:ident: $make:expr;)+) => {
        $(
            #[test]
            fn $name() {
                if crate::support::tools::have("cc", "calls that are delayed") {
                    crate::support::in_prepared_process(
                        crate::scene::delay_calls,
                        || crate::scene::run(stringify!($name), || $make),
                    );
                }
            }
        )+
    };
}
pub(crate) use scenes;
