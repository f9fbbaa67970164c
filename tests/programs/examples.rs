//! The example programs in all languages. They are built once, and skipped with a message if a tool is
//! missing.
#![allow(dead_code, reason = "each test uses its own part")]

use std::process::Command;
use std::sync::{Mutex, OnceLock};

use super::languages::{Language, Programs};

/// Returns the command that starts a program. `None` if the tools of the language are missing; with `CI=true`
/// that is a failure.
pub(crate) fn command(language: Language, program: &str) -> Option<Command> {
    ready(language).then(|| with_valgrind(language, programs().command(language, program)))
}

/// The languages on tabi whose programs can be started on this machine.
pub(crate) fn languages() -> Vec<Language> {
    let all = [Language::C, Language::Rust, Language::Python];
    all.into_iter().filter(|language| ready(*language)).collect()
}

fn programs() -> &'static Programs {
    static PROGRAMS: OnceLock<Programs> = OnceLock::new();
    PROGRAMS.get_or_init(|| Programs::new().expect("cargo built this test"))
}

fn ready(language: Language) -> bool {
    static PREPARED: Mutex<Vec<(Language, bool)>> = Mutex::new(Vec::new());
    // One test prepares a language, while the others wait for it.
    let mut prepared = PREPARED.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if let Some((_, ready)) = prepared.iter().find(|(known, _)| *known == language) {
        return *ready;
    }
    let outcome = programs().prepare(language);
    if let Err(reason) = &outcome {
        let missing_tool = reason.ends_with("is not installed");
        assert!(missing_tool && std::env::var("CI").as_deref() != Ok("true"), "{language}: {reason}");
        eprintln!("skipped: the {language} programs: {reason}");
    }
    prepared.push((language, outcome.is_ok()));
    outcome.is_ok()
}

/// With `TABI_VALGRIND=1` a C program fails if it leaks memory or touches memory that is not its own.
fn with_valgrind(language: Language, command: Command) -> Command {
    if language != Language::C || std::env::var("TABI_VALGRIND").as_deref() != Ok("1") {
        return command;
    }
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--quiet", "--leak-check=full", "--error-exitcode=99"]).arg(command.get_program());
    valgrind
}
