//! The C library: how C programs see it, its header, and its map of names.

#[path = "../support/mod.rs"]
mod support;

mod abi;
mod api_map;
mod errors_page;
mod header;
mod install;
mod loading;
mod null;
mod package;
mod programs;
