//! Builds the C library of `capi/`: gives `libtabi.so` its name for the loader and its symbols their versions, and makes
//! its header.

use std::path::{Path, PathBuf};

#[path = "capi/header.rs"]
mod header;
#[path = "capi/panics.rs"]
mod panics;
#[path = "capi/versions.rs"]
mod versions;

fn main() {
    for file in ["build.rs", "src", "capi", "cbindgen.toml"] {
        println!("cargo:rerun-if-changed=../{file}");
    }
    println!("cargo:rerun-if-env-changed=TABI_WRITE_HEADER");
    set_soname();
    stay_loaded();
    let package = PathBuf::from(env("CARGO_MANIFEST_DIR"));
    let root = package.parent().expect("capi/ stands in the checkout");
    let out = PathBuf::from(env("OUT_DIR"));
    let header = write_header(root, &out);
    let ledger = std::fs::read_to_string(package.join("symbols.tsv")).expect("capi/symbols.tsv is readable");
    println!("cargo:rustc-cfg=tabi_library");
    if versions::link(&ledger, &header::functions(&header), &out) {
        handle_panics();
    }
}

/// GNU ld can put functions of the library in the place of those of the standard library.
fn handle_panics() {
    if let Some(options) = panics::options() {
        println!("cargo:rustc-cfg=tabi_panics");
        for option in options {
            println!("cargo:rustc-cdylib-link-arg=-Wl,{option}");
        }
    }
}

/// Without a SONAME, programs would record the path of the file that they were linked with.
fn set_soname() {
    let major = env("CARGO_PKG_VERSION_MAJOR");
    match env("CARGO_CFG_TARGET_OS").as_str() {
        "macos" | "ios" => {
            println!("cargo:rustc-cdylib-link-arg=-Wl,-install_name,@rpath/libtabi.{major}.dylib");
        }
        "windows" => {}
        _ => println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libtabi.so.{major}"),
    }
}

/// `dlclose` must not unload the code while threads of a server run it, or before a thread that used the library ends.
fn stay_loaded() {
    if !matches!(env("CARGO_CFG_TARGET_OS").as_str(), "macos" | "ios" | "windows") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}

/// The header goes to `OUT_DIR`, where a test compares it with the committed one. The source tree is written
/// only when `TABI_WRITE_HEADER=1` asks for it.
fn write_header(root: &Path, out: &Path) -> String {
    let version = ["MAJOR", "MINOR", "PATCH"].map(|part| env(&format!("CARGO_PKG_VERSION_{part}")));
    let header = header::text(root, version);
    write(&out.join("tabi.h"), &header);
    if std::env::var_os("TABI_WRITE_HEADER").is_some() {
        write(&root.join("include/tabi.h"), &header);
    }
    header
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

fn env(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("cargo sets {name}"))
}
