//! Servers on this machine: of files, which answers as the test wants, and a proxy.

use std::collections::{HashMap, VecDeque};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// How one request is answered.
#[derive(Debug, Clone, Copy)]
pub enum Answer {
    /// With the file, or the part of it that is asked for.
    File,
    /// With the whole file, whatever part is asked for.
    Whole,
    /// With a length that is right, and so many bytes.
    Dropped(usize),
    /// With so many bytes as if they were the file.
    Cut(usize),
    /// With the file in pieces, and a pause before each.
    Slow(Duration),
    /// With half of what is asked for, and silence.
    Silent,
    /// With a status and nothing else.
    Status(u16),
    /// With another part of the file than asked for.
    OtherPart,
}

/// What is served, and what was asked.
pub struct Server {
    pub address: String,
    asked: Log,
}

/// The address and the range of each request.
type Log = Arc<Mutex<Vec<[String; 2]>>>;

/// The files by their addresses.
type Files = HashMap<String, Vec<u8>>;

impl Server {
    /// Serves `file` at any address: the first requests are answered as `answers` say, all others with
    /// the file.
    pub fn new(file: Vec<u8>, answers: &[Answer]) -> Server {
        Server::start(HashMap::from([(String::new(), file)]), answers)
    }

    /// Serves files at addresses such as `/name`.
    pub fn of(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Server {
        Server::start(files.into_iter().collect(), &[])
    }

    fn start(files: Files, answers: &[Answer]) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("bound"));
        let asked = Log::default();
        let answers = Mutex::new(answers.iter().copied().collect::<VecDeque<_>>());
        let log = Arc::clone(&asked);
        thread::spawn(move || {
            let (files, answers) = (Arc::new(files), answers);
            for stream in listener.incoming() {
                let (files, log) = (Arc::clone(&files), Arc::clone(&log));
                let next = answers.lock().expect("alive").pop_front();
                let answer = next.unwrap_or(Answer::File);
                thread::spawn(move || stream.map(|stream| serve(stream, &files, answer, &log)));
            }
        });
        Server { address, asked }
    }

    /// The addresses of the requests so far.
    pub fn addresses(&self) -> Vec<String> {
        self.log(0)
    }

    /// The ranges of the requests so far, empty for the whole.
    pub fn asked(&self) -> Vec<String> {
        self.log(1)
    }

    fn log(&self, at: usize) -> Vec<String> {
        let log = self.asked.lock().expect("alive");
        log.iter().map(|asked| asked[at].clone()).collect()
    }
}

/// A proxy that leads everywhere to one server.
pub struct Proxy {
    pub address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    pub fn new(server: &Server) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("bound"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (log, target) = (Arc::clone(&asked), server.address.replace("http://", ""));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, target) = (Arc::clone(&log), target.clone());
                thread::spawn(move || tunnel(stream, &target, &log));
            }
        });
        Proxy { address, asked }
    }

    /// The machines and ports that were asked for.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("alive").clone()
    }
}

/// Answers `CONNECT machine:port` and passes on what comes from either side.
fn tunnel(mut client: TcpStream, target: &str, log: &Mutex<Vec<String>>) -> io::Result<()> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let machine = head.split(' ').nth(1).unwrap_or_default().to_owned();
    log.lock().expect("alive").push(machine);
    client.write_all(b"HTTP/1.1 200 Connected\r\n\r\n")?;
    let mut server = TcpStream::connect(target)?;
    let (mut from, mut to) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || io::copy(&mut from, &mut to));
    io::copy(&mut server, &mut client)?;
    client.shutdown(Shutdown::Both)
}

fn serve(mut stream: TcpStream, files: &Files, answer: Answer, log: &Log) {
    let (mut address, mut range) = (String::new(), String::new());
    let mut lines = BufReader::new(stream.try_clone().expect("a socket")).lines();
    while let Some(Ok(line)) = lines.next() {
        if line.is_empty() {
            break;
        }
        if let Some(rest) = line.strip_prefix("GET ") {
            address = rest.split(' ').next().unwrap_or_default().to_owned();
        }
        if let Some((name, value)) = line.split_once(": ")
            && name.eq_ignore_ascii_case("range")
        {
            range = value.to_owned();
        }
    }
    // No request, such as the beginning of another protocol.
    if address.is_empty() {
        return;
    }
    let file = files.get("").or_else(|| files.get(&address));
    let answer = file.map_or(Answer::Status(404), |_| answer);
    let file = file.map_or(&[][..], Vec::as_slice);
    log.lock().expect("alive").push([address, range.clone()]);
    let first = range.strip_prefix("bytes=").map(|range| {
        let first = range.trim_end_matches('-');
        first.parse::<usize>().expect("a number")
    });
    let (from, status) = match (answer, first) {
        (Answer::Whole, _) | (_, None) => (0, "200 OK".to_owned()),
        (_, Some(first)) if first >= file.len() => (file.len(), "416 Beyond".to_owned()),
        (Answer::OtherPart, Some(first)) => (first - 1, "206 Partial".to_owned()),
        (_, Some(first)) => (first, "206 Partial".to_owned()),
    };
    let status = match answer {
        Answer::Status(status) => format!("{status} Status"),
        _ => status,
    };
    let rest = match answer {
        Answer::Status(_) => &[],
        Answer::Cut(length) => &file[..length],
        _ => &file[from..],
    };
    let length = rest.len();
    let total = file.len();
    let range = match status.starts_with("206") {
        true => format!("Content-Range: bytes {from}-{}/{total}\r\n", total - 1),
        false if status.starts_with("416") => format!("Content-Range: bytes */{total}\r\n"),
        false => String::new(),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{range}Connection: close\r\n\r\n"
    );
    // A client that goes away is part of some tests.
    let _ = stream.write_all(head.as_bytes());
    let _ = match answer {
        Answer::Dropped(count) => stream.write_all(&rest[..count.min(length)]),
        Answer::Slow(pause) => rest
            .chunks(length.div_ceil(8).max(1))
            .try_for_each(|piece| {
                thread::sleep(pause);
                stream.write_all(piece)
            }),
        Answer::Silent => stream.write_all(&rest[..length / 2]).map(|()| {
            // Until the client has enough of it.
            let _ = stream.read(&mut [0]);
        }),
        _ => stream.write_all(rest),
    };
}
