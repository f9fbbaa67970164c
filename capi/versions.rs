//! Versions for the exported symbols, made from the ledger `symbols.tsv`.
//!
//! A program records the versions of the symbols that it uses. The loader refuses to start it on a library that is
//! too old, and names the version that is missing.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// The symbols of each version, oldest version first.
type Ledger<'a> = BTreeMap<Vec<u32>, Vec<&'a str>>;

/// Has the library linked with a version for each symbol of the ledger `text`. Returns whether GNU ld links it.
pub(crate) fn link(text: &str, functions: &[&str], directory: &Path) -> bool {
    let ledger = ledger(text);
    check(&ledger, functions);
    let Some(gnu_ld) = gnu_ld() else {
        println!(
            "cargo:warning=the exported symbols have no versions: these need GNU ld, and Linux as target"
        );
        return false;
    };
    let script = directory.join("symbols.map");
    fs::write(&script, version_script(&ledger)).expect("cargo's directory can be written");
    let place = directory.join("linker");
    fs::create_dir_all(&place).expect("cargo's directory can be written");
    let linker = place.join("ld.bfd");
    fs::write(&linker, include_str!("linker.sh").replace("@GNU_LD@", &gnu_ld))
        .expect("cargo's directory can be written");
    make_executable(&linker);
    // LLD, which rustc may ask for, takes a second version script, but ignores what it says about the same symbols.
    println!("cargo:rustc-cdylib-link-arg=-fuse-ld=bfd");
    println!("cargo:rustc-cdylib-link-arg=-B{}", place.display());
    println!("cargo:rustc-cdylib-link-arg=-Wl,--version-script={}", script.display());
    true
}

fn ledger(text: &str) -> Ledger<'_> {
    let mut versions = Ledger::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (symbol, version) =
            line.split_once('\t').unwrap_or_else(|| panic!("capi/symbols.tsv: no tab in {line:?}"));
        let numbers = version.split('.').map(|number| number.parse().expect("a version is numbers and dots"));
        versions.entry(numbers.collect()).or_default().push(symbol);
    }
    versions
}

/// The linker would hide a function that the ledger does not name.
fn check(ledger: &Ledger, functions: &[&str]) {
    let listed: Vec<&str> = ledger.values().flatten().copied().collect();
    for function in functions {
        let times = listed.iter().filter(|symbol| *symbol == function).count();
        assert!(times == 1, "capi/symbols.tsv must name {function} once, with the version that brings it");
    }
    for symbol in listed {
        assert!(functions.contains(&symbol), "capi/symbols.tsv names {symbol}, which is not in the header");
    }
}

/// GNU ld for the target, as the C compiler that links knows it: a path, or a name that is found in `PATH`.
fn gnu_ld() -> Option<String> {
    if env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("linux") {
        return None;
    }
    // Cargo tells this script about a linker only if one is set. The compiler's own choice is `cc`.
    let compiler = env::var("RUSTC_LINKER").unwrap_or_else(|_| "cc".to_owned());
    // zig knows where GNU ld is, but links by itself.
    let linker = output(Command::new(&compiler).args(["-fuse-ld=bfd", "-Wl,--version"]))?;
    let gnu_ld = output(Command::new(&compiler).arg("-print-prog-name=ld.bfd"))?;
    linker.starts_with("GNU ld").then(|| gnu_ld.trim().to_owned())
}

fn output(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok()
}

/// A node for each version, which includes the one before it.
fn version_script(ledger: &Ledger) -> String {
    let mut script = String::new();
    let mut previous = String::new();
    for (version, symbols) in ledger {
        let numbers: Vec<String> = version.iter().map(u32::to_string).collect();
        let node = format!("TABI_{}", numbers.join("."));
        let symbols: String = symbols.iter().map(|symbol| format!("    {symbol};\n")).collect();
        let rest = if previous.is_empty() { "  local:\n    *;\n" } else { "" };
        script += &format!("{node} {{\n  global:\n{symbols}{rest}}}{previous};\n");
        previous = format!(" {node}");
    }
    script
}

#[cfg(unix)]
fn make_executable(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(file, fs::Permissions::from_mode(0o755)).expect("the file is ours");
}

#[cfg(not(unix))]
fn make_executable(_: &Path) {}
