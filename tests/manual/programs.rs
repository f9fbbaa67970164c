//! What a page shows of a program is in the file that it names.

use std::fs;
use std::process::Command;

use crate::pages::{self, Block, Page};
use crate::support::c_program::{self, Linkage};
use crate::support::{compile, tools};

const LANGUAGES: [&str; 4] = ["c", "cpp", "python", "rust"];

/// The files whose text a block shows: those that the line above it names.
fn shown_files(page: &Page, block: &Block) -> Vec<std::path::PathBuf> {
    let targets =
        pages::links(&block.above).filter(|target| !target.contains(".md") && !target.contains("://"));
    targets.map(|target| page.target(target)).collect()
}

/// In the tutorial and the guides every program has such a line, in other pages those that begin with its language.
#[test]
fn every_program_below_the_name_of_a_file_is_part_of_this_file() {
    let mut shown = 0;
    for page in pages::in_folder("") {
        let must_name =
            ["docs/tutorial", "docs/guides", "docs/zh"].iter().any(|room| page.path.starts_with(room));
        for block in page.blocks() {
            let is_program = LANGUAGES.contains(&block.language.as_str());
            if !is_program || !(must_name || is_label(&block.above)) {
                continue;
            }
            let place = format!("{}:{}", page.path.display(), block.line);
            let files = shown_files(&page, &block);
            assert!(!files.is_empty(), "{place}: the line above this block names no file");
            for file in files {
                let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{place}: {error}"));
                assert!(has_lines(&text, &block.text), "{place}: {} has other lines", file.display());
                shown += 1;
            }
        }
    }
    assert!(shown > 70, "only {shown} blocks name their files");
}

fn is_label(line: &str) -> bool {
    ["**C**", "**Python**", "**Rust**"].iter().any(|label| line.starts_with(label))
}

/// Whether a text has all lines of a part, one after the other; the part may be indented less.
fn has_lines(text: &str, part: &str) -> bool {
    let (lines, part): (Vec<&str>, Vec<&str>) = (text.lines().collect(), part.lines().collect());
    let same = |window: &[&str]| {
        let indent = window[0].len() - window[0].trim_start().len();
        let shown = part[0].len() - part[0].trim_start().len();
        indent >= shown
            && window
                .iter()
                .zip(&part)
                .all(|(line, wanted)| line.get(indent - shown..).unwrap_or_default() == *wanted)
    };
    lines.windows(part.len()).any(same)
}

#[test]
fn a_part_may_be_indented_less_but_has_every_line() {
    let text = "int main(void)\n{\n    one();\n\n    two();\n}\n";
    assert!(has_lines(text, text));
    assert!(has_lines(text, "one();\n\ntwo();\n"));
    assert!(!has_lines(text, "one();\ntwo();\n"));
    assert!(!has_lines(text, "one();\n\n    two();\n"));
}

#[test]
fn the_programs_in_c_compile_without_a_warning() {
    if !tools::have("cc", "the manual's programs") {
        return;
    }
    for entry in fs::read_dir(pages::root().join("docs/programs")).unwrap() {
        let file = entry.unwrap().path();
        // The program for libuv is compiled where it is tested.
        let is_plain = file.file_name().is_some_and(|name| name != "uv_client.c");
        if is_plain && file.extension().is_some_and(|extension| extension == "c") {
            c_program::program(&file, Linkage::Shared);
        }
    }
}

#[test]
fn the_programs_in_python_compile() {
    if !tools::have("python3", "the manual's programs") {
        return;
    }
    let mut python = Command::new("python3");
    python.args(["-c", "import ast, sys\nfor name in sys.argv[1:]: ast.parse(open(name).read(), name)"]);
    for entry in fs::read_dir(pages::root().join("docs/programs")).unwrap() {
        let file = entry.unwrap().path();
        if file.extension().is_some_and(|extension| extension == "py") {
            python.arg(file);
        }
    }
    compile::run(&mut python);
}
