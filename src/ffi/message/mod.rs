//! Messages in C: bytes with control data, several datagrams, descriptors.

mod cmsg;
mod cmsg_values;
mod control;
mod datagrams;
mod descriptors;
#[cfg(target_os = "linux")]
mod linux;
mod recvmsg;
mod sendmsg;

pub use cmsg::*;
pub use cmsg_values::*;
pub use control::*;
pub use datagrams::*;
pub use descriptors::*;
pub use recvmsg::*;
pub use sendmsg::*;

crate::sys::linux_only! {
    pub use linux::*;
}
