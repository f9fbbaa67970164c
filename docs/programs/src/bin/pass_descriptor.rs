//! pass_descriptor FILE: opens a file and passes the descriptor through a socket to another thread, which prints the
//! file. It works in the same way between processes.

use std::fs::File;
use std::io::Read;

use tabi::{AF_UNIX, Error, Result, SOCK_STREAM, Socket};

fn main() -> Result<()> {
    let name = std::env::args().nth(1).unwrap_or_else(|| "Cargo.toml".to_owned());
    let (giver, taker) = Socket::socketpair(AF_UNIX, SOCK_STREAM, 0)?;
    let taking = std::thread::spawn(move || take(&taker));
    giver.send_fds(name.as_bytes(), &[File::open(&name)?], 0)?;
    taking.join().expect("the thread does not panic")
}

fn take(sk: &Socket) -> Result<()> {
    let (name, fds, _flags, _address) = sk.recv_fds(1000, 1, 0)?;
    let Some(fd) = fds.into_iter().next() else {
        return Err(Error::OsMessage("no descriptor came".into()));
    };
    let mut text = String::new();
    File::from(fd).read_to_string(&mut text)?;
    print!("the other side has got {}:\n{text}", String::from_utf8_lossy(&name));
    Ok(())
}
