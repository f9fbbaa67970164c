//! Sequences of calls on a few connections: whatever is duplicated, detached, shut down, closed or given a file meanwhile,
//! bytes arrive unaltered, in order and once, and no descriptor stays open.

use std::fs::File;
use std::mem::MaybeUninit;
use std::os::fd::AsRawFd;

use arbitrary::{Arbitrary, Unstructured};
use libc::{MSG_PEEK, SHUT_RD, SHUT_RDWR, SHUT_WR, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM};
use tabi::ffi::*;

use crate::connection::Connection;
use crate::sock::Sock;
use crate::{network, payload};

#[derive(Arbitrary, Debug)]
enum Call {
    Send { how: u8, len: u16 },
    Receive { how: u8, len: u16 },
    SendDescriptors { count: u8 },
    ReceiveDescriptors { len: u8, max: u8 },
    Duplicate { close_original: bool },
    Detach,
    Shutdown { how: u8 },
    Close,
    Free,
    SetTimeout { choice: u8 },
    Ask { size: u8 },
    MakeFile { buffering: i16 },
    FileWrite { len: u16 },
    FileRead { how: u8, len: u16 },
    FileFlush,
    FileFree,
}

/// How many connections there are at once.
const CONNECTIONS: usize = 3;

/// An input that begins with this byte or a greater one is about internet sockets.
const NETWORK: u8 = 240;

/// Makes calls on a handful of handles. Each call begins with a byte that says on which, and of what kind a new connection is.
pub fn check(input: &[u8]) {
    if let Some((NETWORK.., rest)) = input.split_first() {
        return crate::leaves_no_descriptor(|| network::check(rest));
    }
    let mut input = Unstructured::new(input);
    crate::leaves_no_descriptor(|| {
        let mut connections: [Option<Connection>; CONNECTIONS] = [const { None }; CONNECTIONS];
        for _ in 0..64 {
            // Behind its end, an input would be zeros without end.
            if input.is_empty() {
                break;
            }
            let (Ok(choice), Ok(call)) = (input.arbitrary::<u8>(), Call::arbitrary(&mut input)) else {
                break;
            };
            let choice = usize::from(choice);
            let (place, end, kind) =
                (choice % CONNECTIONS, choice / CONNECTIONS % 2, choice / CONNECTIONS / 2);
            let kind = [SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET][kind % 3];
            let connection = connections[place].get_or_insert_with(|| Connection::new(kind));
            run(connection, end, call, &mut input);
            if connection.is_over() {
                connections[place] = None;
            }
        }
    });
}

fn run(connection: &mut Connection, end: usize, call: Call, input: &mut Unstructured<'_>) {
    let Some(sock) = connection.sock(end) else { return };
    let sk = sock.get();
    match call {
        Call::Send { how, len } => send(connection, end, how, &payload(input, (len % 9000).into())),
        Call::Receive { how, len } => receive(connection, end, how, (len % 9000).into()),
        Call::SendDescriptors { count } => {
            send_descriptors(connection, end, (count % 5).into(), payload(input, 3))
        }
        Call::ReceiveDescriptors { len, max } => {
            receive_descriptors(connection, end, len.into(), (max % 6).into())
        }
        Call::Duplicate { close_original } => {
            if let Ok(duplicate) = Sock::made_by(|out| tabi_dup(sk, Some(out))) {
                if close_original {
                    tabi_close(sk);
                }
                connection.replace(end, duplicate);
            }
        }
        Call::Detach => {
            let (number, fd) = (tabi_fileno(sk), tabi_detach(sk));
            if fd < 0 {
                return;
            }
            assert_eq!(fd, number, "a socket that nobody uses gives up its own number");
            // SAFETY: the descriptor was given up for this.
            let taken_over = Sock::made_by(|out| unsafe { tabi_socket_from_fd(fd, -1, -1, -1, Some(out)) });
            connection.replace(end, taken_over.expect("an open socket can be taken over"));
        }
        Call::Shutdown { how } => {
            let how = [SHUT_RD, SHUT_WR, SHUT_RDWR][usize::from(how) % 3];
            if tabi_shutdown(sk, how) == 0 {
                connection.was_shut_down(end, how);
            }
        }
        Call::Close => {
            if connection.has_file(end) {
                return;
            }
            assert_eq!(tabi_close(sk), 0);
            connection.was_closed(end);
        }
        Call::Free => connection.free(end),
        Call::SetTimeout { choice } => {
            let seconds = [0.0, 1e-9, 1e-6, 1e-5][usize::from(choice) % 4];
            if tabi_settimeout(sk, seconds) == 0 {
                let mut timeout = MaybeUninit::uninit();
                assert_eq!(tabi_gettimeout(sk, Some(&mut timeout)), 0);
                // SAFETY: the call has written it, as it returned 0.
                assert_eq!(unsafe { timeout.assume_init() }, seconds);
            }
        }
        Call::Ask { size } => ask(sock, size.into()),
        Call::MakeFile { buffering } => connection.make_file(end, buffering.into()),
        Call::FileWrite { len } => connection.file_write(end, &payload(input, (len % 9000).into())),
        Call::FileRead { how, len } => connection.file_read(end, how, (len % 9000).into()),
        Call::FileFlush => connection.file_flush(end),
        Call::FileFree => connection.file_free(end),
    }
}

/// Questions, which change nothing.
fn ask(sock: &Sock, size: usize) {
    let sk = sock.get();
    let mut addr = MaybeUninit::uninit();
    let open = tabi_fileno(sk) >= 0;
    assert_eq!(tabi_getsockname(sk, Some(&mut addr)) == 0, open);
    tabi_getpeername(sk, Some(&mut addr));
    assert_eq!(tabi_family(sk), libc::AF_UNIX);
    assert_eq!(tabi_get_inheritable(sk) == 0, open);
    let mut text = vec![0x55_u8; size].into_boxed_slice();
    // SAFETY: the place is writable for its size.
    let len = unsafe { tabi_repr(sk, text.as_mut_ptr().cast(), size) };
    assert!(len < size as isize);
}

fn send(connection: &mut Connection, end: usize, how: u8, data: &[u8]) {
    // A file keeps bytes that must go first.
    if connection.has_file(end) {
        return;
    }
    let Some(sock) = connection.sock(end) else { return };
    let (sk, bytes, len) = (sock.get(), data.as_ptr().cast(), data.len());
    // SAFETY: the data is readable for its length, in each of the calls.
    let sent = unsafe {
        match how % 4 {
            0 => tabi_send(sk, bytes, len, 0),
            1 => tabi_try_send(sk, bytes, len),
            2 => tabi_send_until(sk, bytes, len, 0, 0),
            _ => {
                let mut sent = MaybeUninit::new(0);
                match tabi_sendall(sk, bytes, len, 0, Some(&mut sent)) {
                    0 => len as isize,
                    // What was sent before the failure has arrived.
                    code => {
                        if sent.assume_init() > 0 {
                            sent.assume_init() as isize
                        } else {
                            code as isize
                        }
                    }
                }
            }
        }
    };
    match usize::try_from(sent) {
        Ok(sent) => connection.was_sent(end, &data[..sent], sent == len),
        Err(_) => connection.was_not_sent(end, sent),
    }
}

fn receive(connection: &mut Connection, end: usize, how: u8, len: usize) {
    if connection.has_file(end) {
        return;
    }
    let Some(sock) = connection.sock(end) else { return };
    let mut buffer = vec![0x55_u8; len].into_boxed_slice();
    let (sk, place) = (sock.get(), buffer.as_mut_ptr().cast());
    let mut peeked = false;
    // SAFETY: the buffer is writable for its length, in each of the calls.
    let got = unsafe {
        match how % 6 {
            0 => tabi_recv(sk, place, len, 0),
            1 => {
                peeked = true;
                tabi_recv(sk, place, len, MSG_PEEK)
            }
            2 => tabi_try_recv(sk, place, len),
            3 => tabi_recv_until(sk, place, len, 0, 0),
            4 => tabi_recvfrom(sk, place, len, 0, None),
            _ if connection.is_stream() => {
                let mut received = MaybeUninit::new(0);
                let code = tabi_recv_exactly(sk, place, len, 0, Some(&mut received));
                let received: usize = received.assume_init();
                assert!(code < 0 || code as usize == received);
                connection.arrived(end, &buffer[..received], len, code, false);
                return;
            }
            _ => return,
        }
    };
    // As in Python, only recvfrom asks the system for no bytes.
    if len == 0 && how % 6 != 4 {
        assert!(got <= 0);
        return;
    }
    let arrived = usize::try_from(got).unwrap_or(0);
    assert!(arrived <= len && buffer[arrived..].iter().all(|&byte| byte == 0x55));
    connection.arrived(end, &buffer[..arrived], len, got, peeked);
}

fn send_descriptors(connection: &mut Connection, end: usize, count: usize, data: Vec<u8>) {
    if connection.has_file(end) {
        return;
    }
    let Some(sock) = connection.sock(end) else { return };
    let file = File::open("/dev/null").expect("a descriptor is free");
    let fds = [file.as_raw_fd(); 4];
    // SAFETY: the data is readable, and the array has that many.
    let sent = unsafe { tabi_send_fds(sock.get(), data.as_ptr().cast(), data.len(), fds.as_ptr(), count, 0) };
    match usize::try_from(sent) {
        Ok(sent) => connection.was_sent(end, &data[..sent], sent == data.len()),
        Err(_) => connection.was_not_sent(end, sent),
    }
}

fn receive_descriptors(connection: &mut Connection, end: usize, len: usize, max: usize) {
    if connection.has_file(end) {
        return;
    }
    let Some(sock) = connection.sock(end) else { return };
    let mut buffer = vec![0_u8; len].into_boxed_slice();
    let (mut fds, mut count) = ([-1; 6], MaybeUninit::new(0));
    let place = buffer.as_mut_ptr().cast();
    // SAFETY: the buffer is writable for its length, the array for `max`.
    let got =
        unsafe { tabi_recv_fds(sock.get(), place, len, fds.as_mut_ptr(), max, 0, Some(&mut count), None) };
    // SAFETY: it was set before.
    let count = unsafe { count.assume_init() };
    assert!(count <= max && (got >= 0 || count == 0));
    for fd in &fds[..count] {
        // SAFETY: the descriptor has just arrived, and belongs to this function.
        assert_eq!(unsafe { tabi_close_fd(*fd) }, 0);
    }
    let arrived = usize::try_from(got).unwrap_or(0);
    connection.arrived(end, &buffer[..arrived], len, got, false);
}
