//! The constants of Apple's systems and the BSDs that not every Unix has. Numbers without a name in the libc crate are those of
//! `netinet/in.h` and `netinet6/in6.h`, which these systems have in common.

#![allow(missing_docs)]

use super::{AddressFamily, constants};

use crate::sys::libc;

constants! {
    AF_LINK: AddressFamily = libc::AF_LINK;
    AI_ADDRCONFIG: i32 = libc::AI_ADDRCONFIG;
    AI_NUMERICHOST: i32 = libc::AI_NUMERICHOST;
    AI_NUMERICSERV: i32 = libc::AI_NUMERICSERV;
    AI_PASSIVE: i32 = libc::AI_PASSIVE;
    IPPROTO_AH: i32 = libc::IPPROTO_AH;
    IPPROTO_DSTOPTS: i32 = libc::IPPROTO_DSTOPTS;
    IPPROTO_EGP: i32 = libc::IPPROTO_EGP;
    IPPROTO_EON: i32 = libc::IPPROTO_EON;
    IPPROTO_ESP: i32 = libc::IPPROTO_ESP;
    IPPROTO_FRAGMENT: i32 = libc::IPPROTO_FRAGMENT;
    IPPROTO_GGP: i32 = libc::IPPROTO_GGP;
    IPPROTO_GRE: i32 = libc::IPPROTO_GRE;
    IPPROTO_HOPOPTS: i32 = libc::IPPROTO_HOPOPTS;
    IPPROTO_IDP: i32 = libc::IPPROTO_IDP;
    IPPROTO_IGMP: i32 = libc::IPPROTO_IGMP;
    IPPROTO_IPCOMP: i32 = libc::IPPROTO_IPCOMP;
    IPPROTO_IPIP: i32 = libc::IPPROTO_IPIP;
    IPPROTO_IPV4: i32 = 4;
    IPPROTO_MAX: i32 = libc::IPPROTO_MAX;
    IPPROTO_NONE: i32 = libc::IPPROTO_NONE;
    IPPROTO_PIM: i32 = libc::IPPROTO_PIM;
    IPPROTO_PUP: i32 = libc::IPPROTO_PUP;
    IPPROTO_ROUTING: i32 = libc::IPPROTO_ROUTING;
    IPPROTO_RSVP: i32 = libc::IPPROTO_RSVP;
    IPPROTO_SCTP: i32 = libc::IPPROTO_SCTP;
    IPPROTO_TP: i32 = libc::IPPROTO_TP;
    IPV6_CHECKSUM: i32 = 26;
    IPV6_DSTOPTS: i32 = 50;
    IPV6_HOPLIMIT: i32 = 47;
    IPV6_HOPOPTS: i32 = 49;
    IPV6_JOIN_GROUP: i32 = libc::IPV6_JOIN_GROUP;
    IPV6_LEAVE_GROUP: i32 = libc::IPV6_LEAVE_GROUP;
    IPV6_NEXTHOP: i32 = 48;
    IPV6_PATHMTU: i32 = 44;
    IPV6_RECVDSTOPTS: i32 = 40;
    IPV6_RECVHOPLIMIT: i32 = 37;
    IPV6_RECVHOPOPTS: i32 = 39;
    IPV6_RECVPATHMTU: i32 = 43;
    IPV6_RECVRTHDR: i32 = 38;
    IPV6_RTHDR: i32 = 51;
    IPV6_RTHDR_TYPE_0: i32 = 0;
    IPV6_USE_MIN_MTU: i32 = 42;
    IP_DEFAULT_MULTICAST_LOOP: i32 = 1;
    IP_DEFAULT_MULTICAST_TTL: i32 = 1;
    IP_OPTIONS: i32 = 1;
    IP_RECVDSTADDR: i32 = libc::IP_RECVDSTADDR;
    IP_RECVOPTS: i32 = 5;
    IP_RECVRETOPTS: i32 = 6;
    IP_RETOPTS: i32 = 8;
    NI_MAXSERV: i32 = 32;
    SCM_CREDS: i32 = libc::SCM_CREDS;
    SO_REUSEPORT: i32 = libc::SO_REUSEPORT;
    SO_USELOOPBACK: i32 = libc::SO_USELOOPBACK;
    TCP_KEEPCNT: i32 = libc::TCP_KEEPCNT;
    TCP_KEEPINTVL: i32 = libc::TCP_KEEPINTVL;
}
