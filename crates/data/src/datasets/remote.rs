//! Where datasets can be had.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use flate2::read::GzDecoder;

use crate::download::{Download, MIRROR};
use crate::{Error, Result};

/// The files of a dataset, and where they can be had.
///
/// ```no_run
/// use rushlight_data::datasets::{Remote, Split, mnist};
///
/// # fn main() -> rushlight_data::Result<()> {
/// Remote::MNIST.download("data")?;
/// let train = mnist("data", Split::Train)?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Remote<'a> {
    /// The dataset's name, which the folder of single files has.
    pub name: &'a str,
    /// What stands before the names of files in addresses: the first that answers is taken.
    pub mirrors: &'a [&'a str],
    /// The files and their MD5, in hexadecimal digits.
    pub files: &'a [(&'a str, &'a str)],
    /// The folder that is in an archive, where the files are archives (`.tar.gz`).
    pub unpacked: Option<&'a str>,
}

/// Writes datasets: those of MNIST's files by the hashes of the four, and archives.
macro_rules! remotes {
    ($($(#[$doc:meta])* $NAME:ident $name:literal [$($mirror:literal),*] [$images:literal $labels:literal $test_images:literal $test_labels:literal];)*) => { $(
        $(#[$doc])*
        pub const $NAME: Remote<'static> = Remote {
            name: $name,
            mirrors: &[$($mirror),*],
            files: &[
                ("train-images-idx3-ubyte.gz", $images),
                ("train-labels-idx1-ubyte.gz", $labels),
                ("t10k-images-idx3-ubyte.gz", $test_images),
                ("t10k-labels-idx1-ubyte.gz", $test_labels),
            ],
            unpacked: None,
        };
    )* };
    ($($(#[$doc:meta])* $NAME:ident $name:literal $file:literal $md5:literal $unpacked:literal;)*) => { $(
        $(#[$doc])*
        pub const $NAME: Remote<'static> = Remote {
            name: $name,
            mirrors: &["https://www.cs.toronto.edu/~kriz/"],
            files: &[($file, $md5)],
            unpacked: Some($unpacked),
        };
    )* };
}

#[rustfmt::skip]
impl Remote<'static> {
    remotes! {
        /// Handwritten digits, for [`mnist`](super::mnist).
        MNIST "MNIST" ["https://ossci-datasets.s3.amazonaws.com/mnist/", "http://yann.lecun.com/exdb/mnist/"] [
            "f68b3c2dcbeaaa9fbdd348bbdeb94873" "d53e105ee54ea40749a09fcbcd1e9432"
            "9fb629c4189551a2d022fa330f9573f3" "ec29112dd5afa0611ce80d1b7f02629c"
        ];
        /// Clothes and shoes, for [`fashion_mnist`](super::fashion_mnist).
        FASHION_MNIST "FashionMNIST" ["http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"] [
            "8d4fb7e6c68d591d4c3dfef9ec88bf0d" "25c81989df183df01b3e8a0aad5dffbe"
            "bef4ecab320f06d8554ea6380940ec79" "bb300cfdad3c16e7a12a480ee83cd310"
        ];
        /// Handwritten hiragana, for [`kmnist`](super::kmnist).
        KMNIST "KMNIST" ["http://codh.rois.ac.jp/kmnist/dataset/kmnist/"] [
            "bdb82020997e1d708af4cf47b453dcf7" "e144d726b3acfaa3e44228e80efcd344"
            "5c965bf0a639b31b8f53240b1b52f4d7" "7320c461ea6c1c855c0b718fb2a4b134"
        ];
    }

    remotes! {
        /// Photographs of ten kinds, for [`cifar10`](super::cifar10): the archive that torchvision has.
        CIFAR10 "CIFAR10" "cifar-10-python.tar.gz" "c58f30108f718f92721af3b95e74349a" "cifar-10-batches-py";
        /// Photographs of a hundred kinds, for [`cifar100`](super::cifar100): the archive that torchvision
        /// has.
        CIFAR100 "CIFAR100" "cifar-100-python.tar.gz" "eb9058c3a382ffc7106e4002c42a8d85" "cifar-100-python";
    }
}

impl Remote<'_> {
    /// Fetches what is not in the folder `root` yet, to where the readers look for it, and unpacks
    /// archives.
    ///
    /// The variable `RUSHLIGHT_MIRROR` names what is asked first: its value, the dataset's name and the
    /// file's, with slashes between them.
    ///
    /// # Errors
    /// If a file can be had nowhere, its hash is wrong everywhere, or it cannot be written.
    pub fn download(&self, root: impl AsRef<Path>) -> Result<()> {
        self.download_with(root, &|download| download)
    }

    /// The same with other settings of each download.
    ///
    /// # Errors
    /// As [`Remote::download`].
    pub fn download_with(
        &self,
        root: impl AsRef<Path>,
        settings: &dyn Fn(Download) -> Download,
    ) -> Result<()> {
        let root = root.as_ref();
        let Some(unpacked) = self.unpacked else {
            let folder = root.join(self.name).join("raw");
            let fetch = |&(file, md5): &(&str, &str)| self.fetch(&folder, file, md5, settings);
            return self.files.iter().try_for_each(fetch);
        };
        if root.join(unpacked).is_dir() {
            return Ok(());
        }
        for (file, md5) in self.files {
            self.fetch(root, file, md5, settings)?;
            unpack(&root.join(file), root, unpacked)?;
        }
        Ok(())
    }

    /// Asks one mirror after the other.
    fn fetch(
        &self,
        folder: &Path,
        file: &str,
        md5: &str,
        settings: &dyn Fn(Download) -> Download,
    ) -> Result<()> {
        let own = std::env::var(MIRROR).ok().filter(|own| !own.is_empty());
        let own = own.map(|own| format!("{}/{}/", own.trim_end_matches('/'), self.name));
        let mirrors = own.iter().map(String::as_str);
        let mut last = Err(Error::malformed(
            folder.join(file),
            "no mirrors to have it from",
        ));
        for mirror in mirrors.chain(self.mirrors.iter().copied()) {
            let download = Download::new(format!("{mirror}{file}"), folder.join(file)).md5(md5);
            last = settings(download).fetch();
            if last.is_ok() {
                break;
            }
        }
        last
    }
}

/// The bytes of a header and the multiple that contents fill.
const BLOCK: usize = 512;
/// The most bytes that are unpacked.
const MAX_BYTES: u64 = 1 << 31;

/// Unpacks the folder `name` of an archive into `root`, where it appears when it is complete.
fn unpack(archive: &Path, root: &Path, name: &str) -> Result<()> {
    let partial = root.join(format!("{name}.{}.partial", std::process::id()));
    let unpacked = unpack_into(&partial, archive, name).and_then(|()| {
        fs::rename(&partial, root.join(name)).map_err(|error| Error::file(&partial, error))
    });
    if unpacked.is_err() {
        // Half of it is of no use; it may not even be there.
        let _ = fs::remove_dir_all(&partial);
    }
    unpacked
}

fn unpack_into(partial: &Path, archive: &Path, name: &str) -> Result<()> {
    let failed = |error| Error::file(archive, error);
    let mut reader = GzDecoder::new(File::open(archive).map_err(failed)?);
    let (mut header, mut left) = ([0; BLOCK], MAX_BYTES);
    loop {
        reader.read_exact(&mut header).map_err(failed)?;
        if header == [0; BLOCK] {
            break;
        }
        let entry =
            Entry::of(&header).ok_or_else(|| Error::malformed(archive, "no tar archive"))?;
        left = left
            .checked_sub(entry.size)
            .ok_or_else(|| Error::malformed(archive, format!("more than {MAX_BYTES} bytes")))?;
        let mut content = reader.by_ref().take(entry.size);
        if let (true, Ok(inner)) = (entry.is_file, entry.path.strip_prefix(name)) {
            let path = inside(partial, inner)
                .ok_or_else(|| Error::malformed(archive, format!("the name {:?}", entry.path)))?;
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder).map_err(|error| Error::file(folder, error))?;
            }
            let mut file = File::create(&path).map_err(|error| Error::file(&path, error))?;
            std::io::copy(&mut content, &mut file).map_err(failed)?;
        }
        let padding = entry.size.next_multiple_of(BLOCK as u64) - entry.size;
        let rest = content.limit() + padding;
        let skipped = std::io::copy(&mut reader.by_ref().take(rest), &mut std::io::sink());
        if skipped.map_err(failed)? != rest {
            return Err(failed(std::io::ErrorKind::UnexpectedEof.into()));
        }
    }
    match partial.is_dir() {
        true => Ok(()),
        false => Err(Error::malformed(
            archive,
            format!("no folder {name:?} in it"),
        )),
    }
}

/// What a header says of the file after it.
struct Entry {
    path: PathBuf,
    size: u64,
    is_file: bool,
}

impl Entry {
    fn of(header: &[u8; BLOCK]) -> Option<Entry> {
        let text = |range: std::ops::Range<usize>| {
            let bytes = header[range].split(|&byte| byte == 0).next()?;
            std::str::from_utf8(bytes).ok()
        };
        let size = text(124..136)?.trim();
        let size = u64::from_str_radix(if size.is_empty() { "0" } else { size }, 8).ok()?;
        // Long names are cut in two where a slash is.
        let (name, folder) = (text(0..100)?, text(345..500)?);
        let is_ustar = header[257..262] == *b"ustar";
        let folder = if is_ustar { folder } else { "" };
        Some(Entry {
            path: Path::new(folder).join(name),
            size,
            is_file: matches!(header[156], 0 | b'0'),
        })
    }
}

/// A path below a folder, unless it leads out of it.
fn inside(folder: &Path, inner: &Path) -> Option<PathBuf> {
    let stays = |part| matches!(part, Component::Normal(_));
    inner.components().all(stays).then(|| folder.join(inner))
}
