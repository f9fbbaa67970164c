//! What compiled programs depend on: the exported symbols with their versions, the layout of structs, and the
//! numbers of codes.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use crate::support::{compile, header, layout, library, tools};

/// The rows of `capi/symbols.tsv`: each symbol, and the version of tabi in which it was new.
fn ledger() -> Vec<(&'static str, &'static str)> {
    let lines = include_str!("../../capi/symbols.tsv").lines();
    let rows = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    rows.map(|row| row.split_once('\t').expect("a symbol and a version")).collect()
}

#[test]
fn symbols_tsv_names_each_function_of_the_header_once() {
    let listed: BTreeSet<String> = ledger().iter().map(|(symbol, _)| (*symbol).to_owned()).collect();
    assert_eq!(listed, header::functions());
    assert_eq!(listed.len(), ledger().len(), "a symbol stands twice in capi/symbols.tsv");
}

#[test]
fn no_symbol_is_of_a_later_version_than_the_library() {
    let numbers = |version: &str| -> Vec<u32> {
        version.split('.').map(|number| number.parse().expect("a number")).collect()
    };
    let library = numbers(env!("CARGO_PKG_VERSION"));
    let later: Vec<_> = ledger().into_iter().filter(|(_, version)| numbers(version) > library).collect();
    assert_eq!(later, []);
}

#[test]
#[cfg(target_os = "linux")]
fn the_library_exports_each_symbol_in_its_version_and_nothing_else() {
    if !tools::have("nm", "the list of exported symbols") || !tools::have("ld.bfd", "versions of symbols") {
        return;
    }
    let mut nm = Command::new("nm");
    let exported = compile::run(
        nm.args(["-D", "--defined-only", "--with-symbol-versions"]).arg(&library::library().shared_object),
    );
    let exported: BTreeSet<&str> =
        exported.lines().map(|line| line.split_whitespace().last().expect("a name")).collect();
    let symbols = ledger().into_iter().map(|(symbol, version)| format!("{symbol}@@TABI_{version}"));
    // Each version is itself a symbol.
    let versions = ledger().into_iter().map(|(_, version)| format!("TABI_{version}"));
    let expected: BTreeSet<String> = symbols.chain(versions).collect();
    assert_eq!(exported, expected.iter().map(String::as_str).collect());
}

/// Functions whose versions are newer than glibc 2.17, which has them all the same: the `pthread` functions and `dlsym` in
/// libraries of their own, `pthread_sigmask` in libpthread, and `stat` as functions that the linker adds to the program.
/// `fcntl` is a new one on systems of 32 bits when the library is linked with glibc 2.28.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const OLDER_THAN_THEIR_VERSIONS: [&str; 7] =
    ["pthread_", "dlsym", "stat", "fstat", "lstat", "fcntl", "__libc_start_main"];

/// The references that are not weak must be found when the library is loaded.
#[test]
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn the_library_needs_no_function_that_glibc_2_17_lacks() {
    if !tools::have("nm", "the functions that the library needs") {
        return;
    }
    let mut nm = Command::new("nm");
    nm.args(["-D", "--undefined-only", "--with-symbol-versions"]).arg(&library::library().shared_object);
    let needed = compile::run(&mut nm);
    let newer = |line: &&str| {
        let (name, version) = line.split_once("@GLIBC_").unwrap_or((line, "2.0"));
        let minor = version.strip_prefix("2.").and_then(|minor| minor.split('.').next()?.parse::<u32>().ok());
        let name = name.trim_start_matches("U ");
        minor.is_none_or(|minor| minor > 17)
            && !OLDER_THAN_THEIR_VERSIONS.iter().any(|older| name.starts_with(older))
    };
    let strong = needed.lines().map(str::trim).filter(|line| line.starts_with("U "));
    let newer: Vec<_> = strong.filter(newer).collect();
    assert!(newer.is_empty(), "{newer:?}");
    assert!(needed.contains("getaddrinfo@"), "{needed}");
}

/// The references of a program have versions, so that the loader can refuse a library that does not have
/// them.
#[test]
#[cfg(target_os = "linux")]
fn a_program_needs_the_version_in_which_its_symbols_were_new() {
    use crate::support::c_program::{self, Linkage};
    if !tools::have("cc", "versions of symbols") || !tools::have("ld.bfd", "versions of symbols") {
        return;
    }
    let source = library::scratch("abi").join("strerror.c");
    let code = "#include <tabi.h>\nint main(void) { return tabi_strerror(0)[0] != 's'; }\n";
    fs::write(&source, code).expect("the scratch directory can be written");
    let program = c_program::program(&source, Linkage::Shared);
    let undefined = compile::run(
        Command::new("nm").args(["-D", "--undefined-only", "--with-symbol-versions"]).arg(&program),
    );
    assert!(undefined.contains("tabi_strerror@TABI_0.1"), "{undefined}");
    compile::run(&mut Command::new(program));
}

/// Changing a line that is part of a release breaks programs. New lines are allowed: constants, structs, and
/// members at the end of a struct that begins with `struct_size`; of these structs only the size changes.
#[test]
fn structs_and_constants_are_as_compiled_programs_know_them() {
    if !tools::have("cc", "the layout of structs") {
        return;
    }
    let recorded = include_str!("../data/abi.tsv");
    let found = layout::printed("abi", &constants());
    // The sizes of structs are those of systems of 64 bits. The names of constants are in capitals.
    let holds = |line: &&str| cfg!(target_pointer_width = "64") || line.starts_with("TABI_");
    let lines = |text: &str| text.lines().filter(holds).map(str::to_owned).collect::<BTreeSet<_>>();
    let (before, now) = (lines(recorded), lines(&found));
    let gone: Vec<_> = before.difference(&now).filter(|line| !line.starts_with('#')).collect();
    let new: Vec<_> = now.difference(&before).collect();
    assert!(gone.is_empty() && new.is_empty(), "tests/data/abi.tsv has {gone:#?}, the header {new:#?}");
}

/// The constants whose values never change.
fn constants() -> Vec<String> {
    // These depend on the version, on the system's headers, or on floating point.
    let others = |name: &String| {
        !name.starts_with("TABI_VERSION_") && !["TABI_NO_TIMEOUT", "TABI_BACKLOG"].contains(&name.as_str())
    };
    header::macros().into_iter().filter(others).collect()
}

/// The probes of servers, which `bpftrace` and `perf` find by these names.
#[test]
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
fn the_library_has_static_probes() {
    if !tools::have("readelf", "static probes") {
        return;
    }
    let notes = compile::run(Command::new("readelf").arg("--notes").arg(&library::library().shared_object));
    let lines: Vec<_> = notes.lines().map(str::trim).collect();
    for name in ["accept", "start", "end", "park", "wake", "shed"] {
        let found = lines.windows(2).any(|pair| pair == ["Provider: tabi", &format!("Name: {name}")]);
        assert!(found, "{name} is not in {notes}");
    }
    assert!(lines.iter().any(|line| line.starts_with("Arguments: 8@")), "{notes}");
}
