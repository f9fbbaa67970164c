//! The same connections made by curl, in the same network, with the same delay between attempts. The time of both is
//! that until the connection is made, or has failed.

use std::process::Command;
use std::time::{Duration, Instant};

use tabi::{AF_INET, AF_INET6, Socket, create_connection_with};

use super::{Outcome, fill, listener, options, port};

/// How much later than curl a connection may be made: what a busy machine may add.
const TOLERANCE: Duration = Duration::from_millis(100);

/// A host, and how its two addresses behave.
struct Case {
    name: &'static str,
    host: &'static str,
    v6: Listener,
    v4: Listener,
    limit: f64,
}

#[derive(Clone, Copy)]
enum Listener {
    Answers,
    /// Nobody listens there.
    Refuses,
    /// Its queue is full: it answers nobody.
    Silent,
}
use Listener::{Answers, Refuses, Silent};

const CASES: &[Case] = &[
    Case { name: "ipv6-first", host: "both", v6: Answers, v4: Answers, limit: 30.0 },
    Case { name: "black-hole", host: "both", v6: Silent, v4: Answers, limit: 30.0 },
    Case { name: "refused", host: "both", v6: Refuses, v4: Answers, limit: 30.0 },
    Case { name: "slow-aaaa", host: "slow6", v6: Answers, v4: Answers, limit: 30.0 },
    Case { name: "no-answer-for-aaaa", host: "never6", v6: Answers, v4: Answers, limit: 30.0 },
    Case { name: "slow-a", host: "slow4", v6: Answers, v4: Answers, limit: 30.0 },
    Case { name: "no-aaaa", host: "none6", v6: Answers, v4: Answers, limit: 30.0 },
    Case { name: "aaaa-within-the-resolution-delay", host: "late6", v6: Answers, v4: Answers, limit: 30.0 },
    Case { name: "twenty-addresses", host: "twenty", v6: Answers, v4: Answers, limit: 30.0 },
    Case { name: "both-dead", host: "both", v6: Silent, v4: Silent, limit: 1.0 },
    Case { name: "dead-name-server", host: "dead", v6: Answers, v4: Answers, limit: 1.0 },
];

/// Makes all connections with both, prints the times, and fails when one of this library came later.
pub(super) fn compare() -> Outcome {
    if Command::new("curl").arg("--version").output().is_err() {
        println!("skipped: curl is not installed");
        return Ok(());
    }
    println!("against-curl: {:33} {:>10} {:>10}", "", "tabi", "curl");
    let mut later = Vec::new();
    for case in CASES {
        let (_held, port) = listeners(case)?;
        let (ours, theirs) = (time_of_tabi(case, port)?, time_of_curl(case, port)?);
        println!("against-curl: {:33} {:>7} ms {:>7} ms", case.name, ours.as_millis(), theirs.as_millis());
        if ours > theirs + TOLERANCE {
            later.push(case.name);
        }
    }
    if later.is_empty() { Ok(()) } else { Err(format!("later than curl: {}", later.join(", ")).into()) }
}

fn listeners(case: &Case) -> Result<(Vec<Socket>, u16), tabi::Error> {
    let mut held = Vec::new();
    let backlog = |listener| if matches!(listener, Silent) { 0 } else { 8 };
    let v4 = listener(AF_INET, 0, backlog(case.v4))?;
    let port = port(&v4);
    if matches!(case.v4, Silent) {
        held.extend(fill(&v4)?);
    }
    held.push(v4);
    if !matches!(case.v6, Refuses) {
        let v6 = listener(AF_INET6, port, backlog(case.v6))?;
        if matches!(case.v6, Silent) {
            held.extend(fill(&v6)?);
        }
        held.push(v6);
    }
    Ok((held, port))
}

fn time_of_tabi(case: &Case, port: u16) -> Result<Duration, tabi::Error> {
    let options = options(case.limit)?;
    let begin = Instant::now();
    // Whether the connection is made depends on the case. Here, only the time counts.
    let _connected = create_connection_with((format!("{}.test", case.host), port), &options);
    Ok(begin.elapsed())
}

fn time_of_curl(case: &Case, port: u16) -> Result<Duration, Box<dyn std::error::Error>> {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--noproxy", "*", "--happy-eyeballs-timeout-ms", "250", "--output", "/dev/null"]);
    // Nobody answers the question that follows: a connection that is made ends a moment later.
    curl.args(["--connect-timeout", &case.limit.to_string(), "--speed-limit", "1", "--speed-time", "1"]);
    curl.args(["--write-out", "%{time_connect} %{time_total}"]);
    let output = curl.arg(format!("http://{}.test:{port}/", case.host)).output()?;
    let printed = String::from_utf8(output.stdout)?;
    let (connect, total) = printed.split_once(' ').ok_or_else(|| format!("curl printed {printed:?}"))?;
    // Without a connection, the time until it is made is 0.
    let (connect, total): (f64, f64) = (connect.parse()?, total.parse()?);
    Ok(Duration::from_secs_f64(if connect > 0.0 { connect } else { total }))
}
