//! The constants that NetBSD has in addition to those of the BSDs. Numbers without a name in the libc crate are those of
//! `netdb.h`, `netinet/in.h` and `netinet6/in6.h`.

#![allow(missing_docs)]

use super::{SocketKind, constants};

use crate::sys::libc;

constants! {
    EAI_ADDRFAMILY: i32 = 1;
    EAI_BADHINTS: i32 = 12;
    EAI_MAX: i32 = 15;
    EAI_NODATA: i32 = libc::EAI_NODATA;
    EAI_PROTOCOL: i32 = 13;
    IPPROTO_MOBILE: i32 = libc::IPPROTO_MOBILE;
    IPPROTO_VRRP: i32 = libc::IPPROTO_VRRP;
    IPV6_RTHDRDSTOPTS: i32 = 35;
    IP_MAX_MEMBERSHIPS: i32 = 20;
    IP_PKTINFO: i32 = libc::IP_PKTINFO;
    IP_RECVTTL: i32 = 23;
    LOCAL_CREDS: i32 = libc::LOCAL_CREDS;
    MSG_BCAST: i32 = libc::MSG_BCAST;
    MSG_CMSG_CLOEXEC: i32 = libc::MSG_CMSG_CLOEXEC;
    MSG_MCAST: i32 = libc::MSG_MCAST;
    MSG_NOTIFICATION: i32 = libc::MSG_NOTIFICATION;
    SOCK_CLOEXEC: SocketKind = libc::SOCK_CLOEXEC;
    SOCK_NONBLOCK: SocketKind = libc::SOCK_NONBLOCK;
    TCP_INFO: i32 = libc::TCP_INFO;
    TCP_KEEPIDLE: i32 = libc::TCP_KEEPIDLE;
    TCP_MD5SIG: i32 = libc::TCP_MD5SIG;
}
