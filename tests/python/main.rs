//! The Python face, and a comparison of this library with CPython's own module.

#[path = "../support/mod.rs"]
mod support;

mod differential;
mod face;
