//! Network interfaces.

use std::ffi::CStr;
use std::ptr;

use windows_sys::Win32::NetworkManagement::IpHelper::{
    ConvertInterfaceLuidToNameW, FreeMibTable, GetIfTable2, MIB_IF_TABLE2, if_indextoname, if_nametoindex,
};

use crate::error::{Error, Result};
use crate::memory;

/// The most characters in the name of an interface, with a closing NUL.
const NAME_SIZE: usize = 257;

/// What an interface that does not exist gives: `ERROR_FILE_NOT_FOUND`, as in Python.
pub(crate) const NO_INTERFACE: [i32; 1] = [2];

/// Returns the number of the interface with this name. Fails with one of [`NO_INTERFACE`] when there is none.
pub(crate) fn interface_index(name: &CStr) -> Result<u32> {
    // SAFETY: the name is NUL-terminated.
    match unsafe { if_nametoindex(name.as_ptr().cast()) } {
        0 => Err(Error::Os(NO_INTERFACE[0])),
        index => Ok(index),
    }
}

/// Returns the name of the interface with this number. Fails with one of [`NO_INTERFACE`] when there is none.
pub(crate) fn interface_name(index: u32) -> Result<String> {
    let mut name = [0u8; NAME_SIZE];
    // SAFETY: the buffer has the size that the system asks for.
    if unsafe { if_indextoname(index, name.as_mut_ptr()) }.is_null() {
        return Err(Error::Os(NO_INTERFACE[0]));
    }
    let bytes = CStr::from_bytes_until_nul(&name).map_or(&name[..], CStr::to_bytes);
    Ok(String::from_utf8_lossy(bytes).into_owned())
}

/// Returns the numbers and the names of all interfaces.
pub(crate) fn interfaces() -> Result<Vec<(u32, String)>> {
    let mut table: *mut MIB_IF_TABLE2 = ptr::null_mut();
    // SAFETY: the call writes the address of a table, which is freed below.
    match unsafe { GetIfTable2(&mut table) } {
        0 => {}
        code => return Err(Error::Os(code as i32)),
    }
    // SAFETY: the table is the system's.
    let interfaces = unsafe { read(&*table) };
    // SAFETY: nothing uses the table any more.
    unsafe { FreeMibTable(table.cast()) };
    interfaces
}

/// # Safety
///
/// The table is one that the system has made, with as many rows as it says.
unsafe fn read(table: &MIB_IF_TABLE2) -> Result<Vec<(u32, String)>> {
    // SAFETY: the caller promises the rows.
    let rows = unsafe { std::slice::from_raw_parts(table.Table.as_ptr(), table.NumEntries as usize) };
    let mut interfaces = Vec::new();
    memory::reserve(&mut interfaces, rows.len())?;
    for row in rows {
        let mut name = [0u16; NAME_SIZE];
        // SAFETY: the row is readable, and the buffer writable for its length.
        match unsafe { ConvertInterfaceLuidToNameW(&row.InterfaceLuid, name.as_mut_ptr(), name.len()) } {
            0 => {}
            code => return Err(Error::Os(code as i32)),
        }
        let len = name.iter().position(|&unit| unit == 0).unwrap_or(name.len());
        interfaces.push((row.InterfaceIndex, String::from_utf16_lossy(&name[..len])));
    }
    Ok(interfaces)
}

/// Returns the value of `IP_MULTICAST_IF` for the interface with this number: an address in 0.0.0.0/8.
pub(crate) fn multicast_interface_v4(index: u32) -> [u8; 4] {
    index.to_be_bytes()
}

/// Returns the name of this machine.
pub(crate) fn host_name() -> Result<String> {
    use windows_sys::Win32::System::SystemInformation::{
        ComputerNamePhysicalDnsHostname, GetComputerNameExW,
    };
    let mut name = [0u16; 1025];
    let mut len = name.len() as u32;
    // SAFETY: the buffer is writable for its length.
    match unsafe { GetComputerNameExW(ComputerNamePhysicalDnsHostname, name.as_mut_ptr(), &mut len) } {
        0 => Err(Error::last_os()),
        _ => Ok(String::from_utf16_lossy(&name[..(len as usize).min(name.len())])),
    }
}
