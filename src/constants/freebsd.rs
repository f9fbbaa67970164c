//! The constants that FreeBSD has in addition to those of the BSDs. Numbers without a name in the libc crate are those of
//! `netinet/in.h`, `netinet6/in6.h` and `net/ethernet.h`.

#![allow(missing_docs)]

use super::{SocketKind, constants};

use crate::sys::libc;

constants! {
    AI_ALL: i32 = libc::AI_ALL;
    AI_V4MAPPED: i32 = libc::AI_V4MAPPED;
    ETHERTYPE_ARP: i32 = 0x0806;
    ETHERTYPE_IP: i32 = 0x0800;
    ETHERTYPE_IPV6: i32 = 0x86dd;
    ETHERTYPE_VLAN: i32 = 0x8100;
    IPPROTO_HELLO: i32 = libc::IPPROTO_HELLO;
    IPPROTO_MOBILE: i32 = libc::IPPROTO_MOBILE;
    IPPROTO_ND: i32 = libc::IPPROTO_ND;
    IPPROTO_UDPLITE: i32 = libc::IPPROTO_UDPLITE;
    IPPROTO_XTP: i32 = libc::IPPROTO_XTP;
    IPV6_RTHDRDSTOPTS: i32 = 35;
    IP_ADD_SOURCE_MEMBERSHIP: i32 = libc::IP_ADD_SOURCE_MEMBERSHIP;
    IP_BLOCK_SOURCE: i32 = libc::IP_BLOCK_SOURCE;
    IP_DROP_SOURCE_MEMBERSHIP: i32 = libc::IP_DROP_SOURCE_MEMBERSHIP;
    IP_MAX_MEMBERSHIPS: i32 = 4095;
    IP_RECVTOS: i32 = libc::IP_RECVTOS;
    IP_RECVTTL: i32 = libc::IP_RECVTTL;
    IP_UNBLOCK_SOURCE: i32 = libc::IP_UNBLOCK_SOURCE;
    LOCAL_CREDS: i32 = libc::LOCAL_CREDS;
    LOCAL_CREDS_PERSISTENT: i32 = libc::LOCAL_CREDS_PERSISTENT;
    LOCAL_PEERCRED: i32 = libc::LOCAL_PEERCRED;
    MSG_CMSG_CLOEXEC: i32 = libc::MSG_CMSG_CLOEXEC;
    MSG_EOF: i32 = libc::MSG_EOF;
    MSG_NOTIFICATION: i32 = libc::MSG_NOTIFICATION;
    SCM_CREDS2: i32 = libc::SCM_CREDS2;
    SOCK_CLOEXEC: SocketKind = libc::SOCK_CLOEXEC;
    SOCK_NONBLOCK: SocketKind = libc::SOCK_NONBLOCK;
    SO_DOMAIN: i32 = libc::SO_DOMAIN;
    SO_PROTOCOL: i32 = libc::SO_PROTOCOL;
    SO_REUSEPORT_LB: i32 = libc::SO_REUSEPORT_LB;
    SO_SETFIB: i32 = libc::SO_SETFIB;
    SO_USER_COOKIE: i32 = libc::SO_USER_COOKIE;
    TCP_CONGESTION: i32 = libc::TCP_CONGESTION;
    TCP_FASTOPEN: i32 = libc::TCP_FASTOPEN;
    TCP_INFO: i32 = libc::TCP_INFO;
    TCP_KEEPIDLE: i32 = libc::TCP_KEEPIDLE;
    TCP_MD5SIG: i32 = libc::TCP_MD5SIG;
    // Python's number, which is that of Linux. The system itself has another one.
    UDPLITE_RECV_CSCOV: i32 = 11;
    // Python's number, which is that of Linux. The system itself has another one.
    UDPLITE_SEND_CSCOV: i32 = 10;
}
