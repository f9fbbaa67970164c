//! Sockets that other processes made and handed over: a service manager, or a predecessor of this process.
//! This process can hand its sockets on in the same way.
//!
//! The protocol is systemd's: the descriptors begin at 3, `LISTEN_FDS` is their number, `LISTEN_FDNAMES` has
//! their names, and `LISTEN_PID` says which process they are for.
//!
//! A predecessor does not know the number of its successor before that one runs. So it says in a variable of its own
//! which sockets they are, by the numbers that the system has for them. A process that has only inherited the variables
//! finds that its descriptors are others.
#![allow(unsafe_code)]

#[cfg(feature = "capi")]
use std::ffi::{CStr, c_char};
use std::os::unix::process::CommandExt;
use std::process::Command;
#[cfg(feature = "capi")]
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

use super::ListenSocket;
use crate::error::{Error, Result};
use crate::memory;
use crate::server::Server;
use crate::socket::Socket;
use crate::sys::fd::{AsRawFd, OwnedFd, RawFd};
use crate::sys::{self, libc};

/// The number of the first descriptor that is handed over.
const FIRST: RawFd = 3;

/// The variable with the numbers of the sockets that a predecessor hands over, separated by ':'. 0 stands for a socket
/// that somebody else hands over together with them.
const SOCKETS: &str = "TABI_LISTEN_SOCKETS";

/// Returns the sockets that a service manager (`LISTEN_FDS`, see `sd_listen_fds(3)`) or a predecessor
/// ([`Server::pass_to`]) has handed over to this process. There are none if the process was started without
/// any.
///
/// The descriptors become close-on-exec. They can be taken once; a second call returns none. The environment
/// is not changed, and misleads no child process: `LISTEN_PID`, or the variable `TABI_LISTEN_SOCKETS` of a predecessor,
/// says that they are not for it. If neither is set, the sockets are whatever sockets this process has inherited under
/// the numbers from 3 on.
///
/// Fails with [`Error::Value`] when the variables have values that are not possible, or when one of the descriptors was
/// opened by this process itself, and with [`Error::Os`] when one is not open or not a socket. Then none is taken.
pub fn listen_fds() -> Result<Vec<ListenSocket>> {
    static TAKEN: AtomicBool = AtomicBool::new(false);
    if TAKEN.load(Ordering::SeqCst) {
        return Ok(Vec::new());
    }
    let variable = |name: &str| std::env::var(name).ok();
    let Some(count) = variable("LISTEN_FDS") else { return Ok(Vec::new()) };
    let count = number::<u16>("LISTEN_FDS", &count)?;
    let descriptors = FIRST..FIRST + RawFd::from(count);
    if let Some(pid) = variable("LISTEN_PID") {
        if number::<u32>("LISTEN_PID", &pid)? != std::process::id() {
            return Ok(Vec::new());
        }
    } else if let Some(sockets) = variable(SOCKETS) {
        let mut sockets = sockets.split(':');
        for fd in descriptors.clone() {
            let handed_over = number::<u64>(SOCKETS, sockets.next().unwrap_or_default())?;
            if handed_over != 0 && sys::socket_number(fd) != Ok(handed_over) {
                return Ok(Vec::new());
            }
        }
    }
    for fd in descriptors.clone() {
        sys::socket_number(fd)?;
        check_inherited(fd)?;
    }
    let names = variable("LISTEN_FDNAMES").unwrap_or_default();
    let mut names = names.split(':');
    if TAKEN.swap(true, Ordering::SeqCst) {
        return Ok(Vec::new());
    }
    descriptors
        .map(|fd| {
            let name = names.next().filter(|name| !name.is_empty()).unwrap_or("unknown");
            // SAFETY: the protocol gives these descriptors to this process, which has inherited them, so nothing in it
            // owns them yet. `TAKEN` makes sure that they are taken once.
            let socket = unsafe { Socket::from_fileno(fd, None, None, None) }?;
            socket.set_inheritable(false)?;
            Ok(ListenSocket { name: name.to_owned(), socket })
        })
        .collect()
}

/// Fails if this process has opened the descriptor itself, and so has another owner for it: no descriptor that is
/// close-on-exec was inherited.
fn check_inherited(fd: RawFd) -> Result<()> {
    if sys::get_inheritable(fd)? {
        return Ok(());
    }
    Err(Error::value(format_args!(
        "LISTEN_FDS says that descriptor {fd} was handed over, but this process has opened it itself"
    )))
}

fn number<T: std::str::FromStr>(variable: &str, text: &str) -> Result<T> {
    text.parse().map_err(|_| Error::value(format_args!("{variable} must be a number, got {text:?}")))
}

impl Server {
    /// Lets a program inherit the server's sockets, so that a restart refuses no client. The new program
    /// takes them with [`listen_fds`] and [`crate::server::ServerOptions::adopt`], and this server goes on
    /// until [`Server::server_close`]. Clients that come in the meantime wait in the queue that both share. When this
    /// server is closed then, its parked connections are not ended at once: each is answered once more, until the time
    /// of `server_close` is over.
    ///
    /// `name` goes into `LISTEN_FDNAMES`; it must not contain ':' or NUL. `LISTEN_PID` is not set, because
    /// the number of the process is not known before it starts; `TABI_LISTEN_SOCKETS` says instead which sockets are
    /// handed over, so that children of the successor are not misled. Several servers may pass their sockets to one
    /// command, which receives them in the same order.
    ///
    /// Fails with [`Error::Closed`] when the server is closed, with `Os(EMFILE)`, and with [`Error::Value`]
    /// for a name that is not allowed, or when the command already has variables with values that are not
    /// possible.
    ///
    /// ```no_run
    /// use std::process::Command;
    /// use std::time::Duration;
    ///
    /// # fn restart(chat: &tabi::server::Server, admin: &tabi::server::Server) -> tabi::Result<()> {
    /// let mut successor = Command::new("/usr/local/bin/chat-server");
    /// chat.pass_to(&mut successor, "chat")?;
    /// admin.pass_to(&mut successor, "admin")?;
    /// successor.spawn()?;
    /// chat.server_close(Some(Duration::from_secs(30)));
    /// # Ok(())
    /// # }
    /// ```
    pub fn pass_to(&self, command: &mut Command, name: &str) -> Result<()> {
        check_name(name)?;
        let mut names = names_passed_before(command)?;
        let first = FIRST + RawFd::try_from(names.len()).unwrap_or(RawFd::MAX - FIRST);
        names.extend(self.sockets().iter().map(|_| name.to_owned()));
        let end = FIRST + RawFd::try_from(names.len()).unwrap_or(RawFd::MAX - FIRST);
        // The numbers for the sockets may be in use. Those descriptors are kept open, so that nothing else
        // gets their numbers in the meantime.
        let (copies, in_the_way) = self.duplicates(end)?;
        let mut sockets = sockets_passed_before(command);
        sockets.resize(names.len() - copies.len(), "0".to_owned());
        for copy in &copies {
            sockets.push(sys::socket_number(copy.as_raw_fd())?.to_string());
        }
        command.env(SOCKETS, sockets.join(":"));
        command.env("LISTEN_FDS", names.len().to_string());
        command.env("LISTEN_FDNAMES", names.join(":"));
        command.env_remove("LISTEN_PID");
        // The child runs one such closure for each server, in the order of the servers. A copy for an earlier
        // server may have a number that this closure overwrites. The closure of that server has already
        // placed its sockets then.
        let place = move || {
            let _ = &in_the_way;
            for (fd, copy) in (first..).zip(&copies) {
                // SAFETY: dup2 touches no memory. A descriptor that had this number in the child would be
                // closed at exec anyway.
                if unsafe { libc::dup2(copy.as_raw_fd(), fd) } < 0 {
                    return Err(std::io::Error::last_os_error());
                }
            }
            Ok(())
        };
        // SAFETY: the closure runs between fork and exec and only calls dup2, which is allowed there.
        unsafe { command.pre_exec(place) };
        self.core.handed_over.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Duplicates the sockets. Returns the duplicates with numbers from `least` on, and those with smaller
    /// numbers.
    fn duplicates(&self, least: RawFd) -> Result<(Vec<OwnedFd>, Vec<OwnedFd>)> {
        let (mut copies, mut smaller) = (Vec::new(), Vec::new());
        for socket in self.sockets() {
            loop {
                // The socket makes the duplicate itself, so that its number stays its own until that is done.
                let copy = OwnedFd::try_from(socket.dup()?).map_err(|_| Error::Closed)?;
                let is_copy = copy.as_raw_fd() >= least;
                let list = if is_copy { &mut copies } else { &mut smaller };
                memory::reserve(list, 1)?;
                list.push(copy);
                if is_copy {
                    break;
                }
            }
        }
        Ok((copies, smaller))
    }

    /// Starts a program with the server's sockets, as [`Server::pass_to`] lets a command do. `arguments`
    /// begin with the program's name and end with NULL.
    ///
    /// # Safety
    ///
    /// The arguments are NULL-terminated strings, and nobody changes the environment in the meantime.
    #[cfg(feature = "capi")]
    pub(crate) unsafe fn spawn_successor(
        &self,
        path: &CStr,
        arguments: &[*mut c_char],
        name: &str,
    ) -> Result<libc::pid_t> {
        check_name(name)?;
        let count = self.sockets().len();
        let (copies, _smaller) =
            self.duplicates(FIRST + RawFd::try_from(count).unwrap_or(RawFd::MAX - FIRST))?;
        let names = vec![name; count].join(":");
        let sockets: Result<Vec<String>> =
            copies.iter().map(|copy| Ok(sys::socket_number(copy.as_raw_fd())?.to_string())).collect();
        let sockets = sockets?.join(":");
        let own = [
            format!("LISTEN_FDS={count}\0"),
            format!("LISTEN_FDNAMES={names}\0"),
            format!("{SOCKETS}={sockets}\0"),
        ];
        let mut variables: Vec<*mut c_char> = Vec::new();
        let replaced: [&[u8]; 4] =
            [b"LISTEN_FDS=", b"LISTEN_FDNAMES=", b"LISTEN_PID=", b"TABI_LISTEN_SOCKETS="];
        // SAFETY: the caller promises that the environment does not change.
        for variable in unsafe { sys::environment() } {
            // SAFETY: a variable is a NUL-terminated string.
            let text = unsafe { CStr::from_ptr(variable) }.to_bytes();
            if !replaced.iter().any(|own| text.starts_with(own)) {
                memory::reserve(&mut variables, 1)?;
                variables.push(variable);
            }
        }
        memory::reserve(&mut variables, own.len() + 1)?;
        variables.extend(own.iter().map(|text| text.as_ptr().cast_mut().cast()));
        variables.push(ptr::null_mut());
        let placed = copies.iter().map(AsRawFd::as_raw_fd).zip(FIRST..);
        let successor = sys::spawn(path, arguments, &variables, placed)?;
        self.core.handed_over.store(true, Ordering::Relaxed);
        Ok(successor)
    }
}

fn check_name(name: &str) -> Result<()> {
    if name.contains([':', '\0']) {
        return Err(Error::value(format_args!("a name must not contain ':' or NUL, got {name:?}")));
    }
    Ok(())
}

/// Returns the names of the sockets that other servers have passed to this command. Each socket has a name,
/// which may be empty.
fn names_passed_before(command: &Command) -> Result<Vec<String>> {
    let Some(count) = variable_of(command, "LISTEN_FDS") else { return Ok(Vec::new()) };
    let count = number::<u16>("LISTEN_FDS", &count)?;
    let names = variable_of(command, "LISTEN_FDNAMES").unwrap_or_default();
    let mut names: Vec<String> = names.split(':').map(str::to_owned).collect();
    names.resize(count.into(), String::new());
    Ok(names)
}

/// Returns the numbers of the sockets that other servers have passed to this command.
fn sockets_passed_before(command: &Command) -> Vec<String> {
    let sockets = variable_of(command, SOCKETS).unwrap_or_default();
    sockets.split(':').filter(|number| !number.is_empty()).map(str::to_owned).collect()
}

/// Returns the value of a variable that was set for a command.
fn variable_of(command: &Command, wanted: &str) -> Option<String> {
    let (_, value) = command.get_envs().find(|(name, _)| *name == wanted)?;
    Some(value?.to_string_lossy().into_owned())
}
