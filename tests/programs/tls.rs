//! The example servers that speak TLS, in C with OpenSSL, in Rust with rustls, and in Python with `ssl`. OpenSSL's own
//! client asks them, while other clients say nothing.
#![cfg(target_os = "linux")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use crate::c_examples;
use crate::process::Process;
use crate::support::{compile, library, tools};

/// Clients that connect and say nothing.
const SILENT: usize = 500;

/// How long a plain client waits for the end of its connection.
const HANG: Duration = Duration::from_secs(60);

#[test]
fn in_c() {
    if openssl_is_installed() {
        static PROGRAM: OnceLock<Option<PathBuf>> = OnceLock::new();
        let directory = PROGRAM.get_or_init(|| c_examples::make("c-examples-tls", &["tls_server"]));
        if let Some(directory) = directory {
            serves_others_and_stops(Command::new(directory.join("tls_server")));
        }
    }
}

#[test]
fn in_rust() {
    let mut cargo = library::cargo();
    cargo.args(["build", "--quiet", "--package", "tabi-tls-example"]);
    compile::run(cargo.args(library::same_profile_and_place()));
    let test = std::env::current_exe().expect("the test knows its own path");
    let profile = test.ancestors().nth(2).expect("the test is in a profile's directory");
    serves_others_and_stops(Command::new(profile.join("tls_server")));
}

#[test]
fn in_python() {
    if tools::have("python3", "TLS in Python") {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut python = Command::new("python3");
        python.args(["-m", "tabi", "--servers"]).arg(root.join("python/examples/tls_server.py"));
        python.env("PYTHONPATH", root.join("python")).env("PYTHONDONTWRITEBYTECODE", "1");
        python.env("TABI_LIBRARY", &library::library().shared_object);
        serves_others_and_stops(python);
    }
}

/// Returns whether programs can be compiled with OpenSSL. With `CI=true` it must be so.
fn openssl_is_installed() -> bool {
    if !tools::have("pkg-config", "OpenSSL in C") {
        return false;
    }
    let found = Command::new("pkg-config").args(["--exists", "openssl"]).status().unwrap().success();
    if !found {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "libssl-dev is not installed");
        eprintln!("skipped: libssl-dev is not installed: OpenSSL in C is not tested");
    }
    found
}

/// The files of a certificate for localhost and of its key.
fn certificate() -> Option<&'static (PathBuf, PathBuf)> {
    static FILES: OnceLock<Option<(PathBuf, PathBuf)>> = OnceLock::new();
    let files = FILES.get_or_init(|| {
        if Command::new("openssl").arg("version").output().is_err() {
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "openssl is not installed");
            eprintln!("skipped: openssl is not installed: servers with TLS are not tested");
            return None;
        }
        let folder = library::scratch("tls");
        let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
        let mut openssl = Command::new("openssl");
        openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]);
        openssl.args(["-days", "1", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]);
        compile::run(openssl.arg("-keyout").arg(&key).arg("-out").arg(&certificate));
        Some((certificate, key))
    });
    files.as_ref()
}

/// A client that keeps its connection. It is OpenSSL's own, so that it shares no code with the servers.
fn client(place: &str) -> Process {
    let (certificate, _) = certificate().expect("the server has it too");
    let mut openssl = Command::new("openssl");
    openssl.args([
        "s_client",
        "-connect",
        place,
        "-servername",
        "localhost",
        "-verify_hostname",
        "localhost",
    ]);
    openssl.args(["-verify_return_error", "-quiet", "-crlf", "-CAfile"]).arg(certificate);
    Process::start(&mut openssl).unwrap()
}

fn ask(client: &mut Process) {
    client.say("GET / HTTP/1.1\nHost: localhost\n").unwrap();
    client.wait_for("hello over TLS\n").unwrap();
}

fn serves_others_and_stops(mut server: Command) {
    let Some((certificate, key)) = certificate() else { return };
    let mut server = Process::start(server.arg(certificate).arg(key).arg("0")).unwrap();
    let place = server.wait_for_place().unwrap();
    let place = place.trim();
    let silent: Vec<_> = (0..SILENT).map(|_| TcpStream::connect(place).unwrap()).collect();

    let mut clients = [client(place), client(place)];
    for _ in 0..3 {
        clients.iter_mut().for_each(ask);
    }
    let mut plain = TcpStream::connect(place).unwrap();
    plain.set_read_timeout(Some(HANG)).unwrap();
    plain.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    // The server may reset the connection, because it has not read all of this.
    let _ = plain.read_to_end(&mut answer);
    assert!(!String::from_utf8_lossy(&answer).contains("hello"), "a plain client was answered");
    clients.iter_mut().for_each(ask);

    // None of the silent clients says or ends anything before the server has stopped.
    server.terminate().unwrap();
    server.wait_for("stopped\n").unwrap();
    drop(silent);
    drop(clients);
    let (success, printed) = server.wait_for_end().unwrap();
    assert!(success, "{printed}");
}
