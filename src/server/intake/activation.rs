//! Sockets that were born elsewhere: handed over by a service manager or a predecessor, and handed on.
//!
//! The protocol is systemd's: descriptors from 3 on, their number in `LISTEN_FDS`, their names in `LISTEN_FDNAMES`,
//! and who they are for in `LISTEN_PID`.
#![allow(unsafe_code)]

use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, Result};
use crate::server::Server;
use crate::socket::{Socket, dup};

/// The first descriptor that is handed over.
const FIRST: RawFd = 3;

/// A socket that was handed over to this process.
#[derive(Debug)]
pub struct ListenSocket {
    /// Its name (`FileDescriptorName=` of systemd), "unknown" when none was given.
    pub name: String,
    /// The socket, bound and perhaps listening; it is for [`crate::server::ServerOptions::adopt`].
    pub socket: Socket,
}

/// The sockets that a service manager (`LISTEN_FDS`, as `sd_listen_fds(3)` reads it) or a predecessor
/// ([`Server::pass_to`]) handed over to this process; none when it was started without.
///
/// They become close-on-exec. They can be taken once: a second call finds none. The environment stays as it is;
/// children are not misled by it when `LISTEN_PID` is there.
/// Fails with [`Error::Value`] when the variables make no sense, and with [`Error::Os`] for a descriptor that is no socket.
pub fn listen_fds() -> Result<Vec<ListenSocket>> {
    static TAKEN: AtomicBool = AtomicBool::new(false);
    let variable = |name: &str| std::env::var(name).ok();
    let Some(count) = variable("LISTEN_FDS") else { return Ok(Vec::new()) };
    if let Some(pid) = variable("LISTEN_PID") {
        if number::<u32>("LISTEN_PID", &pid)? != std::process::id() {
            return Ok(Vec::new());
        }
    }
    let count = number::<u16>("LISTEN_FDS", &count)?;
    let names = variable("LISTEN_FDNAMES").unwrap_or_default();
    let mut names = names.split(':');
    if TAKEN.swap(true, Ordering::SeqCst) {
        return Ok(Vec::new());
    }
    (FIRST..FIRST + RawFd::from(count))
        .map(|fd| {
            let name = names.next().filter(|name| !name.is_empty()).unwrap_or("unknown");
            // SAFETY: by the protocol the descriptors are this process's to take, and they are taken once.
            let socket = unsafe { Socket::from_fileno(fd, None, None, None) }?;
            socket.set_inheritable(false)?;
            Ok(ListenSocket { name: name.to_owned(), socket })
        })
        .collect()
}

fn number<T: std::str::FromStr>(variable: &str, text: &str) -> Result<T> {
    text.parse().map_err(|_| Error::value(format!("{variable} must be a number, got {text:?}")))
}

impl Server {
    /// Lets a program inherit the server's sockets, so that a restart refuses nobody: the successor takes them with
    /// [`listen_fds`] and [`crate::server::ServerOptions::adopt`], this server goes on until [`Server::server_close`].
    /// Clients that come in between wait in the sockets' common queue.
    ///
    /// `name` is for `LISTEN_FDNAMES`, without ':' and NUL. `LISTEN_PID` is not set, as the number is not known before the start.
    /// Several servers may pass their sockets to one command, which finds them in this order.
    ///
    /// Fails with [`Error::Closed`], with `Os(EMFILE)`, and with [`Error::Value`] for such a name, and when the command was
    /// given variables that make no sense.
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
        if name.contains([':', '\0']) {
            return Err(Error::value(format!("a name must not contain ':' or NUL, got {name:?}")));
        }
        let mut names = names_passed_before(command)?;
        let first = FIRST + RawFd::try_from(names.len()).unwrap_or(RawFd::MAX - FIRST);
        names.extend(self.sockets().iter().map(|_| name.to_owned()));
        let end = FIRST + RawFd::try_from(names.len()).unwrap_or(RawFd::MAX - FIRST);
        let mut copies = Vec::new();
        // What lies in the way of the copies is kept, so that nothing else gets these numbers in the meantime.
        let mut in_the_way = Vec::new();
        for socket in self.sockets() {
            if socket.is_closed() {
                return Err(Error::Closed);
            }
            socket.set_shared();
            loop {
                let copy: OwnedFd = dup(socket.fileno())?;
                if copy.as_raw_fd() >= end {
                    copies.push(copy);
                    break;
                }
                in_the_way.push(copy);
            }
        }
        command.env("LISTEN_FDS", names.len().to_string());
        command.env("LISTEN_FDNAMES", names.join(":"));
        command.env_remove("LISTEN_PID");
        // In the child these run in the order of their servers. A copy of an earlier server may have a number that is
        // taken here, but that one has placed its sockets by then.
        let place = move || {
            let _ = &in_the_way;
            for (fd, copy) in (first..).zip(&copies) {
                // SAFETY: dup2 touches no memory; in the child, whatever had the number is closed at exec anyway.
                if unsafe { libc::dup2(copy.as_raw_fd(), fd) } < 0 {
                    return Err(std::io::Error::last_os_error());
                }
            }
            Ok(())
        };
        // SAFETY: between fork and exec the closure only calls dup2, which is allowed there.
        unsafe { command.pre_exec(place) };
        Ok(())
    }
}

/// The names of the sockets that other servers have passed to this command: one each, perhaps empty.
fn names_passed_before(command: &Command) -> Result<Vec<String>> {
    let variable = |wanted: &str| {
        let found = command.get_envs().find(|(name, _)| *name == wanted);
        found.and_then(|(_, value)| value).map(|value| value.to_string_lossy().into_owned())
    };
    let Some(count) = variable("LISTEN_FDS") else { return Ok(Vec::new()) };
    let count = number::<u16>("LISTEN_FDS", &count)?;
    let names = variable("LISTEN_FDNAMES").unwrap_or_default();
    let mut names: Vec<String> = names.split(':').map(str::to_owned).collect();
    names.resize(count.into(), String::new());
    Ok(names)
}
