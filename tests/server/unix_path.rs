//! The path of a unix server: it stays when the server is closed, or is removed on request.

use std::fs;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::serving::any_port;
use crate::support::{HANG, in_own_process, temporary_path};
use tabi::server::{
    Request, Server, ServerOptions, TcpServer, ThreadingUnixStreamServer, UnixDatagramServer,
    UnixStreamServer,
};
use tabi::{AF_UNIX, Error, Result, SOCK_STREAM, Socket};

fn nothing(_: &Request) -> Result<()> {
    Ok(())
}

fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// A server that removes its path.
fn removing(path: &Path) -> Server {
    UnixStreamServer::options().unlink_path(true).bind(path, nothing).unwrap()
}

#[test]
fn the_path_is_removed_when_the_server_is_closed_and_only_on_request() {
    for options in
        [UnixStreamServer::options(), ThreadingUnixStreamServer::options(), UnixDatagramServer::options()]
    {
        let path = temporary_path();
        let server = options.clone().bind(path.as_path(), nothing).unwrap();
        server.server_close(None);
        assert!(exists(&path), "as in Python");
        fs::remove_file(&path).unwrap();
        let server = options.unlink_path(true).bind(path.as_path(), nothing).unwrap();
        assert!(exists(&path));
        server.server_close(Some(HANG));
        assert!(!exists(&path));
        server.server_close(None);
    }
}

#[test]
fn the_path_is_removed_with_a_server_that_is_only_dropped() {
    let path = temporary_path();
    drop(removing(&path));
    assert!(!exists(&path));
}

#[test]
fn the_next_server_may_have_the_path_while_requests_of_the_last_end() {
    let path = temporary_path();
    let server = ThreadingUnixStreamServer::options()
        .unlink_path(true)
        .bind(path.as_path(), |request: &Request| request.socket().recv(1).map(drop))
        .unwrap();
    let client = Socket::new(AF_UNIX, SOCK_STREAM, 0).unwrap();
    client.connect(path.as_path()).unwrap();
    server.handle_request().unwrap();
    std::thread::scope(|scope| {
        let closing = scope.spawn(|| server.server_close(Some(HANG)));
        crate::support::wait_until("the path is free", || !exists(&path));
        let next = removing(&path);
        client.close().unwrap();
        closing.join().unwrap();
        assert!(exists(&path), "it belongs to the next server");
        next.server_close(None);
    });
    assert!(!exists(&path));
}

#[test]
fn what_another_has_put_there_is_left_alone() {
    let path = temporary_path();
    let server = removing(&path);
    fs::remove_file(&path).unwrap();
    let other = UnixListener::bind(&path).unwrap();
    server.server_close(None);
    assert!(exists(&path), "another socket");
    drop(other);
    fs::remove_file(&path).unwrap();

    let server = removing(&path);
    fs::remove_file(&path).unwrap();
    server.server_close(None);
    assert!(!exists(&path), "nothing");
}

#[test]
fn a_relative_path_is_found_from_another_directory() {
    in_own_process(|| {
        let directory = temporary_path();
        fs::create_dir(&directory).unwrap();
        std::env::set_current_dir(&directory).unwrap();
        let server = removing(Path::new("socket"));
        std::env::set_current_dir("/").unwrap();
        server.server_close(None);
        assert!(!exists(&directory.join("socket")));
        fs::remove_dir(directory).unwrap();
    });
}

#[test]
fn the_path_belongs_to_a_successor() {
    let path = temporary_path();
    let server = removing(&path);
    server.pass_to(&mut Command::new("true"), "control").unwrap();
    server.server_close(None);
    assert!(exists(&path));
    fs::remove_file(path).unwrap();
}

#[test]
#[allow(unsafe_code)]
fn a_forked_child_leaves_the_path_alone() {
    in_own_process(|| {
        let ends: [fn(Server); 2] = [|server| assert_eq!(server.server_close(None).left, 0), drop];
        for end in ends {
            let path = temporary_path();
            let server = removing(&path);
            // SAFETY: the child has one thread, as this process has at this moment, and ends with _exit.
            match unsafe { libc::fork() } {
                0 => {
                    end(server);
                    // SAFETY: _exit does not return.
                    unsafe { libc::_exit(0) }
                }
                child => {
                    let mut status = -1;
                    // SAFETY: waitpid writes one int.
                    assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
                    assert_eq!(status, 0);
                    assert!(exists(&path));
                    server.server_close(None);
                    assert!(!exists(&path));
                }
            }
        }
    });
}

#[test]
#[cfg(target_os = "linux")]
fn an_abstract_name_has_no_path() {
    let name = tabi::UnixAddress::Abstract(format!("tabi-{}-unlink", std::process::id()).into_bytes());
    let server = UnixStreamServer::options().unlink_path(true).bind(name, nothing).unwrap();
    server.server_close(None);
}

#[test]
fn only_a_unix_server_that_binds_its_path_can_remove_it() {
    let error = TcpServer::options().unlink_path(true).bind(any_port(), nothing).unwrap_err();
    assert_eq!(error, Error::Value("unlink_path is for AF_UNIX, got AF_UNSPEC".into()));
    let path: PathBuf = temporary_path();
    let socket = Socket::new(AF_UNIX, SOCK_STREAM, 0).unwrap();
    socket.bind(path.as_path()).unwrap();
    let options = ServerOptions::new(AF_UNIX, SOCK_STREAM).unlink_path(true);
    let error = options.adopt(vec![socket], nothing).unwrap_err();
    let text = "unlink_path is for a path that the server binds, not for sockets from elsewhere";
    assert_eq!(error, Error::Value(text.into()));
    fs::remove_file(path).unwrap();
}
