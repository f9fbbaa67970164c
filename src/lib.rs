//! Python's `socket` and `socketserver` modules for Rust and C, at the price of the system calls below them.
//!
//! [`Socket`] has the methods of Python's `socket.socket`, under their own names; [`server`] is `socketserver`.

pub mod address;
pub mod constants;
pub mod error;
mod error_names;
#[cfg(feature = "capi")]
pub mod ffi;
pub mod resolve;
pub mod server;
pub mod socket;
mod sys;

pub use address::{Address, RawAddress, ToAddress, UnixAddress};
#[cfg(target_os = "linux")]
pub use address::{
    AlgAddress, Bdaddr, BluetoothAddress, CanAddress, HardwareAddress, NetlinkAddress, PacketAddress,
    QipcrtrAddress, TipcAddress, TipcName, VsockAddress,
};
pub use constants::numbers::*;
pub use error::{Error, Result, SendallError, strerror};
pub use error_names::errorcode;
pub use resolve::{
    AddrInfo, HostEntry, getaddrinfo, getfqdn, gethostbyaddr, gethostbyname, gethostbyname_ex, gethostname,
    getnameinfo, getprotobyname, getservbyname, getservbyport, htonl, htons, if_indextoname, if_nameindex,
    if_nametoindex, inet_aton, inet_ntoa, inet_ntop, inet_pton, ntohl, ntohs, sethostname,
};
#[cfg(any(target_os = "linux", target_os = "android"))]
pub use socket::Credentials;
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
pub use socket::Ipv4PacketInfo;
pub use socket::{
    ControlBuffer, ControlData, ControlMessage, DEFAULT_BACKLOG, DEFAULT_BUFFER_SIZE, IncomingDatagram,
    Interest, IntoTimeout, Ipv6PacketInfo, Limit, Message, MessageInfo, OutgoingDatagram, RawControlMessage,
    RawControlMessages, RawMessage, RecvErr, Socket, SocketReader, SocketWriter, Timestamps, cmsg_len,
    cmsg_space, getdefaulttimeout, setdefaulttimeout,
};
pub use socket::{
    CreateConnectionError, CreateConnectionOptions, CreateServerOptions, RecvExactlyError, create_connection,
    create_connection_with, create_server, create_server_with, fromfd, has_dualstack_ipv6, socketpair,
};
pub use socket::{MulticastInterface, TcpKeepalive};

/// The README's Rust program compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
