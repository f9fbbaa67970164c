//! The manual: its programs are those of the tree, its transcripts are what the programs print, its links hold, and
//! its translations have the same programs and transcripts.
//!
//! They need Linux, for which the transcripts are.
#![cfg(target_os = "linux")]

#[path = "../support/mod.rs"]
mod support;

mod commands;
mod guides;
mod links;
mod pages;
mod programs;
mod terminal;
mod transcripts;
mod translations;
