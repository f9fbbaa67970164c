//! What the servers and clients of the examples say to each other.
#![allow(dead_code, reason = "the tests use parts of it, too")]

use std::process::Command;

use super::process::Process;

/// Runs a server that greets one client. Returns what the client printed.
pub fn hello(server: &mut Command, client: &mut Command) -> Result<String, String> {
    let mut server = Process::start(server.arg("0"))?;
    let port = port_of(&server.wait_for_place()?)?;
    let greeting = ask(client.arg(port.to_string()))?;
    finish(server)?;
    Ok(greeting)
}

/// Runs a client of a chat server, which sends a line, gets an answer and leaves. Returns the answer.
pub fn chat(
    server: &mut Process,
    port: u16,
    client: &mut Command,
    text: &str,
    answer: &str,
) -> Result<String, String> {
    let mut client = Process::start(client.arg(port.to_string()))?;
    client.wait_for(">>>")?;
    client.say(text)?;
    server.wait_for(&format!(": {text}\n>>>"))?;
    server.say(answer)?;
    let answered = client.wait_for("\n>>>")?;
    client.say("exit")?;
    server.wait_for(": exit\n")?;
    finish(client)?;
    Ok(answered)
}

/// Runs a client until it ends. Returns the line that it printed.
pub fn ask(client: &mut Command) -> Result<String, String> {
    let printed = finish(Process::start(client)?)?;
    printed.strip_suffix('\n').map(str::to_owned).ok_or_else(|| format!("{printed:?} is no line"))
}

/// Waits for the end of a program that should succeed; returns the rest of what it printed.
pub fn finish(program: Process) -> Result<String, String> {
    match program.wait_for_end()? {
        (true, printed) => Ok(printed),
        (false, printed) => Err(format!("the program failed: {printed}")),
    }
}

/// Returns the port in HOST:PORT.
pub fn port_of(place: &str) -> Result<u16, String> {
    let port = place.rsplit(':').next().and_then(|port| port.parse().ok());
    port.ok_or_else(|| format!("{place:?} has no port"))
}

/// Fails when a program said something else than it should.
pub fn expect(said: String, wanted: &str) -> Result<String, String> {
    if said == wanted { Ok(said) } else { Err(format!("{wanted:?} was expected, got {said:?}")) }
}
