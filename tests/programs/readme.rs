//! The programs in the README are compiled and run as they are printed there, but with another port.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use crate::support::c_program::Linkage;
use crate::support::{c_program, library, tools};

/// How long a program may take before it counts as hung.
const HANG: Duration = Duration::from_secs(60);

/// The text of the first code block in a language.
fn block(language: &str) -> String {
    nth_block(language, 1)
}

fn nth_block(language: &str, nth: usize) -> String {
    let readme = include_str!("../../README.md");
    let start = format!("```{language}\n");
    let rest = readme.split(&start).nth(nth).expect("the README has such a block");
    rest.split_once("\n```").expect("the block ends").0.to_owned()
}

/// The second code block in a language, a server on port 9000. It gets a port of its own, which it prints
/// before it serves.
fn server_block(language: &str, serve: &str, tell: &str) -> String {
    let program = nth_block(language, 2);
    assert_eq!((program.matches("9000").count(), program.matches(serve).count()), (1, 1));
    program.replace("9000", "0").replace(serve, &format!("{tell}{serve}"))
}

/// Checks that the server sends a line back. Returns what the server prints after `end`.
fn ask_echo(server: &mut Command, end: &str) -> String {
    let mut server = server.stdout(Stdio::piped()).spawn().unwrap();
    let number = server.id().to_string();
    let (has_ended, ended) = channel::<()>();
    let guard = std::thread::spawn({
        let number = number.clone();
        move || {
            let hangs = ended.recv_timeout(HANG) == Err(RecvTimeoutError::Timeout);
            hangs && Command::new("kill").args(["-KILL", &number]).status().is_ok()
        }
    });
    let mut printed = BufReader::new(server.stdout.take().unwrap());
    let mut port = String::new();
    printed.read_line(&mut port).unwrap();
    let mut client = TcpStream::connect(format!("127.0.0.1:{}", port.trim())).unwrap();
    client.set_read_timeout(Some(HANG)).unwrap();
    client.write_all(b"hello\n").unwrap();
    let mut echo = [0; 6];
    client.read_exact(&mut echo).unwrap();
    assert_eq!(&echo, b"hello\n");
    drop(client);
    let told = Command::new("kill").args([end, &number]).status().unwrap();
    assert!(told.success());
    let mut rest = String::new();
    printed.read_to_string(&mut rest).unwrap();
    server.wait().unwrap();
    drop(has_ended);
    assert!(!guard.join().unwrap(), "the server hangs");
    rest
}

/// Writes the program with another port into a file, runs it, and says hello to the server.
fn serve_hello(program: &str, file: &Path, run: impl FnOnce(&Path) -> Command) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    assert_eq!(program.matches("9000").count(), 1, "the program names its port once");
    std::fs::write(file, program.replace("9000", &port.to_string())).unwrap();
    let server = std::thread::spawn(move || listener.accept().unwrap().0.write_all(b"hello world").unwrap());
    let output = run(file).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "hello world\n");
    server.join().unwrap();
}

fn scratch(name: &str) -> PathBuf {
    library::scratch("readme").join(name)
}

#[test]
fn the_c_client_says_hello() {
    if tools::have("cc", "the README's C client") {
        for linkage in [Linkage::Shared, Linkage::Static] {
            let compiled = |file: &Path| Command::new(c_program::program(file, linkage));
            serve_hello(&block("c"), &scratch("readme_client.c"), compiled);
        }
    }
}

#[test]
fn the_python_client_says_hello_on_this_library() {
    if tools::have("python3", "the README's Python client") {
        serve_hello(&block("python"), &scratch("readme_client.py"), |file| {
            let mut python = Command::new("python3");
            python.args(["-m", "tabi"]).arg(file);
            python.env("PYTHONPATH", concat!(env!("CARGO_MANIFEST_DIR"), "/python"));
            python.env("TABI_LIBRARY", library::directory().join("libtabi.so"));
            python
        });
    }
}

#[test]
fn the_c_server_echoes() {
    if tools::have("cc", "the README's C server") {
        let tell = "{ tabi_addr a; if (rc == 0) rc = tabi_server_address(server, &a); \
                    printf(\"%d\\n\", tabi_addr_port(&a)); fflush(stdout); }\n    ";
        let file = scratch("readme_server.c");
        std::fs::write(&file, server_block("c", "if (rc == 0) rc = tabi_server_serve_forever", tell))
            .unwrap();
        ask_echo(&mut Command::new(c_program::program(&file, Linkage::Shared)), "-TERM");
    }
}

#[test]
fn the_python_server_echoes_and_drains() {
    if tools::have("python3", "the README's Python server") {
        // A shell that starts the tests in the background makes them ignore Ctrl-C.
        let tell = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n    \
                    print(server.server_address[1], flush=True)\n    ";
        let file = scratch("readme_server.py");
        std::fs::write(&file, server_block("python", "server.serve_forever()", tell)).unwrap();
        let mut python = Command::new("python3");
        python.arg(file).env("PYTHONPATH", concat!(env!("CARGO_MANIFEST_DIR"), "/python"));
        python.env("TABI_LIBRARY", library::directory().join("libtabi.so")).stderr(Stdio::null());
        let report = ask_echo(&mut python, "-INT");
        assert!(report.starts_with("DrainReport(finished="), "{report}");
    }
}

/// The documentation tests compile those of the crate's front page.
#[test]
fn the_rust_programs_are_those_of_the_crates_front_page() {
    let programs = |page: &'static str| -> Vec<&str> {
        page.split("```rust,no_run\n").skip(1).map(|rest| rest.split("\n```").next().unwrap()).collect()
    };
    let (readme, front_page) = (include_str!("../../README.md"), include_str!("../../docs/rust.md"));
    assert_eq!(programs(readme).len(), 2);
    assert_eq!(programs(readme), programs(front_page));
}
