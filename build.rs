//! Gives `libtabi.so` its SONAME and, when asked with `TABI_WRITE_HEADER=1`, writes `include/tabi.h`.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    #[cfg(feature = "capi")]
    capi::run();
}

#[cfg(feature = "capi")]
mod capi {
    use std::path::{Path, PathBuf};

    pub fn run() {
        println!("cargo:rerun-if-changed=src");
        println!("cargo:rerun-if-changed=cbindgen.toml");
        println!("cargo:rerun-if-env-changed=TABI_WRITE_HEADER");
        set_soname();
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

    /// The header goes to `OUT_DIR`, where a test compares it with the committed one; the source
    /// tree is written only on request.
    fn generate_header() {
        let root = PathBuf::from(env("CARGO_MANIFEST_DIR"));
        let mut config =
            cbindgen::Config::from_file(root.join("cbindgen.toml")).expect("cbindgen.toml is readable");
        let version_macros = ["MAJOR", "MINOR", "PATCH"]
            .map(|part| format!("#define TABI_VERSION_{part} {}", env(&format!("CARGO_PKG_VERSION_{part}"))))
            .join("\n");
        config.after_includes = Some(format!("\n{version_macros}"));
        let bindings = cbindgen::Builder::new()
            .with_crate(&root)
            .with_config(config)
            .generate()
            .expect("cbindgen reads src");
        bindings.write_to_file(Path::new(&env("OUT_DIR")).join("tabi.h"));
        println!("cargo:rustc-env=TABI_GENERATED_HEADER={}/tabi.h", env("OUT_DIR"));
        if std::env::var_os("TABI_WRITE_HEADER").is_some() {
            bindings.write_to_file(root.join("include/tabi.h"));
        }
    }

    fn env(name: &str) -> String {
        std::env::var(name).unwrap_or_else(|_| panic!("cargo sets {name}"))
    }
}
