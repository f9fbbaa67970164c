//! Runs every example server with every example client, in all languages, and shows what they say.
//!
//! `cargo run --example demo` needs Rust, a C compiler and python3. If a tool is missing, its language is left out.
//! `cargo run --example demo windows` runs the programs for Windows, which `.ci/windows` has built, under Wine.

mod conversations;
mod languages;
mod process;

use std::net::{SocketAddr, TcpStream};
use std::process::{Command, ExitCode};

use conversations::{ask, chat, expect, hello, port_of};
use languages::{Language, Programs};
use process::Process;
use tabi::{AF_INET, SOCK_STREAM, Socket};

type Outcome<T> = Result<T, String>;

fn main() -> ExitCode {
    match demo() {
        Ok(0) => ExitCode::SUCCESS,
        Ok(failures) => {
            eprintln!("{failures} combinations failed");
            ExitCode::FAILURE
        }
        Err(message) => {
            eprintln!("demo: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Runs all combinations. Returns how many have failed.
fn demo() -> Outcome<usize> {
    let windows = match std::env::args().nth(1).as_deref() {
        None => false,
        Some("windows") => true,
        Some(other) => return Err(format!("the argument must be windows, got {other:?}")),
    };
    let programs = if windows { Programs::for_windows() } else { Programs::new()? };
    let mut demo = Demo { programs, languages: Vec::new(), failures: 0 };
    for language in [Language::C, Language::Rust, Language::Python] {
        match demo.programs.prepare(language) {
            Ok(()) => demo.languages.push(language),
            Err(reason) => println!("The {language} programs are skipped: {reason}"),
        }
    }
    demo.hello();
    demo.chat();
    demo.udp_echo();
    if !windows {
        // Wine has no unix sockets.
        demo.unix_echo();
    }
    demo.connect_check().map_err(|error| error.to_string())?;
    Ok(demo.failures)
}

struct Demo {
    programs: Programs,
    languages: Vec<Language>,
    failures: usize,
}

impl Demo {
    fn hello(&mut self) {
        self.title("hello: the server says \"hello world\"; the client prints", " client");
        for server in self.languages.clone() {
            self.server_row(server, |demo, client| {
                let (mut server, mut client) =
                    (demo.command(server, "hello_server"), demo.command(client, "hello_client"));
                expect(hello(&mut server, &mut client)?, "hello world")
            });
        }
    }

    fn chat(&mut self) {
        self.title(
            "chat: the client says who it is; the person at the server answers; the client prints",
            " client",
        );
        for server in self.languages.clone() {
            let mut running = self.start(server, "chat_server", "0");
            self.server_row(server, |demo, client| {
                let (process, place) = running.as_mut().map_err(|message| message.clone())?;
                let (text, answer) = (format!("I am {client}"), format!("hello {client}"));
                let mut client = demo.command(client, "chat_client");
                expect(chat(process, port_of(place)?, &mut client, &text, &answer)?, &answer)
            });
        }
    }

    fn udp_echo(&mut self) {
        self.title("udp_echo: the client sends a datagram; the echo is", " client");
        for server in self.languages.clone() {
            let running = self.start(server, "udp_echo_server", "0");
            self.server_row(server, |demo, client| {
                let (_, place) = running.as_ref().map_err(|message| message.clone())?;
                let port = port_of(place)?.to_string();
                let text = format!("{client} datagram");
                expect(ask(demo.command(client, "udp_echo_client").args([&port, &text]))?, &text)
            });
        }
    }

    fn unix_echo(&mut self) {
        self.title(
            "unix_echo: the client sends bytes through a path in the file system; the echo is",
            " client",
        );
        let path = std::env::temp_dir().join(format!("tabi-demo-{}", std::process::id()));
        let path = path.to_string_lossy();
        for server in self.languages.clone() {
            let running = self.start(server, "unix_echo_server", &path);
            self.server_row(server, |demo, client| {
                let (_, place) = running.as_ref().map_err(|message| message.clone())?;
                let text = format!("{client} bytes");
                expect(ask(demo.command(client, "unix_echo_client").args([place, &text]))?, &text)
            });
        }
        let _ = std::fs::remove_file(&*path);
    }

    /// Connects to a port with a listener, and to one that is bound but refuses all clients.
    fn connect_check(&mut self) -> tabi::Result<()> {
        let sockets = [Socket::new(AF_INET, SOCK_STREAM, 0)?, Socket::new(AF_INET, SOCK_STREAM, 0)?];
        for socket in &sockets {
            socket.bind(("127.0.0.1", 0))?;
        }
        sockets[0].listen(5)?;
        self.title("connect_check: connect_ex to an open and to a closed port returns", "");
        let refused = if self.programs.are_for_windows() {
            "10061 WSAECONNREFUSED".to_owned()
        } else {
            format!("{} ECONNREFUSED", number_of_refusal(&sockets[1])?)
        };
        let answers = [("open", "0 connected"), ("closed", &refused)];
        for ((name, answer), socket) in answers.iter().zip(&sockets) {
            let address: SocketAddr = socket.getsockname()?.try_into()?;
            let port = address.port().to_string();
            self.row(name, |demo, language| {
                let mut check = demo.command(language, "connect_check");
                let (_, printed) = Process::start(check.args(["127.0.0.1", &port, "5"]))?.wait_for_end()?;
                expect(printed.trim_end().to_owned(), answer)
            });
        }
        Ok(())
    }

    fn title(&self, title: &str, column: &str) {
        println!("\n{title}");
        self.print_row("", self.languages.iter().map(|language| format!("{language}{column}")));
    }

    /// Prints one line of a table: what the programs of each language said.
    fn row(&mut self, name: &str, mut cell: impl FnMut(&Demo, Language) -> Outcome<String>) {
        let cells: Vec<_> = self.languages.iter().map(|language| cell(self, *language)).collect();
        self.print_row(name, cells.iter().map(|cell| cell.clone().unwrap_or_else(|_| "FAILED".to_owned())));
        for complaint in cells.into_iter().filter_map(Result::err) {
            println!("        {complaint}");
            self.failures += 1;
        }
    }

    fn server_row(&mut self, server: Language, cell: impl FnMut(&Demo, Language) -> Outcome<String>) {
        self.row(&format!("{server} server"), cell);
    }

    fn print_row(&self, name: &str, cells: impl Iterator<Item = String>) {
        let cells: String = cells.map(|cell| format!("  {cell:17}")).collect();
        println!("{}", format!("    {name:13}{cells}").trim_end());
    }

    fn command(&self, language: Language, program: &str) -> Command {
        self.programs.command(language, program)
    }

    /// Starts a server. Returns its process and where it listens.
    fn start(&self, language: Language, program: &str, place: &str) -> Outcome<(Process, String)> {
        let mut server = Process::start(self.command(language, program).arg(place))?;
        let place = server.wait_for_place()?;
        Ok((server, place))
    }
}

/// The number that this system has for a client that is refused, as the standard library knows it.
fn number_of_refusal(refusing: &Socket) -> tabi::Result<i32> {
    let address: SocketAddr = refusing.getsockname()?.try_into()?;
    let refused = TcpStream::connect(address).expect_err("a socket that does not listen refuses clients");
    Ok(refused.raw_os_error().expect("the system refuses them"))
}
