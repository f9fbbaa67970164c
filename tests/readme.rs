//! The programs in the README are compiled and run as they stand there, with another port.
#![cfg(feature = "capi")]

#[path = "support/c_program.rs"]
mod c_program;
#[path = "support/compile.rs"]
mod compile;
#[path = "support/library.rs"]
mod library;
#[path = "support/tools.rs"]
mod tools;

use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use c_program::Linkage;

/// The text of the first block of a language.
fn block(language: &str) -> String {
    let readme = include_str!("../README.md");
    let (_, rest) = readme.split_once(&format!("```{language}\n")).expect("the README has such a block");
    rest.split_once("\n```").expect("the block ends").0.to_owned()
}

/// Writes the program with another port into a file, and says hello to whoever runs it.
fn serve_hello(program: &str, file: &Path, run: impl FnOnce(&Path) -> Command) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    assert_eq!(program.matches("9000").count(), 1, "the program names its port once");
    std::fs::write(file, program.replace("9000", &port.to_string())).unwrap();
    let server = std::thread::spawn(move || listener.accept().unwrap().0.write_all(b"hello world").unwrap());
    let output = run(file).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "hello world\n");
    server.join().unwrap();
}

fn scratch(name: &str) -> PathBuf {
    library::scratch("readme").join(name)
}

#[test]
fn the_c_client_says_hello() {
    if tools::have("cc", "the README's C client") {
        for linkage in [Linkage::Shared, Linkage::Static] {
            let compiled = |file: &Path| Command::new(c_program::program(file, linkage));
            serve_hello(&block("c"), &scratch("readme_client.c"), compiled);
        }
    }
}

#[test]
fn the_python_client_says_hello_on_this_library() {
    if tools::have("python3", "the README's Python client") {
        serve_hello(&block("python"), &scratch("readme_client.py"), |file| {
            let mut python = Command::new("python3");
            python.args(["-m", "tabi"]).arg(file);
            python.env("PYTHONPATH", concat!(env!("CARGO_MANIFEST_DIR"), "/python"));
            python.env("TABI_LIBRARY", library::directory().join("libtabi.so"));
            python
        });
    }
}
