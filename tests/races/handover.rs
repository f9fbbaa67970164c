//! A server hands its sockets over while another thread closes it.

use std::fs::File;
use std::process::Command;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use crate::held::hold;
use crate::support::serving::{any_port, echo};
use crate::support::{HANG, in_prepared_process, shim, tools, wait_until};
use tabi::Error;
use tabi::server::ThreadingTcpServer;

/// `pass_to` is held before it duplicates the socket. Meanwhile the server is closed, and other files are opened, which get
/// the number of the socket if it is free.
#[test]
fn a_successor_never_gets_a_foreign_file() {
    if !tools::have("cc", "calls that are held") {
        return;
    }
    in_prepared_process(
        |test| {
            test.env("LD_PRELOAD", shim::shim());
        },
        || {
            static HELD: AtomicI32 = AtomicI32::new(0);
            let server = Arc::new(ThreadingTcpServer::new(any_port(), echo).unwrap());
            let passing = Arc::clone(&server);
            let (end, ended) = mpsc::channel();
            thread::spawn(move || {
                hold(1, &HELD);
                end.send(passing.pass_to(&mut Command::new("true"), "chat")).unwrap();
            });
            wait_until("the call is held", || {
                thread::sleep(Duration::from_millis(1));
                HELD.load(Ordering::SeqCst) == 1
            });
            server.server_close(Some(Duration::ZERO));
            let _files: Vec<_> = (0..50).map(|_| File::open("/dev/null").unwrap()).collect();
            HELD.store(2, Ordering::SeqCst);
            let passed = ended.recv_timeout(HANG).expect("the call ends");
            assert_eq!(passed, Err(Error::Closed));
        },
    );
}
