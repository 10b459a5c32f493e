//! Processes of this program that train together, as `torchrun` would start them.

use crate::data_parallel::{start, train, train_alone};
use crate::tcp::free_port;
use rushlight_distributed::{DataParallelOptions, Result, TcpCommunicator};
use std::process::{Command, Stdio};

/// What stands before the values that a process prints.
const MARK: &str = "parameters";

#[test]
#[ignore = "one of the processes that the other test starts"]
fn process() -> Result<()> {
    let group = TcpCommunicator::from_env()?;
    let values = train(group, &start()?, DataParallelOptions::default())?;
    let bits: Vec<String> = values.iter().map(|x| x.to_bits().to_string()).collect();
    println!("\n{MARK} {}", bits.join(" "));
    Ok(())
}

#[test]
fn two_processes_step_as_one_does_with_all_examples() -> Result<()> {
    let port = free_port().to_string();
    let processes = ["0", "1"].map(|rank| {
        Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "processes::process", "--ignored", "--nocapture"])
            .envs([("RANK", rank), ("LOCAL_RANK", rank), ("WORLD_SIZE", "2")])
            .envs([("MASTER_ADDR", "127.0.0.1"), ("MASTER_PORT", &port)])
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process")
    });
    let values = processes.map(|process| {
        let output = process.wait_with_output().expect("its end");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let line = text.lines().find_map(|line| line.strip_prefix(MARK));
        let bits = line.unwrap_or_else(|| panic!("no values in {text}"));
        let bits = bits
            .split_whitespace()
            .map(|bits| bits.parse().expect("bits"));
        bits.map(f64::from_bits).collect::<Vec<f64>>()
    });
    assert_eq!(values[0], values[1]);
    let expected = train_alone(2)?;
    assert_eq!(values[0].len(), expected.len());
    for (got, expected) in values[0].iter().zip(&expected) {
        assert!(
            (got - expected).abs() < 1e-14,
            "{got} instead of {expected}"
        );
    }
    Ok(())
}
