use rushlight_distributed::{Error, Launch};

fn launch(changed: &str, value: Option<&str>) -> Result<Launch, Error> {
    Launch::from_variables(|name| {
        let usual = match name {
            "RANK" => "3",
            "WORLD_SIZE" => "8",
            "LOCAL_RANK" => "1",
            "MASTER_ADDR" => "10.0.0.1",
            "MASTER_PORT" => "29500",
            _ => return None,
        };
        match name == changed {
            true => value.map(str::to_string),
            false => Some(usual.to_string()),
        }
    })
}

#[test]
fn the_variables_of_torchrun_are_read() {
    let expected = Launch {
        rank: 3,
        world_size: 8,
        local_rank: 1,
        master_addr: "10.0.0.1".into(),
        master_port: 29500,
    };
    assert_eq!(launch("", None).expect("all are there"), expected);
}

#[test]
fn what_is_missing_or_malformed_is_named() {
    for name in [
        "RANK",
        "WORLD_SIZE",
        "LOCAL_RANK",
        "MASTER_ADDR",
        "MASTER_PORT",
    ] {
        let error = launch(name, None).expect_err("missing").to_string();
        assert!(error.contains(name) && error.contains("not set"), "{error}");
    }
    for (name, value) in [
        ("RANK", "8"),
        ("RANK", "-1"),
        ("WORLD_SIZE", "0"),
        ("LOCAL_RANK", "x"),
        ("MASTER_PORT", "70000"),
    ] {
        let error = launch(name, Some(value))
            .expect_err("malformed")
            .to_string();
        assert!(error.contains("RANK") || error.contains(name), "{error}");
    }
}
