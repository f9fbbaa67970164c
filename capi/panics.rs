//! Has the library linked with its own end of a panic, `src/ffi/library.rs`.
//!
//! Rust lets only programs without the standard library have a panic handler of their own. The one of the standard
//! library prints, and needs a fifth of the library's code to print backtraces. Both have the same type. `core` calls a
//! symbol, and the linker is told which function that is.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// The crate that calls the symbol, the end of the symbol's name, and the function that takes its place.
const REPLACED: [(&str, &str, &str); 2] = [
    ("core", "rust_begin_unwind", "tabi_panic_handler"),
    ("alloc", "__rust_alloc_error_handler", "tabi_alloc_error_handler"),
];

/// The options for the linker. They are those of GNU ld, LLD and gold. Without the symbols, which are the compiler's own
/// affair, the library is larger, and prints before it reports a panic.
pub(crate) fn options() -> Option<Vec<String>> {
    let directory = target_directory()?;
    let mut options = Vec::new();
    for (name, end, ours) in REPLACED {
        let symbol = called_symbol(Path::new(&directory), name, end)?;
        options.push(format!("--wrap={symbol}"));
        options.push(format!("--defsym=__wrap_{symbol}={ours}"));
    }
    Some(options)
}

/// Where the compiler has the standard library for the target.
fn target_directory() -> Option<String> {
    let mut compiler = Command::new(env::var_os("RUSTC")?);
    let output =
        compiler.args(["--print", "target-libdir", "--target"]).arg(env::var_os("TARGET")?).output().ok()?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}

/// The symbol that the crate calls: the name itself, or in new versions of Rust a longer one, which each version of the
/// compiler changes.
fn called_symbol(directory: &Path, name: &str, end: &str) -> Option<String> {
    let crates = fs::read_dir(directory).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let begin = format!("lib{name}-");
    let mut libraries = crates.filter(|path| {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        file.starts_with(&begin) && file.ends_with(".rlib")
    });
    let bytes = fs::read(libraries.next()?).ok()?;
    let texts = bytes.split(|byte| *byte == 0).filter_map(|text| std::str::from_utf8(text).ok());
    let symbol = |text: &str| *text == *end || text.starts_with("_R") && text.ends_with(end);
    texts.filter(|text| text.len() < 200).find(|text| symbol(text)).map(str::to_owned)
}
