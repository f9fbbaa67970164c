//! `docs/api.md`, the map from Python's names to Rust and C, is compared with everything that it names.
#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use crate::support::{compile, header, library, tools};

/// The section with the names that only the Python package has.
const OWN: &str = "In tabi.socketserver only";

/// The modules whose names must all be in the map, each with a section of its own.
const MODULES: [&str; 3] = ["_socket", "socket", "socketserver"];

fn map() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/api.md");
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The rows of the table in a section, each as its cells.
fn rows(section: &str) -> Vec<Vec<String>> {
    let map = map();
    let text = map
        .split("\n## ")
        .find(|text| text.lines().next().map(|title| title.trim_matches('`')) == Some(section));
    let text = text.unwrap_or_else(|| panic!("docs/api.md has no section {section}"));
    let lines = text.lines().filter(|line| line.starts_with("| ")).skip(1);
    let cells = |line: &str| {
        let cells = line.replace("\\|", "\u{1}");
        let cells = cells.trim_matches('|').split('|').map(|cell| cell.trim().replace('\u{1}', "|"));
        cells.collect::<Vec<_>>()
    };
    lines.map(cells).collect()
}

/// The texts between backquotes.
fn code(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The rows of `tests/data/python-api.tsv` for a module, as the map writes their names.
fn python_names(module: &str) -> Vec<String> {
    let list = include_str!("../data/python-api.tsv");
    let rows = list.lines().filter(|line| !line.starts_with('#')).skip(1);
    let fields = rows.map(|line| line.split('\t').collect::<Vec<_>>());
    fields.filter(|fields| fields[0] == module).map(|fields| fields[1].to_owned()).collect()
}

#[test]
fn every_name_of_python_has_a_row() {
    for module in MODULES {
        let in_map: Vec<String> = rows(module).iter().map(|row| code(&row[0]).remove(0)).collect();
        assert_eq!(in_map, python_names(module), "the rows of {module}");
    }
}

#[test]
fn every_row_says_where_the_name_is_or_why_it_is_nowhere() {
    for module in MODULES {
        for row in rows(module) {
            let [name, rust, c, difference] = row.as_slice() else { panic!("four cells: {row:?}") };
            assert!(!row.concat().to_lowercase().contains("todo"), "{name}");
            let elsewhere = ["Python only", "Windows only"].iter().any(|only| difference.starts_with(only));
            let nowhere = difference == "not on Linux" || elsewhere;
            for place in [rust, c] {
                assert!(nowhere || !code(place).is_empty(), "{name} is neither in Rust and C nor explained");
                assert!(place == "—" || !code(place).is_empty(), "{name}: {place}");
            }
        }
    }
}

/// The names in the C column of all tables.
fn c_names() -> BTreeSet<String> {
    let python = MODULES.iter().chain([&OWN]).flat_map(|section| rows(section)).map(|row| row[2].clone());
    let beyond = rows("Beyond Python").into_iter().map(|row| row[0].clone());
    python.chain(beyond).flat_map(|cell| code(&cell)).collect()
}

#[test]
fn every_c_name_of_the_map_is_declared() {
    let (mut functions, types, text) = (header::functions(), header::types(), header::text());
    functions.extend(header::inline_functions());
    functions.extend(header::windows_functions());
    for name in c_names() {
        let declared = match name.split_once('.') {
            Some((structure, member)) => types.contains(structure) && text.contains(member),
            None => functions.contains(&name) || types.contains(&name),
        };
        assert!(declared, "include/tabi.h does not declare {name}");
    }
}

#[test]
fn every_function_of_the_header_is_in_the_map() {
    let in_map = c_names();
    let missing: Vec<String> = header::functions()
        .into_iter()
        .chain(header::inline_functions())
        .chain(header::windows_functions())
        .filter(|name| !in_map.contains(name))
        .collect();
    assert!(missing.is_empty(), "docs/api.md has no row for {missing:?}: add them to \"Beyond Python\"");
}

#[test]
fn every_function_of_the_map_is_exported() {
    let functions: Vec<String> =
        c_names().into_iter().filter(|name| header::functions().contains(name)).collect();
    assert!(functions.len() > 100, "{functions:?}");
    let uses: String = functions.iter().map(|name| format!("    (void (*)(void)){name},\n")).collect();
    let text = format!(
        "#include <tabi.h>\nvoid (*const all[])(void) = {{\n{uses}}};\nint main(void) {{ return all[0] == 0; }}\n"
    );
    let source = library::scratch("map").join("exported.c");
    fs::write(&source, text).expect("the scratch directory can be written");
    if !tools::have("cc", "the exports of the map") {
        return;
    }
    let mut cc = Command::new("cc");
    cc.args(compile::C_FLAGS).arg("-I").arg(compile::include());
    cc.arg("-o").arg(source.with_extension("")).arg(&source);
    compile::run(cc.arg("-L").arg(library::directory()).arg("-ltabi"));
}

/// The paths in the Rust column of all tables, and the accessors of the options.
fn rust_paths() -> BTreeSet<String> {
    let python = MODULES.iter().chain([&OWN]).flat_map(|section| rows(section)).map(|row| row[1].clone());
    let beyond = rows("Beyond Python").into_iter().map(|row| row[1].clone());
    let mut paths: BTreeSet<String> = python.chain(beyond).flat_map(|cell| code(&cell)).collect();
    for row in rows("Options by name") {
        for option in row[1].split(", ") {
            let name = &code(option)[0];
            paths.insert(format!("tabi::Socket::{name}"));
            if !option.contains('(') && row[0] != "multicast" {
                paths.insert(format!("tabi::Socket::set_{name}"));
            }
        }
    }
    paths
}

/// rustdoc looks up every path. It also finds generic methods, which no expression can name without
/// arguments.
#[test]
fn every_rust_path_of_the_map_exists() {
    // The rustdoc of the compiler that made the crate.
    let rustdoc = std::env::var("RUSTDOC").unwrap_or_else(|_| "rustdoc".to_owned());
    if !tools::have(&rustdoc, "the Rust paths of the map") {
        return;
    }
    let paths = rust_paths();
    assert!(paths.len() > 200, "{paths:?}");
    let links: String = paths.iter().map(|path| format!("//! [`{path}`]\n")).collect();
    let directory = library::scratch("map");
    let source = directory.join("paths.rs");
    fs::write(&source, format!("{links}#![deny(rustdoc::broken_intra_doc_links)]\nextern crate tabi;\n"))
        .expect("the scratch directory can be written");
    let mut rustdoc = Command::new(rustdoc);
    rustdoc.args(["--edition", "2024", "--crate-name", "paths"]);
    let rlib = &library::library().rlib;
    let dependencies = rlib.parent().expect("the crate is in a directory").join("deps");
    rustdoc.arg("--extern").arg(format!("tabi={}", rlib.display()));
    rustdoc.arg("-L").arg(format!("dependency={}", dependencies.display()));
    rustdoc.arg("--out-dir").arg(directory.join("doc")).arg(source);
    compile::run(&mut rustdoc);
}
