//! web_server FOLDER [PORT]: serves the files of the folder over HTTP/1.0, for GET and HEAD.

mod common;

use std::fs::File;
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};
use std::process::ExitCode;

use tabi::Result;
use tabi::server::{StreamRequest, StreamRequestHandler, ThreadingTcpServer};

const LONGEST_LINE: usize = 8000;
const MOST_HEADERS: usize = 100;

fn main() -> ExitCode {
    let folder = PathBuf::from(std::env::args_os().nth(1).unwrap_or_else(|| ".".into()));
    common::at_second_port("web_server", 9011, move |port| serve(folder, port))
}

fn serve(folder: PathBuf, port: u16) -> Result<()> {
    let answer = StreamRequestHandler::new(move |stream| answer(&folder, stream));
    // A client that sends nothing for 10 seconds is disconnected.
    let answer = answer.timeout(10.0)?.wbufsize(8192);
    let server = ThreadingTcpServer::new(("127.0.0.1", port), answer)?;
    common::print_listening(server.socket())?;
    server.serve_forever()
}

fn answer(folder: &Path, stream: &mut StreamRequest<'_>) -> Result<()> {
    let line = stream.rfile.readline(LONGEST_LINE)?;
    let line = String::from_utf8_lossy(&line).into_owned();
    for _ in 0..MOST_HEADERS {
        if stream.rfile.readline(LONGEST_LINE)?.trim_ascii().is_empty() {
            break;
        }
    }
    let mut words = line.split_ascii_whitespace();
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let body = match method {
        "GET" | "HEAD" => find(folder, target),
        _ => return head(stream, "501 Not Implemented", 0),
    };
    let Ok((mut file, size)) = body else { return head(stream, "404 Not Found", 0) };
    head(stream, "200 OK", size)?;
    if method == "GET" {
        io::copy(&mut file, &mut stream.wfile)?;
    }
    Ok(())
}

fn head(stream: &mut StreamRequest<'_>, status: &str, size: u64) -> Result<()> {
    Ok(write!(stream.wfile, "HTTP/1.0 {status}\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n")?)
}

/// Opens the file that a target names, but never one outside the folder.
fn find(folder: &Path, target: &str) -> io::Result<(File, u64)> {
    let inside = Path::new(target.trim_start_matches('/').split(['?', '#']).next().unwrap_or_default());
    if inside.components().any(|part| !matches!(part, Component::Normal(_))) {
        return Err(io::ErrorKind::NotFound.into());
    }
    let path = folder.join(inside);
    let path = if path.is_dir() { path.join("index.html") } else { path };
    let file = File::open(path)?;
    let about = file.metadata()?;
    if !about.is_file() {
        return Err(io::ErrorKind::NotFound.into());
    }
    Ok((file, about.len()))
}
