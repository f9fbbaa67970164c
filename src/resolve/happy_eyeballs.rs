//! Happy Eyeballs (RFC 8305): in which order, and when, the addresses of a host are tried.
//!
//! Only the decisions are here. There is no socket, no look-up and no clock in this file: the caller says what has
//! happened and what time it is, and is told what to do next. So every rule of the RFC is a row in a table of the tests.
//!
//! ```text
//!   answer() ─────▶ untried addresses ── next(): Start ──▶ running attempts ──▶ one connects: the caller is done
//!                          ▲                                     │
//!                          └────── the next one starts ◀─────────┴── failed(), or the delay between attempts passes
//! ```

use std::collections::VecDeque;
use std::time::Duration;

use crate::deadline::Deadline;

/// The times and the count that RFC 8305 leaves open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Settings {
    /// How long an attempt may take before the next one starts beside it.
    pub(crate) attempt_delay: Duration,
    /// How long IPv4 addresses wait for the look-up of the IPv6 addresses.
    pub(crate) resolution_delay: Duration,
    /// How many addresses of the preferred family are tried before the families take turns.
    pub(crate) first_family_count: usize,
}

impl Default for Settings {
    /// What RFC 8305 recommends.
    fn default() -> Self {
        Settings {
            attempt_delay: Duration::from_millis(250),
            resolution_delay: Duration::from_millis(50),
            first_family_count: 1,
        }
    }
}

/// The family of an address, as far as the order of attempts depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    V6,
    /// IPv4, and whatever else the resolver may return.
    V4,
}

impl Family {
    fn other(self) -> Family {
        match self {
            Family::V6 => Family::V4,
            Family::V4 => Family::V6,
        }
    }
}

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step<A> {
    /// Start to connect to this address.
    Start(A),
    /// Wait until an attempt or a look-up has ended, but not longer than until this moment.
    Wait(Deadline),
    /// Nothing is left to try or to wait for: no address could be connected to.
    Exhausted,
}

/// The state of one connection that is being made.
pub(crate) struct HappyEyeballs<A> {
    settings: Settings,
    v6: Addresses<A>,
    v4: Addresses<A>,
    /// The family of the next address, if both have one.
    turn: Family,
    /// How many more addresses of this family come before the other one has its turn.
    in_a_row: usize,
    running: usize,
    /// Whether an attempt was started.
    begun: bool,
    /// The next attempt does not start before this moment, unless a running one fails.
    next_attempt: Deadline,
}

/// What is known of one family.
struct Addresses<A> {
    untried: VecDeque<A>,
    /// Whether their look-up has not ended.
    awaited: bool,
    /// When the first addresses of the family came.
    came: Option<Deadline>,
}

impl<A> Addresses<A> {
    fn awaited(awaited: bool) -> Self {
        Addresses { untried: VecDeque::new(), awaited, came: None }
    }
}

/// A moment that has always passed.
const AT_ONCE: Deadline = Deadline::from_monotonic(i64::MIN);

impl<A> HappyEyeballs<A> {
    /// Begins with a look-up for each of these families.
    pub(crate) fn new(settings: Settings, v6: bool, v4: bool) -> Self {
        HappyEyeballs {
            settings,
            v6: Addresses::awaited(v6),
            v4: Addresses::awaited(v4),
            turn: Family::V6,
            in_a_row: settings.first_family_count.max(1),
            running: 0,
            begun: false,
            next_attempt: AT_ONCE,
        }
    }

    /// Begins with addresses that one look-up returned together, in the order of the system (RFC 6724). Its first
    /// address decides which family is preferred.
    pub(crate) fn sorted(settings: Settings, addresses: impl IntoIterator<Item = (Family, A)>) -> Self {
        let mut all = HappyEyeballs::new(settings, false, false);
        let mut addresses = addresses.into_iter().peekable();
        if let Some((preferred, _)) = addresses.peek() {
            all.turn = *preferred;
        }
        addresses.for_each(|(family, address)| all.of(family).untried.push_back(address));
        all
    }

    /// The look-up of a family has ended, with these addresses in the order of the system. There are none if it has
    /// failed.
    pub(crate) fn answer(&mut self, family: Family, addresses: impl IntoIterator<Item = A>, now: Deadline) {
        let of = self.of(family);
        of.awaited = false;
        of.untried.extend(addresses);
        if !of.untried.is_empty() {
            of.came = Some(now);
        }
    }

    /// An attempt that was started has failed.
    pub(crate) fn failed(&mut self) {
        self.running -= 1;
        self.next_attempt = AT_ONCE;
    }

    /// Returns what to do at this moment. An address that is returned counts as started.
    pub(crate) fn next(&mut self, now: Deadline) -> Step<A> {
        match self.next_start() {
            Some(at) if at <= now => {
                let family = self.next_family();
                let address = self.of(family).untried.pop_front().expect("this family has an address");
                self.running += 1;
                self.begun = true;
                self.next_attempt = later(now, self.settings.attempt_delay);
                Step::Start(address)
            }
            Some(at) => Step::Wait(at),
            None if self.running == 0 && !self.v6.awaited && !self.v4.awaited => Step::Exhausted,
            None => Step::Wait(Deadline::NEVER),
        }
    }

    /// Returns when the next attempt may start, or `None` if there is no address for it.
    fn next_start(&self) -> Option<Deadline> {
        if self.v6.untried.is_empty() && self.v4.untried.is_empty() {
            return None;
        }
        // IPv6 is preferred, so IPv4 addresses that came first wait for it a moment.
        match self.v4.came {
            Some(came) if !self.begun && self.v6.awaited => Some(later(came, self.settings.resolution_delay)),
            _ => Some(self.next_attempt),
        }
    }

    /// Chooses the family of the next address, and changes turns.
    fn next_family(&mut self) -> Family {
        if self.of(self.turn).untried.is_empty() {
            return self.turn.other();
        }
        let family = self.turn;
        self.in_a_row -= 1;
        if self.in_a_row == 0 {
            self.turn = family.other();
            self.in_a_row = 1;
        }
        family
    }

    fn of(&mut self, family: Family) -> &mut Addresses<A> {
        match family {
            Family::V6 => &mut self.v6,
            Family::V4 => &mut self.v4,
        }
    }
}

fn later(moment: Deadline, by: Duration) -> Deadline {
    let nanoseconds = i64::try_from(by.as_nanos()).unwrap_or(i64::MAX);
    Deadline::from_monotonic(moment.as_monotonic().saturating_add(nanoseconds))
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn at(milliseconds: i64) -> Deadline {
        Deadline::from_monotonic(milliseconds * 1_000_000)
    }

    /// What happens, and when in milliseconds.
    enum Event {
        V6(i64, &'static [&'static str]),
        V4(i64, &'static [&'static str]),
        Failed(i64),
        Until(i64),
    }
    use Event::*;

    impl Event {
        fn time(&self) -> i64 {
            match *self {
                V6(time, _) | V4(time, _) | Failed(time) | Until(time) => time,
            }
        }
    }

    /// Plays the events, with a caller who does at once what it is told. Returns what was started when, and the end.
    fn played(mut eyeballs: HappyEyeballs<&'static str>, events: &[Event]) -> String {
        let mut told = Vec::new();
        let mut now = 0;
        for event in events {
            while now < event.time() {
                match eyeballs.next(at(now)) {
                    Step::Start(address) => told.push(format!("{now} {address}")),
                    Step::Wait(until) if until < at(event.time()) => now = until.as_monotonic() / 1_000_000,
                    Step::Wait(_) => now = event.time(),
                    Step::Exhausted => {
                        told.push(format!("{now} end"));
                        return told.join(", ");
                    }
                }
            }
            match event {
                V6(_, addresses) => eyeballs.answer(Family::V6, addresses.iter().copied(), at(now)),
                V4(_, addresses) => eyeballs.answer(Family::V4, addresses.iter().copied(), at(now)),
                Failed(_) => eyeballs.failed(),
                Until(_) => {}
            }
        }
        told.join(", ")
    }

    #[test]
    fn every_rule() {
        let rows: &[(&str, &[Event], &str)] = &[
            (
                "IPv6 addresses that come first are tried at once (section 3)",
                &[V6(10, &["a6"]), Until(100)],
                "10 a6",
            ),
            (
                "IPv4 addresses that come first wait 50 ms for the others (section 3)",
                &[V4(10, &["a4"]), Until(100)],
                "60 a4",
            ),
            (
                "IPv6 addresses that come within these 50 ms are preferred (section 3)",
                &[V4(10, &["a4"]), V6(40, &["a6"]), Until(100)],
                "40 a6",
            ),
            (
                "an IPv6 look-up that fails within these 50 ms ends the wait (section 3)",
                &[V4(10, &["a4"]), V6(40, &[]), Until(100)],
                "40 a4",
            ),
            (
                "an IPv6 look-up that has failed before is not waited for",
                &[V6(5, &[]), V4(10, &["a4"]), Until(100)],
                "10 a4",
            ),
            (
                "the families take turns (section 4)",
                &[V4(0, &["a4", "b4", "c4"]), V6(0, &["a6", "b6", "c6"]), Until(1400)],
                "0 a6, 250 a4, 500 b6, 750 b4, 1000 c6, 1250 c4",
            ),
            (
                "when one family has no more addresses, the other goes on (section 4)",
                &[V4(0, &["a4", "b4", "c4"]), V6(0, &["a6"]), Until(1100)],
                "0 a6, 250 a4, 500 b4, 750 c4",
            ),
            (
                "attempts start 250 ms after one another (section 5)",
                &[V6(0, &["a6", "b6", "c6"]), V4(0, &[]), Until(600)],
                "0 a6, 250 b6, 500 c6",
            ),
            (
                "when an attempt fails, the next one starts at once (section 5)",
                &[V6(0, &["a6", "b6"]), V4(0, &[]), Failed(30), Until(100)],
                "0 a6, 30 b6",
            ),
            (
                "after that, the delay counts from the new attempt",
                &[V6(0, &["a6", "b6", "c6"]), V4(0, &[]), Failed(200), Until(500)],
                "0 a6, 200 b6, 450 c6",
            ),
            (
                "IPv6 addresses that come late are tried next, in turn (section 3)",
                &[V4(0, &["a4", "b4", "c4"]), V6(100, &["a6"]), Until(800)],
                "50 a4, 300 a6, 550 b4",
            ),
            (
                "addresses that come when all others have failed are tried at once",
                &[V4(0, &["a4"]), Failed(60), V6(400, &["a6"]), Until(500)],
                "50 a4, 400 a6",
            ),
            (
                "addresses that come while the only attempt runs keep the delay",
                &[V6(0, &["a6"]), V4(100, &["a4"]), Until(300)],
                "0 a6, 250 a4",
            ),
            ("no address at all is the end", &[V6(5, &[]), V4(10, &[]), Until(100)], "10 end"),
            (
                "the end comes when the last attempt has failed, and not before",
                &[V6(0, &["a6"]), V4(0, &["a4"]), Failed(300), Failed(400), Until(500)],
                "0 a6, 250 a4, 400 end",
            ),
            (
                "a failure is not the end while a look-up runs",
                &[V6(0, &["a6"]), Failed(10), Until(9000), V4(9000, &[]), Until(9001)],
                "0 a6, 9000 end",
            ),
        ];
        for (rule, events, expected) in rows {
            let eyeballs = HappyEyeballs::new(Settings::default(), true, true);
            assert_eq!(played(eyeballs, events), *expected, "{rule}");
        }
    }

    #[test]
    fn the_first_address_of_the_system_decides_the_preferred_family() {
        let addresses = [(Family::V4, "a4"), (Family::V4, "b4"), (Family::V6, "a6"), (Family::V6, "b6")];
        let eyeballs = HappyEyeballs::sorted(Settings::default(), addresses);
        assert_eq!(played(eyeballs, &[Until(900)]), "0 a4, 250 a6, 500 b4, 750 b6");
    }

    #[test]
    fn the_settings_count() {
        let settings = Settings {
            attempt_delay: Duration::from_millis(100),
            resolution_delay: Duration::from_millis(20),
            first_family_count: 2,
        };
        let events = [V4(0, &["a4", "b4"]), V6(10, &["a6", "b6", "c6"]), Until(500)];
        let eyeballs = HappyEyeballs::new(settings, true, true);
        assert_eq!(played(eyeballs, &events), "10 a6, 110 b6, 210 a4, 310 c6, 410 b4");
        let eyeballs = HappyEyeballs::new(settings, true, true);
        assert_eq!(played(eyeballs, &[V4(0, &["a4"]), Until(500)]), "20 a4");
    }

    #[test]
    fn twenty_addresses_are_all_tried_once() {
        let names: Vec<String> = (0..20).map(|number| number.to_string()).collect();
        let families = [Family::V6, Family::V4].into_iter().cycle();
        let mut eyeballs =
            HappyEyeballs::sorted(Settings::default(), families.zip(names.iter().map(String::as_str)));
        let mut started = Vec::new();
        let mut now = 0;
        loop {
            match eyeballs.next(at(now)) {
                Step::Start(address) => started.push(address),
                Step::Wait(until) if until == Deadline::NEVER => break,
                Step::Wait(until) => now = until.as_monotonic() / 1_000_000,
                Step::Exhausted => panic!("twenty attempts are running"),
            }
        }
        assert_eq!(started, names);
        assert_eq!(now, 19 * 250);
    }
}
