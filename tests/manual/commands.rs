//! Every command that a page shows to a shell is run as it is printed there, by this test or by what
//! `tests/data/commands.tsv` names for it, or that list says why nobody runs it.
#![cfg(target_os = "linux")]

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use crate::pages::{self, Page};
use crate::support::{HANG, compile, library, tools, wait_until};
use crate::terminal::enter_own_network;
use crate::transcripts;

const LIST: &str = include_str!("../data/commands.tsv");

/// A line of the list.
struct Listed {
    page: &'static str,
    command: &'static str,
    who: &'static str,
    what: &'static str,
}

fn listed() -> impl Iterator<Item = Listed> {
    LIST.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let [page, command, who, what] =
            line.split('\t').collect::<Vec<_>>().try_into().expect("four columns");
        Listed { page, command, who, what }
    })
}

/// The commands of a page, without the comments behind them. A line that is indented goes on with the one before.
fn commands(page: &Page) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    for block in page.blocks().iter().filter(|block| block.language == "sh") {
        let indented = block.text.lines().next().map_or(0, |line| line.len() - line.trim_start().len());
        for line in block.text.lines() {
            let text = line[indented.min(line.len())..].split("  # ").next().unwrap();
            match commands.last_mut() {
                Some(before) if text.starts_with(' ') => *before += &format!(" {}", text.trim()),
                _ => commands.push(text.trim_end().to_owned()),
            }
        }
    }
    commands
}

/// All pages but the translations, whose blocks are those of the originals.
fn pages_with_commands() -> impl Iterator<Item = Page> {
    let pages = pages::all().into_iter().chain([pages::page("benches/README.md")]);
    pages.filter(|page| !page.path.starts_with("docs/zh"))
}

#[test]
fn every_command_of_a_page_is_in_the_list_and_no_other() {
    let mut shown: Vec<String> = pages_with_commands()
        .flat_map(|page| {
            commands(&page).into_iter().map(move |line| format!("{}\t{line}", page.path.display()))
        })
        .collect();
    let mut known: Vec<String> = listed().map(|each| format!("{}\t{}", each.page, each.command)).collect();
    shown.sort();
    known.sort();
    let new: Vec<_> = shown.iter().filter(|line| !known.contains(line)).collect();
    let gone: Vec<_> = known.iter().filter(|line| !shown.contains(line)).collect();
    assert!(new.is_empty() && gone.is_empty(), "tests/data/commands.tsv lacks {new:#?} and has {gone:#?}");
}

#[test]
fn who_runs_a_command_elsewhere_does_so_and_who_does_not_has_a_reason() {
    for each in listed() {
        let holds = match each.who {
            "here" => true,
            "serves" => each.what.contains(" -> "),
            "nobody" => each.what.split(' ').count() > 3,
            file => {
                let text = fs::read_to_string(pages::root().join(file)).unwrap_or_default();
                !each.what.is_empty() && text.contains(each.what)
            }
        };
        assert!(holds, "{}: {}: {} does not have: {}", each.page, each.command, each.who, each.what);
    }
}

/// A folder with the programs of the manual, the client of the README, and what the pages name of the source.
fn folder() -> PathBuf {
    let folder = library::scratch("commands");
    // What an earlier run has left.
    fs::remove_dir_all(&folder).unwrap();
    transcripts::type_programs(&folder);
    let readme = pages::page("README.md").blocks();
    let client = readme.iter().find(|block| block.language == "c").expect("the README has a client");
    fs::write(folder.join("client.c"), &client.text).unwrap();
    let program = "import socket, socketserver, sys\nprint(socket._socket.__name__, socketserver.__name__, *sys.argv[1:])\n";
    for name in ["program.py", "SCRIPT", "MODULE.py"] {
        fs::write(folder.join(name), program).unwrap();
    }
    let release = folder.join("target/release");
    fs::create_dir_all(&release).unwrap();
    let library = library::library();
    let links = [
        (&library.shared_object, release.join("libtabi.so")),
        (&library.archive, release.join("libtabi.a")),
        (&library.directory().join("examples"), release.join("examples")),
        (&pages::root().join("include"), folder.join("include")),
        (&pages::root().join("python"), folder.join("python")),
    ];
    for (file, name) in links {
        symlink(file, name).unwrap();
    }
    let mut cargo = library::cargo();
    compile::run(
        cargo
            .args(["build", "--quiet", "--example", "restart_server"])
            .args(library::same_profile_and_place()),
    );
    // systemd-socket-activate gives no LD_LIBRARY_PATH to what it starts.
    let server = "cc whoami_server.c -o whoami_server $(pkg-config --cflags --libs tabi-static)";
    compile::run(&mut shell(server, &folder));
    folder
}

fn shell(line: &str, folder: &Path) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-euc", line]).current_dir(folder).envs(transcripts::reader().environment.iter().cloned());
    shell
}

/// Answers each client on port 9000, as the programs of the tutorial expect it.
fn greet_on_port_9000() {
    let listener = TcpListener::bind("127.0.0.1:9000").unwrap();
    thread::spawn(move || {
        while let Ok((mut client, _)) = listener.accept() {
            let _ = client.write_all(b"hello world");
        }
    });
}

/// A program, with all that it starts, which ends with this value.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", self.0.id())]).status();
        let _ = self.0.wait();
    }
}

/// Starts a server, and asks it: "9013: who\n -> process".
fn ask(line: &str, asks: &str, folder: &Path) {
    let (port, conversation) = asks.split_once(": ").unwrap();
    let (question, answer) = conversation.split_once(" -> ").unwrap();
    let question = question.replace("\\r", "\r").replace("\\n", "\n");
    let mut server = shell(&format!("exec env {line}"), folder);
    server.process_group(0).stdout(Stdio::null()).stderr(Stdio::null());
    let mut server = Running(server.spawn().unwrap());
    let mut client = None;
    wait_until("the server listens", || {
        assert!(server.0.try_wait().unwrap().is_none(), "{line} has ended");
        client = TcpStream::connect(format!("127.0.0.1:{port}")).ok();
        client.is_some()
    });
    let mut client = client.unwrap();
    client.set_read_timeout(Some(HANG)).unwrap();
    client.write_all(question.as_bytes()).unwrap();
    let mut said = vec![0; answer.len()];
    client.read_exact(&mut said).unwrap_or_else(|error| panic!("{line}: {error}"));
    assert_eq!(String::from_utf8_lossy(&said), answer, "{line}");
}

#[test]
fn the_commands_that_are_run_here_do_what_the_pages_say() {
    let needed = ["cc", "c++", "make", "pkg-config", "python3", "ip", "systemd-socket-activate"];
    if needed.iter().any(|tool| !tools::have(tool, "the commands of the manual")) {
        return;
    }
    let folder = folder();
    if !enter_own_network() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "a network of its own");
        eprintln!("skipped: this user may not make networks: the commands of the manual are not tested");
        return;
    }
    greet_on_port_9000();
    for each in listed() {
        eprintln!("{}: {}", each.page, each.command);
        match each.who {
            "here" => {
                let printed = compile::run(&mut shell(each.command, &folder));
                assert_eq!(printed.trim_end(), each.what, "{}", each.command);
            }
            "serves" => ask(each.command, each.what, &folder),
            _ => (),
        }
    }
}
