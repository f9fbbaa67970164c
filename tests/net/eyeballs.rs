//! Happy Eyeballs with a real name server and real sockets, in a network of its own. `eyeballs_helper` has the name
//! server and the assertions.

use super::support::helpers::helper;

#[track_caller]
fn run(case: &str) {
    let output = helper("eyeballs_helper").arg(case).output().unwrap();
    let (told, why) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    print!("{told}");
    assert!(output.status.success(), "{case}: {}\n{why}", output.status);
    assert!(told.contains(case) || told.contains("skipped"), "there is no case {case}");
}

/// A thousand calls of a second each, from eight threads: `TABI_MANY=1 cargo test --release --test net eyeballs`.
#[test]
fn a_thousand_calls_to_a_dead_name_server() {
    match std::env::var_os("TABI_MANY") {
        Some(_) => run("thousand"),
        None => eprintln!("skipped: takes two minutes; TABI_MANY=1 runs it"),
    }
}

/// Every case beside curl. It compares times, so it runs only when it is asked for:
/// `TABI_AGAINST_CURL=1 cargo test --test net against_curl -- --nocapture`.
#[test]
fn against_curl() {
    match std::env::var_os("TABI_AGAINST_CURL") {
        Some(_) => run("against-curl"),
        None => eprintln!("skipped: compares times; TABI_AGAINST_CURL=1 runs it"),
    }
}

macro_rules! cases {
    ($($test:ident: $case:literal;)*) => {$(
        #[test]
        fn $test() {
            run($case);
        }
    )*};
}

cases! {
    an_ipv6_address_that_does_not_answer_holds_up_nobody: "black-hole";
    an_ipv6_address_that_refuses_is_left_at_once: "refused";
    a_slow_look_up_of_ipv6_addresses_holds_up_nobody: "slow-aaaa";
    a_look_up_of_ipv6_addresses_without_an_answer_holds_up_nobody: "no-answer-for-aaaa";
    a_host_without_ipv6_addresses: "no-aaaa";
    a_slow_look_up_of_ipv4_addresses_holds_up_nobody: "slow-a";
    ipv6_addresses_that_come_a_little_late_are_preferred: "aaaa-within-the-resolution-delay";
    ipv6_is_tried_first: "ipv6-first";
    twenty_addresses: "twenty-addresses";
    neither_address_answers: "both-dead";
    a_dead_name_server: "dead-name-server";
}
