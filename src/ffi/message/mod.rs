//! Messages in C: bytes with control data, several datagrams, descriptors.

mod cmsg;
mod cmsg_values;
mod control;
#[cfg(not(windows))]
mod control_fds;
mod datagrams;
#[cfg(not(windows))]
mod descriptors;
#[cfg(target_os = "linux")]
mod linux;
mod recvmsg;
mod sendmsg;

pub use cmsg::*;
pub use cmsg_values::*;
pub use control::*;
pub use datagrams::*;
pub use recvmsg::*;
pub use sendmsg::*;

crate::sys::unix_only! {
    pub use control_fds::*;
    pub use descriptors::*;
}

crate::sys::linux_only! {
    pub use linux::*;
}
