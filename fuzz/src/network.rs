//! Sequences of calls on internet sockets of the loopback interface: listeners and their clients, datagrams, calls that another
//! thread closes, and servers. Bytes arrive unaltered, every client that connected is accepted, and no descriptor stays open.

use std::collections::VecDeque;
use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr;
use std::thread;

use arbitrary::{Arbitrary, Unstructured};
use libc::{AF_INET, AF_INET6, SOCK_DGRAM, SOCK_STREAM};
use tabi::Deadline;
use tabi::ffi::*;

use crate::payload;
use crate::sock::Sock;

/// Macros in C.
const TABI_ERR_CLOSED: i32 = -5202;
const TABI_ERR_TIMEOUT: i32 = -5201;

#[derive(Arbitrary, Debug)]
enum Call {
    Connect {
        timed: bool,
    },
    Accept {
        timed: bool,
        duplicate: bool,
    },
    Send {
        connection: u8,
        end: bool,
        len: u16,
    },
    Receive {
        connection: u8,
        end: bool,
        len: u16,
    },
    CloseConnection {
        connection: u8,
    },
    SendDatagram {
        len: u16,
    },
    ReceiveDatagram {
        len: u16,
    },
    /// One thread is in a call while another does this to the socket.
    InTwoThreads {
        call: u8,
        meanwhile: u8,
        micros: u8,
    },
    Serve {
        clients: u8,
        kind: u8,
    },
}

/// How long a call waits for what must come.
fn patience() -> i64 {
    Deadline::now().as_monotonic() + 10_000_000_000
}

/// Makes calls on one listener, its clients, and one pair of datagram sockets. The first byte chooses the family.
pub(crate) fn check(input: &[u8]) {
    let mut input = Unstructured::new(input);
    let family = if input.arbitrary::<bool>().unwrap_or(false) { AF_INET6 } else { AF_INET };
    let mut network = Network::new(family);
    for _ in 0..24 {
        if input.is_empty() {
            break;
        }
        let Ok(call) = Call::arbitrary(&mut input) else { break };
        network.run(call, &mut input);
    }
}

/// Two ends and the bytes that each will receive.
struct Stream {
    ends: [Sock; 2],
    pending: [VecDeque<u8>; 2],
}

struct Network {
    family: c_int,
    listener: Sock,
    address: tabi_addr,
    /// Clients that nobody has accepted yet.
    waiting: VecDeque<Sock>,
    streams: Vec<Stream>,
    datagrams: [Sock; 2],
    sent: VecDeque<Vec<u8>>,
    served: bool,
}

/// A socket at a port of the loopback interface.
fn bound(family: c_int, kind: c_int) -> (Sock, tabi_addr) {
    let sock = Sock::new(family, kind);
    let host = if family == AF_INET { c"127.0.0.1" } else { c"::1" };
    // SAFETY: the host ends with NUL.
    assert_eq!(unsafe { tabi_bind(sock.get(), host.as_ptr(), 0) }, 0);
    let mut address = MaybeUninit::uninit();
    assert_eq!(tabi_getsockname(sock.get(), Some(&mut address)), 0);
    // SAFETY: the call has written the address, as it returned 0.
    (sock, unsafe { address.assume_init() })
}

impl Network {
    fn new(family: c_int) -> Network {
        let (listener, address) = bound(family, SOCK_STREAM);
        assert_eq!(tabi_listen(listener.get(), 8), 0);
        let (one, to_one) = bound(family, SOCK_DGRAM);
        let (other, to_other) = bound(family, SOCK_DGRAM);
        assert_eq!(tabi_connect_addr(one.get(), Some(&to_other)), 0);
        assert_eq!(tabi_connect_addr(other.get(), Some(&to_one)), 0);
        Network {
            family,
            listener,
            address,
            waiting: VecDeque::new(),
            streams: Vec::new(),
            datagrams: [one, other],
            sent: VecDeque::new(),
            served: false,
        }
    }

    fn run(&mut self, call: Call, input: &mut Unstructured<'_>) {
        match call {
            Call::Connect { timed } if self.waiting.len() < 4 && self.streams.len() < 4 => {
                let client = Sock::new(self.family, SOCK_STREAM);
                assert_eq!(tabi_settimeout(client.get(), if timed { 10.0 } else { f64::INFINITY }), 0);
                assert_eq!(tabi_connect_addr(client.get(), Some(&self.address)), 0);
                self.waiting.push_back(client);
            }
            Call::Accept { timed, duplicate } => self.accept(timed, duplicate),
            Call::Send { connection, end, len } => {
                let data = payload(input, usize::from(len % 3000) + 1);
                self.send(connection.into(), end.into(), &data);
            }
            Call::Receive { connection, end, len } => {
                self.receive(connection.into(), end.into(), usize::from(len % 3000) + 1);
            }
            Call::CloseConnection { connection } if !self.streams.is_empty() => {
                let stream = self.streams.swap_remove(usize::from(connection) % self.streams.len());
                assert_eq!(tabi_close(stream.ends[0].get()), 0);
            }
            Call::SendDatagram { len } if self.sent.len() < 8 => {
                let data = payload(input, usize::from(len % 3000) + 1);
                // SAFETY: the data is readable for its length.
                let sent = unsafe { tabi_send(self.datagrams[0].get(), data.as_ptr().cast(), data.len(), 0) };
                assert_eq!(sent, data.len() as isize);
                self.sent.push_back(data);
            }
            Call::ReceiveDatagram { len } => self.receive_datagram(usize::from(len % 3000)),
            Call::InTwoThreads { call, meanwhile, micros } => {
                in_two_threads(self.family, call, meanwhile, micros)
            }
            Call::Serve { clients, kind } if !self.served => {
                self.served = true;
                serve(clients % 4, kind);
            }
            _ => {}
        }
    }

    fn accept(&mut self, timed: bool, duplicate: bool) {
        let copy = Sock::made_by(|out| tabi_dup(self.listener.get(), Some(out)))
            .expect("a listener has a duplicate");
        let listener = if duplicate { &copy } else { &self.listener };
        let expected = !self.waiting.is_empty();
        let seconds = if expected {
            if timed { 10.0 } else { f64::INFINITY }
        } else if timed {
            1e-5
        } else {
            0.0
        };
        assert_eq!(tabi_settimeout(listener.get(), seconds), 0);
        let mut peer = MaybeUninit::uninit();
        let accepted = Sock::made_by(|out| tabi_accept(listener.get(), Some(out), Some(&mut peer)));
        let Some(client) = self.waiting.pop_front() else {
            let code = if timed { TABI_ERR_TIMEOUT } else { -libc::EAGAIN };
            assert_eq!(accepted.err(), Some(code), "nobody had connected");
            return;
        };
        let accepted = accepted.expect("a client waits in the queue");
        let mut own = MaybeUninit::uninit();
        assert_eq!(tabi_getsockname(client.get(), Some(&mut own)), 0);
        // SAFETY: both calls have written the addresses, as they succeeded.
        let (own, peer) = unsafe { (own.assume_init(), peer.assume_init()) };
        assert_eq!(
            tabi_addr_port(Some(&own)),
            tabi_addr_port(Some(&peer)),
            "clients are accepted in their order"
        );
        let ends = [client, accepted];
        for end in &ends {
            assert_eq!(tabi_settimeout(end.get(), 0.0), 0);
        }
        self.streams.push(Stream { ends, pending: Default::default() });
    }

    fn send(&mut self, connection: usize, end: usize, data: &[u8]) {
        let count = self.streams.len().max(1);
        let Some(stream) = self.streams.get_mut(connection % count) else { return };
        // SAFETY: the data is readable for its length.
        let sent = unsafe { tabi_send(stream.ends[end].get(), data.as_ptr().cast(), data.len(), 0) };
        assert!(sent > 0 || sent == -libc::EAGAIN as isize, "a send failed with {sent}");
        stream.pending[1 - end].extend(&data[..usize::try_from(sent).unwrap_or(0)]);
    }

    fn receive(&mut self, connection: usize, end: usize, len: usize) {
        let count = self.streams.len().max(1);
        let Some(stream) = self.streams.get_mut(connection % count) else { return };
        let mut buffer = vec![0x55_u8; len].into_boxed_slice();
        let pending = &mut stream.pending[end];
        let until = if pending.is_empty() { 0 } else { patience() };
        // SAFETY: the buffer is writable for its length.
        let got =
            unsafe { tabi_recv_until(stream.ends[end].get(), buffer.as_mut_ptr().cast(), len, 0, until) };
        if pending.is_empty() {
            assert_eq!(got, TABI_ERR_TIMEOUT as isize, "nothing was sent");
            return;
        }
        let got = usize::try_from(got).expect("bytes were sent");
        assert!(got > 0 && got <= len && got <= pending.len());
        assert!(pending.drain(..got).eq(buffer[..got].iter().copied()), "other bytes arrived");
        assert!(buffer[got..].iter().all(|&byte| byte == 0x55));
    }

    fn receive_datagram(&mut self, len: usize) {
        // For no bytes at all the system is not asked.
        if len == 0 {
            return;
        }
        let mut buffer = vec![0x55_u8; len].into_boxed_slice();
        let sent = self.sent.pop_front();
        let until = if sent.is_some() { patience() } else { 0 };
        let place = buffer.as_mut_ptr().cast();
        // SAFETY: the buffer is writable for its length.
        let got = unsafe { tabi_recv_until(self.datagrams[1].get(), place, len, 0, until) };
        match sent {
            Some(sent) => assert_eq!(&buffer[..got as usize], &sent[..sent.len().min(len)]),
            None => assert_eq!(got, TABI_ERR_TIMEOUT as isize, "no datagram was sent"),
        }
    }
}

/// A call waits in one thread, while another one ends or changes the socket. The call ends, in one of the ways that fit.
fn in_two_threads(family: c_int, call: u8, meanwhile: u8, micros: u8) {
    let kind = [SOCK_STREAM, SOCK_DGRAM][usize::from(call) % 2];
    let (sock, _) = bound(family, kind);
    if kind == SOCK_STREAM {
        assert_eq!(tabi_listen(sock.get(), 1), 0);
    }
    let seconds = [f64::INFINITY, f64::from(micros) * 1e-6 + 1e-9, 10.0][usize::from(call / 2) % 3];
    assert_eq!(tabi_settimeout(sock.get(), seconds), 0);
    let shared = meanwhile.is_multiple_of(2);
    if shared {
        assert_eq!(tabi_set_shared(sock.get()), 0);
    }
    thread::scope(|scope| {
        let caller = scope.spawn(|| {
            if kind == SOCK_STREAM {
                return Sock::made_by(|out| tabi_accept(sock.get(), Some(out), None))
                    .map(drop)
                    .err()
                    .unwrap_or(0);
            }
            let mut buffer = [0_u8; 8];
            // SAFETY: the buffer is writable for its length.
            unsafe { tabi_recv(sock.get(), buffer.as_mut_ptr().cast(), buffer.len(), 0) as i32 }
        });
        thread::sleep(std::time::Duration::from_micros(micros.into()));
        match meanwhile / 2 % 4 {
            0 => assert_eq!(tabi_settimeout(sock.get(), f64::INFINITY), 0),
            1 => assert_eq!(tabi_settimeout(sock.get(), 1e-6), 0),
            2 if shared => {
                drop(Sock::made_by(|out| tabi_dup(sock.get(), Some(out))).expect("it is open"));
            }
            _ => {}
        }
        assert_eq!(tabi_close(sock.get()), 0);
        let code = caller.join().expect("the call does not panic");
        assert!(
            code == TABI_ERR_CLOSED || code == TABI_ERR_TIMEOUT && seconds > 0.0,
            "the call ended with {code}"
        );
    });
}

unsafe extern "C-unwind" fn echo(request: *mut tabi_request, _userdata: *mut c_void) -> c_int {
    // SAFETY: the request, and its socket, live until the handler returns.
    let sock = unsafe { tabi_request_sock(request.as_ref()).as_ref() };
    let mut buffer = [0_u8; 64];
    loop {
        // SAFETY: the buffer is writable for its length.
        let got = unsafe { tabi_recv(sock, buffer.as_mut_ptr().cast(), buffer.len(), 0) };
        if got <= 0 {
            return got as c_int;
        }
        // SAFETY: the system has written that many bytes.
        let code = unsafe { tabi_sendall(sock, buffer.as_ptr().cast(), got as usize, 0, None) };
        if code < 0 {
            return code;
        }
    }
}

/// A server, some clients of it, and its end.
fn serve(clients: u8, kind: u8) {
    let mut server = MaybeUninit::uninit();
    let host = c"127.0.0.1".as_ptr();
    // SAFETY: the host ends with NUL, and the handler needs no userdata.
    let code = unsafe {
        match kind % 2 {
            0 => tabi_tcp_server(host, 0, Some(echo), ptr::null_mut(), Some(&mut server)),
            _ => tabi_threading_tcp_server(host, 0, Some(echo), ptr::null_mut(), Some(&mut server)),
        }
    };
    assert_eq!(code, 0);
    // SAFETY: the call has made the server, as it returned 0.
    let pointer: *mut tabi_server = unsafe { server.assume_init() };
    // SAFETY: the server is freed when the thread that serves has ended.
    let server = unsafe { pointer.as_ref() };
    let mut address = MaybeUninit::uninit();
    assert_eq!(tabi_server_address(server, Some(&mut address)), 0);
    // SAFETY: the call has written the address, as it returned 0.
    let address = unsafe { address.assume_init() };
    thread::scope(|scope| {
        let serving = scope.spawn(move || tabi_server_serve_forever(server, 0.5));
        for number in 0..clients {
            let client = Sock::new(AF_INET, SOCK_STREAM);
            assert_eq!(tabi_settimeout(client.get(), 10.0), 0);
            assert_eq!(tabi_connect_addr(client.get(), Some(&address)), 0);
            let (sent, mut got) = ([number; 20], [0xff_u8; 20]);
            // SAFETY: the bytes are readable, and the buffer writable, for their lengths.
            unsafe {
                assert_eq!(tabi_sendall(client.get(), sent.as_ptr().cast(), sent.len(), 0, None), 0);
                let got = tabi_recv_exactly(client.get(), got.as_mut_ptr().cast(), got.len(), 0, None);
                assert_eq!(got, 20);
            }
            assert_eq!(sent, got);
        }
        assert_eq!(tabi_server_shutdown(server), 0);
        assert_eq!(serving.join().expect("the loop does not panic"), 0);
    });
    // SAFETY: a report is not wanted, and this is the last use of the server.
    unsafe {
        assert_eq!(tabi_server_close(server, 10.0, ptr::null_mut()), 0);
        tabi_server_free(pointer);
    }
}
