//! The constants of Apple's systems and the BSDs that not every Unix has.

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
    IPPROTO_MAX: i32 = libc::IPPROTO_MAX;
    IPPROTO_NONE: i32 = libc::IPPROTO_NONE;
    IPPROTO_PIM: i32 = libc::IPPROTO_PIM;
    IPPROTO_PUP: i32 = libc::IPPROTO_PUP;
    IPPROTO_ROUTING: i32 = libc::IPPROTO_ROUTING;
    IPPROTO_RSVP: i32 = libc::IPPROTO_RSVP;
    IPPROTO_TP: i32 = libc::IPPROTO_TP;
    IPV6_JOIN_GROUP: i32 = libc::IPV6_JOIN_GROUP;
    IPV6_LEAVE_GROUP: i32 = libc::IPV6_LEAVE_GROUP;
    IP_RECVDSTADDR: i32 = libc::IP_RECVDSTADDR;
    SO_REUSEPORT: i32 = libc::SO_REUSEPORT;
    SO_USELOOPBACK: i32 = libc::SO_USELOOPBACK;
}
