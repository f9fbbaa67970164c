//! Errors, and their conversion to the standard library's `io::Error` and back.

use std::error::Error as _;
use std::io::{self, ErrorKind};

use crate::support::{libc, pair};
use tabi::{Error, SendallError, Socket};

/// An error type of a program, with a source.
#[derive(Debug, thiserror::Error)]
#[error("line {line} is no command")]
struct Malformed {
    line: u32,
    source: std::num::ParseIntError,
}

fn malformed() -> io::Error {
    let source = "seven".parse::<u32>().unwrap_err();
    io::Error::new(ErrorKind::InvalidData, Malformed { line: 3, source })
}

#[test]
fn an_error_with_only_a_kind_comes_back_the_same() {
    for kind in [
        ErrorKind::UnexpectedEof,
        ErrorKind::InvalidData,
        ErrorKind::WouldBlock,
        ErrorKind::Interrupted,
        ErrorKind::WriteZero,
        ErrorKind::TimedOut,
        ErrorKind::Other,
    ] {
        let error = Error::from(io::Error::from(kind));
        assert_eq!((error.kind(), io::Error::from(error).kind()), (kind, kind));
    }
}

#[test]
fn an_error_type_of_a_program_comes_back_whole() {
    let error = Error::from(malformed());
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::InvalidData, "line 3 is no command"));
    assert_eq!(error.source().unwrap().to_string(), "invalid digit found in string");

    let returned = io::Error::from(error);
    assert_eq!(returned.kind(), ErrorKind::InvalidData);
    assert_eq!(returned.downcast::<Malformed>().unwrap().line, 3);
}

#[test]
fn a_clone_of_an_error_has_the_same_kind_text_and_source() {
    let error = Error::from(malformed());
    let returned = io::Error::from(error.clone());
    assert_eq!((returned.kind(), returned.to_string()), (ErrorKind::InvalidData, error.to_string()));
    assert_eq!(returned.source().unwrap().to_string(), "invalid digit found in string");
    assert_eq!(Error::from(returned), error, "and is that error again");

    let Error::Io(shared) = &error else { panic!("{error:?}") };
    assert_eq!(shared.get_ref().unwrap().downcast_ref::<Malformed>().unwrap().line, 3);
}

#[test]
fn every_error_of_the_library_comes_back_as_it_was() {
    for error in [
        Error::Os(libc::ECONNREFUSED),
        Error::OsMessage("AF_UNIX path too long".into()),
        Error::Timeout,
        Error::Closed,
        Error::Gai(libc::EAI_NONAME),
        Error::Herror(1),
        Error::Value("a value".into()),
        Error::Overflow("an overflow".into()),
        Error::Type("a type".into()),
    ] {
        let standard = io::Error::from(error.clone());
        assert_eq!(standard.kind(), error.kind());
        assert_eq!(Error::from(standard), error);
    }
    assert_eq!(Error::Os(libc::ECONNREFUSED).kind(), ErrorKind::ConnectionRefused);
    assert_eq!(io::Error::from(Error::Os(libc::EPIPE)).raw_os_error(), Some(libc::EPIPE));
}

#[test]
fn errors_are_equal_when_kind_and_text_are() {
    let error = |kind, text: &'static str| Error::from(io::Error::new(kind, text));
    let one = error(ErrorKind::InvalidData, "bad");
    assert_eq!(one, error(ErrorKind::InvalidData, "bad"));
    assert_ne!(one, error(ErrorKind::InvalidData, "worse"));
    assert_ne!(one, error(ErrorKind::InvalidInput, "bad"));
    assert_ne!(one, Error::OsMessage("bad".into()));
}

#[test]
fn would_block_is_known_from_either_side() {
    assert!(Error::Os(libc::EAGAIN).would_block());
    assert!(Error::from(io::Error::from(ErrorKind::WouldBlock)).would_block());
    assert!(!Error::from(io::Error::from(ErrorKind::TimedOut)).would_block());
    assert!(!Error::Closed.would_block());
    assert_eq!(Error::from(io::Error::from(ErrorKind::WouldBlock)).errno(), libc::EAGAIN);
}

#[test]
fn a_failure_passes_through_a_boxed_error() {
    fn send(socket: &Socket) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        socket.sendall(b"late")?;
        Ok(())
    }
    let (one, _other) = pair(tabi::SOCK_STREAM);
    one.close().unwrap();
    let error = send(&one).unwrap_err();
    let late = error.downcast_ref::<SendallError>().unwrap();
    assert_eq!((late.sent, &late.error), (0, &Error::Closed));
    assert_eq!(error.source().unwrap().to_string(), "the socket is closed");
}
