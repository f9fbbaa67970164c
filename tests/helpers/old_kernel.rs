//! `old_kernel COMMAND [ARGUMENT...]` runs a command as if the kernel were Linux 3.10, the oldest that the library supports:
//! newer system calls, families, and options of sockets fail as there.
//!
//! It also makes `ppoll` leave its time limit as it was, as it does where Linux is only imitated.

#![allow(unsafe_code)]

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn main() {
    use std::os::unix::process::CommandExt;

    let mut arguments = std::env::args_os().skip(1);
    let program = arguments.next().expect("usage: old_kernel COMMAND [ARGUMENT...]");
    filter::install();
    let error = std::process::Command::new(&program).args(arguments).exec();
    panic!("{program:?}: {error}");
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
fn main() {
    panic!("only for Linux on x86-64");
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod filter {
    use libc::{c_int, c_long, c_ulong, sock_filter};

    /// The first number of a system call that Linux 3.10 does not have: sched_setattr, which came with 3.14. Those of newer
    /// calls are higher.
    const FIRST_NEWER_CALL: u32 = 314;
    /// The first family that Linux 3.10 does not have.
    const FIRST_NEWER_FAMILY: u32 = 41;
    /// For some levels, the range of options that Linux 3.10 does not have.
    const NEWER_OPTIONS: [(c_int, u32, u32); 5] = [
        (libc::SOL_SOCKET, 46, u32::MAX),
        (libc::IPPROTO_TCP, 25, u32::MAX),
        (libc::IPPROTO_UDP, 101, u32::MAX),
        // Higher ones are older.
        (libc::IPPROTO_IP, 23, 31),
        (libc::IPPROTO_IPV6, 77, u32::MAX),
    ];
    /// `linux/personality.h`
    const STICKY_TIMEOUTS: c_ulong = 0x400_0000;

    /// Where `struct seccomp_data` has the number of the call, and the lower halves of its arguments.
    const NUMBER: u32 = 0;
    const fn argument(index: u32) -> u32 {
        16 + 8 * index
    }

    fn load(offset: u32) -> sock_filter {
        let code = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
        sock_filter { code, jt: 0, jf: 0, k: offset }
    }

    /// Skips `otherwise` instructions unless the loaded number is at least, or exactly, `k`.
    fn unless(comparison: u32, k: u32, otherwise: u8) -> sock_filter {
        sock_filter { code: (libc::BPF_JMP | comparison | libc::BPF_K) as u16, jt: 0, jf: otherwise, k }
    }

    fn end(action: u32) -> sock_filter {
        sock_filter { code: (libc::BPF_RET | libc::BPF_K) as u16, jt: 0, jf: 0, k: action }
    }

    fn fail(errno: c_int) -> sock_filter {
        end(libc::SECCOMP_RET_ERRNO | errno as u32)
    }

    fn program() -> Vec<sock_filter> {
        let (equal, at_least) = (libc::BPF_JEQ, libc::BPF_JGE);
        let mut program = vec![
            load(NUMBER),
            unless(at_least, FIRST_NEWER_CALL, 2),
            // The cargo that tests start cannot do without this one. The library does not make it.
            sock_filter { jt: 1, jf: 0, ..unless(equal, libc::SYS_getrandom as u32, 0) },
            fail(libc::ENOSYS),
            // The families.
            unless(equal, libc::SYS_socket as u32, 4),
            load(argument(0)),
            unless(at_least, FIRST_NEWER_FAMILY, 1),
            fail(libc::EAFNOSUPPORT),
            end(libc::SECCOMP_RET_ALLOW),
        ];
        for call in [libc::SYS_getsockopt, libc::SYS_setsockopt] {
            for (level, from, to) in NEWER_OPTIONS {
                program.extend([
                    load(NUMBER),
                    unless(equal, call as u32, 6),
                    load(argument(1)),
                    unless(equal, level as u32, 4),
                    load(argument(2)),
                    unless(at_least, from, 2),
                    // Continues behind the failure if the option is above the range.
                    sock_filter { jt: 1, jf: 0, ..unless(libc::BPF_JGT, to, 0) },
                    fail(libc::ENOPROTOOPT),
                ]);
            }
        }
        program.push(end(libc::SECCOMP_RET_ALLOW));
        program
    }

    /// Lets newer calls of this process and of those that it starts fail.
    pub fn install() {
        let mut program = program();
        let filter = libc::sock_fprog { len: program.len() as u16, filter: program.as_mut_ptr() };
        let (mode, yes, none): (c_long, c_long, c_long) = (libc::SECCOMP_MODE_FILTER.into(), 1, 0);
        // SAFETY: personality touches no memory. The kernel reads the filter, which is readable during the call.
        unsafe {
            assert_ne!(libc::personality(STICKY_TIMEOUTS), -1);
            assert_eq!(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, yes, none, none, none), 0);
            assert_eq!(libc::prctl(libc::PR_SET_SECCOMP, mode, &raw const filter), 0);
        }
        // SAFETY: the call touches no memory.
        let newer = unsafe { libc::syscall(libc::SYS_pidfd_open, std::process::id(), 0) };
        assert_eq!((newer, std::io::Error::last_os_error().raw_os_error()), (-1, Some(libc::ENOSYS)));
    }
}
