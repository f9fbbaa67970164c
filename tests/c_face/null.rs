//! NULL for every pointer of every function in the header gives an error code and never a crash.

use std::fs;
use std::process::Command;

use crate::support::c_program::Linkage;
use crate::support::header::Function;
use crate::support::{c_program, compile, header, library, tools};

/// Functions for which (NULL, 0) is an empty buffer or list. They refuse another argument.
const REFUSE_SOMETHING_ELSE: [&str; 9] = [
    "tabi_file_readline",
    "tabi_getfqdn",
    "tabi_getfqdn_until",
    "tabi_gethostname",
    "tabi_getservbyport",
    "tabi_if_indextoname",
    "tabi_inet_ntoa",
    "tabi_inet_ntop",
    "tabi_serve_until_signal",
];

/// Functions for which (NULL, 0) is an empty list, or no function and no userdata, and whose result is then 0. Of the
/// first, their own C test passes (NULL, 1).
const ACCEPT_NOTHING: [&str; 3] = ["tabi_poll", "tabi_poll_until", "tabi_interrupt_lookups"];

#[test]
fn every_function_refuses_null() {
    if !tools::have("cc", "NULL in every function") {
        return;
    }
    let functions: Vec<Function> = header::signatures()
        .into_iter()
        .filter(|function| function.parameters.iter().any(|parameter| is_pointer(parameter)))
        .collect();
    assert!(functions.len() > 100, "only {} functions were found", functions.len());
    let calls: String = functions.iter().map(call).collect();
    let source = library::scratch("null").join("null.c");
    let code =
        format!("#include <stdio.h>\n#include <tabi.h>\n\nint main(void)\n{{\n{calls}    return 0;\n}}\n");
    fs::write(&source, code).expect("the scratch directory can be written");
    let program = c_program::program(&source, Linkage::Shared);
    let printed = compile::run(&mut Command::new(program));
    let wrong: Vec<_> = printed.lines().filter(|line| !is_expected(line)).collect();
    assert!(wrong.is_empty(), "with NULL for every pointer: {wrong:#?}");
}

/// Whether a line of the C program (NAME CODE MESSAGE) refuses another argument, or reports an empty list.
fn is_expected(line: &str) -> bool {
    let mut words = line.split(' ');
    let (Some(name), Some(code)) = (words.next(), words.next()) else { return false };
    REFUSE_SOMETHING_ELSE.contains(&name) && code.starts_with('-')
        || ACCEPT_NOTHING.contains(&name) && code == "0"
}

fn is_pointer(parameter: &str) -> bool {
    parameter.contains('*') || parameter.starts_with("tabi_handler")
}

/// C code that calls the function, and prints its name unless the error says that an argument is NULL.
fn call(function: &Function) -> String {
    let Function { returns, name, parameters } = function;
    let values: Vec<&str> =
        parameters.iter().map(|parameter| if is_pointer(parameter) { "NULL" } else { "0" }).collect();
    let call = format!("{name}({})", values.join(", "));
    // The name is printed before the call, so that a crash shows which function it was.
    let told = format!("    fprintf(stderr, \"{name}\\n\");\n");
    match returns.as_str() {
        "void" => format!("{told}    {call};\n"),
        pointer if pointer.ends_with('*') => {
            format!("{told}    if ({call} != NULL) printf(\"{name} is not NULL\\n\");\n")
        }
        _ => format!(
            "{told}    {{ long long code = (long long){call};\n      if (code != TABI_ERR_NULL) printf(\"{name} %lld %s\\n\", code, tabi_last_error_message()); }}\n"
        ),
    }
}
