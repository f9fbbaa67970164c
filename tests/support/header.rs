//! What `include/tabi.h` declares.

use std::collections::BTreeSet;

/// The committed header.
pub(crate) fn text() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/include/tabi.h");
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The names of the functions that the library exports on Linux: each `tabi_...` before an opening parenthesis, outside of
/// comments and of inline functions.
pub(crate) fn functions() -> BTreeSet<String> {
    let functions = calls(&without_inline(&text()));
    functions.difference(&windows_functions()).cloned().collect()
}

/// The names of the functions that only the library for Windows has.
pub(crate) fn windows_functions() -> BTreeSet<String> {
    let text = text();
    let blocks = text.split("\n#if defined(_WIN32)\n/**").skip(1);
    blocks
        .flat_map(|block| calls(&format!("/**{}", block.split("\n#endif\n").next().unwrap_or(block))))
        .collect()
}

/// The names of the functions that the header defines itself, without `tabi_format`, which only they call.
pub(crate) fn inline_functions() -> BTreeSet<String> {
    let text = text();
    let heads = text.split(INLINE).skip(1).map(|rest| rest.split('(').next().unwrap_or(rest));
    let names = heads.map(|head| head.rsplit([' ', '*']).next().unwrap_or(head));
    names.filter(|name| *name != "tabi_format").map(str::to_owned).collect()
}

/// What the definition of an inline function begins with.
const INLINE: &str = "\nstatic inline ";

fn without_inline(code: &str) -> String {
    let mut parts = code.split(INLINE);
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        kept += part.split_once("\n}\n").expect("an inline function ends").1;
    }
    kept
}

/// The macros that have values, without the include guard.
pub(crate) fn macros() -> Vec<String> {
    let text = text();
    let names = text.lines().filter_map(|line| line.strip_prefix("#define ")?.split_once(' '));
    names.map(|(name, _)| name.to_owned()).collect()
}

/// The names that `typedef` gives to types, without `ssize_t`, which Windows' own compiler lacks.
pub(crate) fn types() -> BTreeSet<String> {
    let code = without_comments(&text()).replace("typedef intptr_t ssize_t;", "");
    let ends = code.split("typedef ").skip(1).map(|rest| match rest.find('{') {
        Some(open) if open < rest.find(';').unwrap_or(0) => &rest[rest.find('}').expect("a struct ends")..],
        _ => rest,
    });
    // The last word before the semicolon, or the one in (*parentheses) of a function.
    ends.map(|rest| {
        let declaration = rest.split(';').next().unwrap_or(rest);
        let name = declaration
            .split_once("(*")
            .map_or(declaration, |(_, name)| name.split(')').next().unwrap_or(name));
        name.trim_matches(['}', ' ', '\n']).rsplit([' ', '*']).next().unwrap_or(name).to_owned()
    })
    .collect()
}

/// The structs whose members programs can see, with the names of the members.
pub(crate) fn structs() -> Vec<(String, Vec<String>)> {
    let code = without_comments(&text());
    let definitions = code.split("typedef struct {").skip(1).map(|rest| {
        let (fields, rest) = rest.split_once('}').expect("a struct ends");
        let name = rest.split(';').next().expect("a struct has a name").trim();
        let fields = fields.split(';').map(str::trim).filter(|field| !field.is_empty()).map(field_name);
        (name.to_owned(), fields.collect())
    });
    definitions.collect()
}

/// The name in the declaration of a member: the last word, or the word in `(*parentheses)` of a function
/// pointer.
fn field_name(declaration: &str) -> String {
    let name = match declaration.split_once("(*") {
        Some((_, function)) => function.split(')').next().unwrap_or(function),
        None => declaration.split('[').next().unwrap_or(declaration),
    };
    name.rsplit([' ', '*']).next().unwrap_or(name).to_owned()
}

/// The names `tabi_...(` in C code.
pub(crate) fn calls(code: &str) -> BTreeSet<String> {
    let code = without_comments(code);
    let words = code.split_inclusive(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words
        .filter(|word| word.starts_with("tabi_"))
        .filter_map(|word| word.strip_suffix('('))
        .map(str::to_owned)
        .collect()
}

fn without_comments(code: &str) -> String {
    let mut rest = code;
    let mut kept = String::new();
    while let Some((before, comment)) = rest.split_once("/*") {
        kept.push_str(before);
        rest = comment.split_once("*/").expect("every comment ends").1;
    }
    kept.push_str(rest);
    kept
}

/// A function as the header declares it.
pub(crate) struct Function {
    pub(crate) returns: String,
    pub(crate) name: String,
    pub(crate) parameters: Vec<String>,
}

/// All functions with their types. The star of a pointer is at the end of the type.
pub(crate) fn signatures() -> Vec<Function> {
    let code = without_comments(&without_inline(&text()));
    let lines: Vec<&str> = code.lines().filter(|line| !line.starts_with('#')).collect();
    let names = functions();
    let mut found = Vec::new();
    for declaration in lines.join(" ").split([';', '{', '}']) {
        let Some((head, parameters)) = declaration.split_once('(') else { continue };
        let start = head.rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_').map_or(0, |space| space + 1);
        let (returns, name) = head.split_at(start);
        if !names.contains(name) {
            continue;
        }
        let parameters = parameters.trim_end_matches([' ', ')']).split(',');
        found.push(Function {
            returns: returns.split_whitespace().collect::<Vec<_>>().join(" "),
            name: name.to_owned(),
            parameters: parameters.map(|parameter| parameter.trim().to_owned()).collect(),
        });
    }
    found
}
