//! A program that runs, with its input and output.

use std::io::{self, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

/// How long a program may print nothing before it counts as hung.
const HANG_GUARD: Duration = Duration::from_secs(60);

/// A running program; it is killed when this is dropped.
pub struct Process {
    child: Child,
    input: Option<ChildStdin>,
    output: Receiver<Vec<u8>>,
    /// What the program has printed and no call has returned yet.
    printed: Vec<u8>,
}

impl Process {
    /// Starts a program. Its input and both outputs are pipes to this process.
    pub fn start(command: &mut Command) -> Result<Process, String> {
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = child.map_err(|error| format!("{command:?}: {error}"))?;
        let (sender, output) = mpsc::channel();
        forward(child.stdout.take(), sender.clone());
        forward(child.stderr.take(), sender);
        Ok(Process { input: child.stdin.take(), child, output, printed: Vec::new() })
    }

    /// Waits until the program has printed `text`; returns what it printed before that.
    pub fn wait_for(&mut self, text: &str) -> Result<String, String> {
        let deadline = Instant::now() + HANG_GUARD;
        loop {
            let window = self.printed.windows(text.len());
            if let Some(start) = window.into_iter().position(|window| window == text.as_bytes()) {
                let before = self.printed.drain(..start + text.len()).take(start).collect::<Vec<u8>>();
                return Ok(String::from_utf8_lossy(&before).into_owned());
            }
            if !self.receive(deadline)? {
                let printed = String::from_utf8_lossy(&self.printed);
                return Err(format!("{text:?} was expected, but the program ended after {printed:?}"));
            }
        }
    }

    /// Waits for the line "listening on PLACE" and returns the place.
    pub fn wait_for_place(&mut self) -> Result<String, String> {
        self.wait_for("listening on ")?;
        self.wait_for("\n")
    }

    /// Waits until the program ends. Returns whether it succeeded, and the rest of what it printed.
    pub fn wait_for_end(mut self) -> Result<(bool, String), String> {
        let deadline = Instant::now() + HANG_GUARD;
        while self.receive(deadline)? {}
        let status = self.child.wait().map_err(|error| error.to_string())?;
        Ok((status.success(), String::from_utf8_lossy(&self.printed).into_owned()))
    }

    /// Writes a line to the program's standard input.
    pub fn say(&mut self, line: &str) -> Result<(), String> {
        let input = self.input.as_mut().ok_or("its input has ended")?;
        writeln!(input, "{line}").and_then(|()| input.flush()).map_err(|error| error.to_string())
    }

    /// Closes the program's standard input.
    #[allow(dead_code, reason = "the demo has no use for it, the tests have")]
    pub fn end_input(&mut self) {
        self.input = None;
    }

    /// Asks the program to end, by SIGTERM.
    #[allow(dead_code, reason = "the demo has no use for it, the tests have")]
    pub fn terminate(&self) -> Result<(), String> {
        let status = Command::new("kill").arg(self.child.id().to_string()).status();
        status.map(drop).map_err(|error| format!("kill: {error}"))
    }

    /// Sends SIGINT to the program, as Ctrl-C does.
    #[allow(dead_code, reason = "the demo has no use for it, the tests have")]
    pub fn interrupt(&self) -> Result<(), String> {
        let status = Command::new("kill").arg("-INT").arg(self.child.id().to_string()).status();
        status.map(drop).map_err(|error| format!("kill: {error}"))
    }

    /// Waits for more output. Returns false when the output has ended.
    fn receive(&mut self, deadline: Instant) -> Result<bool, String> {
        match self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(bytes) => {
                self.printed.extend(bytes);
                Ok(true)
            }
            Err(RecvTimeoutError::Disconnected) => Ok(false),
            Err(RecvTimeoutError::Timeout) => {
                Err(format!("the program hangs after {:?}", String::from_utf8_lossy(&self.printed)))
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The program may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends the bytes of a pipe through a channel, in a thread that ends with the pipe.
fn forward(pipe: Option<impl Read + Send + 'static>, sender: Sender<Vec<u8>>) {
    thread::spawn(move || -> Option<()> {
        let mut pipe = pipe?;
        let mut buffer = [0; 4096];
        loop {
            match pipe.read(&mut buffer) {
                Ok(0) => return None,
                // Programs for Windows end their lines with two characters.
                Ok(n) => {
                    sender.send(buffer[..n].iter().copied().filter(|byte| *byte != b'\r').collect()).ok()?
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return None,
            }
        }
    });
}
