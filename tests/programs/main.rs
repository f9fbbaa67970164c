//! The example programs in C, Rust and Python, and those of the README.

#[path = "../../examples/demo/conversations.rs"]
mod conversations;
#[path = "../../examples/demo/languages.rs"]
mod languages;
#[path = "../../examples/demo/process.rs"]
mod process;
#[path = "../support/mod.rs"]
mod support;

mod c_examples;
mod examples;
mod fetch;
mod pairs;
mod peers;
mod readme;
mod servers;
mod tls;
