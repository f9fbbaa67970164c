//! Work that a program gives to its server: it runs, and is limited, counted and drained in the same way as
//! requests.

use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::support::fd::BorrowedFd;
use crate::support::serving::{any_port, forking};
use crate::support::{HANG, in_own_process, wait_until};
use tabi::server::{
    Concurrency, Failure, HandlerResult, Hooks, Job, Next, Request, Server, TcpServer, ThreadingTcpServer,
    Threads, WhenFull,
};
use tabi::{Address, Error, Result};

fn welcome(request: &Request) -> Result<()> {
    request.reply(b"welcome")
}

/// Sends that it has begun, and ends when the test lets it end or when it is cut off.
struct Held {
    begun: Sender<&'static str>,
    end: Mutex<Receiver<()>>,
    cut: Sender<()>,
    /// Counts the jobs that were dropped.
    dropped: Arc<AtomicUsize>,
}

impl Job for Held {
    fn run(&self, _: &Request) -> HandlerResult<Next> {
        self.begun.send("begun")?;
        self.end.lock().unwrap().recv_timeout(HANG)?;
        Ok(Next::End)
    }

    fn cut(&self) {
        self.cut.send(()).unwrap();
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.dropped.fetch_add(1, Ordering::SeqCst);
    }
}

/// Makes a held job. Returns it with the receiver that reports its beginning, the sender that ends it, and
/// the count of dropped jobs.
fn held(dropped: &Arc<AtomicUsize>) -> (Held, Receiver<&'static str>, Sender<()>) {
    let (begun, has_begun) = mpsc::channel();
    let (end, ended) = mpsc::channel();
    let job = Held { begun, end: Mutex::new(ended), cut: end.clone(), dropped: Arc::clone(dropped) };
    (job, has_begun, end)
}

fn threads(settings: Threads) -> Server {
    ThreadingTcpServer::options()
        .concurrency(Concurrency::Threads(settings))
        .bind(any_port(), welcome)
        .unwrap()
}

#[test]
fn a_job_runs_on_a_thread_of_the_server_and_is_counted() {
    let server = ThreadingTcpServer::new(any_port(), welcome).unwrap();
    let (tell, told) = mpsc::channel();
    let caller = thread::current().id();
    assert!(server.run_job(move |request: &Request| -> HandlerResult {
        let elsewhere = thread::current().id() != caller;
        let counted = request.server().statistics();
        Ok(tell.send((elsewhere, counted.accepted, counted.active, counted.threads))?)
    }));
    assert_eq!(told.recv_timeout(HANG), Ok((true, 1, 1, 1)));
    assert_eq!(server.server_close(Some(HANG)).cut, 0);
    let counted = server.statistics();
    assert_eq!((counted.accepted, counted.finished, counted.failed, counted.rejected), (1, 1, 0, 0));
}

#[test]
fn a_job_has_no_client_and_no_step_of_a_request_runs_for_it() {
    struct NoSteps;
    impl Hooks for NoSteps {
        fn verify_request(&self, _: &Request) -> HandlerResult<bool> {
            panic!("a job is not verified")
        }
        fn process_request(&self, _: Request) {
            panic!("a job is not processed")
        }
        fn finish_request(&self, _: &Request) -> Result<Next, Failure> {
            panic!("a job is not finished")
        }
        fn shutdown_request(&self, _: &Request) {
            panic!("a job is not shut down")
        }
        fn close_request(&self, _: &Request) {
            panic!("a job is not closed")
        }
    }
    let server = TcpServer::options().hooks(NoSteps).bind(any_port(), welcome).unwrap();
    let (tell, told) = mpsc::channel();
    // An in-line server runs the job at once.
    assert!(server.run_job(move |request: &Request| -> HandlerResult {
        request.shutdown();
        request.close();
        let facts = (request.is_datagram(), request.packet().len(), format!("{request:?}"));
        Ok(tell.send((facts, request.reply(b"nobody"), request.socket().fileno()))?)
    }));
    let (facts, reply, socket) = told.try_recv().unwrap();
    assert_eq!(facts, (false, 0, "Request(a job)".to_owned()));
    assert!(matches!(reply, Err(Error::Type(_))), "{reply:?}");
    assert_eq!(socket, server.fileno());
    assert_eq!(server.statistics().failed, 0);
}

#[test]
fn failures_and_panics_of_jobs_are_counted_and_reported() {
    let (tell, told) = mpsc::channel();
    let tell = Mutex::new(tell);
    let server = TcpServer::options()
        .on_error(move |_, failure| tell.lock().unwrap().send(failure.to_string()).unwrap())
        .bind(any_port(), welcome)
        .unwrap();
    assert!(server.run_job(|_: &Request| -> HandlerResult { Err("no luck".into()) }));
    assert!(server.run_job(|_: &Request| -> HandlerResult { panic!("no care") }));
    assert_eq!(told.try_iter().collect::<Vec<_>>(), ["no luck", "panic: no care"]);
    assert_eq!((server.statistics().failed, server.statistics().finished), (2, 2));
}

#[test]
fn a_job_without_a_thread_is_refused_and_dropped() {
    let server = threads(Threads::default().max_threads(1).when_full(WhenFull::Refuse));
    let dropped = Arc::default();
    let (first, begun, end) = held(&dropped);
    let (second, never, _) = held(&dropped);
    assert!(server.run_job(first));
    assert_eq!(begun.recv_timeout(HANG), Ok("begun"));
    assert!(!server.run_job(second));
    assert_eq!(dropped.load(Ordering::SeqCst), 1);
    assert!(never.try_recv().is_err());
    assert_eq!((server.statistics().accepted, server.statistics().rejected), (2, 1));
    end.send(()).unwrap();
    assert_eq!(server.server_close(Some(HANG)).cut, 0);
    assert_eq!(dropped.load(Ordering::SeqCst), 2);
    let (third, ..) = held(&dropped);
    assert!(!server.run_job(third), "a closed server has no threads");
}

#[test]
fn jobs_and_clients_share_the_limit_of_connections() {
    let server = ThreadingTcpServer::options().max_connections(1).bind(any_port(), welcome).unwrap();
    let dropped = Arc::default();
    let (job, begun, end) = held(&dropped);
    assert!(server.run_job(job));
    begun.recv_timeout(HANG).unwrap();
    assert!(!server.run_job(|_: &Request| -> HandlerResult { Ok(()) }));
    let mut client = TcpStream::connect(SocketAddr::try_from(server.server_address()).unwrap()).unwrap();
    server.handle_request().unwrap();
    let mut text = String::new();
    client.read_to_string(&mut text).unwrap();
    assert_eq!(text, "");
    assert_eq!(server.statistics().rejected, 2);
    end.send(()).unwrap();
}

/// Works for a client, and ends when the test drops the other side.
struct For(Address, Mutex<Receiver<()>>);

impl Job for For {
    fn run(&self, request: &Request) -> HandlerResult<Next> {
        assert_eq!(*request.client_address(), self.0);
        let _ = self.1.lock().unwrap().recv_timeout(HANG);
        Ok(Next::End)
    }

    fn client_address(&self) -> Address {
        self.0.clone()
    }
}

#[test]
fn jobs_that_work_for_one_host_are_limited_as_its_clients_are() {
    let server =
        ThreadingTcpServer::options().max_connections_per_address(1).bind(any_port(), welcome).unwrap();
    let job = |host| {
        let (end, ended) = mpsc::channel();
        let runs = server.run_job(For(SocketAddr::from((host, 9000)).into(), Mutex::new(ended)));
        runs.then_some(end)
    };
    let one = job(Ipv4Addr::new(192, 0, 2, 1));
    assert!(one.is_some() && job(Ipv4Addr::new(192, 0, 2, 1)).is_none());
    let other = job(Ipv4Addr::new(192, 0, 2, 2));
    assert!(other.is_some());
    drop((one, other));
    assert_eq!(server.server_close(Some(HANG)).left, 0);
    assert_eq!((server.statistics().rejected, server.statistics().failed), (1, 0));
}

#[test]
fn closing_a_server_waits_for_its_jobs_and_cuts_those_that_are_late() {
    let server = ThreadingTcpServer::new(any_port(), welcome).unwrap();
    let dropped = Arc::default();
    let jobs: Vec<_> = (0..3).map(|_| held(&dropped)).collect();
    let mut ends = Vec::new();
    for (job, begun, end) in jobs {
        assert!(server.run_job(job));
        begun.recv_timeout(HANG).unwrap();
        ends.push(end);
    }
    ends[0].send(()).unwrap();
    wait_until("one has ended", || server.statistics().finished == 1);
    // The two other jobs end when they are cut off.
    let report = server.server_close(Some(Duration::from_millis(10)));
    assert_eq!((report.finished, report.cut, report.left), (0, 2, 0));
    assert_eq!(dropped.load(Ordering::SeqCst), 3);
}

#[test]
fn queued_jobs_that_never_began_are_cut() {
    let one = Threads::default().max_threads(1).when_full(WhenFull::Queue(2));
    let server = threads(one);
    let dropped = Arc::default();
    let (first, begun, _end) = held(&dropped);
    assert!(server.run_job(first));
    begun.recv_timeout(HANG).unwrap();
    let (second, never, _) = held(&dropped);
    assert!(server.run_job(second));
    assert_eq!(server.server_close(Some(Duration::ZERO)).cut, 2);
    assert!(never.try_recv().is_err());
    assert_eq!((dropped.load(Ordering::SeqCst), server.statistics().rejected), (2, 1));
}

#[test]
fn a_job_may_close_the_server_that_runs_it() {
    let server = ThreadingTcpServer::new(any_port(), welcome).unwrap();
    let (tell, told) = mpsc::channel();
    assert!(server.run_job(move |request: &Request| -> HandlerResult {
        Ok(tell.send(request.server().server_close(None))?)
    }));
    assert_eq!(told.recv_timeout(HANG).unwrap().left, 0);
}

#[test]
fn a_forking_server_runs_a_job_in_a_child() {
    in_own_process(|| {
        let server = forking(welcome).unwrap();
        let parent = std::process::id();
        assert!(server.run_job(move |_: &Request| -> HandlerResult {
            if std::process::id() == parent {
                Ok(())
            } else {
                Err("in a child, which then ends badly".into())
            }
        }));
        assert_eq!(server.server_close(Some(HANG)).left, 0);
        assert_eq!((server.statistics().finished, server.statistics().failed), (1, 1));
    });
}

/// A job whose descriptor is asked for: it looks at the server, or panics.
struct Asked {
    server: Server,
    panics: bool,
    done: Sender<()>,
}

impl Job for Asked {
    fn run(&self, _: &Request) -> HandlerResult<Next> {
        self.done.send(())?;
        Ok(Next::Park)
    }

    fn fd(&self) -> Option<BorrowedFd<'_>> {
        assert!(!self.panics, "no descriptor");
        assert_eq!(self.server.statistics().parked, 0);
        None
    }
}

#[test]
fn a_job_that_is_asked_for_its_descriptor_may_use_the_server_and_may_panic() {
    for panics in [false, true] {
        let server =
            ThreadingTcpServer::options().request_deadline(HANG).unwrap().bind(any_port(), welcome).unwrap();
        let (done, is_done) = mpsc::channel();
        let asked = Asked { server: server.clone(), panics, done };
        let asking = thread::spawn({
            let server = server.clone();
            move || server.run_job(asked)
        });
        is_done.recv_timeout(HANG).expect("the job runs");
        assert!(asking.join().unwrap());
        server.server_close(Some(HANG));
        let counts = server.statistics();
        // A job without a descriptor cannot park.
        assert_eq!((counts.accepted, counts.failed, counts.finished), (1, 1, 1));
    }
}
