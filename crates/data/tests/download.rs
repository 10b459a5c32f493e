use crate::server::{Answer, Proxy, Server};
use rushlight_data::download::{Download, Failure};
use rushlight_data::{Error, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The first digits of the SHA-256 of [`content`], as `sha256sum` has them.
const PREFIX: &str = "ac64956b";

/// A file that is longer than what sockets hold.
fn content() -> Vec<u8> {
    (0..3_000_000_u32)
        .map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect()
}

/// A folder that is gone when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let name = format!("data-download-{}-{name}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).expect("a place to write to");
        Folder(folder)
    }

    /// Not there yet, and in a folder that is not there yet.
    fn file(&self) -> PathBuf {
        self.0.join("checkpoints").join("file.pth")
    }

    fn partial(&self) -> PathBuf {
        self.file().with_extension("pth.partial")
    }

    /// The names of the files beside the wanted one.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.join("checkpoints"))
            .into_iter()
            .flatten();
        let names = entries.map(|entry| entry.expect("readable").file_name());
        names
            .map(|name| name.into_string().expect("text"))
            .collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

fn download(server: &Server, path: &Path) -> Download {
    Download::new(format!("{}/file.pth", server.address), path)
        .sha256_prefix(PREFIX)
        .progress(false)
        .wait(Duration::from_millis(1))
        .patience(Duration::from_secs(10))
}

/// What a server with such answers leaves in the folder, and what it was asked.
fn fetched(name: &str, answers: &[Answer]) -> (Folder, Result<()>, Vec<String>) {
    let (folder, server) = (Folder::new(name), Server::new(content(), answers));
    let result = download(&server, &folder.file()).fetch();
    (folder, result, server.asked())
}

fn assert_complete(folder: &Folder) {
    assert!(fs::read(folder.file()).expect("it is there") == content());
    assert_eq!(folder.names(), ["file.pth"]);
}

fn failure(result: Result<()>) -> Arc<Failure> {
    match result.expect_err("it cannot be had") {
        Error::Download { source, .. } => source,
        other => panic!("{other}"),
    }
}

#[test]
fn a_file_is_fetched_once() {
    let (folder, server) = (Folder::new("once"), Server::new(content(), &[]));
    for _ in 0..2 {
        download(&server, &folder.file())
            .fetch()
            .expect("it is served");
        assert_complete(&folder);
    }
    assert_eq!(server.asked(), [""]);
}

#[test]
fn a_file_with_another_hash_is_an_error_and_leaves_nothing() {
    let (folder, server) = (Folder::new("hash"), Server::new(b"another".to_vec(), &[]));
    let failure = failure(download(&server, &folder.file()).fetch());
    assert!(matches!(*failure, Failure::Hash { .. }), "{failure}");
    assert_eq!(
        failure.to_string(),
        format!("its SHA-256 begins with ae448ac8, not {PREFIX}")
    );
    assert_eq!(folder.names(), [""; 0]);
}

#[test]
fn md5_is_checked_as_well() {
    let (folder, server) = (Folder::new("md5"), Server::new(b"another".to_vec(), &[]));
    let url = format!("{}/file.pth", server.address);
    let download = Download::new(url, folder.file()).progress(false);
    let wrong = download.clone().md5("0".repeat(32)).fetch();
    let text = failure(wrong).to_string();
    assert!(text.starts_with("its MD5 begins with b32d73e5"), "{text}");
    assert_eq!(folder.names(), [""; 0]);
    let right = download.md5("B32D73E56EC99BC5EC8F83871CDE708A");
    right.fetch().expect("it is served");
    assert_eq!(folder.names(), ["file.pth"]);
}

#[test]
fn a_file_that_is_announced_too_short_is_an_error() {
    let (folder, result, asked) = fetched("cut", &[Answer::Cut(1_000_000)]);
    assert!(matches!(*failure(result), Failure::Hash { .. }));
    assert_eq!((folder.names(), asked), (vec![], vec![String::new()]));
}

#[test]
fn a_connection_that_breaks_is_taken_up_again() {
    let answers = [Answer::Dropped(1_000_000), Answer::Dropped(500_000)];
    let (folder, result, asked) = fetched("drop", &answers);
    result.expect("the third connection holds");
    assert_complete(&folder);
    assert_eq!(asked, ["", "bytes=1000000-", "bytes=1500000-"]);
}

#[test]
fn breaking_again_and_again_is_no_error_while_bytes_come() {
    let answers = [Answer::Dropped(200_000); 12];
    let (folder, result, asked) = fetched("drops", &answers);
    result.expect("each connection brings something");
    assert_complete(&folder);
    assert_eq!(asked.len(), 13);
}

#[test]
fn a_server_that_knows_no_ranges_starts_anew() {
    let (folder, result, asked) = fetched("whole", &[Answer::Dropped(1_000_000), Answer::Whole]);
    result.expect("the whole comes");
    assert_complete(&folder);
    assert_eq!(asked.len(), 2);
}

#[test]
fn another_part_than_asked_for_is_not_taken() {
    let (folder, result, asked) = fetched("part", &[Answer::Dropped(1_000_000), Answer::OtherPart]);
    result.expect("the whole comes");
    assert_complete(&folder);
    assert_eq!(asked, ["", "bytes=1000000-", ""]);
}

#[test]
fn a_slow_server_is_waited_for_as_long_as_bytes_come() {
    let (folder, server) = (
        Folder::new("slow"),
        Server::new(content(), &[Answer::Slow(Duration::from_millis(150))]),
    );
    let patience = Duration::from_millis(600);
    download(&server, &folder.file())
        .patience(patience)
        .fetch()
        .expect("it is served");
    assert_complete(&folder);
    assert_eq!(server.asked(), [""]);
}

#[test]
fn a_silent_server_is_asked_again() {
    let (folder, server) = (
        Folder::new("silent"),
        Server::new(content(), &[Answer::Silent]),
    );
    let start = Instant::now();
    let patience = Duration::from_millis(300);
    download(&server, &folder.file())
        .patience(patience)
        .fetch()
        .expect("it is served");
    assert_complete(&folder);
    assert_eq!(server.asked(), ["", "bytes=1500000-"]);
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_file_that_is_not_there_is_an_error_at_once() {
    let (folder, result, asked) = fetched("404", &[Answer::Status(404)]);
    let error = result.expect_err("there is no such file").to_string();
    assert!(error.contains("the server answers 404"), "{error}");
    assert!(
        error.contains("http://127.0.0.1:") && error.contains("/file.pth"),
        "{error}"
    );
    assert!(
        error.contains(folder.file().to_str().expect("text")),
        "{error}"
    );
    assert_eq!(asked.len(), 1);
    assert_eq!(folder.names(), [""; 0]);
}

#[test]
fn a_server_that_is_busy_is_asked_again() {
    let (folder, result, asked) = fetched("503", &[Answer::Status(503), Answer::Status(429)]);
    result.expect("then it answers");
    assert_complete(&folder);
    assert_eq!(asked.len(), 3);
}

#[test]
fn retries_end() {
    let (_folder, result, asked) = fetched("500", &[Answer::Status(500); 9]);
    assert!(matches!(*failure(result), Failure::Status(status) if status == 500));
    assert_eq!(asked.len(), 6);
}

#[test]
fn no_server_is_an_error_with_address_and_path() {
    let folder = Folder::new("offline");
    // The port is free again when the listener is gone.
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
    let url = format!("http://{}/resnet.pth", port.expect("a free port"));
    let download = Download::new(&url, folder.file())
        .progress(false)
        .retries(1);
    let error = download
        .wait(Duration::ZERO)
        .fetch()
        .expect_err("nobody listens")
        .to_string();
    assert!(error.contains(&url), "{error}");
    assert!(
        error.contains(folder.file().to_str().expect("text")),
        "{error}"
    );
    assert!(error.contains("RUSHLIGHT_MIRROR"), "{error}");
}

#[test]
fn what_an_earlier_process_left_is_gone_on_with() {
    let (folder, server) = (Folder::new("resume"), Server::new(content(), &[]));
    fs::create_dir_all(folder.file().parent().expect("a folder")).expect("a place to write to");
    fs::write(folder.partial(), &content()[..2_000_000]).expect("a place to write to");
    download(&server, &folder.file())
        .fetch()
        .expect("it is served");
    assert_complete(&folder);
    assert_eq!(server.asked(), ["bytes=2000000-"]);
}

#[test]
fn what_is_left_of_another_file_is_not_used() {
    for (name, length) in [
        ("other", 2_000_000),
        ("longer", 4_000_000),
        ("as-long", 3_000_000),
    ] {
        let (folder, server) = (Folder::new(name), Server::new(content(), &[]));
        fs::create_dir_all(folder.file().parent().expect("a folder")).expect("a place to write to");
        fs::write(folder.partial(), vec![7; length]).expect("a place to write to");
        download(&server, &folder.file())
            .fetch()
            .expect("it is served");
        assert_complete(&folder);
        assert_eq!(server.asked(), [format!("bytes={length}-"), String::new()]);
    }
}

#[test]
fn a_cached_file_is_checked_and_replaced() {
    let (folder, server) = (Folder::new("cached"), Server::new(content(), &[]));
    fs::create_dir_all(folder.file().parent().expect("a folder")).expect("a place to write to");
    fs::write(folder.file(), "not what it was").expect("a place to write to");
    download(&server, &folder.file())
        .fetch()
        .expect("it is served");
    assert_complete(&folder);
}

#[test]
fn a_cached_file_stays_where_no_better_one_can_be_had() {
    let (folder, server) = (
        Folder::new("stays"),
        Server::new(vec![], &[Answer::Status(404)]),
    );
    fs::create_dir_all(folder.file().parent().expect("a folder")).expect("a place to write to");
    fs::write(folder.file(), "not what it was").expect("a place to write to");
    download(&server, &folder.file())
        .fetch()
        .expect_err("there is no such file");
    assert_eq!(
        fs::read_to_string(folder.file()).expect("still there"),
        "not what it was"
    );
}

#[test]
fn threads_at_once_fetch_it_once() {
    let slow = Answer::Slow(Duration::from_millis(30));
    let (folder, server) = (Folder::new("threads"), Server::new(content(), &[slow]));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                download(&server, &folder.file())
                    .fetch()
                    .expect("it is served")
            });
        }
    });
    assert_complete(&folder);
    assert_eq!(server.asked(), [""]);
}

/// Runs one test of this file alone in a process of its own, with variables.
fn process(test: &str, variables: &[(&str, &str)]) -> std::process::Child {
    let program = std::env::current_exe().expect("this program");
    let mut command = Command::new(program);
    command.args([
        "--exact",
        "--nocapture",
        "--include-ignored",
        &format!("download::{test}"),
    ]);
    command.envs(variables.iter().copied());
    command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    command.spawn().expect("it starts")
}

fn assert_passes(output: Output) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert!(
        output.status.success() && stdout.contains("1 passed"),
        "{stdout}\n{stderr}"
    );
}

#[test]
fn processes_at_once_fetch_it_once() {
    let slow = Answer::Slow(Duration::from_millis(60));
    let (folder, server) = (Folder::new("processes"), Server::new(content(), &[slow]));
    let path = folder.file();
    let variables = [
        ("SERVER", &*server.address),
        ("TARGET", path.to_str().expect("text")),
    ];
    let children = [(); 2].map(|()| process("one_of_several_processes", &variables));
    for child in children {
        assert_passes(child.wait_with_output().expect("it ends"));
    }
    assert_complete(&folder);
    assert_eq!(server.asked(), [""]);
}

#[test]
#[ignore = "run by `processes_at_once_fetch_it_once`"]
fn one_of_several_processes() {
    let variable = |name| std::env::var(name).expect("set by the test");
    let url = format!("{}/file.pth", variable("SERVER"));
    let download = Download::new(url, variable("TARGET")).sha256_prefix(PREFIX);
    download.fetch().expect("it is served");
}

/// Fetches `url` in a process of its own with variables, without those of the caller.
fn fetched_with(variables: &[(&str, &str)], url: &str, folder: &Folder) -> Output {
    let path = folder.file();
    let target = path.to_str().expect("text");
    let own = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"];
    let none: Vec<(&str, &str)> = own.into_iter().map(|name| (name, "")).collect();
    let all = [&none[..], variables, &[("URL", url), ("TARGET", target)]].concat();
    let all: Vec<_> = all
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .collect();
    let child = process("one_with_variables", &all);
    child.wait_with_output().expect("it ends")
}

#[test]
#[ignore = "run by the tests of proxies"]
fn one_with_variables() {
    let variable = |name| std::env::var(name).expect("set by the test");
    let download = Download::new(variable("URL"), variable("TARGET")).sha256_prefix(PREFIX);
    let download = download.retries(0).progress(false);
    if let Err(error) = download.patience(Duration::from_secs(5)).fetch() {
        panic!("{error}");
    }
}

#[test]
fn a_proxy_is_asked_for_other_machines() {
    let server = Server::new(content(), &[]);
    for (name, lower) in [("HTTP_PROXY", "http_proxy"), ("ALL_PROXY", "all_proxy")] {
        for variable in [name, lower] {
            let (folder, proxy) = (Folder::new(variable), Proxy::new(&server));
            let variables = [(variable, &*proxy.address)];
            let output = fetched_with(&variables, "http://files.invalid/file.pth", &folder);
            assert_passes(output);
            assert_complete(&folder);
            assert_eq!(proxy.asked(), ["files.invalid:80"], "{variable}");
        }
    }
}

#[test]
fn a_proxy_is_asked_for_https() {
    // Behind the proxy is no server that could prove to be the right one.
    let (folder, server) = (Folder::new("https"), Server::new(content(), &[]));
    let proxy = Proxy::new(&server);
    let variables = [("HTTPS_PROXY", &*proxy.address)];
    let output = fetched_with(&variables, "https://files.invalid/file.pth", &folder);
    assert!(!output.status.success());
    assert_eq!(proxy.asked(), ["files.invalid:443"]);
    assert_eq!((folder.names(), server.asked()), (vec![], vec![]));
}

#[test]
fn a_proxy_is_not_asked_for_what_no_proxy_names() {
    let server = Server::new(content(), &[]);
    for no_proxy in ["files.invalid", "*", "other,.invalid"] {
        let (folder, proxy) = (Folder::new("no-proxy"), Proxy::new(&server));
        let variables = [("HTTP_PROXY", &*proxy.address), ("NO_PROXY", no_proxy)];
        // There is no such machine.
        let output = fetched_with(&variables, "http://files.invalid/file.pth", &folder);
        assert!(!output.status.success(), "{no_proxy}");
        assert_eq!(proxy.asked(), [""; 0], "{no_proxy}");
    }
    // This machine needs none.
    let (folder, proxy) = (Folder::new("loopback"), Proxy::new(&server));
    let url = format!("{}/file.pth", server.address);
    let output = fetched_with(&[("HTTP_PROXY", &proxy.address)], &url, &folder);
    assert_passes(output);
    assert_complete(&folder);
    assert_eq!(proxy.asked(), [""; 0]);
}

#[test]
fn a_proxy_that_is_not_there_is_an_error() {
    let folder = Folder::new("proxy-offline");
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
    let address = format!("http://{}", port.expect("a free port"));
    let variables = [("HTTP_PROXY", &*address)];
    let output = fetched_with(&variables, "http://files.invalid/file.pth", &folder);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && text.contains("http://files.invalid/file.pth"),
        "{text}"
    );
}

/// A server that proves to be itself by a certificate that nobody has signed; it ends with the test.
struct Impostor(std::process::Child);

impl Impostor {
    /// One at a port, if there is a program for it.
    fn new(folder: &Folder, port: u16) -> Option<Impostor> {
        let file = |name: &str| folder.0.join(name).into_os_string();
        let (key, certificate) = (file("key.pem"), file("certificate.pem"));
        let mut request = Command::new("openssl");
        request.args([
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
        ]);
        request.args([
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
        ]);
        request
            .arg("-keyout")
            .arg(&key)
            .arg("-out")
            .arg(&certificate);
        let made = request.output().ok()?;
        let mut server = Command::new("openssl");
        server.args(["s_server", "-quiet", "-www", "-accept", &port.to_string()]);
        server.arg("-key").arg(&key).arg("-cert").arg(&certificate);
        let server = server.stdin(std::process::Stdio::null()).spawn().ok()?;
        made.status.success().then_some(Impostor(server))
    }
}

impl Drop for Impostor {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[test]
fn a_certificate_that_nobody_signed_is_refused() {
    let folder = Folder::new("impostor");
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
    let port = port.expect("a free port").port();
    let Some(_impostor) = Impostor::new(&folder, port) else {
        eprintln!("skipped: there is no openssl");
        return;
    };
    let is_ready = || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
    let start = Instant::now();
    while !is_ready() && start.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(20));
    }
    let download = Download::new(format!("https://localhost:{port}/file.pth"), folder.file());
    let download = download.progress(false).retries(0);
    let text = download.fetch().expect_err("not to be trusted").to_string();
    assert!(text.contains("invalid peer certificate"), "{text}");
    assert_eq!(folder.names(), [""; 0]);
}
