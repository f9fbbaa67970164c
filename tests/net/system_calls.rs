//! The number of system calls that a call makes, counted by strace.

use std::fs;
use std::process::Command;

use crate::support::helpers::helper;
use crate::support::{temporary_path, tools};

const ROUNDS: usize = 200;

const COUNTED: &str = "trace=accept4,sendto,recvfrom,poll,ppoll,recvmsg,sendmsg,recvmmsg,sendmmsg,select,clock_gettime,connect,ioctl,fcntl,\
     getpeername,getsockopt";

/// Runs `net_helper`, which makes the calls for a number of rounds. Returns a function that says how often
/// each system call was made. `poll` stands for `ppoll` too. Of the polls, only those for reading count: connecting waits
/// for writing, and is not measured.
fn traced(calls: &str) -> Option<impl Fn(&str) -> usize> {
    if !tools::have("strace", "the number of system calls") {
        return None;
    }
    let log = temporary_path();
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-e", COUNTED, "-o"]).arg(&log);
    strace.arg(helper("net_helper").get_program()).args([calls, &ROUNDS.to_string()]);
    let output = strace.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let trace = fs::read_to_string(&log).unwrap();
    fs::remove_file(log).unwrap();
    // Each line is one call: its thread, its name, its arguments.
    Some(move |call: &str| {
        let is_poll = call == "poll";
        let begin = if is_poll { "poll(".to_owned() } else { format!(" {call}(") };
        let lines = trace.lines().filter(|line| line.contains(&begin));
        lines.filter(|line| !is_poll || line.contains("POLLIN")).count()
    })
}

#[test]
fn a_blocking_call_is_one_system_call() {
    let Some(calls) = traced("blocking") else { return };
    assert_eq!((calls("sendto"), calls("recvfrom"), calls("poll")), (ROUNDS, ROUNDS, 0));
}

#[test]
fn with_a_timeout_a_call_that_finds_what_it_wants_is_one_system_call() {
    let Some(calls) = traced("timeout-ready") else { return };
    assert_eq!((calls("sendto"), calls("recvfrom"), calls("poll")), (ROUNDS, ROUNDS, 0));
}

#[test]
fn with_a_timeout_a_call_that_has_to_wait_is_two_system_calls() {
    let Some(calls) = traced("timeout-not-ready") else { return };
    // Only the first call had to try before it knew that nothing was there.
    assert_eq!((calls("recvfrom"), calls("poll")), (ROUNDS + 1, ROUNDS));
}

#[test]
fn with_a_timeout_an_accept_that_finds_a_client_is_one_system_call() {
    let Some(calls) = traced("accept-ready") else { return };
    assert_eq!((calls("accept4"), calls("poll")), (ROUNDS, 0));
}

#[test]
fn a_message_and_many_datagrams_are_one_system_call() {
    let Some(calls) = traced("messages") else { return };
    assert_eq!((calls("sendmsg"), calls("recvmsg")), (ROUNDS, ROUNDS));
    assert_eq!((calls("sendmmsg"), calls("recvmmsg"), calls("poll")), (ROUNDS, ROUNDS, 0));
}

/// The counts are those of all rounds, and of the one listener.
#[test]
fn a_connection_to_an_address_costs_no_more_than_its_system_calls() {
    let Some(calls) = traced("connections") else { return };
    assert_eq!((calls("connect"), calls("ioctl"), calls("fcntl")), (ROUNDS, 0, 0), "the system waits");
    let Some(calls) = traced("connections-timeout") else { return };
    assert_eq!((calls("connect"), calls("ioctl"), calls("getpeername")), (ROUNDS, ROUNDS, ROUNDS));
}

/// The second connect usually finds the connection made. If not, the third one does so, after a wait.
#[test]
fn a_connect_without_a_timeout_makes_four_system_calls_or_six() {
    let Some(calls) = traced("connects") else { return };
    let found = ["ioctl", "getsockopt", "getpeername"].map(&calls);
    assert_eq!(found, [2 * ROUNDS, 0, 0]);
    assert!((2 * ROUNDS..=3 * ROUNDS).contains(&calls("connect")), "{} connects", calls("connect"));
}

/// A client that gives up before it is accepted is no reason for `accept` to fail.
#[test]
fn a_connection_that_was_aborted_is_passed_over() {
    if !tools::have("strace", "an aborted connection") {
        return;
    }
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-e", "inject=accept4:error=ECONNABORTED:when=1+2", "-o", "/dev/null"]);
    strace.arg(helper("net_helper").get_program()).args(["accept-ready", "20"]);
    let output = strace.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
