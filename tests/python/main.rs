//! The Python face, and this library beside CPython's own module.

#[path = "../support/mod.rs"]
mod support;

mod differential;
mod face;
