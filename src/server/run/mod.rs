//! Who runs the handlers: threads, or processes.

mod child;
mod processes;
mod threads;

pub(crate) use processes::{Children, LOOK};
pub(crate) use threads::Pool;
