//! Look-ups under a deadline, with name servers that do not answer. `names_helper` has a resolver of its own, and the
//! assertions are there.

use super::support::helpers::helper;

#[track_caller]
fn run(case: &str) {
    let output = helper("names_helper").arg(case).output().unwrap();
    let (told, why) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    print!("{told}");
    assert!(output.status.success(), "{case}: {}\n{why}", output.status);
}

#[test]
fn every_call_that_looks_a_name_up_ends_at_its_deadline() {
    run("every-call");
}

#[test]
fn every_call_that_looks_a_name_up_can_be_cancelled() {
    run("cancel");
}

#[test]
fn a_dead_name_server_costs_no_more_than_the_pool() {
    run("many");
}

/// A thousand calls of a second each, from eight threads: `TABI_MANY=1 cargo test --release --test net names -- --nocapture`.
#[test]
fn a_thousand_calls_to_a_dead_name_server() {
    match std::env::var_os("TABI_MANY") {
        Some(_) => run("thousand"),
        None => eprintln!("skipped: takes two minutes; TABI_MANY=1 runs it"),
    }
}

#[test]
fn a_connection_needs_the_answer_for_one_family_only() {
    run("one-family");
}

#[test]
fn a_forked_child_has_a_pool_of_its_own() {
    run("fork");
}

#[test]
fn a_program_may_end_while_look_ups_run() {
    run("exit");
}
