//! Addresses of Linux's own families in C: one function each way.
//!
//! Interfaces are numbers; tabi_interface_index() and tabi_interface_name() translate.
#![cfg(target_os = "linux")]
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int, c_void};
use std::mem::MaybeUninit;

use libc::ssize_t;

use super::address::tabi_addr;
use super::boundary::{Outcome, bytes, copy_bytes, copy_text, count, some, status, string};
use crate::address::{
    AlgAddress, CanAddress, HardwareAddress, NetlinkAddress, PacketAddress, QipcrtrAddress, RawAddress,
    TipcAddress, VsockAddress,
};
use crate::constants;
use crate::error::{Error, Result};

pub(super) fn encode(
    addr: Option<&mut MaybeUninit<tabi_addr>>,
    address: impl FnOnce() -> Outcome<RawAddress>,
) -> c_int {
    status(|| {
        let addr = some(addr, "addr")?;
        addr.write(address()?.into());
        Ok(())
    })
}

pub(super) fn decode<T>(addr: Option<&tabi_addr>, read: impl FnOnce(&RawAddress) -> Result<T>) -> Outcome<T> {
    Ok(read(&some(addr, "addr")?.raw()?)?)
}

/// Writes each output that the caller asked for.
macro_rules! give_out {
    ($($out:ident = $value:expr),+ $(,)?) => {
        $($out.map(|out| out.write($value));)+
    };
}
pub(super) use give_out;

/// Makes an AF_NETLINK address: `pid` 0 is the kernel, `groups` has a bit for each group. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_addr_from_netlink(
    pid: u32,
    groups: u32,
    addr: Option<&mut MaybeUninit<tabi_addr>>,
) -> c_int {
    encode(addr, || Ok(NetlinkAddress { pid, groups }.encode()))
}

/// The parts of an AF_NETLINK address. Any output may be NULL. Returns 0 or TABI_ERR_TYPE for another family.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_addr_netlink(
    addr: Option<&tabi_addr>,
    pid: Option<&mut MaybeUninit<u32>>,
    groups: Option<&mut MaybeUninit<u32>>,
) -> c_int {
    status(|| {
        let address = decode(addr, NetlinkAddress::decode)?;
        give_out!(pid = address.pid, groups = address.groups);
        Ok(())
    })
}

/// Makes an AF_VSOCK address. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_addr_from_vsock(
    cid: u32,
    port: u32,
    addr: Option<&mut MaybeUninit<tabi_addr>>,
) -> c_int {
    encode(addr, || Ok(VsockAddress { cid, port }.encode()))
}

/// The parts of an AF_VSOCK address. Any output may be NULL. Returns 0 or TABI_ERR_TYPE for another family.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_addr_vsock(
    addr: Option<&tabi_addr>,
    cid: Option<&mut MaybeUninit<u32>>,
    port: Option<&mut MaybeUninit<u32>>,
) -> c_int {
    status(|| {
        let address = decode(addr, VsockAddress::decode)?;
        give_out!(cid = address.cid, port = address.port);
        Ok(())
    })
}

/// Makes an AF_QIPCRTR address. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_addr_from_qipcrtr(
    node: u32,
    port: u32,
    addr: Option<&mut MaybeUninit<tabi_addr>>,
) -> c_int {
    encode(addr, || Ok(QipcrtrAddress { node, port }.encode()))
}

/// The parts of an AF_QIPCRTR address. Any output may be NULL. Returns 0 or TABI_ERR_TYPE for another family.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_addr_qipcrtr(
    addr: Option<&tabi_addr>,
    node: Option<&mut MaybeUninit<u32>>,
    port: Option<&mut MaybeUninit<u32>>,
) -> c_int {
    status(|| {
        let address = decode(addr, QipcrtrAddress::decode)?;
        give_out!(node = address.node, port = address.port);
        Ok(())
    })
}

/// Makes an AF_PACKET address.
///
/// `interface`: its number, 0 for all; `protocol`: 0 to 65535 in host byte order, such as ETH_P_ALL;
/// `packet_type`: PACKET_HOST ...; `hardware_type`: ARPHRD_*; `hardware_address`: at most 8 bytes.
/// Returns 0; TABI_ERR_OVERFLOW for another protocol; TABI_ERR_VALUE for a longer address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_addr_from_packet(
    interface: u32,
    protocol: c_int,
    packet_type: u8,
    hardware_type: u16,
    hardware_address: *const c_void,
    len: usize,
    addr: Option<&mut MaybeUninit<tabi_addr>>,
) -> c_int {
    encode(addr, || {
        // SAFETY: the caller passes `len` readable bytes.
        let hardware_address = unsafe { bytes(hardware_address, len, "hardware_address") }?;
        let hardware_address = HardwareAddress::new(hardware_address)?;
        let protocol = u16::try_from(protocol)
            .map_err(|_| Error::overflow(format!("protocol must be 0-65535, got {protocol}")))?;
        Ok(PacketAddress { interface, protocol, packet_type, hardware_type, hardware_address }.encode())
    })
}

/// The parts of an AF_PACKET address; any output may be NULL, `hardware_address` with a `size` of 0 only if
/// there is none.
///
/// `size`: the bytes of `hardware_address`; 32 are enough. Returns the length of that; TABI_ERR_TYPE for
/// another family; TABI_ERR_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_addr_packet(
    addr: Option<&tabi_addr>,
    interface: Option<&mut MaybeUninit<u32>>,
    protocol: Option<&mut MaybeUninit<u16>>,
    packet_type: Option<&mut MaybeUninit<u8>>,
    hardware_type: Option<&mut MaybeUninit<u16>>,
    hardware_address: *mut c_void,
    size: usize,
) -> ssize_t {
    count(|| {
        let address = decode(addr, PacketAddress::decode)?;
        // SAFETY: the caller passes `size` writable bytes.
        let len = unsafe { copy_bytes(address.hardware_address.as_bytes(), hardware_address, size) }?;
        give_out!(
            interface = address.interface,
            protocol = address.protocol,
            packet_type = address.packet_type,
            hardware_type = address.hardware_type,
        );
        Ok(len)
    })
}

/// Makes an AF_CAN address for the protocols CAN_RAW and CAN_BCM: an interface, 0 for all. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_addr_from_can(interface: u32, addr: Option<&mut MaybeUninit<tabi_addr>>) -> c_int {
    encode(addr, || Ok(CanAddress::Interface { interface }.encode()))
}

/// The interface of an AF_CAN address of any protocol. Returns 0 or TABI_ERR_TYPE for another family.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_addr_can(addr: Option<&tabi_addr>, interface: Option<&mut MaybeUninit<u32>>) -> c_int {
    status(|| {
        let address = decode(addr, |raw| CanAddress::decode(raw, constants::CAN_RAW))?;
        give_out!(interface = address.interface());
        Ok(())
    })
}

/// Makes an AF_CAN address for the protocol CAN_ISOTP: the identifiers of received and of sent frames. Returns
/// 0.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_addr_from_can_isotp(
    interface: u32,
    rx_id: u32,
    tx_id: u32,
    addr: Option<&mut MaybeUninit<tabi_addr>>,
) -> c_int {
    encode(addr, || Ok(CanAddress::Isotp { interface, rx_id, tx_id }.encode()))
}

/// The parts of an AF_CAN address of a CAN_ISOTP socket. Any output may be NULL. Returns 0 or TABI_ERR_TYPE for
/// another family.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_addr_can_isotp(
    addr: Option<&tabi_addr>,
    interface: Option<&mut MaybeUninit<u32>>,
    rx_id: Option<&mut MaybeUninit<u32>>,
    tx_id: Option<&mut MaybeUninit<u32>>,
) -> c_int {
    status(|| {
        let address = decode(addr, |raw| CanAddress::decode(raw, constants::CAN_ISOTP))?;
        if let CanAddress::Isotp { interface: number, rx_id: rx, tx_id: tx } = address {
            give_out!(interface = number, rx_id = rx, tx_id = tx);
        }
        Ok(())
    })
}

/// Makes an AF_CAN address for the protocol CAN_J1939: name, parameter group number and address of a
/// controller, J1939_NO_NAME, J1939_NO_PGN and J1939_NO_ADDR for none. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_addr_from_can_j1939(
    interface: u32,
    name: u64,
    pgn: u32,
    address: u8,
    addr: Option<&mut MaybeUninit<tabi_addr>>,
) -> c_int {
    encode(addr, || Ok(CanAddress::J1939 { interface, name, pgn, address }.encode()))
}

/// The parts of an AF_CAN address of a CAN_J1939 socket. Any output may be NULL. Returns 0 or TABI_ERR_TYPE for
/// another family.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_addr_can_j1939(
    addr: Option<&tabi_addr>,
    interface: Option<&mut MaybeUninit<u32>>,
    name: Option<&mut MaybeUninit<u64>>,
    pgn: Option<&mut MaybeUninit<u32>>,
    address: Option<&mut MaybeUninit<u8>>,
) -> c_int {
    status(|| {
        let decoded = decode(addr, |raw| CanAddress::decode(raw, constants::CAN_J1939))?;
        if let CanAddress::J1939 { interface: number, name: own, pgn: group, address: byte } = decoded {
            give_out!(interface = number, name = own, pgn = group, address = byte);
        }
        Ok(())
    })
}

/// Makes an AF_TIPC address of the parts of Python's tuple: TIPC_ADDR_NAMESEQ with type, lower and upper;
/// TIPC_ADDR_NAME with type and instance; TIPC_ADDR_ID with node and reference.
///
/// `scope`: TIPC_CLUSTER_SCOPE is Python's choice. Returns 0; TABI_ERR_TYPE for another `addr_type`;
/// TABI_ERR_OVERFLOW for a scope beyond -128 to 127.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_addr_from_tipc(
    addr_type: u32,
    v1: u32,
    v2: u32,
    v3: u32,
    scope: c_int,
    addr: Option<&mut MaybeUninit<tabi_addr>>,
) -> c_int {
    encode(addr, || {
        let scope = i8::try_from(scope)
            .map_err(|_| Error::overflow(format!("scope must be -128 to 127, got {scope}")))?;
        Ok(TipcAddress::from_parts(addr_type, v1, v2, v3, scope)?.encode())
    })
}

/// The parts of an AF_TIPC address, as tabi_addr_from_tipc() takes them; what a type lacks is as in Python's
/// tuple.
///
/// Any output may be NULL. Returns 0; TABI_ERR_TYPE for another family; TABI_ERR_VALUE for another type of
/// address.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_addr_tipc(
    addr: Option<&tabi_addr>,
    addr_type: Option<&mut MaybeUninit<u32>>,
    v1: Option<&mut MaybeUninit<u32>>,
    v2: Option<&mut MaybeUninit<u32>>,
    v3: Option<&mut MaybeUninit<u32>>,
    scope: Option<&mut MaybeUninit<c_int>>,
) -> c_int {
    status(|| {
        let address = decode(addr, TipcAddress::decode)?;
        let parts = address.parts();
        give_out!(addr_type = parts.0, v1 = parts.1, v2 = parts.2, v3 = parts.3);
        give_out!(scope = address.scope.into());
        Ok(())
    })
}

/// Makes an AF_ALG address: an algorithm's type ("hash", "skcipher" ..., at most 13 bytes) and name (at most
/// 63), the features that it must have and which of them count.
///
/// Returns 0 or TABI_ERR_VALUE for a longer text or one that is not UTF-8.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_addr_from_alg(
    r#type: *const c_char,
    name: *const c_char,
    feat: u32,
    mask: u32,
    addr: Option<&mut MaybeUninit<tabi_addr>>,
) -> c_int {
    encode(addr, || {
        // SAFETY: the caller passes NUL-terminated strings.
        let (kind, name) = unsafe { (text(r#type, "type")?, text(name, "name")?) };
        let mut address = AlgAddress::new(kind, name)?;
        (address.feat, address.mask) = (feat, mask);
        Ok(address.encode())
    })
}

/// The parts of an AF_ALG address, the texts with their closing NUL. `feat` and `mask` may be NULL.
///
/// `type_size`, `name_size`: the bytes of the buffers; 15 and 65 are enough. Returns 0; TABI_ERR_TYPE for
/// another family; TABI_ERR_VALUE for text that is not UTF-8; TABI_ERR_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_addr_alg(
    addr: Option<&tabi_addr>,
    r#type: *mut c_char,
    type_size: usize,
    name: *mut c_char,
    name_size: usize,
    feat: Option<&mut MaybeUninit<u32>>,
    mask: Option<&mut MaybeUninit<u32>>,
) -> c_int {
    status(|| {
        let address = decode(addr, AlgAddress::decode)?;
        if address.name().len() >= name_size {
            // Checked first, so that neither text is written unless both fit.
            return Err(super::codes::Failure::TooSmall(address.name().len() + 1).into());
        }
        // SAFETY: the caller passes so many writable bytes.
        unsafe {
            copy_text(address.kind(), r#type, type_size)?;
            copy_text(address.name(), name, name_size)?;
        }
        give_out!(feat = address.feat, mask = address.mask);
        Ok(())
    })
}

/// # Safety
///
/// `text` is NULL or NUL-terminated, and unchanged while the result is in use.
unsafe fn text<'a>(text: *const c_char, name: &'static str) -> Outcome<&'a str> {
    // SAFETY: the same contract.
    let text = unsafe { string(text, name) }?;
    Ok(std::str::from_utf8(text)
        .map_err(|_| Error::value(format!("{name} is not UTF-8: {}", text.escape_ascii())))?)
}
