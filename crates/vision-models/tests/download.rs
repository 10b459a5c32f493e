//! What a model fetches; how it is fetched, the crate of datasets tests.

use crate::server::Server;
use rushlight_nn::Module;
use rushlight_vision_models::hub::Failure;
use rushlight_vision_models::{Error, SqueezeNet1_1Weights, Weights, squeezenet1_1};
use std::process::Command;

#[test]
fn a_model_fetches_its_weights_from_a_mirror() {
    let server = Server::new(b"another file".to_vec(), &[]);
    let name = format!("vision-models-mirror-{}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    let home = folder.to_str().expect("text");
    let mirror = format!("{}/", server.address);
    let variables = [
        ("RUSHLIGHT_MIRROR", &*mirror),
        ("TORCH_HOME", home),
        ("RUSHLIGHT_PROGRESS", "0"),
    ];
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["--exact", "--nocapture", "--include-ignored"]);
    command
        .arg("download::a_model_in_its_own_process")
        .envs(variables);
    let output = command.output().expect("it starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert!(
        output.status.success() && stdout.contains("1 passed"),
        "{stdout}\n{stderr}"
    );
    assert!(!stderr.contains("Downloading"));
    assert_eq!(server.asked(), [""]);
    assert!(
        !folder
            .join("hub/checkpoints/squeezenet1_1-b8a52dc0.pth")
            .exists()
    );
    std::fs::remove_dir_all(folder).ok();
}

#[test]
#[ignore = "run by `a_model_fetches_its_weights_from_a_mirror`"]
fn a_model_in_its_own_process() {
    // The mirror's file is another one, and the hash says so.
    let error = squeezenet1_1(Weights::Default).map(|model| model.repr());
    let error = error.expect_err("another file");
    let Some(Error::Download(rushlight_data::Error::Download { url, path, source })) =
        Error::of(&error)
    else {
        panic!("{error}");
    };
    assert!(
        url.ends_with("/squeezenet1_1-b8a52dc0.pth") && !url.contains("//squeeze"),
        "{url}"
    );
    assert_eq!(*path, SqueezeNet1_1Weights::DEFAULT.path());
    assert!(path.ends_with("hub/checkpoints/squeezenet1_1-b8a52dc0.pth"));
    assert!(matches!(&**source, Failure::Hash { expected, .. } if expected == "b8a52dc0"));
}
