//! The path of a unix socket that a server has made, and removes when it is closed.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::{env, fs};

use crate::error::Result;
use crate::server::{Core, Server};
use crate::sys::{self, Identity};

/// A path that belongs to a server, until somebody else puts another file there.
pub(crate) struct OwnPath {
    /// Absolute, as the program may change its current directory.
    path: PathBuf,
    identity: Identity,
    /// The [`sys::forks`] of the process that has bound the socket.
    process: u32,
    /// Whether the path was removed. It is no lock: a forked child could not take one.
    is_removed: AtomicBool,
}

impl OwnPath {
    /// The socket at this path, which was bound just now.
    fn of(path: &Path) -> Result<OwnPath> {
        let path = if path.is_absolute() { path.to_owned() } else { env::current_dir()?.join(path) };
        let file = fs::symlink_metadata(&path)?;
        Ok(OwnPath {
            path,
            identity: sys::file_identity(&file),
            process: sys::forks(),
            is_removed: AtomicBool::new(false),
        })
    }

    /// Removes the path once, unless another file is there or this is a forked child. The socket is still open: until it is
    /// closed, the system gives the number of its file to no other.
    fn remove(&self) {
        if self.process != sys::forks() || self.is_removed.swap(true, Ordering::SeqCst) {
            return;
        }
        let is_own = |file: fs::Metadata| sys::is_socket(&file) && sys::file_identity(&file) == self.identity;
        if fs::symlink_metadata(&self.path).is_ok_and(is_own) {
            // Nobody could be told of a failure.
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl Core {
    /// Removes the path of the server's socket if it is the server's own.
    pub(crate) fn remove_path(&self) {
        // A successor has the socket, so the path is the successor's.
        if let Some(path) = self.own_path.get().filter(|_| !self.handed_over.load(Ordering::Relaxed)) {
            path.remove();
        }
    }
}

impl Server {
    /// Notes the path that the server's socket was bound to, so that it is removed later.
    pub(super) fn own_path(&self) -> Result<()> {
        if let Some(path) = self.socket().getsockname()?.as_unix().and_then(|unix| unix.path()) {
            let _ = self.core.own_path.set(OwnPath::of(path)?);
        }
        Ok(())
    }
}
