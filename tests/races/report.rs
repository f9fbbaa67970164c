//! What a storm counts: results of calls, and how late deadlines and wake-ups were.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use tabi::{Deadline, Error, Socket};

/// A moment at which a close began, in nanoseconds of the monotonic clock.
pub(crate) type ClosedAt = AtomicI64;

pub(crate) fn not_closed() -> ClosedAt {
    ClosedAt::new(i64::MAX)
}

/// Closes a socket, and notes when the first close began.
pub(crate) fn close(socket: &Socket, closed_at: &ClosedAt) {
    let now = Deadline::now().as_monotonic();
    let _ = closed_at.compare_exchange(i64::MAX, now, Ordering::SeqCst, Ordering::SeqCst);
    assert_eq!(socket.close(), Ok(()), "a close");
    assert_eq!(socket.fileno(), -1, "a closed socket has a descriptor");
}

/// How late calls ended, after their deadline or after the close of their socket.
pub(crate) struct Lateness {
    deadlines: Times,
    wake_ups: Times,
}

impl Lateness {
    pub(crate) fn new() -> Self {
        Lateness { deadlines: Times::new(), wake_ups: Times::new() }
    }

    /// Makes a call, which is allowed to take as long as `limit` says.
    pub(crate) fn measure(
        &self,
        closed_at: &ClosedAt,
        limit: Option<Duration>,
        call: impl FnOnce() -> tabi::Result<()>,
    ) -> tabi::Result<()> {
        let begin = Deadline::now().as_monotonic();
        let result = call();
        let now = Deadline::now().as_monotonic();
        match (&result, limit) {
            (Err(Error::Timeout), Some(limit)) => {
                let late = now - begin - limit.as_nanos() as i64;
                assert!(late >= 0, "a deadline was {} ns early", -late);
                self.deadlines.add(late);
            }
            (Err(Error::Closed), _) => {
                let closed = closed_at.load(Ordering::SeqCst);
                if closed > begin && closed < now {
                    self.wake_ups.add(now - closed);
                }
            }
            _ => {}
        }
        result
    }

    pub(crate) fn describe(&self) -> String {
        format!(
            "calls ended after their deadlines: {}\n    calls ended after the close: {}",
            self.deadlines.describe(),
            self.wake_ups.describe()
        )
    }
}

/// A distribution of times. Each bucket is for times below a power of two, in nanoseconds.
pub(crate) struct Times {
    buckets: [AtomicU64; 64],
    latest: AtomicU64,
}

impl Times {
    pub(crate) const fn new() -> Self {
        Times { buckets: [const { AtomicU64::new(0) }; 64], latest: AtomicU64::new(0) }
    }

    pub(crate) fn add(&self, nanoseconds: i64) {
        let nanoseconds = u64::try_from(nanoseconds).unwrap_or(0);
        let bucket = 64 - nanoseconds.leading_zeros() as usize;
        self.buckets[bucket.min(63)].fetch_add(1, Ordering::Relaxed);
        self.latest.fetch_max(nanoseconds, Ordering::Relaxed);
    }

    /// A line for people. Nothing is required of the times: they are those of the machine.
    pub(crate) fn describe(&self) -> String {
        let counts: Vec<u64> = self.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed)).collect();
        let all: u64 = counts.iter().sum();
        let below = |part: f64| {
            let mut seen = 0;
            let bucket = counts.iter().position(|count| {
                seen += count;
                seen as f64 >= part * all as f64
            });
            (1_u64 << bucket.unwrap_or(0)) / 1000
        };
        let latest = self.latest.load(Ordering::Relaxed) / 1000;
        format!(
            "{all}: half below {} us, 99 in 100 below {} us, 999 in 1000 below {} us, the latest {latest} us",
            below(0.5),
            below(0.99),
            below(0.999)
        )
    }
}

/// How often each call ended in which way.
#[derive(Default)]
pub(crate) struct Results(BTreeMap<(&'static str, Result<(), String>), u64>);

impl Results {
    pub(crate) fn add(&mut self, call: &'static str, result: tabi::Result<()>) {
        *self.0.entry((call, result.map_err(|error| format!("{error:?}")))).or_default() += 1;
    }

    pub(crate) fn add_to(self, all: &Mutex<Results>) {
        let mut all = all.lock().expect("nobody panics with it");
        for (key, count) in self.0 {
            *all.0.entry(key).or_default() += count;
        }
    }

    pub(crate) fn describe(&self) -> String {
        let mut text = String::new();
        let mut last = "";
        for ((call, result), count) in &self.0 {
            if *call != last {
                text += &format!("\n    {call}:");
                last = call;
            }
            let result = result.as_ref().err().map_or("done", String::as_str);
            text += &format!(" {result} {count},");
        }
        text
    }

    pub(crate) fn count(&self) -> u64 {
        self.0.values().sum()
    }
}
