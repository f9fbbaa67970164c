//! Options in C whose values are structures, texts or durations.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int};
use std::mem::MaybeUninit;
use std::net::IpAddr;
use std::time::Duration;

#[cfg(any(target_os = "linux", target_os = "android"))]
use libc::ssize_t;

use super::boundary::{Outcome, some, status, string};
#[cfg(any(target_os = "linux", target_os = "android"))]
use super::boundary::{copy_name, count};
use super::mode::{duration, seconds};
use super::socket::{socket, tabi_sock};
use crate::error::{Error, Result};
use crate::socket::{MulticastInterface, Socket, TcpKeepalive};

/// Whether close waits for unsent bytes, and for how many seconds (SO_LINGER).
///
/// `on` gets 0 or 1. Returns 0, TABI_ERR_CLOSED or -errno.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_linger(
    sk: Option<&tabi_sock>,
    on: Option<&mut MaybeUninit<c_int>>,
    seconds: Option<&mut MaybeUninit<c_int>>,
) -> c_int {
    status(|| {
        let (on, seconds) = (some(on, "on")?, some(seconds, "seconds")?);
        let linger = socket(sk)?.linger()?;
        on.write(linger.is_some().into());
        seconds.write(whole_seconds(linger));
        Ok(())
    })
}

/// Sets whether close waits for unsent bytes (SO_LINGER): `on` 0 or 1, `seconds` 0 or more.
///
/// 0 seconds make close drop unsent bytes and reset the connection. Returns 0; TABI_ERR_VALUE for negative
/// seconds; TABI_ERR_CLOSED or -errno.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_set_linger(sk: Option<&tabi_sock>, on: c_int, seconds: c_int) -> c_int {
    status(|| {
        let linger = from_seconds(seconds, "seconds")?;
        Ok(socket(sk)?.set_linger((on != 0).then_some(linger))?)
    })
}

/// Whether the system probes an idle TCP connection: after how many seconds, how many seconds apart, and how
/// many probes may stay without an answer (SO_KEEPALIVE, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT).
///
/// `on` gets 0 or 1. Returns 0; -EOPNOTSUPP or -ENOPROTOOPT for a socket that is not TCP; TABI_ERR_CLOSED.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_keepalive(
    sk: Option<&tabi_sock>,
    on: Option<&mut MaybeUninit<c_int>>,
    time: Option<&mut MaybeUninit<c_int>>,
    interval: Option<&mut MaybeUninit<c_int>>,
    retries: Option<&mut MaybeUninit<c_int>>,
) -> c_int {
    status(|| {
        let (on, time) = (some(on, "on")?, some(time, "time")?);
        let (interval, retries) = (some(interval, "interval")?, some(retries, "retries")?);
        let sk = socket(sk)?;
        let (probes, keepalive) = (sk.keepalive()?, sk.tcp_keepalive()?);
        on.write(probes.into());
        time.write(whole_seconds(keepalive.time));
        interval.write(whole_seconds(keepalive.interval));
        retries.write(keepalive.retries.unwrap_or_default() as c_int);
        Ok(())
    })
}

/// Turns probes of an idle TCP connection on: after `time` seconds, `interval` seconds apart, until `retries`
/// of them stay without an answer. 0 keeps what is set. tabi_setsockopt() with SO_KEEPALIVE turns them off.
///
/// `time` and `interval`: 1 to 32767 seconds; `retries`: 1 to 127. Returns 0; TABI_ERR_VALUE for another
/// number; -EOPNOTSUPP or -ENOPROTOOPT for a socket that is not TCP; TABI_ERR_CLOSED.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_set_keepalive(
    sk: Option<&tabi_sock>,
    time: c_int,
    interval: c_int,
    retries: c_int,
) -> c_int {
    status(|| {
        let retries = u32::try_from(retries)
            .map_err(|_| Error::value(format!("keepalive retries must be 1-127, got {retries}")))?;
        let keepalive = TcpKeepalive {
            time: (time != 0).then_some(from_seconds(time, "keepalive time")?),
            interval: (interval != 0).then_some(from_seconds(interval, "keepalive interval")?),
            retries: (retries != 0).then_some(retries),
        };
        Ok(socket(sk)?.set_tcp_keepalive(&keepalive)?)
    })
}

/// The system's own limit of each receive on a blocking descriptor in seconds, TABI_NO_TIMEOUT for none
/// (SO_RCVTIMEO).
///
/// tabi_settimeout() is the better choice: it limits a call as a whole. Returns 0, TABI_ERR_CLOSED or -errno.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_rcvtimeo(sk: Option<&tabi_sock>, timeout: Option<&mut MaybeUninit<f64>>) -> c_int {
    status(|| {
        let timeout = some(timeout, "timeout")?;
        timeout.write(seconds(socket(sk)?.read_timeout()?));
        Ok(())
    })
}

/// Sets what tabi_rcvtimeo() reports, rounded up to microseconds; calls that it ends return -EAGAIN.
///
/// Returns 0; TABI_ERR_VALUE for 0 and negative seconds and NaN; TABI_ERR_OVERFLOW, TABI_ERR_CLOSED or -errno.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_set_rcvtimeo(sk: Option<&tabi_sock>, seconds: f64) -> c_int {
    status(|| Ok(socket(sk)?.set_read_timeout(duration("timeout", seconds)?)?))
}

/// The system's own limit of each send on a blocking descriptor in seconds, TABI_NO_TIMEOUT for none
/// (SO_SNDTIMEO).
///
/// tabi_settimeout() is the better choice: it limits a call as a whole. Returns 0, TABI_ERR_CLOSED or -errno.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_sndtimeo(sk: Option<&tabi_sock>, timeout: Option<&mut MaybeUninit<f64>>) -> c_int {
    status(|| {
        let timeout = some(timeout, "timeout")?;
        timeout.write(seconds(socket(sk)?.write_timeout()?));
        Ok(())
    })
}

/// Sets what tabi_sndtimeo() reports. Returns and rounding as in tabi_set_rcvtimeo().
#[unsafe(no_mangle)]
pub extern "C" fn tabi_set_sndtimeo(sk: Option<&tabi_sock>, seconds: f64) -> c_int {
    status(|| Ok(socket(sk)?.set_write_timeout(duration("timeout", seconds)?)?))
}

/// The name of the interface that the socket is bound to, with its closing NUL; empty for none
/// (SO_BINDTODEVICE).
///
/// `size`: the bytes of `name`; 16 are enough. Returns the length without the NUL; TABI_ERR_TOO_SMALL,
/// TABI_ERR_CLOSED or -errno.
#[cfg(any(target_os = "linux", target_os = "android"))]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_device(sk: Option<&tabi_sock>, name: *mut c_char, size: usize) -> ssize_t {
    count(|| {
        let device = socket(sk)?.device()?.unwrap_or_default();
        // SAFETY: the caller passes `size` writable bytes.
        unsafe { copy_name(&device, name, size) }
    })
}

/// Binds the socket to the interface of this name, at most 15 bytes; "" unbinds it (SO_BINDTODEVICE).
///
/// Returns 0; TABI_ERR_VALUE for a longer name; -ENODEV for an unknown one; -EPERM for changing it without
/// CAP_NET_RAW; TABI_ERR_CLOSED.
#[cfg(any(target_os = "linux", target_os = "android"))]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_bind_device(sk: Option<&tabi_sock>, name: *const c_char) -> c_int {
    status(|| {
        // SAFETY: the caller passes a NUL-terminated string.
        let name = unsafe { string(name, "name") }?;
        Ok(socket(sk)?.bind_device((!name.is_empty()).then_some(name))?)
    })
}

/// The name of TCP's congestion control, such as "cubic", with its closing NUL (TCP_CONGESTION).
///
/// `size`: the bytes of `name`; 16 are enough. Returns the length without the NUL; TABI_ERR_TOO_SMALL;
/// -EOPNOTSUPP or -ENOPROTOOPT for a socket that is not TCP; TABI_ERR_CLOSED.
#[cfg(any(target_os = "linux", target_os = "android"))]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_congestion(sk: Option<&tabi_sock>, name: *mut c_char, size: usize) -> ssize_t {
    count(|| {
        let congestion = socket(sk)?.tcp_congestion()?;
        // SAFETY: the caller passes `size` writable bytes.
        unsafe { copy_name(&congestion, name, size) }
    })
}

/// Sets TCP's congestion control by name, at most 15 bytes (TCP_CONGESTION).
///
/// Returns 0; TABI_ERR_VALUE for a longer name; -ENOENT for an unknown one; -EPERM for one that is reserved;
/// -EOPNOTSUPP or -ENOPROTOOPT for a socket that is not TCP; TABI_ERR_CLOSED.
#[cfg(any(target_os = "linux", target_os = "android"))]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_set_congestion(sk: Option<&tabi_sock>, name: *const c_char) -> c_int {
    status(|| {
        // SAFETY: the caller passes a NUL-terminated string.
        let name = unsafe { string(name, "name") }?;
        Ok(socket(sk)?.set_tcp_congestion(name)?)
    })
}

/// Who made the other end of an AF_UNIX connection, as it was then (SO_PEERCRED).
///
/// Any output may be NULL. Returns 0; -ENOTCONN where there is no other end, or one of another family;
/// TABI_ERR_CLOSED.
#[cfg(any(target_os = "linux", target_os = "android"))]
#[unsafe(no_mangle)]
pub extern "C" fn tabi_peer_credentials(
    sk: Option<&tabi_sock>,
    pid: Option<&mut MaybeUninit<i32>>,
    uid: Option<&mut MaybeUninit<u32>>,
    gid: Option<&mut MaybeUninit<u32>>,
) -> c_int {
    status(|| {
        let peer = socket(sk)?.peer_credentials()?;
        pid.map(|pid| pid.write(peer.pid));
        uid.map(|uid| uid.write(peer.uid));
        gid.map(|gid| gid.write(peer.gid));
        Ok(())
    })
}

/// Receives what is sent to a multicast group (IP_ADD_MEMBERSHIP, IPV6_JOIN_GROUP).
///
/// `group`: an IPv4 or IPv6 address. `interface`: a name such as "eth0"; for IPv4 also one of its addresses; ""
/// for the system's choice. Returns 0; -EINVAL for an address that is not a group's; -ENODEV for an unknown
/// interface; -EADDRINUSE for a group that was joined already; TABI_ERR_VALUE for what is no address;
/// TABI_ERR_TYPE for an IPv6 group with an address as its interface; TABI_ERR_CLOSED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_join_multicast(
    sk: Option<&tabi_sock>,
    group: *const c_char,
    interface: *const c_char,
) -> c_int {
    // SAFETY: the caller passes NUL-terminated strings.
    unsafe { membership(sk, group, interface, |sk, group, interface| sk.join_multicast(group, interface)) }
}

/// Ends what tabi_join_multicast() began (IP_DROP_MEMBERSHIP, IPV6_LEAVE_GROUP), with the same arguments.
///
/// Returns 0; -EADDRNOTAVAIL for a group that was not joined; and what that returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_leave_multicast(
    sk: Option<&tabi_sock>,
    group: *const c_char,
    interface: *const c_char,
) -> c_int {
    // SAFETY: the caller passes NUL-terminated strings.
    unsafe { membership(sk, group, interface, |sk, group, interface| sk.leave_multicast(group, interface)) }
}

/// Receives what one sender sends to a multicast group (IP_ADD_SOURCE_MEMBERSHIP, MCAST_JOIN_SOURCE_GROUP).
///
/// `source`: the sender's address. Else as tabi_join_multicast(); TABI_ERR_TYPE also when group and source are
/// of different families.
#[cfg(any(target_os = "linux", target_os = "android"))]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_join_source_multicast(
    sk: Option<&tabi_sock>,
    group: *const c_char,
    source: *const c_char,
    interface: *const c_char,
) -> c_int {
    status(|| {
        // SAFETY: the caller passes NUL-terminated strings.
        let (group, source, interface) = unsafe {
            (address(group, "group")?, address(source, "source")?, multicast_interface(interface)?)
        };
        Ok(socket(sk)?.join_source_multicast(group, source, interface)?)
    })
}

/// Ends what tabi_join_source_multicast() began (IP_DROP_SOURCE_MEMBERSHIP, MCAST_LEAVE_SOURCE_GROUP), with the
/// same arguments.
///
/// Returns 0; -EADDRNOTAVAIL or -EINVAL for what was not joined; and what that returns.
#[cfg(any(target_os = "linux", target_os = "android"))]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_leave_source_multicast(
    sk: Option<&tabi_sock>,
    group: *const c_char,
    source: *const c_char,
    interface: *const c_char,
) -> c_int {
    status(|| {
        // SAFETY: the caller passes NUL-terminated strings.
        let (group, source, interface) = unsafe {
            (address(group, "group")?, address(source, "source")?, multicast_interface(interface)?)
        };
        Ok(socket(sk)?.leave_source_multicast(group, source, interface)?)
    })
}

/// The interface that multicast datagrams leave by (IP_MULTICAST_IF, IPV6_MULTICAST_IF, after the socket's
/// family).
///
/// `interface` as in tabi_join_multicast(). Returns 0; -ENODEV or -EADDRNOTAVAIL for an unknown one;
/// TABI_ERR_TYPE for an address on an AF_INET6 socket; TABI_ERR_CLOSED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_set_multicast_interface(
    sk: Option<&tabi_sock>,
    interface: *const c_char,
) -> c_int {
    status(|| {
        // SAFETY: the caller passes a NUL-terminated string.
        let interface = unsafe { multicast_interface(interface) }?;
        Ok(socket(sk)?.set_multicast_interface(interface)?)
    })
}

/// # Safety
///
/// The strings are NULL or NUL-terminated.
unsafe fn membership(
    sk: Option<&tabi_sock>,
    group: *const c_char,
    interface: *const c_char,
    change: impl FnOnce(&Socket, IpAddr, MulticastInterface) -> Result<()>,
) -> c_int {
    status(|| {
        // SAFETY: the same contract.
        let (group, interface) = unsafe { (address(group, "group")?, multicast_interface(interface)?) };
        Ok(change(socket(sk)?, group, interface)?)
    })
}

/// # Safety
///
/// `text` is NULL or NUL-terminated.
unsafe fn address(text: *const c_char, name: &'static str) -> Outcome<IpAddr> {
    // SAFETY: the same contract.
    let text = String::from_utf8_lossy(unsafe { string(text, name) }?);
    let address = text.parse();
    Ok(address.map_err(|_| Error::value(format!("{name} must be an IPv4 or IPv6 address, got '{text}'")))?)
}

/// # Safety
///
/// `text` is NULL or NUL-terminated.
unsafe fn multicast_interface(text: *const c_char) -> Outcome<MulticastInterface> {
    // SAFETY: the same contract.
    let text = String::from_utf8_lossy(unsafe { string(text, "interface") }?);
    Ok(text.parse()?)
}

fn from_seconds(seconds: c_int, name: &str) -> Result<Duration> {
    let seconds = u64::try_from(seconds)
        .map_err(|_| Error::value(format!("{name} must be 0 seconds or more, got {seconds}")))?;
    Ok(Duration::from_secs(seconds))
}

fn whole_seconds(duration: Option<Duration>) -> c_int {
    duration.unwrap_or_default().as_secs() as c_int
}
