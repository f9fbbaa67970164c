//! A long line when there is too little memory.
#![allow(unsafe_code)]

use crate::support::in_own_process;
use std::thread;
use tabi::{AF_UNIX, Error, SOCK_STREAM, Socket, SocketReader};

#[test]
fn a_line_that_finds_no_memory_is_read_when_there_is_some() {
    in_own_process(|| {
        let (one, other) = Socket::socketpair(AF_UNIX, SOCK_STREAM, 0).unwrap();
        // More than the C library may have set aside for the thread.
        let mut line = vec![b'x'; 40 << 20];
        *line.last_mut().unwrap() = b'\n';
        let mut reader = SocketReader::new(&other);
        thread::scope(|scope| {
            // There is enough memory for the thread and for a part of the line. The limit is there before the thread, because
            // the memory of the process shrinks again after the C library has made a heap for the thread.
            let before = limit_memory(8 << 20);
            scope.spawn(|| one.sendall(&line).unwrap());
            let failed = reader.whole_line(usize::MAX);
            set_limit(&before);
            assert_eq!(failed.map(|line| line.len()), Err(Error::Os(libc::ENOMEM)));
            assert!(reader.whole_line(usize::MAX).unwrap() == line, "nothing is lost");
        });
    });
}

/// Lets the process have this many bytes more than it has now. Returns the limit that it had.
fn limit_memory(more: libc::rlim_t) -> libc::rlimit {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: libc::rlim_t = pages.split(' ').next().unwrap().parse().unwrap();
    let mut before = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: getrlimit writes one struct, and sysconf touches no memory.
    let page = unsafe {
        assert_eq!(libc::getrlimit(libc::RLIMIT_AS, &mut before), 0);
        libc::sysconf(libc::_SC_PAGESIZE) as libc::rlim_t
    };
    set_limit(&libc::rlimit { rlim_cur: pages * page + more, rlim_max: before.rlim_max });
    before
}

fn set_limit(limit: &libc::rlimit) {
    // SAFETY: setrlimit reads one struct.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, limit) }, 0);
}
