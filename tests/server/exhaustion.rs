//! Servers when descriptors, threads or memory run out.
#![allow(unsafe_code)]

use std::io::Read;
use std::process::Command;
use std::thread;
use std::time::Duration;

use crate::limits::{threads, until_closed};
use crate::support::helpers::helper;
use crate::support::limits::limit;
use crate::support::serving::{
    StopServing, any_port, ask, connect, echo, forking_options, forks, read_to_end,
};
use crate::support::{in_own_process, wait_until};
use tabi::server::{Request, ServerOptions, TcpServer, ThreadingTcpServer, Threads, WhenFull};

#[test]
fn a_thread_has_its_name_and_no_more_memory_than_it_touches() {
    let named = Threads::default().name("chat").stack_size(1 << 30);
    let server = TcpServer::options()
        .concurrency(named)
        .bind(any_port(), |request: &Request| {
            request.reply(&std::fs::read("/proc/thread-self/comm").unwrap())
        })
        .unwrap();
    until_closed(&server, || {
        let name = read_to_end(&mut connect(&server));
        assert_eq!(name, "chat-1\n");
    });
}

fn cpu_time() -> Duration {
    // SAFETY: getrusage fills the structure, for which zero is a valid value.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        assert_eq!(libc::getrusage(libc::RUSAGE_SELF, &mut usage), 0);
        usage
    };
    let time = |time: libc::timeval| Duration::new(time.tv_sec as u64, time.tv_usec as u32 * 1000);
    time(usage.ru_utime) + time(usage.ru_stime)
}

const CLIENTS: u64 = 500;

#[test]
fn a_full_table_of_descriptors_neither_spins_nor_loses_clients() {
    in_own_process(|| {
        let crowd = helper("server_helper");
        limit(libc::RLIMIT_NOFILE, 64);
        let echoing =
            |options: ServerOptions| options.request_queue_size(1024).bind(any_port(), echo).unwrap();
        for server in [
            echoing(TcpServer::options()),
            echoing(ThreadingTcpServer::options()),
            echoing(forking_options()),
            echoing(threads(100, WhenFull::Queue(100))),
        ] {
            until_closed(&server, || {
                let port = server.server_address().port().unwrap();
                let crowd = Command::new(crowd.get_program())
                    .args(["crowd", &port.to_string(), &CLIENTS.to_string()])
                    .output()
                    .unwrap();
                assert!(crowd.status.success(), "{}", String::from_utf8_lossy(&crowd.stderr));
                // A child that is still there when the server closes is ended by a signal, and counts as failed.
                wait_until("all have left", || server.statistics().finished == CLIENTS);
            });
            let statistics = server.statistics();
            assert_eq!((statistics.accepted, statistics.finished), (CLIENTS, CLIENTS));
            assert_eq!((statistics.failed, statistics.rejected), (0, 0));
        }
    });
}

#[test]
fn a_forking_server_may_have_more_children_than_descriptors() {
    in_own_process(|| {
        let mut crowd = helper("server_helper");
        limit(libc::RLIMIT_NOFILE, 64);
        let forks = forks().max_children(100);
        let options = TcpServer::options().concurrency(forks);
        let server = options.bind(any_port(), echo).unwrap();
        until_closed(&server, || {
            let port = server.server_address().port().unwrap().to_string();
            let mut crowd = crowd.args(["idle-crowd", &port, "125"]).spawn().unwrap();
            wait_until("all children are there", || server.statistics().children == 100);
            crowd.kill().unwrap();
            crowd.wait().unwrap();
            // Their descriptors are needed for the next client.
            wait_until("all children have ended", || server.statistics().children == 0);
            ask(&mut connect(&server));
        });
    });
}

#[test]
fn a_server_whose_table_stays_full_sleeps_and_recovers_at_once() {
    in_own_process(|| {
        limit(libc::RLIMIT_NOFILE, 64);
        let server = ThreadingTcpServer::new(any_port(), echo).unwrap();
        until_closed(&server, || {
            let mut served = connect(&server);
            ask(&mut served);
            let mut waiting = connect(&server);
            ask(&mut waiting);
            drop(waiting);
            wait_until("one client is left", || server.statistics().active == 1);
            // There is space for the client's own descriptor only.
            let mut taken: Vec<_> = std::iter::from_fn(|| std::fs::File::open("/dev/null").ok()).collect();
            taken.pop();
            let mut waiting = connect(&server);
            let before = cpu_time();
            thread::sleep(Duration::from_secs(1));
            let used = cpu_time() - before;
            assert!(used < Duration::from_millis(100), "{used:?} of processor time in a second of waiting");
            assert_eq!(server.statistics().active, 1);
            drop(served);
            ask(&mut waiting);
            drop(taken);
        });
    });
}

#[test]
fn when_the_system_refuses_a_thread_clients_wait_for_one() {
    in_own_process(|| {
        let used = std::fs::read_to_string("/proc/self/statm").unwrap();
        let pages: u64 = used.split(' ').next().unwrap().parse().unwrap();
        // There is space for three stacks of one gibibyte, but not for four.
        limit(libc::RLIMIT_AS, pages * 4096 + (3 << 30) + (1 << 29));
        let large = Threads::default().stack_size(1 << 30);
        let server = TcpServer::options().concurrency(large).bind(any_port(), echo).unwrap();
        until_closed(&server, || {
            let mut clients: Vec<_> = (0..20).map(|_| connect(&server)).collect();
            for client in &mut clients {
                ask(client);
                client.shutdown(std::net::Shutdown::Both).unwrap();
            }
            assert!(server.statistics().threads < 4);
        });
        assert_eq!(server.statistics().finished, 20);
        assert_eq!(server.statistics().failed, 0);
    });
}

#[test]
fn clients_without_a_thread_do_not_delay_the_close() {
    in_own_process(|| {
        // A quarter of the address space of 32 bits; systems of 64 bits have space for this one, but not for 2^62.
        let stack = (1_u64 << 40).min(usize::MAX as u64 >> 2);
        let large = Threads::default().stack_size(stack as usize);
        let server = TcpServer::options().concurrency(large).bind(any_port(), echo).unwrap();
        limit(libc::RLIMIT_AS, stack / 2);
        thread::scope(|scope| {
            scope.spawn(|| server.serve_forever().unwrap());
            let _stop = StopServing(&server);
            let mut client = connect(&server);
            wait_until("the client is accepted", || server.statistics().accepted == 1);
            let report = server.server_close(None);
            assert_eq!((report.finished, report.cut, report.left), (0, 1, 0));
            assert_eq!(client.read(&mut [0; 1]).unwrap(), 0, "the client sees the end");
        });
        assert_eq!(server.statistics().rejected, 1);
    });
}
