//! Files that the system sends itself, by `TransmitFile`. The call does not wait: it begins a transfer. A thread then waits
//! for its end, and for what wakes the calls of the thread.

use std::cell::UnsafeCell;
use std::mem;
use std::ptr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use windows_sys::Win32::Foundation::{CloseHandle, ERROR_HANDLE_EOF, HANDLE, STATUS_PENDING, WAIT_OBJECT_0};
use windows_sys::Win32::Networking::WinSock as winsock;
use windows_sys::Win32::Storage::FileSystem::{FILE_TYPE_DISK, GetFileSizeEx, GetFileType};
use windows_sys::Win32::System::IO::{CancelIoEx, OVERLAPPED};
use windows_sys::Win32::System::Threading::{
    CreateEventW, INFINITE, ResetEvent, WaitForMultipleObjects, WaitForSingleObject,
};

use super::libc::{POLLERR, pollfd};
use super::message::extension;
use super::{RawFile, Wake, call_wake, poll};
use crate::error::{Error, Result};
use crate::memory;
use crate::sys::fd::RawFd;

/// The most bytes of one transfer. When a transfer is cancelled, it is the system that says how many of them were sent.
pub(crate) const MOST_OF_TRANSFER: usize = 4 << 20;

/// A part of a file that the system is sending. A transfer that is dropped before its end is cancelled.
pub(crate) struct Transfer {
    socket: RawFd,
    /// At one place in memory, because the system writes it.
    overlapped: Box<UnsafeCell<OVERLAPPED>>,
    event: Event,
    /// What wakes the calls of this thread.
    wake: Arc<Wake>,
    /// Is raised while the wake-up socket is readable.
    woken: Event,
    is_under_way: bool,
}

struct Event(HANDLE);

impl Event {
    fn new() -> Result<Self> {
        // SAFETY: the event has neither a name nor attributes.
        let event = unsafe { CreateEventW(ptr::null(), 1, 0, ptr::null()) };
        if event.is_null() { Err(Error::last_os()) } else { Ok(Event(event)) }
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        // SAFETY: the event belongs to this value.
        unsafe { CloseHandle(self.0) };
    }
}

impl Transfer {
    /// Begins to send at most this many bytes from this position on. Returns `None` if the file has no bytes there.
    ///
    /// Fails with `Os(EOPNOTSUPP)` for what is no file of a disk, and with the errors of the system.
    pub(crate) fn begin(
        socket: RawFd,
        file: RawFile,
        position: u64,
        count: usize,
    ) -> Result<Option<Transfer>> {
        // SAFETY: the caller has the file open.
        let is_of_disk = unsafe { GetFileType(file) } == FILE_TYPE_DISK;
        let mut size = 0;
        // SAFETY: the call writes one number.
        if !is_of_disk || unsafe { GetFileSizeEx(file, &mut size) } == 0 {
            return Err(Error::Os(winsock::WSAEOPNOTSUPP));
        }
        let left = u64::try_from(size).unwrap_or(0).saturating_sub(position);
        let count = left.min(count.min(MOST_OF_TRANSFER) as u64) as u32;
        // For the system, a count of 0 means the whole file.
        if count == 0 {
            return Ok(None);
        }
        let (event, wake, woken) = (Event::new()?, call_wake::of_thread()?, Event::new()?);
        // SAFETY: the socket is that of this thread, and no other code selects events of it.
        if unsafe { winsock::WSAEventSelect(wake.fd() as _, woken.0 as isize, winsock::FD_READ as i32) } != 0
        {
            return Err(Error::last_os());
        }
        let mut overlapped = OVERLAPPED { hEvent: event.0, ..Default::default() };
        overlapped.Anonymous.Anonymous.Offset = position as u32;
        overlapped.Anonymous.Anonymous.OffsetHigh = (position >> 32) as u32;
        let overlapped = memory::boxed(UnsafeCell::new(overlapped))?;
        let mut transfer = Transfer { socket, overlapped, event, wake, woken, is_under_way: false };
        transfer.start(file, count)?;
        Ok(Some(transfer))
    }

    fn start(&mut self, file: RawFile, count: u32) -> Result<()> {
        let Some(call) = transmit_function(self.socket) else { return Err(Error::last_os()) };
        // SAFETY: the file is open, and the overlapped structure lives until the transfer has ended.
        let begun =
            unsafe { call(self.socket as _, file, count, 0, self.overlapped.get(), ptr::null_mut(), 0) };
        if begun == 0 {
            match crate::error::last_errno() {
                winsock::WSA_IO_PENDING => {}
                errno => return Err(Error::Os(errno)),
            }
        }
        self.is_under_way = true;
        Ok(())
    }

    /// Waits until the transfer has ended or the calls of this thread are woken ([`CallWake`](super::CallWake)), but not
    /// longer than this. `None` is no limit. It may return earlier.
    pub(crate) fn wait(&self, most: Option<Duration>) {
        let milliseconds = most.map_or(INFINITE, |most| {
            u32::try_from(most.as_nanos().div_ceil(1_000_000)).unwrap_or(INFINITE).min(INFINITE - 1)
        });
        let events = [self.event.0, self.woken.0];
        // SAFETY: both events belong to this value.
        unsafe { WaitForMultipleObjects(events.len() as u32, events.as_ptr(), 0, milliseconds) };
        // SAFETY: the event is that of this value. It is raised again by what comes after the socket was read.
        unsafe { ResetEvent(self.woken.0) };
        self.wake.clear();
    }

    /// Whether the connection was reset while the transfer is under way. Wine does not always end the transfer then.
    pub(crate) fn has_lost_peer(&self) -> bool {
        let mut connection = [pollfd { fd: self.socket, events: 0, revents: 0 }];
        poll(&mut connection, Some(Duration::ZERO)).is_ok() && connection[0].revents & POLLERR != 0
    }

    /// Returns how many bytes were sent, and the error of the transfer, which may come after some bytes. Returns `None`
    /// while it is under way.
    pub(crate) fn result(&mut self) -> Option<(usize, Result<()>)> {
        // SAFETY: the system writes this number when the transfer has ended, and last of all.
        if unsafe { (&raw const (*self.overlapped.get()).Internal).read_volatile() }
            == STATUS_PENDING as usize
        {
            return None;
        }
        self.is_under_way = false;
        let (mut sent, mut flags) = (0, 0);
        let place = self.overlapped.get();
        // SAFETY: the structure is that of a transfer of this socket, which has ended.
        let succeeded =
            unsafe { winsock::WSAGetOverlappedResult(self.socket as _, place, &mut sent, 0, &mut flags) };
        let result = if succeeded == 0 { Err(Error::last_os()) } else { Ok(()) };
        // The file has become shorter.
        let is_at_end = result == Err(Error::Os(ERROR_HANDLE_EOF as i32));
        Some((self.sent(), if is_at_end { Ok(()) } else { result }))
    }

    /// Ends the transfer early. Returns how many bytes were sent, as far as the system says it.
    pub(crate) fn cancel(mut self) -> usize {
        self.end();
        self.sent()
    }

    fn end(&mut self) {
        // Wine does not heed a cancel that comes just while it sends a piece, so it may take a second one.
        const PAUSE_IN_MILLISECONDS: u32 = 5;
        while self.is_under_way {
            // SAFETY: the transfer is one of this socket. It may have ended meanwhile.
            unsafe { CancelIoEx(self.socket as usize as HANDLE, self.overlapped.get()) };
            // SAFETY: the event is that of the transfer.
            let ended = unsafe { WaitForSingleObject(self.event.0, PAUSE_IN_MILLISECONDS) };
            self.is_under_way = ended != WAIT_OBJECT_0;
        }
    }

    fn sent(&self) -> usize {
        // SAFETY: the transfer has ended, so that the system does not write the structure.
        unsafe { (*self.overlapped.get()).InternalHigh }
    }
}

impl Drop for Transfer {
    fn drop(&mut self) {
        self.end();
        // SAFETY: the socket is that of this thread. Without events, the call lets go of the event.
        unsafe { winsock::WSAEventSelect(self.wake.fd() as _, 0, 0) };
    }
}

type Transmit = unsafe extern "system" fn(
    winsock::SOCKET,
    HANDLE,
    u32,
    u32,
    *mut OVERLAPPED,
    *mut winsock::TRANSMIT_FILE_BUFFERS,
    u32,
) -> i32;

fn transmit_function(fd: RawFd) -> Option<Transmit> {
    static FUNCTION: OnceLock<usize> = OnceLock::new();
    let address = extension(fd, winsock::WSAID_TRANSMITFILE, &FUNCTION)?;
    // SAFETY: the system has returned the address of this function.
    Some(unsafe { mem::transmute::<usize, Transmit>(address) })
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::os::windows::io::{AsRawHandle, AsRawSocket};

    use super::*;
    use crate::{AF_INET, SOCK_STREAM, socketpair};

    fn file(name: &str, len: usize) -> (std::path::PathBuf, std::fs::File) {
        let path = std::env::temp_dir().join(format!("tabi-transfer-{name}-{}", std::process::id()));
        std::fs::File::create(&path).unwrap().write_all(&vec![7; len]).unwrap();
        (path.clone(), std::fs::File::open(path).unwrap())
    }

    #[test]
    fn the_system_sends_a_file_and_its_end_ends_a_wait() {
        let (one, other) = socketpair(AF_INET, SOCK_STREAM, 0).unwrap();
        let (path, file) = file("whole", 100);
        let mut transfer =
            Transfer::begin(one.as_raw_socket(), file.as_raw_handle(), 90, 1000).unwrap().unwrap();
        let (sent, result) = loop {
            if let Some(ended) = transfer.result() {
                break ended;
            }
            transfer.wait(None);
        };
        assert_eq!((sent, result), (10, Ok(())));
        assert_eq!(other.recv(100).unwrap(), [7; 10]);
        drop(file);
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_transfer_that_was_cancelled_says_how_much_it_has_sent() {
        let (one, other) = socketpair(AF_INET, SOCK_STREAM, 0).unwrap();
        let (path, file) = file("part", 2 * MOST_OF_TRANSFER);
        let mut sent = 0;
        // At last the peer, which does not read, holds a transfer up.
        loop {
            let transfer = Transfer::begin(one.as_raw_socket(), file.as_raw_handle(), 0, MOST_OF_TRANSFER);
            let transfer = transfer.unwrap().unwrap();
            std::thread::sleep(std::time::Duration::from_millis(50));
            let part = transfer.cancel();
            sent += part;
            if part < MOST_OF_TRANSFER {
                break;
            }
        }
        one.close().unwrap();
        let mut received = Vec::new();
        (&other).read_to_end(&mut received).unwrap();
        assert_eq!(received.len(), sent);
        drop(file);
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn what_is_no_file_of_a_disk_is_refused() {
        let (one, _other) = socketpair(AF_INET, SOCK_STREAM, 0).unwrap();
        let begun = Transfer::begin(one.as_raw_socket(), one.as_raw_socket() as usize as HANDLE, 0, 1);
        assert_eq!(begun.map(drop), Err(Error::Os(winsock::WSAEOPNOTSUPP)));
    }
}
