//! Serving until a signal asks for the end.

use std::sync::Arc;

use super::companion::Companion;
use super::{DrainReport, Server, notify};
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::memory;
use crate::socket::IntoTimeout;
use crate::sys::{self, Signals, Wake, libc};

/// The signals by which service managers and terminals end a program.
const USUAL: [libc::c_int; 2] = [libc::SIGTERM, libc::SIGINT];

/// Serves until a signal comes, then drains: all that the main function of a daemon does, in one call that needs no signal
/// handler of the program.
///
/// - Each server runs its [`Server::serve_forever`], the first in this thread and the others in threads of their own.
///   The service manager is told that the program is ready ([`notify`]).
/// - The first of the `signals` stops them all. If one of the servers ends in another way ([`Server::shutdown`], an
///   error), the others are stopped too. The service manager is told that the program stops.
/// - The requests get `drain` to end, as with [`Server::server_close`]: a [`Duration`](std::time::Duration), an `f64` of seconds, or `None`.
///   A second signal cuts them off at once.
///
/// An empty list of signals stands for `SIGTERM` and `SIGINT`. The signals get handlers, which interrupt no system call
/// of other threads, and afterwards what they had before; signals that the program blocks do not arrive. In a forked
/// child, and so in the children of a forking server, a signal does what it did before. The process keeps two descriptors
/// for this from the first call on.
///
/// Returns what happened to the requests of all servers together. Fails with [`Error::Value`] when there is no server, or
/// when another thread of the process is in this function; with `Os(EINVAL)` for a number that is no signal, cannot be
/// handled, or says that the program itself is wrong (`SIGBUS`, `SIGFPE`, `SIGILL`, `SIGSEGV`); as [`notify`] does; and, after the drain, with the error of a `serve_forever`.
///
/// ```no_run
/// use std::time::Duration;
/// use tabi::server::{Request, ThreadingTcpServer, serve_until_signal};
///
/// let chat = ThreadingTcpServer::new(("127.0.0.1", 9001), |request: &Request| request.reply(b"hello"))?;
/// let admin = ThreadingTcpServer::new(("127.0.0.1", 9002), |request: &Request| request.reply(b"state"))?;
/// let report = serve_until_signal(&[&chat, &admin], &[], Duration::from_secs(30))?;
/// println!("{} requests were cut off", report.cut);
/// # Ok::<(), tabi::Error>(())
/// ```
pub fn serve_until_signal(
    servers: &[&Server],
    signals: &[i32],
    drain: impl IntoTimeout,
) -> Result<DrainReport> {
    let drain = drain.into_timeout()?;
    if servers.is_empty() {
        return Err(Error::value("serve_until_signal needs a server, got none"));
    }
    let mut all = Vec::new();
    memory::reserve(&mut all, servers.len())?;
    all.extend(servers.iter().map(|&server| server.clone()));
    let servers = memory::shared(all)?;
    let signals = Signals::install(if signals.is_empty() { &USUAL } else { signals })?;
    let end = memory::shared(Wake::new()?)?;
    notify("READY=1")?;
    let watching = {
        let (servers, end) = (Arc::clone(&servers), Arc::clone(&end));
        Companion::start(c"tabi-signals", move || watch(&servers, &signals, &end))?
    };
    let watched = EndWatch(&end);
    let served = each(&servers, {
        let servers = Arc::clone(&servers);
        move |server| {
            let _stop = StopAll(&servers);
            serve(server)
        }
    });
    // A manager that does not hear this learns that the program has ended.
    let _ = notify("STOPPING=1");
    let deadline = Deadline::after_timeout(drain);
    let drained = close_each(&servers, deadline);
    drop(watched);
    let cut = watching.join();
    for one in served? {
        one??;
    }
    Ok(with_cut(drained?, &cut))
}

/// Does something with each server: with the first in this thread, and with each other one in a thread of its own. If the
/// system refuses such a thread, all servers are asked to stop.
///
/// Returns the results in the order of the servers. Fails with `Os(ENOMEM)` before anything was done.
fn each<T: Send + 'static>(
    servers: &Arc<Vec<Server>>,
    action: impl Fn(&Server) -> T + Clone + Send + 'static,
) -> Result<Vec<Result<T>>> {
    let (mut others, mut results) = (Vec::new(), Vec::new());
    memory::reserve(&mut others, servers.len())?;
    memory::reserve(&mut results, servers.len())?;
    for server in &servers[1..] {
        let (server, action) = (server.clone(), action.clone());
        others.push(Companion::start(c"tabi-server", move || action(&server)));
    }
    if others.iter().any(Result::is_err) {
        stop(servers);
    }
    results.push(Ok(action(&servers[0])));
    results.extend(others.into_iter().map(|other| Ok(other?.join())));
    Ok(results)
}

fn stop(servers: &[Server]) {
    servers.iter().for_each(|server| server.core.lifecycle.ask_to_stop());
}

/// [`Server::serve_forever`], also for a server that is interruptible.
fn serve(server: &Server) -> Result<()> {
    loop {
        match server.serve_forever() {
            Err(Error::Os(libc::EINTR)) => {}
            result => return result,
        }
    }
}

/// Closes each server. Their requests have until the deadline to end.
fn close_each(servers: &Arc<Vec<Server>>, deadline: Deadline) -> Result<DrainReport> {
    let reports = each(servers, move |server| close(server, deadline))?;
    let mut all = DrainReport::default();
    for (report, server) in reports.into_iter().zip(servers.iter()) {
        // Without a thread of its own, a server is closed after the others.
        add(&mut all, &report.unwrap_or_else(|_| close(server, deadline)));
    }
    Ok(all)
}

/// [`Server::server_close`], also for a server that is interruptible.
fn close(server: &Server, deadline: Deadline) -> DrainReport {
    let mut all = DrainReport::default();
    loop {
        let report = server.server_close(deadline.left());
        all.finished += report.finished;
        all.parked += report.parked;
        all.cut += report.cut;
        all.left = report.left;
        if !report.interrupted {
            return all;
        }
    }
}

/// Stops the servers at the first signal, and cuts their requests off at the second. Returns what it has cut off.
fn watch(servers: &Arc<Vec<Server>>, signals: &Signals, end: &Wake) -> DrainReport {
    let readable = |fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
    let (mut seen, mut all) = (0, DrainReport::default());
    loop {
        let mut polled = [readable(end.fd()), readable(signals.fd())];
        if sys::poll(&mut polled, None).is_err() {
            continue;
        }
        if polled[0].revents != 0 {
            return all;
        }
        let before = seen;
        seen += signals.take();
        if before == 0 && seen > 0 {
            stop(servers);
        }
        if before < 2 && seen >= 2 {
            let now = Deadline::now();
            match close_each(servers, now) {
                Ok(cut) => add(&mut all, &cut),
                // One after the other takes no memory.
                Err(_) => servers.iter().for_each(|server| add(&mut all, &close(server, now))),
            }
        }
    }
}

/// Adds what happened to the requests of one more server.
fn add(all: &mut DrainReport, report: &DrainReport) {
    all.finished += report.finished;
    all.parked += report.parked;
    all.cut += report.cut;
    all.left += report.left;
}

/// The report of the drain together with what the second signal has cut off, which has ended for the drain by itself.
fn with_cut(drained: DrainReport, cut: &DrainReport) -> DrainReport {
    DrainReport {
        finished: (drained.finished + cut.finished).saturating_sub(cut.cut),
        parked: drained.parked + cut.parked,
        cut: drained.cut + cut.cut,
        left: drained.left.max(cut.left),
        interrupted: false,
    }
}

/// Ends the thread that watches the signals, also when serving panics.
struct EndWatch<'a>(&'a Wake);

impl Drop for EndWatch<'_> {
    fn drop(&mut self) {
        self.0.raise();
    }
}

/// Stops all servers when one of them has ended, also by a panic.
struct StopAll<'a>(&'a [Server]);

impl Drop for StopAll<'_> {
    fn drop(&mut self) {
        stop(self.0);
    }
}
