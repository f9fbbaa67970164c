//! The C functions that read what a control message says.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_uint};
use std::mem::MaybeUninit;
use std::net::{SocketAddrV4, SocketAddrV6};

use super::tabi_cmsg;
use crate::address::RawAddress;
use crate::error::Error;
use crate::ffi::address::tabi_addr;
use crate::ffi::boundary::{Outcome, not_null, status};
use crate::socket::{ControlMessage, RawControlMessage, control};

/// Reads the number in a control message, such as IP_TTL, IP_TOS, IPV6_HOPLIMIT, IPV6_TCLASS or UDP_GRO (the
/// size of a segment in bytes).
///
/// Returns 0. Errors: TABI_ERR_TYPE when the data of the message is neither an int nor a byte.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_cmsg_int(
    cmsg: Option<&tabi_cmsg>,
    value: Option<&mut MaybeUninit<c_int>>,
) -> c_int {
    status(|| {
        let value = not_null(value, "value")?;
        // SAFETY: the caller's message is in a buffer that lives.
        let message = unsafe { not_null(cmsg, "cmsg")?.raw() }?;
        let is_number = [1, size_of::<c_int>()].contains(&message.data.len());
        value.write(told(&message, "a number", control::number(message.data).filter(|_| is_number))?);
        Ok(())
    })
}

/// Reads where a datagram has arrived (IP_PKTINFO, IPV6_PKTINFO).
///
/// `destination` gets the address that the datagram was sent to. `local` gets the address that an answer
/// should come from. `interface_index` gets the number of the interface. Any of them may be NULL. The addresses
/// have port 0.
///
/// Returns 0. Errors: TABI_ERR_TYPE for a message of another type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_cmsg_packet_info(
    cmsg: Option<&tabi_cmsg>,
    destination: Option<&mut MaybeUninit<tabi_addr>>,
    local: Option<&mut MaybeUninit<tabi_addr>>,
    interface_index: Option<&mut MaybeUninit<c_uint>>,
) -> c_int {
    status(|| {
        // SAFETY: the caller's message is in a buffer that lives.
        let message = unsafe { not_null(cmsg, "cmsg")?.raw() }?;
        let info = match control::decode_plain(&message) {
            Some(ControlMessage::Ipv4PacketInfo(info)) => {
                let address = |ip| RawAddress::from(SocketAddrV4::new(ip, 0));
                Some((address(info.destination), address(info.local), info.interface))
            }
            Some(ControlMessage::Ipv6PacketInfo(info)) => {
                // An address that is valid on one link needs the number of the link.
                let scope = if info.destination.is_unicast_link_local() { info.interface } else { 0 };
                let address = RawAddress::from(SocketAddrV6::new(info.destination, 0, 0, scope));
                Some((address, address, info.interface))
            }
            _ => None,
        };
        let info = told(&message, "packet information", info)?;
        destination.map(|out| out.write(info.0.into()));
        local.map(|out| out.write(info.1.into()));
        interface_index.map(|out| out.write(info.2));
        Ok(())
    })
}

/// Reads when the system received the message, in nanoseconds since 1970 (SO_TIMESTAMP, SO_TIMESTAMPNS,
/// SO_TIMESTAMPING).
///
/// With SO_TIMESTAMPING this is the time of the system, or that of the network card when there is no other.
/// Returns 0. Errors: TABI_ERR_TYPE for a message of another type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_cmsg_timestamp(
    cmsg: Option<&tabi_cmsg>,
    nanoseconds: Option<&mut MaybeUninit<i64>>,
) -> c_int {
    status(|| {
        let nanoseconds = not_null(nanoseconds, "nanoseconds")?;
        // SAFETY: the caller's message is in a buffer that lives.
        let message = unsafe { not_null(cmsg, "cmsg")?.raw() }?;
        let time = match control::decode_plain(&message) {
            Some(ControlMessage::Timestamp(time)) => Some(time),
            Some(ControlMessage::Timestamps(times)) => times.software.or(times.hardware),
            _ => None,
        };
        let time = time.and_then(|time| i64::try_from(time.as_nanos()).ok());
        nanoseconds.write(told(&message, "a timestamp", time)?);
        Ok(())
    })
}

/// Reads which process, user and group sent the message (SCM_CREDENTIALS). Any output may be NULL.
///
/// Returns 0. Errors: TABI_ERR_TYPE for a message of another type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_cmsg_credentials(
    cmsg: Option<&tabi_cmsg>,
    pid: Option<&mut MaybeUninit<i32>>,
    uid: Option<&mut MaybeUninit<u32>>,
    gid: Option<&mut MaybeUninit<u32>>,
) -> c_int {
    status(|| {
        // SAFETY: the caller's message is in a buffer that lives.
        let message = unsafe { not_null(cmsg, "cmsg")?.raw() }?;
        let sender = match control::decode_plain(&message) {
            Some(ControlMessage::Credentials(sender)) => Some(sender),
            _ => None,
        };
        let sender = told(&message, "credentials", sender)?;
        pid.map(|out| out.write(sender.pid));
        uid.map(|out| out.write(sender.uid));
        gid.map(|out| out.write(sender.gid));
        Ok(())
    })
}

/// Reads what went wrong with a datagram, from a message that was received with MSG_ERRQUEUE (IP_RECVERR,
/// IPV6_RECVERR).
///
/// `error` gets the errno. `icmp_type` and `icmp_code` get those of the ICMP message, or 0 when the error
/// comes from this machine. `info` gets more about the error, such as the MTU of the path in bytes for
/// EMSGSIZE. `offender` gets the address of the machine that sent the ICMP message; its `len` is 0 when there
/// is none. Any output may be NULL.
///
/// Returns 0. Errors: TABI_ERR_TYPE for a message of another type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_cmsg_error(
    cmsg: Option<&tabi_cmsg>,
    error: Option<&mut MaybeUninit<c_int>>,
    icmp_type: Option<&mut MaybeUninit<c_int>>,
    icmp_code: Option<&mut MaybeUninit<c_int>>,
    info: Option<&mut MaybeUninit<u32>>,
    offender: Option<&mut MaybeUninit<tabi_addr>>,
) -> c_int {
    status(|| {
        // SAFETY: the caller's message is in a buffer that lives.
        let message = unsafe { not_null(cmsg, "cmsg")?.raw() }?;
        let met = match control::decode_plain(&message) {
            Some(ControlMessage::RecvErr(met)) => Some(met),
            _ => None,
        };
        let met = told(&message, "an error", met)?;
        let from = RawAddress::try_from(&met.offender)?;
        error.map(|out| out.write(met.errno));
        icmp_type.map(|out| out.write(met.kind.into()));
        icmp_code.map(|out| out.write(met.code.into()));
        info.map(|out| out.write(met.info));
        offender.map(|out| out.write(from.into()));
        Ok(())
    })
}

fn told<T>(message: &RawControlMessage<'_>, what: &str, value: Option<T>) -> Outcome<T> {
    Ok(value.ok_or_else(|| {
        Error::type_error(format_args!(
            "a control message of level {}, type {} and {} bytes does not hold {what}",
            message.level,
            message.kind,
            message.data.len()
        ))
    })?)
}
