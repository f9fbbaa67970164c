//! Makes connections in a network of its own, whose name server answers as each case wants. Needs root.
//!
//! `eyeballs_helper CASE`, where CASE is one of the names in `main`, or `all`, which prints what each case took.
#![allow(unsafe_code)]

mod against_curl;

use std::error::Error;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

use tabi::{
    AF_INET, AF_INET6, Address, CreateConnectionError, CreateConnectionOptions, Interest, Limit, SOCK_STREAM,
    Socket, create_connection_with,
};

type Outcome = Result<(), Box<dyn Error>>;
type Case = fn() -> Outcome;

/// Addresses, and after how long the name server tells them. Without a time, it never answers.
type Answer = (Option<Duration>, &'static [&'static str]);

/// What the name server says of a host.
struct Host {
    name: &'static str,
    v6: Answer,
    v4: Answer,
}

const AT_ONCE: Option<Duration> = Some(Duration::ZERO);
const SLOWLY: Option<Duration> = Some(Duration::from_secs(2));
const A_LITTLE_LATE: Option<Duration> = Some(Duration::from_millis(100));
const NEVER: Option<Duration> = None;

const TWENTY: &[&str] = &[
    "127.0.0.2",
    "127.0.0.3",
    "127.0.0.4",
    "127.0.0.5",
    "127.0.0.6",
    "127.0.0.7",
    "127.0.0.8",
    "127.0.0.9",
    "127.0.0.10",
    "127.0.0.11",
    "127.0.0.12",
    "127.0.0.13",
    "127.0.0.14",
    "127.0.0.15",
    "127.0.0.16",
    "127.0.0.17",
    "127.0.0.18",
    "127.0.0.19",
    "127.0.0.20",
    "127.0.0.1",
];

const HOSTS: &[Host] = &[
    Host { name: "both", v6: (AT_ONCE, &["::1"]), v4: (AT_ONCE, &["127.0.0.1"]) },
    Host { name: "slow6", v6: (SLOWLY, &["::1"]), v4: (AT_ONCE, &["127.0.0.1"]) },
    Host { name: "never6", v6: (NEVER, &[]), v4: (AT_ONCE, &["127.0.0.1"]) },
    Host { name: "late6", v6: (A_LITTLE_LATE, &["::1"]), v4: (AT_ONCE, &["127.0.0.1"]) },
    Host { name: "slow4", v6: (AT_ONCE, &["::1"]), v4: (SLOWLY, &["127.0.0.1"]) },
    Host { name: "none6", v6: (AT_ONCE, &[]), v4: (AT_ONCE, &["127.0.0.1"]) },
    Host { name: "twenty", v6: (AT_ONCE, &[]), v4: (AT_ONCE, TWENTY) },
    Host { name: "dead", v6: (NEVER, &[]), v4: (NEVER, &[]) },
];

fn main() -> Outcome {
    let case = std::env::args().nth(1).ok_or("usage: eyeballs_helper CASE")?;
    if !enter_own_network()? {
        println!("skipped: only root can make a network of its own");
        return Ok(());
    }
    let server = UdpSocket::bind("127.0.0.1:53")?;
    thread::spawn(move || serve_names(&server));
    let cases: &[(&str, Case)] = &[
        ("black-hole", black_hole),
        ("refused", refused),
        ("slow-aaaa", || connects("slow6", AF_INET, options(60.0)?)),
        ("no-answer-for-aaaa", || connects("never6", AF_INET, options(60.0)?)),
        ("no-aaaa", || connects("none6", AF_INET, options(60.0)?)),
        ("slow-a", || connects("slow4", AF_INET6, options(60.0)?)),
        ("aaaa-within-the-resolution-delay", || {
            connects("late6", AF_INET6, options(60.0)?.resolution_delay(Duration::from_secs(30)))
        }),
        ("ipv6-first", || connects("both", AF_INET6, options(60.0)?)),
        ("twenty-addresses", twenty),
        ("both-dead", both_dead),
        ("dead-name-server", dead_name_server),
        ("thousand", thousand),
        ("against-curl", against_curl::compare),
    ];
    let long = ["thousand", "against-curl"];
    let is_asked = |name: &str| case == name || case == "all" && !long.contains(&name);
    for (name, run) in cases.iter().filter(|(name, _)| is_asked(name)) {
        let begin = Instant::now();
        run().map_err(|error| format!("{name}: {error}"))?;
        println!("{name}: {:?}", begin.elapsed());
    }
    Ok(())
}

fn options(timeout: f64) -> Result<CreateConnectionOptions<'static>, tabi::Error> {
    CreateConnectionOptions::new().timeout(timeout)
}

/// A listener on one of the two loopback addresses, with the same port as another if there is one.
fn listener(family: tabi::AddressFamily, port: u16, backlog: i32) -> Result<Socket, tabi::Error> {
    let listener = Socket::new(family, SOCK_STREAM, 0)?;
    listener.bind((if family == AF_INET { "127.0.0.1" } else { "::1" }, port))?;
    listener.listen(backlog)?;
    Ok(listener)
}

fn port(socket: &Socket) -> u16 {
    socket.getsockname().ok().and_then(|address| address.port()).expect("an internet address")
}

/// Connects to a listener until its queue is full: it answers nobody any more.
fn fill(listener: &Socket) -> Result<Vec<Socket>, tabi::Error> {
    let address = listener.getsockname()?;
    let mut queue = Vec::new();
    loop {
        let client = Socket::new(listener.family(), SOCK_STREAM, 0)?;
        client.setblocking(false)?;
        let _ = client.connect(&address);
        if client.wait(Interest::Write, Limit::after(Duration::from_millis(200))).is_err() {
            return Ok(queue);
        }
        queue.push(client);
    }
}

/// Connects to a host of which both addresses answer, and looks which one it was.
fn connects(name: &str, family: tabi::AddressFamily, options: CreateConnectionOptions<'_>) -> Outcome {
    let v4 = listener(AF_INET, 0, 8)?;
    let _v6 = listener(AF_INET6, port(&v4), 8)?;
    let client = create_connection_with((format!("{name}.test"), port(&v4)), &options)?;
    assert_eq!(client.family(), family);
    assert_eq!(client.gettimeout(), Some(Duration::from_secs(60)));
    Ok(())
}

/// The IPv6 address answers nobody.
fn black_hole() -> Outcome {
    let v4 = listener(AF_INET, 0, 8)?;
    let v6 = listener(AF_INET6, port(&v4), 0)?;
    let _queue = fill(&v6)?;
    let begin = Instant::now();
    let client = create_connection_with(("both.test", port(&v4)), &options(60.0)?)?;
    println!("black-hole: connected after {:?}", begin.elapsed());
    assert_eq!(client.family(), AF_INET);
    Ok(())
}

/// Nobody listens on the IPv6 address. The next attempt need not wait for the delay, which is very long here.
fn refused() -> Outcome {
    let v4 = listener(AF_INET, 0, 8)?;
    let options = options(60.0)?.attempt_delay(Duration::from_secs(3600))?;
    let client = create_connection_with(("both.test", port(&v4)), &options)?;
    assert_eq!(client.family(), AF_INET);
    Ok(())
}

/// Nineteen addresses refuse, and the last one in the order of the system answers.
fn twenty() -> Outcome {
    let v4 = listener(AF_INET, 0, 8)?;
    let options = options(60.0)?.attempt_delay(Duration::from_secs(3600))?;
    let client = create_connection_with(("twenty.test", port(&v4)), &options)?;
    assert_eq!(client.getpeername()?, v4.getsockname()?);
    let held = Socket::new(AF_INET, SOCK_STREAM, 0)?;
    held.bind(("0.0.0.0", 0))?;
    let all = create_connection_with(("twenty.test", port(&held)), &options).unwrap_err();
    assert_eq!(all.errors.len(), 20, "{all}");
    Ok(())
}

/// Neither address answers: both are reported.
fn both_dead() -> Outcome {
    let v4 = listener(AF_INET, 0, 0)?;
    let v6 = listener(AF_INET6, port(&v4), 0)?;
    let _queues = (fill(&v4)?, fill(&v6)?);
    let mut timeout = 1.0;
    loop {
        let begin = Instant::now();
        let all = create_connection_with(("both.test", port(&v4)), &options(timeout)?).unwrap_err();
        println!("both-dead: {timeout} s were {:?}", begin.elapsed());
        let errors: Vec<_> = all
            .errors
            .iter()
            .map(|(address, error)| (address.as_inet().map(|inet| inet.is_ipv6()), error.clone()))
            .collect();
        // On a busy machine, both attempts may need more time to begin.
        if errors.len() < 2 && timeout < 60.0 {
            timeout *= 2.0;
            continue;
        }
        assert_eq!(errors, [(Some(true), tabi::Error::Timeout), (Some(false), tabi::Error::Timeout)]);
        return Ok(());
    }
}

fn dead_name_server() -> Outcome {
    let begin = Instant::now();
    let all = create_connection_with(("dead.test", 80), &options(1.0)?).unwrap_err();
    println!("dead-name-server: a second was {:?}", begin.elapsed());
    assert_eq!(all, CreateConnectionError { errors: vec![(Address::None, tabi::Error::Timeout)] });
    Ok(())
}

/// A thousand connections of a second each, from eight threads, while the name server answers nobody.
fn thousand() -> Outcome {
    let timeout = Duration::from_secs(1);
    let options = CreateConnectionOptions::new().timeout(timeout)?;
    let count = |directory| fs::read_dir(directory).map(Iterator::count);
    let before = (count("/proc/self/fd")?, count("/proc/self/task")?);
    let one = |_| {
        let begin = Instant::now();
        let all = create_connection_with(("dead.test", 80), &options).unwrap_err();
        let took = begin.elapsed();
        assert_eq!(all.errors, [(Address::None, tabi::Error::Timeout)]);
        took.checked_sub(timeout).expect("not before its time")
    };
    let mut late: Vec<Duration> = thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| (0..125).map(one).collect::<Vec<_>>())).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
    });
    late.sort();
    println!(
        "thousand: {} calls, late by {:?} in the middle, {:?} at most",
        late.len(),
        late[late.len() / 2],
        late[late.len() - 1]
    );
    assert_eq!(count("/proc/self/fd")?, before.0 + sockets_of_the_resolver()?, "descriptors");
    let threads = count("/proc/self/task")?;
    assert!(threads <= before.1 + 16, "{threads} threads, and {} before", before.1);
    Ok(())
}

/// The sockets with which the system's resolver asks the name server. Each look-up that runs has one.
fn sockets_of_the_resolver() -> Result<usize, Box<dyn Error>> {
    let table = fs::read_to_string("/proc/self/net/udp")?;
    Ok(table.lines().filter(|line| line.split_whitespace().nth(2) == Some("0100007F:0035")).count())
}

/// Moves this process to a new network with its loopback interface up, where the name server is this process. Returns
/// false if the system does not allow it.
fn enter_own_network() -> Result<bool, Box<dyn Error>> {
    // SAFETY: unshare touches no memory.
    if unsafe { libc::unshare(libc::CLONE_NEWNET | libc::CLONE_NEWNS) } != 0 {
        return Ok(false);
    }
    let socket = Socket::new(AF_INET, tabi::SOCK_DGRAM, 0)?;
    // SAFETY: the structure consists of integers and arrays, for which zeros are valid.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (place, byte) in request.ifr_name.iter_mut().zip(b"lo") {
        *place = *byte as libc::c_char;
    }
    request.ifr_ifru.ifru_flags = libc::IFF_UP as libc::c_short;
    // SAFETY: the request names the interface, and is as long as the call wants it.
    if unsafe { libc::ioctl(socket.fileno(), libc::SIOCSIFFLAGS as _, &request) } != 0 {
        return Err(std::io::Error::last_os_error().into());
    }
    let folder = std::env::temp_dir().join(format!("tabi-eyeballs-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    for (name, text) in [("resolv.conf", "nameserver 127.0.0.1\n"), ("nsswitch.conf", "hosts: dns\n")] {
        let own = folder.join(name);
        fs::write(&own, text)?;
        let own = std::ffi::CString::new(own.to_str().ok_or("a path that is text")?)?;
        let theirs = std::ffi::CString::new(format!("/etc/{name}"))?;
        let (root, none) = (c"/".as_ptr(), std::ptr::null());
        // SAFETY: all names end with NUL, and the calls need no data. The mounts are those of this process alone.
        let mounted = unsafe {
            libc::mount(none, root, none, libc::MS_REC | libc::MS_PRIVATE, none.cast()) == 0
                && libc::mount(own.as_ptr(), theirs.as_ptr(), none, libc::MS_BIND, none.cast()) == 0
        };
        if !mounted {
            return Err(std::io::Error::last_os_error().into());
        }
    }
    fs::remove_dir_all(&folder)?;
    Ok(true)
}

/// Answers questions for addresses: those of HOSTS, each after its time.
fn serve_names(server: &UdpSocket) {
    let mut packet = [0; 512];
    while let Ok((size, client)) = server.recv_from(&mut packet) {
        let question = packet[..size].to_vec();
        let Some((name, kind)) = read_question(&question) else { continue };
        let host = HOSTS.iter().find(|host| host.name == name);
        let (delay, addresses): Answer = match (host, kind) {
            (Some(host), 28) => host.v6,
            (Some(host), 1) => host.v4,
            _ => (AT_ONCE, &[]),
        };
        let Some(delay) = delay else { continue };
        let server = server.try_clone().expect("another descriptor");
        thread::spawn(move || {
            thread::sleep(delay);
            let _ = server.send_to(&answer(&question, kind, addresses), client);
        });
    }
}

/// Returns the first label of the name and the type of the question.
fn read_question(packet: &[u8]) -> Option<(String, u16)> {
    let rest = packet.get(12..)?;
    let length = usize::from(*rest.first()?);
    let label = String::from_utf8_lossy(rest.get(1..=length)?).into_owned();
    let end = 12 + rest.iter().position(|byte| *byte == 0)? + 1;
    Some((label, u16::from_be_bytes(packet.get(end..end + 2)?.try_into().ok()?)))
}

fn answer(question: &[u8], kind: u16, addresses: &[&str]) -> Vec<u8> {
    let name = question[12..].iter().position(|byte| *byte == 0).expect("read before") + 12;
    let mut packet = question[..name + 5].to_vec();
    // A response to a recursive question, with one question, the answers and nothing else.
    packet[2..4].copy_from_slice(&[0x81, 0x80]);
    packet[6..12].copy_from_slice(&[0, addresses.len() as u8, 0, 0, 0, 0]);
    for address in addresses {
        let bytes = match address.parse().expect("an address") {
            IpAddr::V4(v4) => Ipv4Addr::octets(&v4).to_vec(),
            IpAddr::V6(v6) => Ipv6Addr::octets(&v6).to_vec(),
        };
        // The name is that of the question; the class is 1, and the answer may be kept for no time.
        packet.extend([0xc0, 12]);
        packet.extend(kind.to_be_bytes());
        packet.extend([0, 1, 0, 0, 0, 0, 0, bytes.len() as u8]);
        packet.extend(bytes);
    }
    packet
}
