//! The transcripts of the tutorial are typed into terminals, letter by letter, and must come out as they are printed.
//!
//! A block of the language `console` is a transcript. What follows a prompt (`server$ `) is typed into the terminal of
//! that name, and so is what follows the prompt `>>>` of a program. `^C` stands for Ctrl-C. A command that is shown
//! again, with all that it has printed before, shows what has been added to that terminal in the meantime.
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::pages::{self, Page};
use crate::support::{compile, library, tools};
use crate::terminal::{Terminal, enter_own_network};

/// A reader of the tutorial: with an installed library, and all programs of the manual in a folder.
pub(crate) struct Reader {
    folder: PathBuf,
    pub(crate) environment: Vec<(&'static str, String)>,
}

pub(crate) fn reader() -> &'static Reader {
    static READER: OnceLock<Reader> = OnceLock::new();
    READER.get_or_init(|| {
        if let Some(home) = std::env::var_os("TABI_NEWCOMER") {
            return newcomer(Path::new(&home));
        }
        let home = library::scratch("reader");
        let prefix = home.join("tabi");
        let mut make = Command::new("make");
        make.arg("-C").arg(pages::root()).arg("install").arg(format!("PREFIX={}", prefix.display()));
        compile::run(make.arg(format!("LIBRARY={}", library::library().directory().display())));
        let folder = home.join("tutorial");
        type_programs(&folder);
        let environment = vec![
            ("HOME", home.display().to_string()),
            ("PKG_CONFIG_PATH", format!("{}/lib/pkgconfig", prefix.display())),
            ("LD_LIBRARY_PATH", format!("{}/lib", prefix.display())),
            ("PYTHONPATH", pages::root().join("python").display().to_string()),
            ("TABI_LIBRARY", library::directory().join("libtabi.so").display().to_string()),
            ("CARGO_HOME", cargo_home()),
            ("CARGO_NET_OFFLINE", "true".to_owned()),
        ];
        let mut cargo = Command::new("cargo");
        cargo.args(["build", "--quiet", "--bins"]).current_dir(&folder);
        compile::run(cargo.envs(environment.iter().filter(|(name, _)| *name != "HOME").cloned()));
        Reader { folder, environment }
    })
}

/// A reader who has done what the page about setting up says, in a system that has nothing else: see `.ci/newcomer`.
fn newcomer(home: &Path) -> Reader {
    let folder = home.join("tutorial");
    type_blocks(&folder);
    let mut cargo = Command::new("cargo");
    compile::run(cargo.args(["build", "--quiet", "--bins"]).current_dir(&folder));
    Reader { folder, environment: Vec::new() }
}

/// Types the programs that the tutorial shows into the files that it names.
fn type_blocks(folder: &Path) {
    for page in pages::in_folder("tutorial") {
        for block in page.blocks() {
            let place = match block.language.as_str() {
                "c" | "python" => folder.to_owned(),
                "rust" => folder.join("src/bin"),
                _ => continue,
            };
            for file in pages::links(&block.above) {
                fs::write(place.join(Path::new(file).file_name().unwrap()), &block.text).unwrap();
            }
        }
    }
}

/// Writes the programs of the manual into a folder, as `cargo new` and `cargo add` of the page about setting up make it.
pub(crate) fn type_programs(folder: &Path) {
    let bin = folder.join("src/bin");
    fs::create_dir_all(&bin).unwrap();
    for from in ["docs/programs", "docs/programs/src/bin"] {
        for entry in fs::read_dir(pages::root().join(from)).unwrap() {
            let file = entry.unwrap().path();
            let name = file.file_name().unwrap();
            match file.extension().and_then(|extension| extension.to_str()) {
                Some("c" | "cpp" | "hpp" | "py" | "h") => drop(fs::copy(&file, folder.join(name)).unwrap()),
                Some("rs") => drop(fs::copy(&file, bin.join(name)).unwrap()),
                _ => (),
            }
        }
    }
    fs::write(folder.join("src/main.rs"), "fn main() {\n    println!(\"Hello, world!\");\n}\n").unwrap();
    let path = pages::root().display();
    let manifest = format!(
        "[package]\nname = \"tutorial\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
         [dependencies]\ntabi = {{ path = \"{path}\" }}\n\n[workspace]\n"
    );
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    // The versions of the workspace, which are there already.
    fs::copy(pages::root().join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
}

/// The terminals have another home, where cargo would look for its files.
fn cargo_home() -> String {
    std::env::var("CARGO_HOME")
        .unwrap_or_else(|_| format!("{}/.cargo", std::env::var("HOME").unwrap_or_default()))
}

/// A command of a transcript, and the lines below it.
struct Part<'a> {
    terminal: &'a str,
    command: &'a str,
    lines: Vec<&'a str>,
}

fn parts(transcript: &str) -> Vec<Part<'_>> {
    let mut parts: Vec<Part<'_>> = Vec::new();
    for line in transcript.lines() {
        match line.split_once("$ ") {
            Some((terminal, command)) if terminal.bytes().all(|letter| letter.is_ascii_lowercase()) => {
                parts.push(Part { terminal, command, lines: Vec::new() });
            }
            _ => parts.last_mut().expect("a transcript begins with a prompt").lines.push(line),
        }
    }
    parts
}

/// A terminal, and what the transcript has shown of its last command.
struct Seat<'a> {
    terminal: Terminal,
    command: &'a str,
    shown: Vec<&'a str>,
    /// Whether the prompt for the next command was seen.
    at_prompt: bool,
}

impl<'a> Seat<'a> {
    fn play(&mut self, part: &Part<'a>) {
        if part.command == "^C" {
            self.terminal.type_text("\x03");
            self.terminal.expect("^C");
        } else if !self.is_shown_again(part) {
            if !self.at_prompt {
                self.terminal.expect_prompt();
            }
            self.at_prompt = false;
            self.terminal.type_text(&format!("{}\n", part.command));
            self.terminal.expect(&format!("{}\n", part.command));
            self.command = part.command;
            self.shown.clear();
        }
        for (at, line) in part.lines.iter().enumerate() {
            match (self.shown.get(at), line.strip_prefix(">>>")) {
                (Some(old), _) if old == line => continue,
                (old, Some(typed)) => {
                    if old.is_none() {
                        self.terminal.expect(">>>");
                    }
                    if !typed.is_empty() {
                        self.terminal.type_text(&format!("{typed}\n"));
                        self.terminal.expect(&format!("{typed}\n"));
                    }
                }
                (_, None) => self.terminal.expect_one_of(&[&format!("{line}\n"), &format!("\n{line}\n")]),
            }
        }
        self.shown.clone_from(&part.lines);
        if part.command == "^C" {
            // What follows on the page comes after the end of this program.
            self.terminal.expect_prompt();
            (self.at_prompt, self.command) = (true, "");
        }
    }

    /// Whether a part repeats the last command with more lines than before.
    fn is_shown_again(&self, part: &Part<'_>) -> bool {
        let prompt_filled = |old: &str, new: &str| old == ">>>" && new.starts_with(">>>");
        part.command == self.command
            && part.lines.concat().len() > self.shown.concat().len()
            && part.lines.len() >= self.shown.len()
            && self.shown.iter().zip(&part.lines).all(|(old, new)| old == new || prompt_filled(old, new))
    }
}

/// Types all transcripts of a page, in their order.
fn play(page: &Page) {
    let reader = reader();
    let blocks = page.blocks();
    let mut seats: BTreeMap<&str, Seat<'_>> = BTreeMap::new();
    for block in blocks.iter().filter(|block| block.language == "console") {
        eprintln!("{}:{}", page.path.display(), block.line);
        for part in parts(&block.text) {
            let seat = seats.entry(part.terminal).or_insert_with(|| {
                let terminal = Terminal::open(part.terminal, &reader.folder, &reader.environment);
                Seat { terminal, command: "", shown: Vec::new(), at_prompt: false }
            });
            seat.play(&part);
        }
    }
    assert!(!seats.is_empty(), "{} has transcripts", page.path.display());
    // Every program has ended, and has printed nothing that the page does not show.
    for seat in seats.values_mut() {
        if !seat.at_prompt {
            seat.terminal.expect_prompt();
        }
    }
}

fn play_page(name: &str) {
    let tools = ["cc", "make", "pkg-config", "python3", "script", "ip"];
    let missing = tools.iter().any(|tool| !tools::have(tool, "the transcripts of the manual"));
    if missing {
        return;
    }
    // The reader's library is built with the network that the machine has.
    reader();
    if !enter_own_network() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "a network of its own");
        eprintln!("skipped: this user may not make networks: the transcripts of the manual are not tested");
        return;
    }
    let pages = pages::in_folder("tutorial");
    play(pages.iter().find(|page| page.path.ends_with(name)).expect("the tutorial has this page"));
}

macro_rules! pages {
    ($($test:ident $name:literal)*) => {$(
        #[test]
        fn $test() {
            play_page($name);
        }
    )*};
}

pages! { setup "setup.md" hello "hello.md" chat "chat.md" timeouts "timeouts.md" failures "failures.md" internet "internet.md" }

#[test]
fn every_page_with_a_transcript_is_played() {
    let has_transcript = |page: &Page| page.blocks().iter().any(|block| block.language == "console");
    let with: Vec<_> = pages::in_folder("").into_iter().filter(has_transcript).collect();
    let tutorial = with.iter().filter(|page| page.path.starts_with("docs/tutorial")).count();
    assert_eq!(tutorial, 6);
    let elsewhere = with
        .iter()
        .find(|page| !page.path.starts_with("docs/tutorial") && !page.path.starts_with("docs/zh/tutorial"));
    assert!(elsewhere.is_none(), "{} has a transcript that nobody plays", elsewhere.unwrap().path.display());
}
