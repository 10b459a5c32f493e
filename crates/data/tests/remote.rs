//! Datasets from a server on this machine, and damaged archives.

use crate::server::Server;
use flate2::Compression;
use flate2::write::GzEncoder;
use rushlight_data::datasets::{Remote, Split, cifar100, kmnist};
use rushlight_data::download::{Download, Failure};
use rushlight_data::{Dataset, Error, Result};
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

/// A folder that is gone when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let name = format!("data-remote-{}-{name}", std::process::id());
        Folder(std::env::temp_dir().join(name))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).expect("memory");
    packed.finish().expect("memory")
}

fn quiet(download: Download) -> Download {
    let download = download.progress(false).retries(1).wait(Duration::ZERO);
    download.patience(Duration::from_secs(10))
}

/// An entry of a tar archive.
fn entry(name: &str, kind: u8, content: &[u8]) -> Vec<u8> {
    let mut entry = vec![0; 512];
    entry[..name.len()].copy_from_slice(name.as_bytes());
    entry[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
    entry[156] = kind;
    entry.extend(content);
    entry.resize(entry.len().next_multiple_of(512), 0);
    entry
}

fn record(kind: u8) -> Vec<u8> {
    [&[0, kind], &[7; 3072][..]].concat()
}

/// The MD5 of bytes, by the error of a download that expects another one.
fn md5_of(bytes: &[u8]) -> String {
    let (folder, server) = (Folder::new("md5"), Server::new(bytes.to_vec(), &[]));
    let download = Download::new(format!("{}/file", server.address), folder.0.join("file"));
    match quiet(download).md5("0".repeat(32)).fetch() {
        Err(Error::Download { source, .. }) => match &*source {
            Failure::Hash { got, .. } => got.clone(),
            other => panic!("{other}"),
        },
        other => panic!("{other:?}"),
    }
}

const NAMES: [&str; 4] = [
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
];

/// Two images of a training set and one of a test set.
fn small_mnist() -> [Vec<u8>; 4] {
    let images = |count: u8| {
        let head = [0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, 28, 0, 0, 0, 28];
        packed(&[&head[..], &vec![count; usize::from(count) * 784]].concat())
    };
    let labels = |labels: &[u8]| {
        let head = [0, 0, 8, 1, 0, 0, 0, labels.len() as u8];
        packed(&[&head[..], labels].concat())
    };
    [images(2), labels(&[4, 9]), images(1), labels(&[3])]
}

#[test]
fn files_are_fetched_from_the_first_mirror_that_has_them() -> Result<()> {
    let contents = small_mnist();
    let hashes = contents.each_ref().map(|content| md5_of(content));
    let files: Vec<(&str, &str)> = NAMES
        .into_iter()
        .zip(hashes.iter().map(String::as_str))
        .collect();
    let served = NAMES.iter().zip(contents);
    let server = Server::of(served.map(|(name, content)| (format!("/good/{name}"), content)));
    let mirrors = ["/missing/", "/good/"].map(|path| server.address.clone() + path);
    let remote = Remote {
        name: "KMNIST",
        mirrors: &mirrors.each_ref().map(String::as_str),
        files: &files,
        unpacked: None,
    };
    let folder = Folder::new("mirrors");
    remote.download_with(&folder.0, &quiet)?;
    assert_eq!(server.addresses().len(), 8);
    assert_eq!(kmnist(&folder.0, Split::Train)?.get(1)?.1.item()?, 9.0);
    assert_eq!(kmnist(&folder.0, Split::Test)?.len(), 1);

    // What is there is only checked.
    remote.download_with(&folder.0, &quiet)?;
    assert_eq!(server.addresses().len(), 8);
    // What is damaged is fetched again.
    fs::write(folder.0.join("KMNIST/raw").join(NAMES[3]), "damaged").expect("a place to write to");
    remote.download_with(&folder.0, &quiet)?;
    assert_eq!(
        server.addresses()[8..],
        ["/missing/", "/good/"].map(|path| path.to_owned() + NAMES[3])
    );
    assert_eq!(kmnist(&folder.0, Split::Test)?.len(), 1);
    Ok(())
}

#[test]
fn a_wrong_hash_everywhere_is_an_error() {
    let server = Server::new(b"something else".to_vec(), &[]);
    let mirrors = ["/a/", "/b/"].map(|path| server.address.clone() + path);
    let remote = Remote {
        mirrors: &mirrors.each_ref().map(String::as_str),
        ..Remote::MNIST
    };
    let folder = Folder::new("wrong");
    let error = remote
        .download_with(&folder.0, &quiet)
        .expect_err("another file")
        .to_string();
    assert!(
        error.contains("its MD5 begins with") && error.contains(Remote::MNIST.files[0].1),
        "{error}"
    );
    assert_eq!(server.addresses().len(), 2);
    let none = Remote {
        mirrors: &[],
        ..Remote::MNIST
    };
    assert!(none.download_with(&folder.0, &quiet).is_err());
}

/// What comes of an archive.
fn unpacked(name: &str, archive: &[u8]) -> (Folder, Result<()>, Server) {
    let (hash, folder) = (md5_of(archive), Folder::new(name));
    let server = Server::new(archive.to_vec(), &[]);
    let remote = Remote {
        mirrors: &[&format!("{}/", server.address)],
        files: &[("cifar-100-binary.tar.gz", &hash)],
        unpacked: Some("cifar-100-binary"),
        ..Remote::CIFAR100
    };
    let result = remote.download_with(&folder.0, &quiet);
    let again = remote.download_with(&folder.0, &quiet);
    assert_eq!(result.is_ok(), again.is_ok());
    (folder, result, server)
}

#[test]
fn archives_are_unpacked_once() -> Result<()> {
    let archive = [
        entry("./pax", b'x', b"30 mtime=1234567890.123456789\n"),
        entry("cifar-100-binary/", b'5', b""),
        entry(
            "cifar-100-binary/train.bin",
            b'0',
            &[record(1), record(99)].concat(),
        ),
        entry("cifar-100-binary/test.bin", b'0', &record(42)),
        entry("elsewhere/train.bin", b'0', b"not looked for"),
        vec![0; 1024],
    ];
    let (folder, result, server) = unpacked("archive", &packed(&archive.concat()));
    result?;
    assert_eq!(cifar100(&folder.0, Split::Train)?.get(1)?.1.item()?, 99.0);
    assert_eq!(cifar100(&folder.0, Split::Test)?.get(0)?.1.item()?, 42.0);
    assert_eq!(server.addresses().len(), 1);
    assert!(!folder.0.join("elsewhere").exists());
    Ok(())
}

#[test]
fn damaged_archives_are_errors_and_leave_no_folder() {
    let good = entry("cifar-100-binary/train.bin", b'0', &record(1));
    let end = vec![0; 1024];
    let mut long = good.clone();
    long[124..135].copy_from_slice(b"77777777777");
    let cases: [(&str, Vec<u8>); 7] = [
        ("no-gzip", good.clone()),
        ("cut", packed(&good[..good.len() - 600])),
        ("no-end", packed(&good)),
        (
            "out",
            packed(
                &[
                    entry("cifar-100-binary/../../evil", b'0', b"x"),
                    end.clone(),
                ]
                .concat(),
            ),
        ),
        ("long", packed(&[long, end.clone()].concat())),
        ("empty", packed(&end)),
        ("text", packed(&[b"no archive".repeat(100), end].concat())),
    ];
    for (name, archive) in cases {
        let (folder, result, _) = unpacked(name, &archive);
        assert!(result.is_err(), "{name}");
        let names = fs::read_dir(&folder.0)
            .expect("the archive is there")
            .count();
        assert_eq!(names, 1, "{name}");
        assert!(!folder.0.join("../evil").exists());
    }
}
