//! The constants that only Windows has.

#![allow(missing_docs)]

use windows_sys::Win32::Networking::WinSock as winsock;

use super::constants;

constants! {
    IPPROTO_CBT: i32 = winsock::IPPROTO_CBT;
    IPPROTO_ICLFXBM: i32 = winsock::IPPROTO_ICLFXBM;
    IPPROTO_IGP: i32 = winsock::IPPROTO_IGP;
    IPPROTO_IPV4: i32 = winsock::IPPROTO_IPV4;
    IPPROTO_L2TP: i32 = winsock::IPPROTO_L2TP;
    IPPROTO_ND: i32 = winsock::IPPROTO_ND;
    IPPROTO_PGM: i32 = winsock::IPPROTO_PGM;
    IPPROTO_RDP: i32 = winsock::IPPROTO_RDP;
    IPPROTO_ST: i32 = winsock::IPPROTO_ST;
    MSG_BCAST: i32 = winsock::MSG_BCAST;
    MSG_MCAST: i32 = winsock::MSG_MCAST;
    RCVALL_MAX: i32 = 3;
    RCVALL_OFF: i32 = winsock::RCVALL_OFF;
    RCVALL_ON: i32 = winsock::RCVALL_ON;
    RCVALL_SOCKETLEVELONLY: i32 = winsock::RCVALL_SOCKETLEVELONLY;
    SIO_KEEPALIVE_VALS: u32 = winsock::SIO_KEEPALIVE_VALS;
    SIO_LOOPBACK_FAST_PATH: u32 = winsock::SIO_LOOPBACK_FAST_PATH;
    SIO_RCVALL: u32 = winsock::SIO_RCVALL;
    SO_EXCLUSIVEADDRUSE: i32 = winsock::SO_EXCLUSIVEADDRUSE;
}
