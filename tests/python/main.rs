//! The Python face, and a comparison of this library with CPython's own module.
//!
//! They need Linux: both modules are compared with what that system has.
#![cfg(target_os = "linux")]

#[path = "../support/mod.rs"]
mod support;

mod differential;
mod face;
mod structures;
