//! A terminal in which a shell runs, as a reader of the manual has it.
#![cfg(target_os = "linux")]
#![allow(unsafe_code)]

use std::fs;
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use crate::support::{HANG, library};

/// Gives the calling thread, and the programs that it starts, a network of its own: its ports are free, and whatever is
/// sent beyond this machine is lost. Returns false if the user may not do this.
pub(crate) fn enter_own_network() -> bool {
    // SAFETY: unshare touches no memory.
    if unsafe { libc::unshare(libc::CLONE_NEWNET) } != 0 {
        return false;
    }
    // The loopback interface throws away what is for other machines.
    let script = "ip link set lo up && ip route add default dev lo";
    Command::new("sh").args(["-c", script]).status().is_ok_and(|status| status.success())
}

pub(crate) struct Terminal {
    name: String,
    shell: Child,
    keyboard: ChildStdin,
    output: Receiver<Vec<u8>>,
    /// What the terminal shows and the transcript has not said yet.
    unread: String,
}

impl Terminal {
    /// Opens a terminal whose prompt is its name and `$`.
    pub(crate) fn open(name: &str, folder: &Path, environment: &[(&str, String)]) -> Terminal {
        // Bash takes no prompt from the environment of an administrator.
        let start = library::scratch("terminals").join(format!("{name}$"));
        fs::write(&start, format!("PS1='{name}$ '\n")).unwrap();
        let shell = format!("bash --rcfile {} --noprofile --noediting -i", start.display());
        let mut script = Command::new("script");
        script.args(["--quiet", "--flush", "--command", &shell, "/dev/null"]);
        script.current_dir(folder).env("TERM", "dumb").env("LC_ALL", "C.UTF-8");
        script.envs(environment.iter().map(|(name, value)| (name, value)));
        // Tests that a shell runs in the background ignore Ctrl-C, and so would all programs in the terminal.
        // SAFETY: between fork and exec, signal is allowed, and it touches no memory.
        unsafe {
            script.pre_exec(|| {
                libc::signal(libc::SIGINT, libc::SIG_DFL);
                Ok(())
            })
        };
        let mut shell = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (sender, output) = channel();
        let mut screen = shell.stdout.take().unwrap();
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(n @ 1..) = screen.read(&mut bytes) {
                if sender.send(bytes[..n].to_vec()).is_err() {
                    return;
                }
            }
        });
        let keyboard = shell.stdin.take().unwrap();
        Terminal { name: name.to_owned(), shell, keyboard, output, unread: String::new() }
    }

    pub(crate) fn type_text(&mut self, text: &str) {
        self.keyboard.write_all(text.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// Waits until the terminal shows the text, and nothing else before it. A number of five digits stands for any such
    /// number.
    pub(crate) fn expect(&mut self, text: &str) {
        self.expect_one_of(&[text]);
    }

    /// Waits for the prompt, at the beginning of a line or behind what a program left without a newline.
    pub(crate) fn expect_prompt(&mut self) {
        let prompt = format!("{}$ ", self.name);
        self.expect_one_of(&[&prompt, &format!("\n{prompt}")]);
    }

    pub(crate) fn expect_one_of(&mut self, texts: &[&str]) {
        loop {
            let shown = without_numbers(&self.unread);
            if let Some(text) = texts.iter().find(|text| shown.starts_with(&without_numbers(text))) {
                self.unread.drain(..text.len());
                return;
            }
            match self.output.recv_timeout(HANG) {
                Ok(bytes) => self.unread += &String::from_utf8(bytes).unwrap().replace('\r', ""),
                Err(_) => panic!("{}: {texts:?} did not come, but {:?}", self.name, self.unread),
            }
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}

/// Replaces every number of five digits, such as a port that the system has chosen.
fn without_numbers(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(begin) = rest.find(|letter: char| letter.is_ascii_digit()) {
        let (before, from) = rest.split_at(begin);
        let end = from.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(from.len());
        let (number, after) = from.split_at(end);
        plain += before;
        plain += if number.len() == 5 { "#####" } else { number };
        rest = after;
    }
    plain + rest
}

#[test]
fn numbers_of_five_digits_are_alike() {
    assert_eq!(without_numbers("('127.0.0.1', 51212): 123456 9001"), "('127.0.0.1', #####): 123456 9001");
}
