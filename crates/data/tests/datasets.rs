use rushlight_autograd::Tensor;
use rushlight_data::datasets::{Split, cifar10, cifar100, fashion_mnist, kmnist, mnist};
use rushlight_data::{Dataset, Error, Result, TensorDataset};
use std::fs;
use std::path::{Path, PathBuf};

/// A folder that is gone when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let name = format!("data-datasets-{}-{name}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).expect("a place to write to");
        Folder(folder)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a place to write to");
        fs::write(path, bytes).expect("a place to write to");
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

fn idx(sizes: &[u32], bytes: &[u8]) -> Vec<u8> {
    let mut file = vec![0, 0, 8, sizes.len() as u8];
    file.extend(sizes.iter().flat_map(|size| size.to_be_bytes()));
    file.extend(bytes);
    file
}

fn images(count: u32) -> Vec<u8> {
    let pixels: Vec<u8> = (0..count * 784).map(|at| (at % 251) as u8).collect();
    idx(&[count, 28, 28], &pixels)
}

type Read = fn(&Path, Split) -> Result<TensorDataset<(Tensor, Tensor)>>;

#[test]
fn the_files_of_mnist_are_read() -> Result<()> {
    let readers: [(&str, Read); 3] = [
        ("MNIST", |root, split| mnist(root, split)),
        ("FashionMNIST", |root, split| fashion_mnist(root, split)),
        ("KMNIST", |root, split| kmnist(root, split)),
    ];
    for (name, read) in readers {
        let folder = Folder::new(name);
        // In the folder itself, and where torchvision puts them.
        folder.write("train-images-idx3-ubyte", images(3));
        folder.write("train-labels-idx1-ubyte", idx(&[3], &[7, 0, 9]));
        let train = read(&folder.0, Split::Train)?;
        assert_eq!(train.len(), 3);
        let (image, label) = train.get(2)?;
        assert_eq!(
            (image.shape().to_vec(), label.item()?),
            (vec![1, 28, 28], 9.0)
        );
        assert_eq!(image.to_vec::<u8>()?[..3], [62, 63, 64]);
        folder.write(&format!("{name}/raw/t10k-images-idx3-ubyte"), images(1));
        folder.write(
            &format!("{name}/raw/t10k-labels-idx1-ubyte"),
            idx(&[1], &[4]),
        );
        assert_eq!(read(&folder.0, Split::Test)?.get(0)?.1.item()?, 4.0);
    }
    Ok(())
}

#[test]
fn damaged_files_of_mnist_are_errors() {
    let good = (images(2), idx(&[2], &[1, 2]));
    let cases: Vec<(&str, Vec<u8>, Vec<u8>)> = vec![
        ("cut", good.0[..good.0.len() - 1].to_vec(), good.1.clone()),
        ("long", [&good.0[..], &[0]].concat(), good.1.clone()),
        ("empty", vec![], good.1.clone()),
        ("header", good.0[..9].to_vec(), good.1.clone()),
        ("magic", [&[1], &good.0[1..]].concat(), good.1.clone()),
        ("flat", idx(&[1568], &[0; 1568]), good.1.clone()),
        ("size", idx(&[2, 14, 56], &[0; 1568]), good.1.clone()),
        ("huge", idx(&[u32::MAX; 3], &[0; 9]), good.1.clone()),
        ("large", idx(&[1 << 20, 28, 28], &[0; 9]), good.1.clone()),
        ("fewer", good.0.clone(), idx(&[1], &[1])),
        ("class", good.0.clone(), idx(&[2], &[1, 10])),
    ];
    for (name, images, labels) in cases {
        let folder = Folder::new(&format!("damaged-{name}"));
        folder.write("train-images-idx3-ubyte", images);
        folder.write("train-labels-idx1-ubyte", labels);
        assert!(mnist(&folder.0, Split::Train).is_err(), "{name}");
        let missing = mnist(&folder.0, Split::Test).expect_err("nothing there");
        assert!(matches!(missing, Error::File { .. }));
        assert!(missing.to_string().contains("t10k-images-idx3-ubyte"));
    }
}

#[cfg(feature = "gzip")]
#[test]
fn packed_files_are_unpacked_no_further_than_they_say() -> Result<()> {
    use std::io::Write;
    let pack = |bytes: &[u8]| {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(bytes).expect("memory");
        packed.finish().expect("memory")
    };
    let folder = Folder::new("packed");
    folder.write("t10k-images-idx3-ubyte.gz", pack(&images(2)));
    folder.write("t10k-labels-idx1-ubyte.gz", pack(&idx(&[2], &[3, 4])));
    assert_eq!(kmnist(&folder.0, Split::Test)?.len(), 2);

    // A bomb: thousand times its length, and more than it says.
    folder.write(
        "train-images-idx3-ubyte.gz",
        pack(&[&images(2)[..], &[0; 1 << 24]].concat()),
    );
    folder.write("train-labels-idx1-ubyte.gz", pack(&idx(&[2], &[3, 4])));
    assert!(kmnist(&folder.0, Split::Train).is_err());
    let cut = pack(&images(2));
    folder.write("train-images-idx3-ubyte.gz", &cut[..cut.len() / 2]);
    assert!(kmnist(&folder.0, Split::Train).is_err());
    Ok(())
}

/// Records of labels and an image whose first byte is its number.
fn records(labels: &[&[u8]]) -> Vec<u8> {
    let record = |(at, labels): (usize, &&[u8])| [labels, &[at as u8][..], &[5; 3071]].concat();
    labels.iter().enumerate().flat_map(record).collect()
}

#[test]
fn the_binary_files_of_cifar_are_read() -> Result<()> {
    let folder = Folder::new("cifar");
    for batch in 1..=5 {
        let name = format!("cifar-10-batches-bin/data_batch_{batch}.bin");
        folder.write(&name, records(&[&[batch], &[9]]));
    }
    folder.write("test_batch.bin", records(&[&[2]]));
    let train = cifar10(&folder.0, Split::Train)?;
    assert_eq!(train.tensors().0.shape(), [10, 3, 32, 32]);
    assert_eq!(
        train.tensors().1.to_vec::<i64>()?,
        [1, 9, 2, 9, 3, 9, 4, 9, 5, 9]
    );
    assert_eq!(train.get(3)?.0.to_vec::<u8>()?[..2], [1, 5]);
    // What is missing in the archive's folder is not looked for elsewhere.
    assert!(cifar10(&folder.0, Split::Test).is_err());

    folder.write("test.bin", records(&[&[19, 99], &[0, 3]]));
    let test = cifar100(&folder.0, Split::Test)?;
    assert_eq!(test.tensors().1.to_vec::<i64>()?, [99, 3]);
    Ok(())
}

#[test]
fn damaged_files_of_cifar_are_errors() {
    for (name, bytes) in [
        ("cut", records(&[&[1, 2]])[..3000].to_vec()),
        ("long", [records(&[&[1, 2]]), vec![0]].concat()),
        ("class", records(&[&[1, 100]])),
    ] {
        let folder = Folder::new(&format!("cifar-{name}"));
        folder.write("train.bin", bytes);
        let error = cifar100(&folder.0, Split::Train).expect_err("damaged");
        assert!(matches!(error, Error::Malformed { .. }), "{name}: {error}");
    }
}

/// A string of Python 2.
fn text(text: &str) -> Vec<u8> {
    [&[b'U', text.len() as u8], text.as_bytes()].concat()
}

/// A batch of CIFAR as Python 2 pickled it: a dict of an array of NumPy and of lists.
fn pickled(key: &str, kinds: &[u8], pixels: &[u8]) -> Vec<u8> {
    let list = kinds
        .iter()
        .flat_map(|&kind| [b'K', kind])
        .collect::<Vec<u8>>();
    let rows = ((pixels.len() / 3072) as u16).to_le_bytes();
    [
        b"\x80\x02}q\x01(",
        &text("batch_label")[..],
        &text("testing batch 1 of 1"),
        &text(key),
        b"]q\x02(",
        &list,
        b"e",
        &text("data"),
        b"cnumpy.core.multiarray\n_reconstruct\nq\x03cnumpy\nndarray\nq\x04K\x00\x85",
        &text("b"),
        b"\x87Rq\x05(K\x01M",
        &rows,
        b"M\x00\x0c\x86cnumpy\ndtype\nq\x06",
        &text("u1"),
        b"K\x00K\x01\x87Rq\x07(K\x03",
        &text("|"),
        b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89T",
        &(pixels.len() as u32).to_le_bytes(),
        pixels,
        b"q\x08tb",
        &text("filenames"),
        b"]q\x09u.",
    ]
    .concat()
}

#[test]
fn the_pickles_of_cifar_are_read() -> Result<()> {
    let folder = Folder::new("cifar-python");
    let pixels: Vec<u8> = (0..2 * 3072).map(|at| (at % 256) as u8).collect();
    for batch in 1..=5 {
        let name = format!("cifar-10-batches-py/data_batch_{batch}");
        folder.write(&name, pickled("labels", &[batch, 9], &pixels));
    }
    let train = cifar10(&folder.0, Split::Train)?;
    assert_eq!(train.tensors().0.shape(), [10, 3, 32, 32]);
    assert_eq!(train.tensors().0.to_vec::<u8>()?[..2 * 3072], pixels);
    assert_eq!(
        train.tensors().1.to_vec::<i64>()?,
        [1, 9, 2, 9, 3, 9, 4, 9, 5, 9]
    );
    let missing = cifar10(&folder.0, Split::Test).expect_err("missing");
    assert!(matches!(missing, Error::File { .. }), "{missing}");

    // Bytes that are text, too, and a root that is the folder itself.
    folder.write("test", pickled("fine_labels", &[99], &[7; 3072]));
    let test = cifar100(&folder.0, Split::Test)?;
    assert_eq!(test.get(0)?.0.to_vec::<u8>()?, [7; 3072]);
    assert_eq!(test.tensors().1.to_vec::<i64>()?, [99]);
    Ok(())
}

#[test]
fn damaged_pickles_of_cifar_are_errors() {
    let good = pickled("fine_labels", &[1, 2], &[200; 2 * 3072]);
    let evil = b"\x80\x02cposix\nsystem\nU\x02id\x85R.";
    for (name, bytes) in [
        ("cut", good[..3000].to_vec()),
        ("long", [&good[..], b"."].concat()),
        ("class", pickled("fine_labels", &[1, 100], &[200; 2 * 3072])),
        ("count", pickled("fine_labels", &[1], &[200; 2 * 3072])),
        ("key", pickled("labels", &[1, 2], &[200; 2 * 3072])),
        ("size", pickled("fine_labels", &[1], &[200; 4000])),
        ("evil", evil.to_vec()),
    ] {
        let folder = Folder::new(&format!("cifar-python-{name}"));
        folder.write("cifar-100-python/train", bytes);
        let error = cifar100(&folder.0, Split::Train).expect_err("damaged");
        assert!(matches!(error, Error::Malformed { .. }), "{name}: {error}");
    }
}

#[cfg(feature = "image")]
#[test]
fn folders_are_classes() -> Result<()> {
    use rushlight_data::datasets::ImageFolder;
    use rushlight_data::transforms::{CenterCrop, Compose, Resize, ToTensor};
    use rushlight_data::{DataLoader, random_split};

    let (png, jpeg) = (
        include_bytes!("expected/rgb.png"),
        include_bytes!("expected/444.jpg"),
    );
    let folder = Folder::new("folders");
    folder.write("dog/2.png", png);
    folder.write("dog/10.JPEG", jpeg);
    folder.write("dog/notes.txt", "not an image");
    folder.write("cat/inner/1.png", png);
    folder.write("cat/9.png", png);
    folder.write("loose.png", png);
    let images = ImageFolder::new(&folder.0)?;
    assert_eq!(images.classes(), ["cat", "dog"]);
    let names = images.samples().iter().map(|(path, label)| {
        let name = path.strip_prefix(&folder.0).expect("below the root");
        (name.to_str().expect("text"), *label)
    });
    let expected = [
        ("cat/9.png", 0),
        ("cat/inner/1.png", 0),
        ("dog/10.JPEG", 1),
        ("dog/2.png", 1),
    ];
    assert_eq!(names.collect::<Vec<_>>(), expected);
    let (image, label) = images.get(3)?;
    assert_eq!((image.shape().to_vec(), label), (vec![3, 23, 37], 1));
    assert!(images.get(4).is_err());

    let small = Compose::new()
        .then(Resize::new(16))
        .then(CenterCrop::new(16))
        .then(ToTensor);
    let [train, rest] = random_split(images.transform(small), [3, 1], None)?;
    let loader = DataLoader::new(train).batch_size(3).num_workers(2);
    let (batch, labels) = loader.iter().next().expect("one batch")?;
    assert_eq!(
        (batch.shape().to_vec(), labels.numel()),
        (vec![3, 3, 16, 16], 3)
    );
    assert_eq!(rest.len(), 1);
    Ok(())
}

#[cfg(feature = "image")]
#[test]
fn folders_without_images_are_errors() {
    use rushlight_data::datasets::ImageFolder;
    let folder = Folder::new("no-folders");
    assert!(matches!(
        ImageFolder::new(folder.0.join("nowhere")),
        Err(Error::File { .. })
    ));
    let error = ImageFolder::new(&folder.0)
        .expect_err("no classes")
        .to_string();
    assert!(error.ends_with("no folders, which classes are"), "{error}");
    folder.write("cat/notes.txt", "not an image");
    let error = ImageFolder::new(&folder.0)
        .expect_err("no images")
        .to_string();
    assert!(error.ends_with("cat\": a class without images"), "{error}");
    folder.write("cat/1.png", "not an image either");
    let images = ImageFolder::new(&folder.0).expect("names are enough");
    assert!(images.get(0).is_err());
}
