//! The limits of a process.
#![allow(unsafe_code)]

/// The type of `RLIMIT_*`.
#[cfg(target_env = "gnu")]
type Resource = libc::__rlimit_resource_t;
#[cfg(not(target_env = "gnu"))]
type Resource = libc::c_int;

/// Sets a limit of this process to `most`, or to the highest value that the process may set. Returns what it was.
#[allow(clippy::unnecessary_cast, reason = "the numbers have 32 bits or a sign on some systems")]
pub fn limit(resource: Resource, most: u64) -> u64 {
    let most = libc::rlim_t::try_from(most).unwrap_or(libc::rlim_t::MAX);
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the calls fill and read one structure.
    unsafe {
        assert_eq!(libc::getrlimit(resource, &mut limit), 0);
        let before = limit.rlim_cur;
        limit.rlim_cur = most.min(limit.rlim_max);
        assert_eq!(libc::setrlimit(resource, &limit), 0);
        before as u64
    }
}

/// Lets this process have so many descriptors, if it may. Returns how many it may have now.
pub fn allow_descriptors(most: u64) -> usize {
    limit(libc::RLIMIT_NOFILE, most);
    usize::try_from(limit(libc::RLIMIT_NOFILE, most)).unwrap_or(usize::MAX)
}

/// Gives up the rights of the superuser, for whom limits do not hold.
pub fn become_nobody() {
    // SAFETY: the calls touch no memory.
    unsafe {
        if libc::geteuid() == 0 {
            assert_eq!(libc::setuid(65534), 0);
        }
    }
}
