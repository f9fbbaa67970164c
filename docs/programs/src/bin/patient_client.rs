//! patient_client SECONDS: says hello to the chat server, and waits so many seconds for the answer.

use std::process::ExitCode;

use tabi::{Error, Result, create_connection};

fn main() -> ExitCode {
    let seconds = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(1.0);
    match ask(seconds) {
        Ok(answer) => {
            print!("{}", String::from_utf8_lossy(&answer));
            return ExitCode::SUCCESS;
        }
        Err(Error::Timeout) => println!("no answer within {seconds} seconds"),
        Err(error) => eprintln!("patient_client: {error}"),
    }
    ExitCode::FAILURE
}

fn ask(seconds: f64) -> Result<Vec<u8>> {
    let sk = create_connection(("127.0.0.1", 9001))?;
    sk.settimeout(seconds)?;
    sk.sendall(b"hello\n")?;
    sk.recv(1000)
}
