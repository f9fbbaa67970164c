//! The C library: what C programs get, and what its header and its map say.

#[path = "../support/mod.rs"]
mod support;

mod abi;
mod api_map;
mod header;
mod install;
mod loading;
mod null;
mod package;
mod programs;
