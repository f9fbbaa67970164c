//! Gives `libtabi.so` its SONAME and, when asked with `TABI_WRITE_HEADER=1`, writes `include/tabi.h`.

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
        println!("cargo:rerun-if-changed=cbindgen.toml");
        println!("cargo:rerun-if-env-changed=TABI_WRITE_HEADER");
        set_soname();
        stay_loaded();
        generate_header();
    }

    include!("src/ffi/code_table.rs");

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
        let mut config =
            cbindgen::Config::from_file(root.join("cbindgen.toml")).expect("cbindgen.toml is readable");
        config.after_includes = Some(macros());
        let bindings = cbindgen::Builder::new()
            .with_crate(&root)
            .with_config(config)
            .generate()
            .expect("cbindgen reads src");
        let mut header = Vec::new();
        bindings.write(&mut header);
        let mut header = String::from_utf8(header).expect("the header is text");
        for handle in HANDLES {
            // A handle is shared and synchronises itself: const would promise nothing and only be noise.
            header = header.replace(&format!("const {handle} *"), &format!("{handle} *"));
        }
        for (title, first) in SECTIONS {
            header = with_section(&header, title, first);
        }
        write(&Path::new(&env("OUT_DIR")).join("tabi.h"), &header);
        println!("cargo:rustc-env=TABI_GENERATED_HEADER={}/tabi.h", env("OUT_DIR"));
        if std::env::var_os("TABI_WRITE_HEADER").is_some() {
            write(&root.join("include/tabi.h"), &header);
        }
    }

    /// The opaque types that functions take by reference and may change; lists of answers never change.
    const HANDLES: [&str; 4] = ["tabi_sock", "tabi_file", "tabi_request", "tabi_server"];

    /// The parts of the header, each with its first function; their order is that of the modules in src/ffi/mod.rs.
    const SECTIONS: [(&str, &str); 14] = [
        ("Errors and the version", "tabi_strerror"),
        ("Sockets: make, bind, listen, accept, connect, close", "tabi_socket"),
        ("Clients and servers in one call, and other helpers", "tabi_create_connection"),
        ("Timeouts and modes", "tabi_settimeout"),
        ("Sending and receiving", "tabi_recv"),
        ("Addresses", "tabi_addr_from_host"),
        ("Options", "tabi_getsockopt"),
        ("Messages and control data", "tabi_cmsg_len"),
        ("Buffered files, and files that are sent", "tabi_makefile"),
        ("The resolver, services, interfaces", "tabi_getaddrinfo"),
        ("Addresses as text, byte order", "tabi_inet_aton"),
        ("Addresses of Linux's other families", "tabi_addr_from_netlink"),
        ("Constants by name", "tabi_constant"),
        ("Servers", "tabi_tcp_server"),
    ];

    /// Puts a title before the comment of a section's first function.
    fn with_section(header: &str, title: &str, first: &str) -> String {
        // A declaration begins its line; comments, which name functions too, begin with a star.
        let declares =
            |line: &str| line.starts_with(char::is_alphabetic) && line.contains(&format!("{first}("));
        let line = header.lines().find(|line| declares(line));
        let line = line.unwrap_or_else(|| panic!("{title:?} begins with {first}, which is missing"));
        let name = header.find(&format!("\n{line}")).expect("the line was found");
        let comment = header[..name].rfind("/**").expect("every function has a comment");
        let (before, after) = header.split_at(comment);
        format!("{before}/* ---- {title} ---- */\n\n{after}")
    }

    /// What cbindgen cannot read from the source: the version, the codes and the values that C has its own words for.
    fn macros() -> String {
        let mut lines = vec![String::new(), "/* The version of this header. */".to_owned()];
        for part in ["MAJOR", "MINOR", "PATCH"] {
            lines.push(format!("#define TABI_VERSION_{part} {}", env(&format!("CARGO_PKG_VERSION_{part}"))));
        }
        lines.push("\n/* No limit: what a timeout in seconds is compared with and set to. */".to_owned());
        lines.push("#define TABI_NO_TIMEOUT ((double)INFINITY)".to_owned());
        lines.push("\n/* The backlog that Python's listen() takes when none is given. */".to_owned());
        lines.push("#define TABI_BACKLOG (SOMAXCONN < 128 ? SOMAXCONN : 128)".to_owned());
        lines.push("\n/* The codes that are not -errno; they are never renumbered. */".to_owned());
        macro_rules! define {
            ($number:expr, $name:ident, $text:expr) => {
                lines.push(format!("#define TABI_{} ({}) /* {} */", stringify!($name), $number, $text));
            };
        }
        for_each_code!(define);
        lines.join("\n")
    }

    fn write(path: &Path, text: &str) {
        std::fs::write(path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    fn env(name: &str) -> String {
        std::env::var(name).unwrap_or_else(|_| panic!("cargo sets {name}"))
    }
}
