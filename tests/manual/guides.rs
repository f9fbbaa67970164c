//! The programs of the guides do what the guides say.
#![cfg(target_os = "linux")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::thread;

use crate::pages;
use crate::support::c_program::{self, Linkage};
use crate::support::{HANG, compile, library, tools};

fn source(name: &str) -> PathBuf {
    pages::root().join("docs/programs").join(name)
}

fn in_c(name: &str) -> Option<Command> {
    tools::have("cc", "the guides' programs")
        .then(|| Command::new(c_program::program(&source(&format!("{name}.c")), Linkage::Shared)))
}

fn in_python(name: &str) -> Option<Command> {
    tools::have("python3", "the guides' programs").then(|| {
        let mut python = Command::new("python3");
        python.args(["-m", "tabi"]).arg(source(&format!("{name}.py")));
        python.env("PYTHONPATH", pages::root().join("python"));
        python.env("TABI_LIBRARY", library::directory().join("libtabi.so"));
        python
    })
}

fn in_rust(name: &str) -> Command {
    static PROGRAMS: OnceLock<PathBuf> = OnceLock::new();
    let programs = PROGRAMS.get_or_init(|| {
        let mut cargo = library::cargo();
        cargo.args(["build", "--quiet", "--package", "tabi-manual"]);
        compile::run(cargo.args(library::same_profile_and_place()));
        let test = std::env::current_exe().unwrap();
        test.ancestors().nth(2).unwrap().to_owned()
    });
    Command::new(programs.join(name))
}

fn output(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Starts a server that reads a line of one client, if it is to, and says something. Returns its port.
fn one_answer(reads: bool, says: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let mut line = String::new();
        if reads {
            BufReader::new(&client).read_line(&mut line).unwrap();
        }
        client.write_all(format!("{says}{line}").as_bytes()).unwrap();
    });
    port
}

#[test]
fn the_client_of_plain_sockets_and_that_of_tabi_print_the_same() {
    for program in ["fetch_bsd", "fetch"] {
        let Some(mut client) = in_c(program) else { return };
        let port = one_answer(true, "you said: ");
        assert_eq!(output(client.args(["localhost", &port, "good morning"])), "you said: good morning\n");
    }
}

#[test]
fn a_socket_works_in_a_loop_of_libuv() {
    if !tools::have("cc", "a client with libuv") || !tools::have("pkg-config", "a client with libuv") {
        return;
    }
    let flags = Command::new("pkg-config").args(["--cflags", "--libs", "libuv"]).output().unwrap();
    if !flags.status.success() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "libuv is not installed");
        eprintln!("skipped: libuv is not installed: a client with it is not tested");
        return;
    }
    let program = library::scratch("guides").join("uv_client");
    let mut cc = Command::new("cc");
    cc.args(["-std=gnu99", "-Wall", "-Wextra", "-Werror", "-I"])
        .arg(compile::include())
        .arg(source("uv_client.c"));
    cc.arg("-o").arg(&program).arg("-L").arg(library::directory()).arg("-ltabi");
    cc.arg(format!("-Wl,-rpath,{}", library::directory().display()));
    cc.args(String::from_utf8(flags.stdout).unwrap().split_whitespace());
    compile::run(&mut cc);
    let port = one_answer(false, "from a loop\n");
    assert_eq!(output(Command::new(program).arg(port)), "from a loop\n");
}

#[test]
fn asyncio_runs_on_tabi() {
    let Some(mut client) = in_python("asyncio_client") else { return };
    assert_eq!(output(client.arg(one_answer(false, "from a loop\n"))), "from a loop\n");
}

#[test]
fn the_wrapper_in_cpp_serves_and_connects() {
    if !tools::have("c++", "the wrapper in C++") {
        return;
    }
    let program = library::scratch("guides").join("greeter");
    let mut cpp = Command::new("c++");
    cpp.args(["-std=c++11", "-Wall", "-Wextra", "-Werror", "-pedantic", "-I"]).arg(compile::include());
    cpp.arg(source("greeter.cpp")).arg("-o").arg(&program).arg("-L").arg(library::directory());
    cpp.args(["-ltabi", "-lpthread"]).arg(format!("-Wl,-rpath,{}", library::directory().display()));
    compile::run(&mut cpp);
    assert_eq!(output(&mut Command::new(program)), "hello from C++\n");
}

/// Gives a server its socket as systemd does, and speaks to it as HAProxy does.
fn says_who_the_client_is(server: Option<Command>) {
    let Some(server) = server else { return };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = listener.local_addr().unwrap();
    let mut activated = Command::new("sh");
    activated.args(["-c", r#"LISTEN_FDS=1 LISTEN_PID=$$ exec "$@" 3<&0 0</dev/null"#, "sh"]);
    activated.arg(server.get_program()).args(server.get_args());
    activated.envs(server.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut running = activated.stdin(Stdio::from(OwnedFd::from(listener))).spawn().unwrap();

    let mut client = TcpStream::connect(place).unwrap();
    client.set_read_timeout(Some(HANG)).unwrap();
    client.write_all(b"PROXY TCP4 192.0.2.7 198.51.100.5 51212 80\r\n").unwrap();
    let mut told = String::new();
    let read = client.read_to_string(&mut told);
    let ended = Command::new("kill").arg(running.id().to_string()).status().unwrap();
    assert!(ended.success() && running.wait().unwrap().success());
    read.unwrap();
    assert_eq!(told, "you are ('192.0.2.7', 51212)\n");
}

#[test]
fn whoami_in_c() {
    says_who_the_client_is(in_c("whoami_server"));
}

#[test]
fn whoami_in_python() {
    says_who_the_client_is(in_python("whoami_server"));
}

#[test]
fn whoami_in_rust() {
    says_who_the_client_is(Some(in_rust("whoami_server")));
}

#[test]
fn prefork_workers_answer_and_end_together() {
    let Some(mut server) = in_c("prefork_server") else { return };
    let mut server = server.arg("0").process_group(0).stdout(Stdio::piped()).spawn().unwrap();
    let mut place = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut place).unwrap();
    let place = place.trim().strip_prefix("listening on ").unwrap();
    for _ in 0..10 {
        let mut told = String::new();
        TcpStream::connect(place).unwrap().read_to_string(&mut told).unwrap();
        let worker: u32 = told.trim().strip_prefix("process ").unwrap().parse().unwrap();
        assert_ne!(worker, server.id(), "the parent answers nobody");
    }
    let told = Command::new("kill").args(["-INT", "--", &format!("-{}", server.id())]).status().unwrap();
    assert!(told.success() && server.wait().unwrap().success());
}

#[test]
fn a_descriptor_is_passed_in_python_and_rust() {
    let file = pages::root().join("rustfmt.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    if let Some(mut python) = in_python("pass_descriptor") {
        assert_eq!(output(python.arg(&file)), format!("the child has got {}:\n{text}", file.display()));
    }
    let shown = output(in_rust("pass_descriptor").arg(&file));
    assert_eq!(shown, format!("the other side has got {}:\n{text}", file.display()));
}
