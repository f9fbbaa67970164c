//! Gives `libtabi.so` its SONAME and, when asked with `TABI_WRITE_HEADER=1`, writes `include/tabi.h`.

#[cfg(feature = "capi")]
#[path = "capi/header.rs"]
mod header;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    #[cfg(feature = "capi")]
    capi::run();
}

#[cfg(feature = "capi")]
mod capi {
    use std::path::{Path, PathBuf};

    pub(crate) fn run() {
        println!("cargo:rerun-if-changed=src");
        println!("cargo:rerun-if-changed=capi");
        println!("cargo:rerun-if-changed=cbindgen.toml");
        println!("cargo:rerun-if-env-changed=TABI_WRITE_HEADER");
        set_soname();
        stay_loaded();
        generate_header();
    }

    /// A plain cdylib has no SONAME; programs would then record the path they were linked with.
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

    /// `dlclose` must not take the code away from under the threads of a server, or from what the library does
    /// when a thread ends.
    fn stay_loaded() {
        if !matches!(env("CARGO_CFG_TARGET_OS").as_str(), "macos" | "ios" | "windows") {
            println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
        }
    }

    /// The header goes to `OUT_DIR`, where a test compares it with the committed one; the source
    /// tree is written only on request.
    fn generate_header() {
        let root = PathBuf::from(env("CARGO_MANIFEST_DIR"));
        let version = ["MAJOR", "MINOR", "PATCH"].map(|part| env(&format!("CARGO_PKG_VERSION_{part}")));
        let header = super::header::text(&root, version);
        write(&Path::new(&env("OUT_DIR")).join("tabi.h"), &header);
        println!("cargo:rustc-env=TABI_GENERATED_HEADER={}/tabi.h", env("OUT_DIR"));
        if std::env::var_os("TABI_WRITE_HEADER").is_some() {
            write(&root.join("include/tabi.h"), &header);
        }
    }

    fn write(path: &Path, text: &str) {
        std::fs::write(path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    fn env(name: &str) -> String {
        std::env::var(name).unwrap_or_else(|_| panic!("cargo sets {name}"))
    }
}
