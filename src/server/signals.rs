//! Serving until a signal asks for the end.

use std::thread;
use std::time::Duration;

use super::{DrainReport, Server, notify};
use crate::deadline::Deadline;
use crate::error::{Error, Result};
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
/// - The requests get `drain` to end, as with [`Server::server_close`]: a [`Duration`], an `f64` of seconds, or `None`.
///   A second signal cuts them off at once.
///
/// An empty list of signals stands for `SIGTERM` and `SIGINT`. The signals get handlers, which interrupt no system call
/// of other threads, and afterwards what they had before; signals that the program blocks do not arrive. In a forked
/// child, and so in the children of a forking server, a signal does what it did before. The process keeps two descriptors
/// for this from the first call on.
///
/// Returns what happened to the requests of all servers together. Fails with [`Error::Value`] when there is no server, or
/// when another thread of the process is in this function; with `Os(EINVAL)` for a number that is no signal or cannot be
/// handled; as [`notify`] does; and, after the drain, with the error of a `serve_forever`.
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
    let signals = Signals::install(if signals.is_empty() { &USUAL } else { signals })?;
    let end = Wake::new()?;
    notify("READY=1")?;
    thread::scope(|scope| {
        let named = |name: &str| thread::Builder::new().name(name.to_owned());
        let watch = || watch(servers, &signals, &end);
        let watching = named("tabi-signals").spawn_scoped(scope, watch)?;
        let watched = EndWatch(&end);
        let served = each(servers, |server| {
            let _stop = StopAll(servers);
            serve(server)
        });
        // A manager that does not hear this learns that the program has ended.
        let _ = notify("STOPPING=1");
        let deadline = Deadline::after_timeout(drain);
        let drained = each(servers, |server| Ok(close(server, deadline)));
        drop(watched);
        let cut = watching.join().unwrap_or_default();
        served.into_iter().collect::<Result<Vec<()>>>()?;
        let drained: Vec<DrainReport> = drained.into_iter().collect::<Result<_>>()?;
        Ok(together(&drained, cut))
    })
}

/// Does something with each server: with the first in this thread, and with the others at the same time.
fn each<T: Send>(servers: &[&Server], action: impl Fn(&Server) -> Result<T> + Sync) -> Vec<Result<T>> {
    let action = &action;
    thread::scope(|scope| {
        let others: Vec<_> = servers[1..]
            .iter()
            .map(|server| thread::Builder::new().spawn_scoped(scope, move || action(server)))
            .collect();
        let refused = others.iter().any(std::result::Result::is_err);
        if refused {
            // The other servers must not serve for ever.
            servers.iter().for_each(|server| server.core.lifecycle.ask_to_stop());
        }
        let mut results = vec![action(servers[0])];
        results.extend(others.into_iter().map(|other| match other?.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }));
        results
    })
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
fn watch(servers: &[&Server], signals: &Signals, end: &Wake) -> Vec<DrainReport> {
    let readable = |fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
    let (mut seen, mut reports) = (0, Vec::new());
    loop {
        let mut polled = [readable(end.fd()), readable(signals.fd())];
        if sys::poll(&mut polled, None).is_err() {
            continue;
        }
        if polled[0].revents != 0 {
            return reports;
        }
        let before = seen;
        seen += signals.take();
        if before == 0 && seen > 0 {
            servers.iter().for_each(|server| server.core.lifecycle.ask_to_stop());
        }
        if before < 2 && seen >= 2 {
            let cut = each(servers, |server| Ok(server.server_close(Some(Duration::ZERO))));
            reports = cut.into_iter().flatten().collect();
        }
    }
}

/// The sum of the reports. What the second signal has cut off has ended for the drain by itself.
fn together(drained: &[DrainReport], cut: Vec<DrainReport>) -> DrainReport {
    let sum =
        |reports: &[DrainReport], count: fn(&DrainReport) -> usize| reports.iter().map(count).sum::<usize>();
    let cut_off = sum(&cut, |report| report.cut);
    DrainReport {
        finished: (sum(drained, |report| report.finished) + sum(&cut, |report| report.finished))
            .saturating_sub(cut_off),
        parked: sum(drained, |report| report.parked) + sum(&cut, |report| report.parked),
        cut: sum(drained, |report| report.cut) + cut_off,
        left: sum(drained, |report| report.left).max(sum(&cut, |report| report.left)),
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
struct StopAll<'a>(&'a [&'a Server]);

impl Drop for StopAll<'_> {
    fn drop(&mut self) {
        self.0.iter().for_each(|server| server.core.lifecycle.ask_to_stop());
    }
}
