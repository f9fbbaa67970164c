//! The constants that Apple's systems have in addition to those of the BSDs. Numbers without a name in the libc crate are those
//! of `netdb.h`, `netinet/in.h`, `netinet6/in6.h` and `netinet/tcp.h`, for RFC 3542 as in Python.

#![allow(missing_docs)]

use super::{AddressFamily, constants};

use crate::sys::libc;

constants! {
    AF_SYSTEM: AddressFamily = libc::AF_SYSTEM;
    AI_ALL: i32 = libc::AI_ALL;
    AI_DEFAULT: i32 = libc::AI_DEFAULT;
    AI_MASK: i32 = 0x1407;
    AI_V4MAPPED: i32 = libc::AI_V4MAPPED;
    AI_V4MAPPED_CFG: i32 = libc::AI_V4MAPPED_CFG;
    EAI_ADDRFAMILY: i32 = 1;
    EAI_BADHINTS: i32 = 12;
    EAI_MAX: i32 = 15;
    EAI_NODATA: i32 = libc::EAI_NODATA;
    EAI_PROTOCOL: i32 = 13;
    ETHERTYPE_ARP: i32 = 0x0806;
    ETHERTYPE_IP: i32 = 0x0800;
    ETHERTYPE_IPV6: i32 = 0x86dd;
    ETHERTYPE_VLAN: i32 = 0x8100;
    IPPROTO_HELLO: i32 = libc::IPPROTO_HELLO;
    IPPROTO_ND: i32 = libc::IPPROTO_ND;
    IPPROTO_XTP: i32 = libc::IPPROTO_XTP;
    IPV6_RTHDRDSTOPTS: i32 = 57;
    IP_ADD_SOURCE_MEMBERSHIP: i32 = libc::IP_ADD_SOURCE_MEMBERSHIP;
    IP_BLOCK_SOURCE: i32 = libc::IP_BLOCK_SOURCE;
    IP_DROP_SOURCE_MEMBERSHIP: i32 = libc::IP_DROP_SOURCE_MEMBERSHIP;
    IP_MAX_MEMBERSHIPS: i32 = 4095;
    IP_PKTINFO: i32 = libc::IP_PKTINFO;
    IP_RECVTOS: i32 = libc::IP_RECVTOS;
    IP_RECVTTL: i32 = libc::IP_RECVTTL;
    IP_UNBLOCK_SOURCE: i32 = libc::IP_UNBLOCK_SOURCE;
    LOCAL_PEERCRED: i32 = libc::LOCAL_PEERCRED;
    MSG_EOF: i32 = libc::MSG_EOF;
    PF_SYSTEM: i32 = libc::PF_SYSTEM;
    SYSPROTO_CONTROL: i32 = libc::SYSPROTO_CONTROL;
    TCP_CONNECTION_INFO: i32 = libc::TCP_CONNECTION_INFO;
    TCP_FASTOPEN: i32 = libc::TCP_FASTOPEN;
    // What other systems call `TCP_KEEPIDLE`.
    TCP_KEEPALIVE: i32 = libc::TCP_KEEPALIVE;
    TCP_NOTSENT_LOWAT: i32 = 0x201;
}
