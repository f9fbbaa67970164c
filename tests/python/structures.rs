//! The structures that Python and the library exchange have one layout, on each processor.

use std::collections::BTreeMap;

use crate::face::python;
use crate::support::{layout, tools};

/// Prints a line for each structure that the package has by the name of one of C's, and for each of its members, as
/// `layout::printed` does. A class says in its first line which one it is.
const PRINT: &str = r#"
import ctypes, re
import tabi, tabi.socket, tabi.socketserver
from tabi import _connect, _poll
for kind in ctypes.Structure.__subclasses__():
    named = re.match(r"``(?:struct )?(tabi_\w+)``$", kind.__doc__ or "")
    if kind.__module__.startswith("tabi.") and named:
        print(named[1], "", "", ctypes.sizeof(kind), sep="\t")
        for name, *_ in kind._fields_:
            member = getattr(kind, name)
            print(named[1], name, member.offset, member.size, sep="\t")
print("tabi_pollfd", "", "", _poll._entry.size, sep="\t")
"#;

/// The lines about each structure, without the names of its members.
fn by_structure(lines: &str) -> BTreeMap<&str, Vec<(&str, &str)>> {
    let mut found = BTreeMap::<_, Vec<_>>::new();
    for line in lines.lines() {
        let [structure, _member, offset, size] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("four columns: {line}")
        };
        found.entry(structure).or_default().push((offset, size));
    }
    found
}

#[test]
fn the_structures_of_the_package_are_those_of_the_header() {
    let Some(mut python) = python().filter(|_| tools::have("cc", "the structures of Python")) else { return };
    let output = python.args(["-c", PRINT]).output().expect("Python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (ours, header) =
        (String::from_utf8(output.stdout).expect("text"), layout::printed("structures", &[]));
    let (ours, header) = (by_structure(&ours), by_structure(&header));
    assert!(ours.len() >= 12, "{:?}", ours.keys());
    for (name, of_python) in ours {
        // Python's struct module does not tell where the members of tabi_pollfd are.
        let of_c = header.get(name).map(|lines| &lines[..of_python.len().min(lines.len())]);
        assert_eq!(Some(&of_python[..]), of_c, "{name}");
    }
}
