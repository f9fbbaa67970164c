//! `include/tabi.h`: what cbindgen reads from the source, and the functions of `inline.h`, in the order of
//! `header_order.txt`.

use std::collections::BTreeMap;
use std::path::Path;

include!("../src/ffi/boundary/code_table.rs");

/// The opaque types of C whose functions are given them by reference here. Lists are opaque too, but never change.
const HANDLES: [&str; 4] = ["tabi_sock", "tabi_file", "tabi_request", "tabi_server"];

/// The header of the crate in `root`, whose version is given by its parts.
pub(crate) fn text(root: &Path, version: [String; 3]) -> String {
    let mut config =
        cbindgen::Config::from_file(root.join("cbindgen.toml")).expect("cbindgen.toml is readable");
    config.after_includes = Some(macros(version));
    let bindings = cbindgen::Builder::new().with_crate(root).with_config(config).generate();
    let mut written = Vec::new();
    bindings.expect("cbindgen reads src").write(&mut written);
    let mut header = String::from_utf8(written).expect("the header is text");
    for handle in HANDLES {
        // Threads share a handle, and it protects itself. `const` would say nothing to a C programmer.
        header = header.replace(&format!("const {handle} *"), &format!("{handle} *"));
    }
    let read = |file: &str| std::fs::read_to_string(root.join("capi").join(file)).expect("capi/ is readable");
    in_order(&header, &read("inline.h"), &read("header_order.txt"))
}

/// What the header says to a compiler that is told to be older than it.
const LANGUAGE: &str = "\
#if defined(__STRICT_ANSI__) && \\
    (defined(__cplusplus) ? __cplusplus < 201103L : !defined(__STDC_VERSION__) || __STDC_VERSION__ < 199901L)
#error \"tabi.h needs C99 or C++11: -std=c99 or -std=c++11, or newer\"
#endif
";

/// The functions that have a body are written in what C and C++ have in common, which Clang warns of when it is asked to.
const BEFORE_BODIES: &str = "\
#if defined(__clang__) && defined(__cplusplus)
#pragma clang diagnostic push
#pragma clang diagnostic ignored \"-Wold-style-cast\"
#pragma clang diagnostic ignored \"-Wzero-as-null-pointer-constant\"
#endif
";
const AFTER_BODIES: &str = "\
#if defined(__clang__) && defined(__cplusplus)
#pragma clang diagnostic pop
#endif

";

/// The system's headers for sockets.
const SYSTEM_INCLUDES: &str = "\
#if defined(_WIN32)
#include <winsock2.h>
#include <ws2tcpip.h>
#if defined(_MSC_VER) && !defined(_SSIZE_T_DEFINED)
typedef intptr_t ssize_t;
#define _SSIZE_T_DEFINED
#endif
#else
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#endif
";

/// What cbindgen cannot read from the source: the version, the codes, and values that are expressions in C.
fn macros(version: [String; 3]) -> String {
    let mut lines = vec![
        SYSTEM_INCLUDES.to_owned(),
        LANGUAGE.to_owned(),
        "/* The version of this header. tabi_version() returns that of the library. */".to_owned(),
    ];
    for (part, number) in ["MAJOR", "MINOR", "PATCH"].iter().zip(version) {
        lines.push(format!("#define TABI_VERSION_{part} {number}"));
    }
    lines.push("\n/* The value of a timeout in seconds that means: no limit. */".to_owned());
    lines.push("#define TABI_NO_TIMEOUT HUGE_VAL".to_owned());
    lines.push("\n/* The backlog that Python's listen() uses when none is given. */".to_owned());
    lines.push("#define TABI_BACKLOG (SOMAXCONN < 128 ? SOMAXCONN : 128)".to_owned());
    lines.push("\n/* The codes that are not -errno. Their numbers never change. tabi_handler explains the last three, which are no errors. */".to_owned());
    macro_rules! define {
        ($number:expr, $name:ident, $text:expr) => {
            lines.push(format!("#define TABI_{} ({}) /* {} */", stringify!($name), $number, $text));
        };
    }
    for_each_code!(define);
    lines.join("\n")
}

/// Sorts what cbindgen wrote, in the order of the source's modules, and the inline functions into the sections of
/// `order`.
fn in_order(header: &str, inline: &str, order: &str) -> String {
    const C_PLUS_PLUS: &str = "#ifdef __cplusplus\n";
    let begin = header.find("\n/**\n").expect("the header documents its items") + 1;
    let end = header.rfind(C_PLUS_PLUS).expect("C++ ends the header");
    let mut items = BTreeMap::new();
    let written = header[begin..end].split("\n\n").chain(inline.split("\n\n"));
    for item in written.map(str::trim_end).filter(|item| unguarded(item).starts_with("/**")) {
        // cbindgen reads the whole crate; a name without the prefix belongs to the core.
        if name(item).to_ascii_lowercase().starts_with("tabi_") {
            assert!(items.insert(name(item), item).is_none(), "twice in the header: {item}");
        }
    }
    let mut sorted = format!("{}{C_PLUS_PLUS}extern \"C\" {{\n#endif\n{BEFORE_BODIES}\n", &header[..begin]);
    for line in order.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match line.strip_prefix("== ") {
            Some(title) => sorted += &format!("/* ---- {title} ---- */\n\n"),
            None => match items.remove(line) {
                Some(item) => add(&mut sorted, item),
                None => panic!("capi/header_order.txt names {line}, which the source does not have"),
            },
        }
    }
    if let Some(name) = items.keys().next() {
        panic!("{name} stands in no section of capi/header_order.txt");
    }
    sorted + AFTER_BODIES + &header[end..]
}

/// Adds an item. Items that follow each other and are for the same systems stand between one `#if` and one `#endif`.
fn add(sorted: &mut String, item: &str) {
    const END: &str = "#endif\n\n";
    let guard = item.lines().next().filter(|line| line.starts_with("#if "));
    let before = sorted.strip_suffix(END).and_then(|before| before.rsplit("\n#if ").next());
    match (guard, before) {
        (Some(guard), Some(before)) if before.lines().next() == guard.strip_prefix("#if ") => {
            sorted.truncate(sorted.len() - END.len());
            *sorted += &format!("\n{}\n\n", item[guard.len()..].trim_start());
        }
        _ => *sorted += &format!("{item}\n\n"),
    }
}

/// The functions of a header that [`text`] made and that are in the library for Linux.
pub(crate) fn functions(header: &str) -> Vec<&str> {
    const FOR_WINDOWS: &str = "\n#if defined(_WIN32)\n/**";
    let pieces = header.split(FOR_WINDOWS).enumerate().map(|(index, piece)| match index {
        0 => piece,
        _ => piece.split_once("\n#endif\n").expect("what is for Windows ends").1,
    });
    let items = pieces.flat_map(|piece| piece.split("\n\n"));
    let items = items.map(unguarded).filter(|item| item.starts_with("/**"));
    let declares_one = |item: &&str| {
        let declaration = item.split_once("*/\n").map_or("", |(_, declaration)| declaration);
        let elsewhere = ["#define ", "#if ", "typedef "].iter().any(|begin| declaration.starts_with(begin));
        !elsewhere && !declaration.contains(INLINE)
    };
    items.filter(declares_one).map(name).collect()
}

/// An item without the `#if` and `#endif` around it.
fn unguarded(item: &str) -> &str {
    if !item.starts_with("#if ") {
        return item;
    }
    let item = item.split_once('\n').map_or(item, |(_, item)| item);
    item.strip_suffix("\n#endif").unwrap_or(item)
}

/// What an inline function begins with, after its attributes.
const INLINE: &str = "\nstatic inline ";

/// The constant, type or function that a comment and a declaration are about.
fn name(item: &str) -> &str {
    let declaration = unguarded(item).split_once("*/\n").map_or(item, |(_, declaration)| declaration);
    // A type that differs between systems has the same name on each.
    let declaration = unguarded(declaration);
    let word = |text: &'_ str| text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    if let Some(rest) = declaration.strip_prefix("#define ") {
        return &rest[..word(rest)];
    }
    if let Some(pointer) = declaration.strip_prefix("typedef ").and_then(|rest| rest.split_once("(*")) {
        if !declaration.contains('{') {
            return &pointer.1[..word(pointer.1)];
        }
    }
    let declaration = declaration.split_once(INLINE).map_or(declaration, |(_, inline)| inline);
    // A function's name stands before its parameters, a type's at the end.
    let named = match declaration.strip_prefix("typedef ") {
        Some(definition) => definition.trim_end_matches(';'),
        None => declaration.split('(').next().unwrap_or(declaration),
    };
    &named[named.rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |space| space + 1)..]
}
