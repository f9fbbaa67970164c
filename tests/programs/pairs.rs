//! The example programs: every server with every client, in C, Rust and Python on tabi, and in CPython on its own
//! `socket`. Each test stands for one pair: `chat::c_server::python_client`.

use crate::conversations;
use crate::examples;
use crate::languages::Language;
use crate::process::Process;
use crate::support::temporary_path;

macro_rules! pairs {
    ($($pair:ident)*) => {$(
        mod $pair {
            clients! { $pair c_server C: c_client C, rust_client Rust, python_client Python, cpython_client StockPython }
            clients! { $pair rust_server Rust: c_client C, rust_client Rust, python_client Python, cpython_client StockPython }
            clients! { $pair python_server Python: c_client C, rust_client Rust, python_client Python, cpython_client StockPython }
            clients! { $pair cpython_server StockPython: c_client C, rust_client Rust, python_client Python }
        }
    )*};
}

macro_rules! clients {
    ($pair:ident $server_name:ident $server:ident: $($client_name:ident $client:ident),*) => {
        mod $server_name {
            $(
                #[test]
                fn $client_name() {
                    super::super::$pair(crate::languages::Language::$server, crate::languages::Language::$client);
                }
            )*
        }
    };
}

pairs! { hello chat udp_echo unix_echo }

fn hello(server: Language, client: Language) {
    let (Some(mut server), Some(mut client)) =
        (examples::command(server, "hello_server"), examples::command(client, "hello_client"))
    else {
        return;
    };
    assert_eq!(conversations::hello(&mut server, &mut client).as_deref(), Ok("hello world"));
}

fn chat(server: Language, client: Language) {
    let (Some(mut server), Some(mut client)) =
        (examples::command(server, "chat_server"), examples::command(client, "chat_client"))
    else {
        return;
    };
    let mut server = Process::start(server.arg("0")).unwrap();
    let port = conversations::port_of(&server.wait_for_place().unwrap()).unwrap();
    // Another client is connected during the whole test, and sends nothing.
    let _quiet = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    let answer = conversations::chat(&mut server, port, &mut client, "good morning", "and a good day");
    assert_eq!(answer.as_deref(), Ok("and a good day"));
}

fn udp_echo(server: Language, client: Language) {
    let (Some(mut server), Some(mut client)) =
        (examples::command(server, "udp_echo_server"), examples::command(client, "udp_echo_client"))
    else {
        return;
    };
    let mut server = Process::start(server.arg("0")).unwrap();
    let port = conversations::port_of(&server.wait_for_place().unwrap()).unwrap();
    let echo = conversations::ask(client.args([&port.to_string(), "one datagram"]));
    assert_eq!(echo.as_deref(), Ok("one datagram"));
}

fn unix_echo(server: Language, client: Language) {
    let (Some(mut server), Some(mut client)) =
        (examples::command(server, "unix_echo_server"), examples::command(client, "unix_echo_client"))
    else {
        return;
    };
    let path = temporary_path();
    let mut server = Process::start(server.arg(&path)).unwrap();
    assert_eq!(server.wait_for_place().unwrap(), path.to_str().unwrap());
    let echo = conversations::ask(client.arg(&path).arg("some bytes"));
    assert_eq!(echo.as_deref(), Ok("some bytes"));
    std::fs::remove_file(path).unwrap();
}
