//! What `tests/torture` tortures in Rust: `torture_helper SCENARIO`. As in the programs there, a scenario runs twice, in
//! threads of its own: one system call of the library fails in the first run, and none in the second, which must succeed.
#![allow(unsafe_code)]

use std::fs::{self, File};
use std::io::{IoSlice, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use tabi::server::{HandlerResult, Next, Request, Server, ThreadingTcpServer, ThreadingUdpServer};
use tabi::{
    AF_UNIX, ControlData, Deadline, Error, IncomingDatagram, Interest, Limit, OutgoingDatagram, SOCK_DGRAM,
    Socket,
};

type Outcome = tabi::Result<()>;

/// The name of a scenario and what it does.
type Scenario = (&'static str, fn() -> Outcome);

fn main() -> ExitCode {
    let name = std::env::args().nth(1).unwrap_or_default();
    let Some((_, scenario)) = SCENARIOS.iter().find(|(known, _)| *known == name) else {
        eprintln!("no such scenario: {name}");
        return ExitCode::FAILURE;
    };
    let before = descriptors();
    let first = in_thread(*scenario);
    shim::stop();
    if let Err(error) = &first {
        println!("failed: {error:?}");
        if !says_what_happened(error) {
            println!("got {error:?} when the fault was {}", shim::error());
            return ExitCode::FAILURE;
        }
    }
    if let Err(error) = in_thread(*scenario) {
        println!("the run after the fault failed with {error:?}");
        return ExitCode::FAILURE;
    }
    if descriptors() != before {
        println!("{before} descriptors were open before, {} are open at the end", descriptors());
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

const SCENARIOS: [Scenario; 6] = [
    ("streams", streams),
    ("messages", messages),
    ("listener", listener),
    ("threads", threads),
    ("parked", parked),
    ("packets", packets),
];

/// What the shim offers; without it there is no fault.
mod shim {
    use std::ffi::CStr;

    fn call(name: &CStr) -> i32 {
        // SAFETY: the name ends with NUL.
        let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
        if found.is_null() {
            return 0;
        }
        // SAFETY: the shim's functions without arguments that are used here return an `int` or nothing.
        let function = unsafe { std::mem::transmute::<*mut libc::c_void, extern "C" fn() -> i32>(found) };
        function()
    }

    /// The error of the fault, or 0 when it has not happened.
    pub(super) fn error() -> i32 {
        call(c"torture_error")
    }

    /// From here on nothing fails.
    pub(super) fn stop() {
        call(c"torture_stop");
    }
}

fn in_thread(scenario: fn() -> Outcome) -> Outcome {
    thread::spawn(scenario).join().unwrap_or_else(|_| std::process::exit(101))
}

fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").expect("the descriptors can be listed").count()
}

/// A failure must be that of the fault.
fn says_what_happened(error: &Error) -> bool {
    match error {
        Error::Os(errno) => *errno == shim::error(),
        Error::Gai(code) => *code == shim::error(),
        _ => false,
    }
}

/// A client of a plain peer: looked up, with a timeout, duplicated, read through a file, detached.
fn streams() -> Outcome {
    let peer = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
    let address = peer.local_addr().expect("the peer is bound");
    let echo = thread::spawn(move || {
        let (mut client, _) = peer.accept().expect("a client comes, or the end");
        let mut bytes = [0; 64];
        while let Ok(count @ 1..) = client.read(&mut bytes) {
            if client.write_all(&bytes[..count]).is_err() {
                return;
            }
        }
    });
    let result = converse(address.port());
    // Ends the peer if nobody has connected.
    drop(TcpStream::connect(address));
    echo.join().expect("the peer does not panic");
    result
}

fn converse(port: u16) -> Outcome {
    let socket = tabi::create_connection(("localhost", port))?;
    socket.settimeout(10.0)?;
    assert_eq!(socket.getpeername()?.port(), Some(port));
    socket.getsockname()?;
    socket.sendall(b"a line\nmore")?;
    let mut file = socket.makefile_reader();
    let line = file.readline(100)?;
    assert_eq!(line, b"a line\n");
    drop(file);
    socket.settimeout(None)?;
    let copy = socket.dup()?;
    let source = File::open("/proc/self/cmdline").expect("the file exists");
    let sent = copy.sendfile(&source, 0, None)?;
    copy.shutdown(Shutdown::Write)?;
    let mut got = 0;
    loop {
        match copy.recv(64)?.len() {
            0 => break,
            count => got += count,
        }
    }
    assert!(got >= sent, "{got} of {sent} bytes came back");
    drop(socket.detach()?);
    copy.close()
}

/// Unix sockets: descriptors, parts, many datagrams, waits with deadlines.
fn messages() -> Outcome {
    let (one, other) = Socket::socketpair(AF_UNIX, SOCK_DGRAM, 0)?;
    other.settimeout(5.0)?;
    let file = File::open("/dev/null").expect("the file exists");
    one.send_fds(b"f", &[&file], 0)?;
    assert_eq!(other.recv_fds(10, 2, 0)?.1.len(), 1);
    one.sendmsg(&[IoSlice::new(b"ab"), IoSlice::new(b"cd")], &ControlData::new(), 0)?;
    assert_eq!(other.recvmsg(10, 0, 0)?.data, b"abcd");
    one.sendmany(&[OutgoingDatagram::new(b"one"), OutgoingDatagram::new(b"two")], 0)?;
    let mut buffers = [[0; 8]; 2];
    let received = other.recvmany(&mut buffers.each_mut().map(|buffer| IncomingDatagram::new(buffer)), 0)?;
    assert!((1..=2).contains(&received));
    let soon = Limit::Until(Deadline::after(Duration::from_millis(1)));
    if received == 2 {
        match other.wait(Interest::Read, soon) {
            Err(Error::Timeout) => {}
            result => return result,
        }
    }
    Ok(())
}

/// A listener that has a duplicate, with an accept that has a limit.
fn listener() -> Outcome {
    let listener = tabi::create_server(("127.0.0.1", 0))?;
    let address = SocketAddr::try_from(listener.getsockname()?).expect("an internet address");
    let _client = TcpStream::connect(address).expect("the listener has space");
    let other = listener.dup()?;
    let (accepted, _) = other.accept_until(Limit::after(Duration::from_secs(10)))?;
    accepted.send(b"hello")?;
    accepted.close()
}

fn echo(request: &Request) -> Outcome {
    let mut buffer = [0; 64];
    loop {
        match request.socket().recv_into(&mut buffer)? {
            0 => return Ok(()),
            count => request.socket().sendall(&buffer[..count])?,
        }
    }
}

/// Answers what is there, and gives the connection back.
fn echo_and_park(request: &Request) -> HandlerResult<Next> {
    let mut buffer = [0; 64];
    let count = request.socket().recv_into(&mut buffer)?;
    if count == 0 {
        return Ok(Next::End);
    }
    request.socket().sendall(&buffer[..count])?;
    Ok(Next::Park)
}

/// Sends some messages, and expects each back. Returns whether all came.
fn ask(address: SocketAddr) -> bool {
    let Ok(mut client) = TcpStream::connect(address) else { return false };
    client.set_read_timeout(Some(Duration::from_secs(5))).expect("the time is not zero");
    [b"first".as_slice(), b"second", b"third"].iter().all(|message| {
        let mut answer = vec![0; message.len()];
        let whole = client.write_all(message).is_ok() && client.read_exact(&mut answer).is_ok();
        assert!(!whole || answer == *message, "other bytes came back: {answer:?}");
        whole
    })
}

/// One client may be lost to the fault; the next ones are served.
fn serve(server: &Server) -> Outcome {
    let address = SocketAddr::try_from(server.server_address()).expect("an internet address");
    let served = thread::scope(|scope| {
        let serving = scope.spawn(|| server.serve_forever());
        let served = (0..4).filter(|_| ask(address)).count();
        server.shutdown();
        serving.join().expect("the loop does not panic").map(|()| served)
    })?;
    assert!(served >= 3 || shim::error() != 0 && served == 2, "{served} of 4 clients were served");
    server.server_close(Some(Duration::from_secs(10)));
    Ok(())
}

fn threads() -> Outcome {
    serve(&ThreadingTcpServer::new(("127.0.0.1", 0), echo)?.into())
}

fn parked() -> Outcome {
    serve(&ThreadingTcpServer::new(("127.0.0.1", 0), echo_and_park)?.into())
}

/// A server of datagrams, each of which is answered.
fn packets() -> Outcome {
    let server = ThreadingUdpServer::new(("127.0.0.1", 0), |request: &Request| {
        request.reply(request.packet()).map(drop)
    })?;
    let address = SocketAddr::try_from(server.server_address()).expect("an internet address");
    let client = std::net::UdpSocket::bind(("127.0.0.1", 0)).expect("a port is free");
    client.set_read_timeout(Some(Duration::from_millis(500))).expect("the time is not zero");
    client.connect(address).expect("the server has an address");
    let answered = thread::scope(|scope| {
        let serving = scope.spawn(|| server.serve_forever());
        let answered = (0..4_u8).filter(|number| {
            let mut answer = [0; 8];
            let _ = client.send(&[*number]);
            client.recv(&mut answer).is_ok_and(|count| count == 1 && answer[0] == *number)
        });
        let answered = answered.count();
        server.shutdown();
        serving.join().expect("the loop does not panic").map(|()| answered)
    })?;
    assert!(answered >= 3, "{answered} of 4 packets were answered");
    server.server_close(Some(Duration::from_secs(10)));
    Ok(())
}
