//! The C library: how C programs see it, its header, and its map of names.
//!
//! They need Linux: the programs are linked by GNU ld, read with nm, and look for descriptors in /proc.
#![cfg(target_os = "linux")]

#[path = "../support/mod.rs"]
mod support;

mod abi;
mod api_map;
mod dialects;
mod errors_page;
mod header;
mod install;
mod loading;
mod null;
mod package;
mod programs;
