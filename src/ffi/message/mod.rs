//! Messages in C: bytes with control data, several datagrams, descriptors.

mod cmsg;
mod cmsg_values;
mod control;
mod datagrams;
mod descriptors;
mod recvmsg;
mod sendmsg;
#[cfg(target_os = "linux")]
mod sendmsg_afalg;

pub use cmsg::*;
pub use cmsg_values::*;
pub use control::*;
pub use datagrams::*;
pub use descriptors::*;
pub use recvmsg::*;
pub use sendmsg::*;
#[cfg(target_os = "linux")]
pub use sendmsg_afalg::*;
