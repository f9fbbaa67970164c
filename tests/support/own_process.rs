//! Tests that change or count something that belongs to the whole process: limits, signal actions, open
//! descriptors, threads.

use std::any::type_name;
use std::env;
use std::process::Command;

/// The environment variable that tells a process that it was started for this test.
const MARK: &str = "TABI_TEST_WITH_OWN_PROCESS";

/// Runs the body of a test in a process of its own, in which no other test runs. The test does nothing else.
pub fn in_own_process<F: FnOnce()>(body: F) {
    in_prepared_process(|_| (), body);
}

/// [`in_own_process`] for a process that is prepared before it starts, for example with variables of the
/// environment. What the process printed is printed again.
pub fn in_prepared_process<F: FnOnce()>(prepare: impl FnOnce(&mut Command), body: F) {
    let name = test_of(type_name::<F>());
    if env::var(MARK).is_ok_and(|marked| marked == name) {
        return body();
    }
    let mut test = Command::new(env::current_exe().unwrap());
    prepare(test.args([name, "--exact", "--nocapture"]).env(MARK, name));
    let output = test.output().unwrap();
    let (text, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{text}{errors}", output.status);
    assert!(text.contains("1 passed"), "the test did not find itself by the name {name}:\n{text}");
    println!("{text}");
}

/// The path of the test that contains a closure: `net::close::ends::{{closure}}` becomes `close::ends`.
fn test_of(closure: &str) -> &str {
    let function = closure.strip_suffix("::{{closure}}").expect("the body is a closure of the test's own");
    function.split_once("::").expect("a test stands in a crate").1
}
