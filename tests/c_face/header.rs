//! The header: it agrees with the source, compiles everywhere, and declares what the library exports.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{compile, header, library, tools};

const CXX_FLAGS: [&str; 5] = ["-std=c++11", "-pedantic", "-Wall", "-Wextra", "-Werror"];

/// Headers that a program may include before or after this one. Those that define the most come first.
const OTHERS: &str = "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <errno.h>\n\
    #include <unistd.h>\n#include <netdb.h>\n#include <netinet/in.h>\n#include <sys/socket.h>\n#include <sys/un.h>\n";

const HEADER: &str = "#include <tabi.h>\n";

#[test]
fn the_committed_header_is_what_the_source_generates() {
    let generated = fs::read_to_string(&library::library().header).expect("the build wrote a header");
    assert!(header::text() == generated, "include/tabi.h has drifted: run TABI_WRITE_HEADER=1 cargo build");
}

#[test]
fn compiles_alone_as_c99() {
    compiles_as_c("alone", HEADER);
}

#[test]
fn compiles_as_the_first_and_the_last_include_and_twice_as_c99() {
    compiles_as_c("first", &format!("{HEADER}{OTHERS}"));
    compiles_as_c("last", &format!("{OTHERS}{HEADER}"));
    compiles_as_c("twice", &format!("{HEADER}{HEADER}"));
}

#[test]
fn compiles_alone_first_and_last_as_cxx11() {
    compiles_as_cxx("alone", HEADER);
    compiles_as_cxx("first", &format!("{HEADER}{OTHERS}"));
    compiles_as_cxx("last", &format!("{OTHERS}{HEADER}"));
}

#[test]
fn every_macro_has_a_value_in_c_and_in_cxx() {
    let macros = header::macros();
    assert!(macros.contains(&"TABI_ERR_TIMEOUT".to_owned()), "{macros:?}");
    let uses: String = macros.iter().map(|name| format!("    sum += (double){name};\n")).collect();
    let code = format!(
        "{HEADER}double sum_of_all(void);\ndouble sum_of_all(void)\n{{\n    double sum = 0;\n{uses}    return sum;\n}}\n"
    );
    compiles_as_c("macros", &code);
    compiles_as_cxx("macros", &code);
}

/// A C++ program, linked with the shared library.
fn cxx_program(name: &str, source: &str) -> PathBuf {
    let library = library::directory();
    let program = library::scratch("c++").join(name);
    let file = program.with_extension("cpp");
    fs::write(&file, format!("{HEADER}{source}")).expect("the scratch directory can be written");
    let mut cxx = Command::new("c++");
    cxx.args(CXX_FLAGS).arg("-I").arg(compile::include()).arg("-o").arg(&program).arg(file);
    cxx.arg("-L").arg(&library).arg("-ltabi").arg(format!("-Wl,-rpath,{}", library.display()));
    compile::run(&mut cxx);
    program
}

#[test]
fn a_cxx_program_links_and_runs() {
    if !tools::have("c++", "the header in C++") {
        return;
    }
    let program = cxx_program("links", "int main() { return tabi_strerror(0)[0] == 's' ? 0 : 1; }\n");
    compile::run(&mut Command::new(program));
}

/// The alternative would be a client that waits for ever, because the exception has no way through the library.
#[test]
fn a_cxx_exception_that_leaves_a_handler_terminates_the_program() {
    if !tools::have("c++", "C++ exceptions in handlers") {
        return;
    }
    const THROWS: &str = r#"
#include <stdexcept>
#include <unistd.h>

static int handler(tabi_request *, void *) { throw std::runtime_error("thrown by the handler"); }

int main() {
    tabi_server *server = nullptr;
    tabi_addr address;
    tabi_sock *client = nullptr;
    if (tabi_threading_tcp_server("127.0.0.1", 0, handler, nullptr, &server) != 0) return 1;
    if (tabi_server_address(server, &address) != 0) return 2;
    if (tabi_socket(AF_INET, SOCK_STREAM, 0, &client) != 0) return 3;
    if (tabi_connect_addr(client, &address) != 0) return 4;
    tabi_server_handle_request(server);
    alarm(20);
    pause();
    return 5;
}
"#;
    let output = Command::new(cxx_program("throws", THROWS)).output().expect("the program starts");
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.signal(), Some(libc::SIGABRT), "{text}");
    assert!(text.contains("terminate called"), "{text}");
}

#[test]
fn the_library_exports_exactly_what_the_header_declares() {
    if !tools::have("nm", "the list of exported symbols") {
        return;
    }
    let mut nm = Command::new("nm");
    let options: &[&str] = if cfg!(target_os = "macos") { &["-gUj"] } else { &["-D", "--defined-only"] };
    let symbols = compile::run(nm.args(options).arg(&library::library().shared_object));
    let names = symbols.lines().filter_map(|line| line.split_whitespace().last());
    // The version follows the name, and is also a symbol itself.
    let names = names.filter_map(|name| name.split('@').next()).filter(|name| !name.starts_with("TABI_"));
    let prefix = if cfg!(target_os = "macos") { "_" } else { "" };
    let exported: BTreeSet<String> =
        names.map(|name| name.strip_prefix(prefix).unwrap_or(name).to_owned()).collect();
    let declared = header::functions();
    let difference: Vec<_> = exported.symmetric_difference(&declared).collect();
    assert!(difference.is_empty(), "exported or declared, but not both: {difference:?}");
    assert!(declared.contains("tabi_socket"), "{declared:?}");
}

#[test]
fn every_name_has_the_prefix() {
    let (macros, types) = (header::macros(), header::types());
    assert!(types.contains("tabi_addr") && types.contains("tabi_handler"), "{types:?}");
    let macros = macros.iter().filter(|name| !name.starts_with("TABI_"));
    let types = types.iter().filter(|name| !name.starts_with("tabi_"));
    assert_eq!(macros.chain(types).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn every_function_is_called_by_a_c_test() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c");
    let mut called = BTreeSet::new();
    for entry in directory.read_dir().expect("tests/c can be read") {
        let path = entry.expect("an entry").path();
        called.extend(header::calls(&fs::read_to_string(path).expect("a C test is text")));
    }
    let declared = header::functions().into_iter().chain(header::inline_functions());
    let declared = declared.chain(header::windows_functions());
    let untested: Vec<_> = declared.filter(|name| !called.contains(name)).collect();
    assert!(untested.is_empty(), "no program in tests/c calls {untested:?}");
}

fn compiles_as_c(name: &str, code: &str) {
    if tools::have("cc", "the header in C") {
        compiles(Command::new("cc").args(compile::C_FLAGS), &format!("{name}.c"), code);
    }
}

fn compiles_as_cxx(name: &str, code: &str) {
    if tools::have("c++", "the header in C++") {
        compiles(Command::new("c++").args(CXX_FLAGS), &format!("{name}.cpp"), code);
    }
}

fn compiles(compiler: &mut Command, name: &str, code: &str) {
    let source = library::scratch("header").join(name);
    fs::write(&source, code).expect("the scratch directory can be written");
    compile::run(compiler.arg("-I").arg(compile::include()).arg("-fsyntax-only").arg(source));
}
