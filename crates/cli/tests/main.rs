//! Runs the program and looks at what it says.

use rushlight::models::{Weights, get_model};
use rushlight::nn::Module;
use rushlight::serialize::{self, Value, pth};
use rushlight::{manual_seed, tensor};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const PHOTOGRAPH: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../data/tests/expected/rgb.png"
);

/// A folder that is gone when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let name = format!("rushlight-cli-{}-{name}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).expect("a place to write to");
        Folder(folder)
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("text").to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

/// The exit code, standard output and standard error.
fn run(arguments: &[&str], variables: &[(&str, &str)]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rushlight"));
    command.args(arguments).envs(variables.iter().copied());
    let output = command.output().expect("it starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    let code = output.status.code().expect("it ends by itself");
    (code, text(output.stdout), text(output.stderr))
}

fn says(arguments: &[&str]) -> String {
    let (code, out, error) = run(arguments, &[]);
    assert_eq!((code, &*error), (0, ""), "{arguments:?}");
    out
}

/// Whether a line has these columns.
fn has_row(text: &str, row: &[&str]) -> bool {
    let squeezed = row.join(" ");
    text.lines()
        .any(|line| line.split_whitespace().collect::<Vec<_>>().join(" ") == squeezed)
}

#[test]
fn help_and_version_are_said() {
    let help = says(&[]);
    for command in [
        "inspect", "convert", "models", "summary", "predict", "doctor",
    ] {
        assert!(help.contains(&format!("\n  {command} ")), "{command}");
    }
    assert_eq!(says(&["--help"]), help);
    assert_eq!(says(&["models", "--help"]), help);
    assert_eq!(
        says(&["--version"]),
        format!("rushlight {}\n", rushlight::VERSION)
    );
}

#[test]
fn wrong_command_lines_are_refused_with_code_2() {
    for (arguments, problem) in [
        (&["dance"][..], "there is no command \"dance\""),
        (&["inspect"], "inspect: FILE is missing"),
        (&["convert", "a.pth"], "convert: TO is missing"),
        (
            &["summary", "resnet18", "more"],
            "summary: \"more\" is one argument too many",
        ),
        (
            &["summary", "resnet18", "--top", "3"],
            "summary: there is no option --top",
        ),
        (
            &["summary", "resnet18", "--size", "x"],
            "summary: --size x: invalid digit found in string",
        ),
        (
            &["convert", "a.pth", "b.txt"],
            "convert: b.txt is not .safetensors, .pth, .pt or .npz",
        ),
        (&["-x"], "there is no option -x"),
    ] {
        let (code, out, error) = run(arguments, &[]);
        assert_eq!((code, &*out), (2, ""), "{arguments:?}");
        assert_eq!(
            error,
            format!("rushlight: {problem}; see `rushlight --help`\n")
        );
    }
}

#[test]
fn what_cannot_be_done_is_said_with_code_1() {
    for (arguments, problem) in [
        (&["inspect", "nowhere.pth"][..], "load \"nowhere.pth\": "),
        (
            &["summary", "resnet19"],
            "get_model: there is no model named \"resnet19\"",
        ),
        (&["predict", "alexnet", "nowhere.png"], "\"nowhere.png\": "),
        (&["summary", "alexnet", "--size", "2"], ""),
    ] {
        let (code, out, error) = run(arguments, &[]);
        assert_eq!((code, &*out), (1, ""), "{arguments:?}: {error}");
        assert!(
            error.starts_with(&format!("rushlight: {problem}")),
            "{error}"
        );
    }
}

/// A checkpoint as trainers save it.
fn checkpoint(path: &str) {
    let array = |values: &[f32]| {
        let array = tensor(values).expect("numbers").array();
        Value::from(
            serialize::StateDict::new([("weight".to_owned(), array)], []).expect("one name"),
        )
    };
    let text = |text: &str| Value::Str(text.into());
    let group = Value::Dict(vec![
        (text("lr"), Value::Float(0.1)),
        (text("nesterov"), Value::Bool(false)),
    ]);
    let value = Value::Dict(vec![
        (text("epoch"), Value::Int(3)),
        (text("model"), array(&[1.0, 2.0, 3.0])),
        (text("groups"), Value::List(vec![group])),
        (
            text("betas"),
            Value::Tuple(vec![Value::Float(0.9), Value::Float(0.999)]),
        ),
    ]);
    pth::save(path, &value).expect("a place to write to");
}

#[test]
fn files_are_looked_into() {
    let folder = Folder::new("inspect");
    let path = folder.file("checkpoint.pth");
    checkpoint(&path);
    let out = says(&["inspect", &path]);
    assert!(has_row(&out, &["epoch", "int", "3"]), "{out}");
    assert!(
        has_row(&out, &["model.weight", "float32", "[3]", "12", "B"]),
        "{out}"
    );
    assert!(has_row(&out, &["groups.0.lr", "float", "0.1"]), "{out}");
    assert!(
        has_row(&out, &["groups.0.nesterov", "bool", "false"]),
        "{out}"
    );
    assert!(has_row(&out, &["betas", "tuple", "[0.9, 0.999]"]), "{out}");
    assert!(
        out.contains("1 tensors, 3 elements, 12 B of them; the file has "),
        "{out}"
    );
}

#[test]
fn files_are_converted_and_back() {
    let folder = Folder::new("convert");
    manual_seed(0);
    let model = get_model("squeezenet1_1", Weights::None).expect("a model");
    let state = model.state_dict();
    let files =
        ["a.safetensors", "b.pth", "c.npz", "d.pt", "e.safetensors"].map(|name| folder.file(name));
    serialize::save_state(&state, &files[0]).expect("a place to write to");
    for pair in files.windows(2) {
        let out = says(&["convert", &pair[0], &pair[1]]);
        assert!(out.starts_with("52 tensors from "), "{out}");
    }
    let read = |file: &str| fs::read(file).expect("just written");
    assert!(read(&files[0]) == read(&files[4]));
    let out = says(&["inspect", &files[2]]);
    assert!(
        has_row(
            &out,
            &[
                "features.0.weight",
                "float32",
                "[64, 3, 3, 3]",
                "6.8",
                "KiB"
            ]
        ),
        "{out}"
    );
    assert!(
        out.contains("52 tensors, 1,235,496 elements, 4.7 MiB"),
        "{out}"
    );
}

#[test]
fn models_are_listed() {
    let out = says(&["models"]);
    assert_eq!(out.lines().count(), 116);
    let folder = Folder::new("models");
    let cache = folder.0.join("hub/checkpoints");
    fs::create_dir_all(&cache).expect("a place to write to");
    fs::write(cache.join("resnet50-11ad3fa6.pth"), "").expect("a place to write to");
    let home = folder.0.to_str().expect("text");
    let (_, out, _) = run(&["models", "ResNet50"], &[("TORCH_HOME", home)]);
    assert_eq!(out.lines().count(), 5, "{out}");
    assert!(has_row(
        &out,
        &[
            "resnet50",
            "IMAGENET1K_V1",
            "25,557,032",
            "97.8",
            "76.13",
            "92.86"
        ]
    ));
    assert!(has_row(
        &out,
        &[
            "resnet50",
            "IMAGENET1K_V2",
            "cached",
            "25,557,032",
            "97.8",
            "80.86",
            "95.43"
        ]
    ));
}

#[test]
fn models_are_summarised() {
    let out = says(&["summary", "resnet18", "--size", "64", "--classes", "10"]);
    assert!(
        has_row(
            &out,
            &["conv1", "Conv2d", "[1, 64, 32, 32]", "9,408", "9,633,792"]
        ),
        "{out}"
    );
    assert!(
        has_row(
            &out,
            &["layer4.1.bn2", "BatchNorm2d", "[1, 512, 2, 2]", "1,024"]
        ),
        "{out}"
    );
    assert!(
        has_row(&out, &["fc", "Linear", "[1, 10]", "5,130", "5,120"]),
        "{out}"
    );
    assert!(has_row(&out, &["parameters", "11,181,642"]), "{out}");
}

#[test]
fn multiply_adds_are_those_that_torchvision_publishes() {
    for (model, billions) in [
        ("alexnet", "0.714"),
        ("resnet18", "1.814"),
        ("mobilenet_v2", "0.301"),
        ("googlenet", "1.498"),
        ("shufflenet_v2_x1_0", "0.145"),
        ("vit_b_16", "17.564"),
        ("swin_t", "4.491"),
        ("swin_v2_t", "5.94"),
        ("maxvit_t", "5.558"),
    ] {
        let out = says(&["summary", model]);
        let line = out
            .lines()
            .find_map(|line| line.strip_prefix("multiply-adds "));
        let count: f64 = line
            .expect("a line")
            .trim()
            .replace(',', "")
            .parse()
            .expect("a number");
        let published: f64 = billions.parse().expect("a number");
        assert!(
            (count / 1e9 / published - 1.0).abs() < 4e-3,
            "{model}: {count}, not {billions}"
        );
    }
}

#[test]
fn images_are_classified_by_weights_of_a_file() {
    let folder = Folder::new("predict");
    let path = folder.file("weights.safetensors");
    let model = get_model("squeezenet1_1", Weights::None).expect("a model");
    // A head that knows two classes, whatever it sees.
    let weight = model.get_parameter("classifier.1.weight").expect("a head");
    weight
        .set_data(&weight.zeros_like().expect("numbers"))
        .expect("the shape fits");
    let bias = model.get_parameter("classifier.1.bias").expect("a head");
    let mut values = vec![0.0_f32; 1000];
    (values[285], values[281]) = (30.0, 28.0);
    bias.set_data(&tensor(values).expect("numbers"))
        .expect("the shape fits");
    serialize::save_state(&model.state_dict(), &path).expect("a place to write to");
    let out = says(&[
        "predict",
        "squeezenet1_1",
        PHOTOGRAPH,
        "--weights",
        &path,
        "--top",
        "2",
    ]);
    let lines: Vec<_> = out.lines().map(str::trim).collect();
    assert_eq!(lines.len(), 2);
    assert!(
        lines[0].ends_with("%  Egyptian cat") && lines[1].ends_with("%  tabby"),
        "{out}"
    );
    assert!(lines[0].starts_with("88.08 %"), "{out}");
}

#[test]
fn weights_that_cannot_be_had_are_an_error_with_address_and_path() {
    let folder = Folder::new("offline");
    let home = folder.0.to_str().expect("text");
    // Nobody listens there, and nobody may.
    let variables = [
        ("TORCH_HOME", home),
        ("RUSHLIGHT_MIRROR", "http://127.0.0.1:1/models"),
    ];
    let (code, out, error) = run(&["predict", "squeezenet1_1", PHOTOGRAPH], &variables);
    assert_eq!((code, &*out), (1, ""));
    let url = "http://127.0.0.1:1/models/squeezenet1_1-b8a52dc0.pth";
    let path = Path::new(home).join("hub/checkpoints/squeezenet1_1-b8a52dc0.pth");
    assert!(
        error.contains(url) && error.contains(path.to_str().expect("text")),
        "{error}"
    );
}

#[test]
fn the_doctor_says_what_is_there() {
    let folder = Folder::new("doctor");
    let cache = folder.0.join("hub/checkpoints");
    fs::create_dir_all(&cache).expect("a place to write to");
    fs::write(cache.join("some.pth"), [0; 2048]).expect("a place to write to");
    let home = folder.0.to_str().expect("text");
    let variables = [
        ("TORCH_HOME", home),
        ("RUSHLIGHT_NUM_THREADS", "1"),
        ("RUSHLIGHT_MIRROR", "https://mirror.example/models"),
    ];
    let (code, out, _) = run(&["doctor"], &variables);
    assert_eq!(code, 0);
    assert!(
        out.contains(&format!("{}, 1 files, 2.0 KiB", cache.display())),
        "{out}"
    );
    assert!(out.contains("threads         1 of "), "{out}");
    assert!(out.contains("https://mirror.example/models"), "{out}");
    for subject in ["CPU", "CUDA driver", "CUDA libraries", "GPU"] {
        assert!(
            out.lines().any(|line| line[2..].starts_with(subject)),
            "{subject}"
        );
    }
    // What is missing has a fix behind it.
    let mut lines = out.lines();
    while let Some(line) = lines.next() {
        if line.starts_with('!') {
            assert!(
                lines
                    .next()
                    .is_some_and(|fix| fix.trim_start().starts_with("-> ")),
                "{line}"
            );
        }
    }
}
