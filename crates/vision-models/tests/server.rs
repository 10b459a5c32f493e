//! A server of one file on this machine that answers as the test wants.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
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
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Serves `file`: the first requests are answered as `answers` say, all others with the file.
    pub fn new(file: Vec<u8>, answers: &[Answer]) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("bound"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let answers = Mutex::new(answers.iter().copied().collect::<VecDeque<_>>());
        let log = Arc::clone(&asked);
        thread::spawn(move || {
            let (file, answers) = (Arc::new(file), answers);
            for stream in listener.incoming() {
                let (file, log) = (Arc::clone(&file), Arc::clone(&log));
                let next = answers.lock().expect("alive").pop_front();
                let answer = next.unwrap_or(Answer::File);
                thread::spawn(move || stream.map(|stream| serve(stream, &file, answer, &log)));
            }
        });
        Server { address, asked }
    }

    /// The ranges of the requests so far, empty for the whole.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("alive").clone()
    }
}

fn serve(mut stream: TcpStream, file: &[u8], answer: Answer, log: &Mutex<Vec<String>>) {
    let mut range = String::new();
    let mut lines = BufReader::new(stream.try_clone().expect("a socket")).lines();
    while let Some(Ok(line)) = lines.next() {
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(": ")
            && name.eq_ignore_ascii_case("range")
        {
            range = value.to_owned();
        }
    }
    log.lock().expect("alive").push(range.clone());
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
