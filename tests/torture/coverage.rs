//! Which places in the library call the system, as its machine code says.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use crate::faults;
use crate::support::compile;

/// An offset into `libtabi.so` or a Rust program: where a call returns to.
pub(crate) type Place = u64;

/// The library's code: `libtabi.so`, or the library's functions in a Rust program.
pub(crate) struct Code {
    /// Where each function begins, in order.
    functions: Vec<(Place, String)>,
    /// The calls of the system in functions of the library's own.
    sites: Vec<(Place, String)>,
}

/// The kinds of faults that are called by another name.
const OTHER_NAMES: [&str; 2] = ["fcntl", "syscall"];

impl Code {
    /// Takes the code apart.
    pub(crate) fn read(file: &Path) -> Code {
        let mut objdump = Command::new("objdump");
        objdump.args(["--disassemble", "--demangle", "--no-show-raw-insn"]);
        let text = compile::run(objdump.arg(file));
        let mut read = Code { functions: Vec::new(), sites: Vec::new() };
        let mut pending = None;
        for line in text.lines() {
            if let Some((place, name)) = header(line) {
                read.functions.push((place, name.to_owned()));
                pending = None;
                continue;
            }
            let Some((place, instruction)) = line.trim_start().split_once(':') else { continue };
            let Ok(place) = Place::from_str_radix(place, 16) else { continue };
            if let Some(called) = pending.take() {
                read.sites.push((place, called));
            }
            let own = read.functions.last().filter(|(_, name)| is_own(name));
            if let (Some((_, function)), Some(called)) = (own, called(instruction)) {
                pending = Some(format!("{called} in {function}"));
            }
        }
        read
    }

    /// Where the library's own code calls the system, and from which function.
    pub(crate) fn call_sites(&self) -> &[(Place, String)] {
        &self.sites
    }

    /// The innermost place in the library's own code.
    pub(crate) fn own_place(&self, places: &[Place]) -> Option<Place> {
        places
            .iter()
            .copied()
            .find(|&place| is_own(self.function(place)) && !self.function(place).contains("tabi::memory"))
    }

    /// The innermost functions of the library's own, for people.
    pub(crate) fn describe(&self, places: &[Place]) -> String {
        let own = places.iter().map(|&place| self.function(place)).filter(|name| is_own(name));
        own.take(4).collect::<Vec<_>>().join(" < ")
    }

    /// The beginning and the end of each function of the library's own, a line each, for the shim.
    pub(crate) fn own_functions(&self) -> String {
        let ends = self.functions.iter().skip(1).map(|(begin, _)| *begin).chain([Place::MAX]);
        let mut lines = String::new();
        for ((begin, name), end) in self.functions.iter().zip(ends) {
            if is_own(name) {
                let _ = writeln!(lines, "{begin:x} {end:x}");
            }
        }
        lines
    }

    fn function(&self, place: Place) -> &str {
        let after = self.functions.partition_point(|(begin, _)| *begin < place);
        after.checked_sub(1).map_or("", |before| &self.functions[before].1)
    }
}

/// The line before a function's code: `0000000000012340 <name>:`.
fn header(line: &str) -> Option<(Place, &str)> {
    let (place, name) = line.strip_suffix(">:")?.split_once(" <")?;
    Some((Place::from_str_radix(place, 16).ok()?, name))
}

/// Functions of the library and of socket2 below it; not those of the standard library.
fn is_own(function: &str) -> bool {
    function.starts_with("tabi_") || function.contains("tabi::") || function.contains("socket2::")
}

/// The name of the system's function that an instruction calls.
fn called(instruction: &str) -> Option<&str> {
    if !instruction.trim_start().starts_with("call") {
        return None;
    }
    let (_, name) = instruction.rsplit_once('<')?;
    let name = name.split(['@', '>', '+']).next()?;
    (OTHER_NAMES.contains(&name) || faults::is_kind(name)).then_some(name)
}
