//! The PROXY header of a request. The request waits for it without a thread, and nothing else happens before.
#![allow(unsafe_code)]

use std::mem::MaybeUninit;

use socket2::SockRef;

use super::ProxyProtocol;
use crate::address::{Address, RawAddress};
use crate::error::{Error, Result};
use crate::memory;
use crate::proxy::{Header, Parser};
use crate::server::{Phase, Request, Server};
use crate::socket::Hold;
use crate::sys::fd::{BorrowedFd, RawFd};
use crate::sys::libc;

/// How many bytes of a header are looked at in one go. Most headers are shorter.
const PIECE: usize = 256;

/// The header of a request, as far as it has come.
#[derive(Default)]
pub(crate) enum OwnHeader {
    #[default]
    None,
    Begun(Box<Parser>),
    Complete(Box<Header>),
}

impl Server {
    /// Reads the header with which a request must begin. Returns the request when it has its header. Otherwise it waits
    /// for the rest, or was refused.
    pub(crate) fn await_header(&self, mut request: Request, settings: &ProxyProtocol) -> Option<Request> {
        loop {
            if request.is_last() {
                self.reject(&request);
                return None;
            }
            match self.read_header(&mut request, settings) {
                Ok(true) => return Some(request),
                Ok(false) => request = Server::park(request, Phase::Header)?,
                Err(error) => {
                    self.header_was_refused(error);
                    self.reject(&request);
                    return None;
                }
            }
        }
    }

    /// Takes what has come of the header. Returns whether it is complete. An error means that the request must end.
    fn read_header(&self, request: &mut Request, settings: &ProxyProtocol) -> Result<bool> {
        let hold = request.hold()?;
        let fd = hold.as_ref().map_or_else(|| request.job_fileno(), Hold::fd);
        if matches!(request.header(), OwnHeader::None) {
            let peer = if hold.is_some() { request.client_address().clone() } else { peer_of(fd)? };
            if !settings.trusts(&peer) {
                return Err(Error::value(format_args!("{peer} is not trusted to send a PROXY header")));
            }
            *request.header() = OwnHeader::Begun(memory::boxed(settings.parser())?);
        }
        let OwnHeader::Begun(parser) = request.header() else { return Ok(true) };
        let Some(header) = take(fd, parser)? else { return Ok(false) };
        drop(hold);
        if *header.source() != Address::None {
            request.set_client_address(header.source().clone());
        }
        *request.header() = OwnHeader::Complete(memory::boxed(header)?);
        request.begin_after_header()?;
        Ok(true)
    }
}

/// Takes the bytes of a header that have come, and none behind it.
fn take(fd: RawFd, parser: &mut Parser) -> Result<Option<Header>> {
    let mut piece = [0; PIECE];
    loop {
        let seen = match receive(fd, &mut piece, libc::MSG_PEEK) {
            Ok(0) => {
                return Err(Error::value(format_args!(
                    "a PROXY header ended after {} bytes",
                    parser.taken()
                )));
            }
            Ok(seen) => seen,
            Err(Error::Os(libc::EAGAIN | libc::EINTR)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let (used, header) = parser.feed(&piece[..seen])?;
        // What was seen stays where it is until it is taken.
        receive(fd, &mut piece[..used], 0)?;
        if header.is_some() || seen < PIECE {
            return Ok(header);
        }
    }
}

fn receive(fd: RawFd, buffer: &mut [u8], flags: i32) -> Result<usize> {
    // SAFETY: MaybeUninit<u8> has the layout of u8, and `recv` writes initialised bytes only.
    let buffer = unsafe { &mut *(std::ptr::from_mut(buffer) as *mut [MaybeUninit<u8>]) };
    Ok(borrowed(fd, |socket| socket.recv_with_flags(buffer, flags | libc::MSG_DONTWAIT))?)
}

fn peer_of(fd: RawFd) -> Result<Address> {
    Ok(RawAddress::from_socket2(borrowed(fd, |socket| socket.peer_addr())?).decode())
}

fn borrowed<T>(fd: RawFd, call: impl FnOnce(SockRef<'_>) -> std::io::Result<T>) -> std::io::Result<T> {
    // SAFETY: the request holds the descriptor of its socket, and a job has lent its own for as long as it exists.
    let descriptor = unsafe { BorrowedFd::borrow_raw(fd) };
    call(SockRef::from(&descriptor))
}
