//! How `create_connection` carries out what Happy Eyeballs decides: look-ups, attempts, and one wait for all of them.

use std::sync::Arc;

use super::Socket;
use super::create_connection::CreateConnectionError;
use super::timeout::Timeout;
use crate::address::Address;
use crate::cancel::Tokens;
use crate::constants::{AF_INET, AF_INET6};
use crate::deadline::{Deadline, Limit};
use crate::error::{Error, Result};
use crate::memory;
use crate::resolve::{AddrInfo, Family, HappyEyeballs, Pending, Question, Settings, Step};
use crate::signal_poll::SignalPoll;
use crate::sys::{self, Wake, libc};

/// A connection that is being made.
pub(super) struct Connecting<'a> {
    eyeballs: HappyEyeballs<AddrInfo>,
    look_ups: Vec<(Family, Pending<Vec<AddrInfo>>)>,
    /// Raised when a look-up has ended.
    wake: Option<Arc<Wake>>,
    attempts: Vec<Attempt>,
    how: How<'a>,
    errors: Vec<(Address, Error)>,
    /// Why no address is known, as long as none is.
    unknown: Option<Error>,
}

/// The errors of a look-up that has found no address of its family.
const NO_ADDRESS: [i32; 3] = [libc::EAI_NONAME, sys::EAI_NODATA, sys::EAI_ADDRFAMILY];

/// How each attempt is made.
#[derive(Clone, Copy)]
pub(super) struct How<'a> {
    /// The timeout of the connected socket.
    pub(super) timeout: Timeout,
    pub(super) deadline: Deadline,
    pub(super) source_address: Option<(&'a str, u16)>,
    /// Asked whether to give up when a signal handler has run, if somebody wants to know of signals.
    pub(super) interrupted: Option<&'a dyn Fn() -> bool>,
}

/// A connect that was begun.
struct Attempt {
    socket: Socket,
    address: Address,
    /// Whether the last wait has reported that it has ended.
    has_ended: bool,
}

impl<'a> Connecting<'a> {
    /// Connects to addresses that are known.
    pub(super) fn to(answers: Vec<AddrInfo>, settings: Settings, how: How<'a>) -> Self {
        let answers = answers.into_iter().map(|answer| (family_of(&answer), answer));
        Connecting::with(HappyEyeballs::sorted(settings, answers), how)
    }

    /// Begins to look the addresses up, of both families beside each other. The first answer may be used before the
    /// second.
    pub(super) fn look_up(question: &Question, settings: Settings, how: How<'a>) -> Result<Self> {
        let mut connecting = Connecting::with(HappyEyeballs::new(settings, true, true), how);
        let wake = memory::shared(Wake::new()?)?;
        for (family, number) in [(Family::V6, AF_INET6), (Family::V4, AF_INET)] {
            let question = question.clone();
            let look_up = Pending::begin(&wake, move || question.ask(number))?;
            connecting.look_ups.push((family, look_up));
        }
        connecting.wake = Some(wake);
        Ok(connecting)
    }

    fn with(eyeballs: HappyEyeballs<AddrInfo>, how: How<'a>) -> Self {
        Connecting {
            eyeballs,
            look_ups: Vec::new(),
            wake: None,
            attempts: Vec::new(),
            how,
            errors: Vec::new(),
            unknown: None,
        }
    }

    /// Goes on until one attempt has succeeded, all have failed, the deadline has passed, or a token is triggered. The
    /// other attempts end with this value.
    pub(super) fn finish(mut self) -> Result<Socket, CreateConnectionError> {
        loop {
            if let Err(cancelled) = Tokens::of_thread().check() {
                self.give_up(&cancelled);
                // Perhaps no attempt was running. The last error is what a simple caller gets.
                if self.errors.last().is_none_or(|(_, error)| *error != cancelled) {
                    self.errors.push((Address::None, cancelled));
                }
                return Err(self.failure());
            }
            match self.eyeballs.next(Deadline::now()) {
                Step::Start(answer) => {
                    if let Some(socket) = self.start(answer) {
                        return Ok(socket);
                    }
                }
                Step::Exhausted => return Err(self.failure()),
                Step::Wait(_) if self.how.deadline.has_passed() => {
                    self.give_up(&Error::Timeout);
                    return Err(self.failure());
                }
                Step::Wait(moment) => {
                    match self.wait(moment.min(self.how.deadline)) {
                        // A connection that was made meanwhile counts, even if the wait was cancelled.
                        Ok(()) | Err(Error::Cancelled) => {}
                        Err(error) => {
                            self.errors.push((Address::None, error));
                            return Err(self.failure());
                        }
                    }
                    self.take_answers();
                    if let Some(socket) = self.take_connected() {
                        return Ok(socket);
                    }
                }
            }
        }
    }

    /// Starts an attempt. Returns its socket if it is connected already.
    fn start(&mut self, answer: AddrInfo) -> Option<Socket> {
        match self.how.begin(&answer) {
            Ok((socket, true)) => Some(socket),
            Ok((socket, false)) => {
                self.attempts.push(Attempt { socket, address: answer.address, has_ended: false });
                None
            }
            Err(error) => {
                self.fail(answer.address, error);
                None
            }
        }
    }

    fn fail(&mut self, address: Address, error: Error) {
        self.errors.push((address, error));
        self.eyeballs.failed();
    }

    /// Waits until a look-up or an attempt has ended, but not longer than until this moment.
    fn wait(&mut self, until: Deadline) -> Result<()> {
        let mut polled = Vec::new();
        memory::reserve(&mut polled, 1 + self.attempts.len())?;
        let entry = |fd, events| libc::pollfd { fd, events, revents: 0 };
        polled.extend(self.wake.iter().map(|wake| entry(wake.fd(), libc::POLLIN)));
        polled.extend(self.attempts.iter().map(|attempt| entry(attempt.socket.fileno(), libc::POLLOUT)));
        let interrupted = self.how.interrupted;
        match SignalPoll::new(interrupted.is_some()).poll(&mut polled, until) {
            Err(Error::Os(libc::EINTR)) if !interrupted.is_some_and(|ask| ask()) => Ok(()),
            Ok(_) => {
                for (attempt, polled) in self.attempts.iter_mut().rev().zip(polled.iter().rev()) {
                    attempt.has_ended = polled.revents != 0;
                }
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Gives the answers of look-ups that have ended to Happy Eyeballs.
    fn take_answers(&mut self) {
        if let Some(wake) = &self.wake {
            wake.clear();
        }
        let (eyeballs, unknown) = (&mut self.eyeballs, &mut self.unknown);
        self.look_ups.retain(|(family, look_up)| {
            let Some(answer) = look_up.answer() else { return true };
            let addresses = answer.unwrap_or_else(|error| {
                // That there is no address of one family says nothing about the other one.
                if unknown.is_none() || !NO_ADDRESS.map(Error::Gai).contains(&error) {
                    *unknown = Some(error);
                }
                Vec::new()
            });
            eyeballs.answer(*family, addresses, Deadline::now());
            false
        });
    }

    /// Returns the socket of an attempt that has succeeded, and forgets those that have failed.
    fn take_connected(&mut self) -> Option<Socket> {
        let mut index = 0;
        while index < self.attempts.len() {
            let Attempt { socket, has_ended, .. } = &self.attempts[index];
            let ended = if *has_ended {
                socket.result_of_connect()
            } else {
                socket.finish_under(&Tokens::NONE, Limit::Now)
            };
            match ended {
                Err(Error::Timeout) => index += 1,
                result => {
                    let Attempt { socket, address, .. } = self.attempts.remove(index);
                    match result.and_then(|()| self.how.complete(&socket, &address)) {
                        Ok(()) => return Some(socket),
                        Err(error) => self.fail(address, error),
                    }
                }
            }
        }
        None
    }

    /// Records why everything that has not ended is given up.
    fn give_up(&mut self, reason: &Error) {
        let running = self.attempts.drain(..).map(|attempt| (attempt.address, reason.clone()));
        self.errors.extend(running);
        if !self.look_ups.is_empty() {
            self.unknown = Some(reason.clone());
        }
    }

    /// What is known of the failure. If no address was tried, that is why none was found.
    fn failure(self) -> CreateConnectionError {
        let mut errors = self.errors;
        if errors.is_empty() {
            errors.push((Address::None, self.unknown.unwrap_or(Error::Gai(libc::EAI_NONAME))));
        }
        CreateConnectionError { errors }
    }
}

impl How<'_> {
    /// Whether the system may block in a connect to the only address: nothing else can end the call, and no other thread
    /// has the socket yet.
    pub(super) fn may_block(&self) -> bool {
        sys::CALLS_BLOCK
            && self.timeout == Timeout::NONE
            && self.interrupted.is_none()
            && Tokens::of_thread().is_empty()
    }

    /// Makes a socket and connects it, as long as it takes.
    pub(super) fn connect(&self, answer: &AddrInfo) -> Result<Socket> {
        let socket = self.socket(answer, Timeout::NONE)?;
        match socket.connect_once(&answer.address) {
            // A signal has ended the wait, but the connect goes on in the system.
            Err(Error::Os(libc::EINTR)) => {
                socket.finish_under(&Tokens::NONE, Limit::FOREVER)?;
                self.complete(&socket, &answer.address)?;
            }
            result => result?,
        }
        Ok(socket)
    }

    /// Makes a socket and begins to connect it. Returns whether it is connected already.
    pub(super) fn begin(&self, answer: &AddrInfo) -> Result<(Socket, bool)> {
        let socket = self.socket(answer, Timeout::ZERO)?;
        match socket.connect_once(&answer.address) {
            Ok(()) => {
                self.complete(&socket, &answer.address)?;
                Ok((socket, true))
            }
            Err(Error::Os(errno)) if errno == sys::CONNECT_BEGUN => Ok((socket, false)),
            // After a signal, the connect goes on.
            Err(Error::Os(libc::EINTR)) => Ok((socket, false)),
            Err(error) => Err(error),
        }
    }

    fn socket(&self, answer: &AddrInfo, timeout: Timeout) -> Result<Socket> {
        let socket = Socket::with_timeout(answer.family, answer.kind, answer.proto, timeout)?;
        if let Some(source) = self.source_address {
            socket.bind(source)?;
        }
        Ok(socket)
    }

    /// Makes the socket of a connection like one that was connected alone.
    fn complete(&self, socket: &Socket, address: &Address) -> Result<()> {
        socket.settimeout(self.timeout.duration())?;
        if self.timeout == Timeout::NONE {
            // Linux regards a socket as connected only after a connect has returned 0: until then, the next connect
            // of the program would not fail with EISCONN.
            match socket.connect_once(address) {
                Ok(()) | Err(Error::Os(libc::EISCONN)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

fn family_of(answer: &AddrInfo) -> Family {
    if answer.family == AF_INET6 { Family::V6 } else { Family::V4 }
}
