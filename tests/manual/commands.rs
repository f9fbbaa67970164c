//! The commands with which the README and the guides compile programs work as they are printed there.
#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;

use crate::pages::{self, Page};
use crate::support::{compile, library, tools};
use crate::transcripts;

/// The lines of a page's blocks for a shell that call a compiler.
fn compilations(page: &Page) -> Vec<String> {
    let blocks = page.blocks().into_iter().filter(|block| block.language == "sh");
    let lines = blocks.flat_map(|block| block.text.lines().map(str::to_owned).collect::<Vec<_>>());
    lines.filter(|line| ["cc ", "c++ "].iter().any(|compiler| line.starts_with(compiler))).collect()
}

/// A folder with the programs of the manual, the client of the README, and what the README names of the source.
fn folder(readme: &Page) -> PathBuf {
    let folder = library::scratch("commands");
    // What an earlier run has left.
    fs::remove_dir_all(&folder).unwrap();
    transcripts::type_programs(&folder);
    let client =
        readme.blocks().into_iter().find(|block| block.language == "c").expect("the README has a client");
    fs::write(folder.join("client.c"), client.text).unwrap();
    fs::create_dir_all(folder.join("target")).unwrap();
    symlink(pages::root().join("include"), folder.join("include")).unwrap();
    symlink(library::library().directory(), folder.join("target/release")).unwrap();
    folder
}

#[test]
fn the_readme_and_the_guides_compile_programs_as_they_say() {
    if ["cc", "c++", "make", "pkg-config"].iter().any(|tool| !tools::have(tool, "the commands of the manual"))
    {
        return;
    }
    let mut shown = pages::in_folder("guides");
    shown.extend(pages::all().into_iter().filter(|page| page.path.ends_with("README.md")));
    let readme = shown.iter().find(|page| page.path.as_os_str() == "README.md").unwrap();
    let (folder, mut run) = (folder(readme), 0);
    for page in &shown {
        for line in compilations(page) {
            eprintln!("{}: {line}", page.path.display());
            let mut shell = Command::new("sh");
            shell
                .args(["-euc", &line])
                .current_dir(&folder)
                .envs(transcripts::reader().environment.iter().cloned());
            compile::run(&mut shell);
            run += 1;
        }
    }
    assert!(run >= 6, "only {run} commands were found");
}
