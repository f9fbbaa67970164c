//! The life of a server: how it begins to serve, how it is stopped, how it ends.

mod close;
mod inside;
mod serve;

pub use close::DrainReport;
pub(crate) use inside::{Role, with_role};
pub(crate) use serve::Serving;
