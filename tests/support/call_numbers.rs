//! The numbers of system calls as /proc shows them.
#![allow(dead_code, reason = "each program uses its own part")]

use libc::c_long;

use super::super::is_emulated;

/// Numbers of some system calls: those of this system, and those of the x86-64 machine on which an emulator makes them.
pub struct CallNumbers {
    own: &'static [c_long],
    host: &'static [c_long],
}

impl CallNumbers {
    /// Whether the number that /proc shows is one of these.
    pub fn contains(&self, number: c_long) -> bool {
        if is_emulated() { self.host.contains(&number) } else { self.own.contains(&number) }
    }
}

/// The calls with which threads wait for each other, or for a time.
pub const WAIT_FOR_ELSE: CallNumbers = CallNumbers {
    own: &[
        libc::SYS_futex,
        libc::SYS_nanosleep,
        libc::SYS_clock_nanosleep,
        // futex_time64 and clock_nanosleep_time64, which have these numbers on every 32-bit system.
        #[cfg(target_pointer_width = "32")]
        422,
        #[cfg(target_pointer_width = "32")]
        407,
    ],
    // futex, nanosleep and clock_nanosleep.
    host: &[202, 35, 230],
};

/// The calls that wait for several descriptors.
pub const POLL: CallNumbers = CallNumbers {
    own: &[
        libc::SYS_ppoll,
        #[cfg(any(target_arch = "x86_64", target_arch = "x86", target_arch = "arm", target_arch = "s390x"))]
        libc::SYS_poll,
        // ppoll_time64.
        #[cfg(target_pointer_width = "32")]
        414,
    ],
    // ppoll and poll.
    host: &[271, 7],
};

pub const IOCTL: CallNumbers = CallNumbers { own: &[libc::SYS_ioctl], host: &[16] };

pub const CONNECT: CallNumbers = CallNumbers { own: &[libc::SYS_connect], host: &[42] };
