//! The layout of the structures of `include/tabi.h`, as the system's compiler has it.

use std::fmt::Write;
use std::fs;
use std::process::Command;

use super::{compile, header, library};

/// Runs a C program that prints a line for each of these constants, for each structure, and for each of its members: the
/// name, the member, its offset, and the value or the size, as in `tests/data/abi.tsv`. The scratch directory has the name of
/// the test.
pub(crate) fn printed(test: &str, constants: &[String]) -> String {
    let mut code =
        String::from("#include <stddef.h>\n#include <stdio.h>\n#include <tabi.h>\n\nint main(void)\n{\n");
    for name in constants {
        let _ = writeln!(code, "    printf(\"{name}\\t\\t\\t%ld\\n\", (long){name});");
    }
    for (name, fields) in header::structs() {
        let _ = writeln!(code, "    printf(\"{name}\\t\\t\\t%zu\\n\", sizeof({name}));");
        for field in fields {
            let size = format!("sizeof(((const {name} *)0)->{field})");
            let _ = writeln!(
                code,
                "    printf(\"{name}\\t{field}\\t%zu\\t%zu\\n\", offsetof({name}, {field}), {size});"
            );
        }
    }
    code += "    return 0;\n}\n";
    let program = library::scratch(test).join("layout");
    let source = program.with_extension("c");
    fs::write(&source, code).expect("the scratch directory can be written");
    let mut cc = Command::new("cc");
    cc.args(compile::C_FLAGS).arg("-I").arg(compile::include()).arg("-o").arg(&program).arg(source);
    compile::run(&mut cc);
    compile::run(&mut Command::new(program))
}
