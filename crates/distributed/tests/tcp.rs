//! Ranks that are connected by TCP, each in a thread.

use rushlight_autograd::{DType, Tensor};
use rushlight_distributed::{Communicator, Error, Launch, Result, TcpCommunicator};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(300);

/// A port of this machine that nobody uses.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("its number").port()
}

fn launch(rank: usize, world_size: usize, port: u16) -> Launch {
    Launch {
        rank,
        world_size,
        local_rank: rank,
        master_addr: "127.0.0.1".into(),
        master_port: port,
    }
}

/// Runs a function in a thread for each rank.
fn run<T: Send>(
    world_size: usize,
    timeout: Duration,
    work: impl Fn(TcpCommunicator) -> Result<T> + Sync,
) -> Vec<Result<T>> {
    let port = free_port();
    std::thread::scope(|scope| {
        let work = &work;
        let start = |rank| {
            scope.spawn(move || {
                work(TcpCommunicator::connect(
                    &launch(rank, world_size, port),
                    timeout,
                )?)
            })
        };
        let ranks: Vec<_> = (0..world_size).map(start).collect();
        let results = ranks.into_iter();
        results.map(|rank| rank.join().expect("no panic")).collect()
    })
}

fn numbers(rank: usize, dtype: DType) -> Result<Tensor> {
    Ok(Tensor::from_vec(vec![rank as f32, 1.5], &[2])?.to_dtype(dtype)?)
}

#[test]
fn all_calls_return_what_they_should_again_and_again() -> Result<()> {
    for world_size in [1, 2, 4] {
        for result in run(world_size, LONG, |group| {
            let (own, count) = (group.rank(), group.world_size());
            assert_eq!(count, world_size);
            for dtype in [DType::F32, DType::F64, DType::BF16, DType::I64] {
                let x = numbers(own, dtype)?;
                let expected: usize = (0..count).sum();
                for root in 0..count {
                    let sum = group.all_reduce(&x)?;
                    assert_eq!(sum.dtype(), dtype);
                    assert_eq!(sum.select(0, 0)?.item()?, expected as f64);
                    group.barrier()?;
                    let copy = group.broadcast(&x, root)?;
                    assert_eq!(copy.to_bytes()?, numbers(root, dtype)?.to_bytes()?);
                    for (rank, other) in group.all_gather(&x)?.iter().enumerate() {
                        assert_eq!(other.to_bytes()?, numbers(rank, dtype)?.to_bytes()?);
                    }
                }
            }
            let empty = Tensor::zeros(&[0, 3])?;
            assert_eq!(*group.all_reduce(&empty)?.shape(), [0, 3]);
            assert!(matches!(
                group.broadcast(&empty, count),
                Err(Error::Rank { .. })
            ));
            Ok(())
        }) {
            result?;
        }
    }
    Ok(())
}

#[test]
fn large_tensors_pass() -> Result<()> {
    for result in run(3, LONG, |group| {
        let x = Tensor::full(&[1 << 20], 1.5, DType::F32, Default::default())?;
        let sums = group.all_reduce(&x)?;
        Ok((sums.min()?.item()?, sums.max()?.item()?))
    }) {
        assert_eq!(result?, (4.5, 4.5));
    }
    Ok(())
}

#[test]
fn ranks_that_differ_are_told_so_and_may_go_on() -> Result<()> {
    for result in run(3, LONG, |group| {
        let size = if group.rank() == 1 { 3 } else { 2 };
        let shapes = group.all_reduce(&Tensor::zeros(&[size])?);
        let calls = match group.rank() {
            2 => group.barrier(),
            _ => group.all_gather(&Tensor::zeros(&[2])?).map(drop),
        };
        let sum = group.all_reduce(&numbers(1, DType::F32)?);
        Ok([shapes.map(drop), calls, sum.map(drop)])
    }) {
        let [shapes, calls, sum] = result?;
        let text = shapes.expect_err("another shape").to_string();
        assert!(
            text.contains("rank 1 brings Sum of torch.float32 [3]"),
            "{text}"
        );
        let error = calls.expect_err("another call");
        assert!(matches!(error, Error::Mismatch { rank: 2, .. }), "{error}");
        sum?;
    }
    Ok(())
}

#[test]
fn nobody_waits_for_a_rank_that_has_left() {
    for left in [0, 2] {
        let results = run(3, LONG, |group| {
            if group.rank() == left {
                return Ok([None, None]);
            }
            let call = || {
                Some(
                    group
                        .all_reduce(&Tensor::zeros(&[2]).ok()?)
                        .err()?
                        .to_string(),
                )
            };
            Ok([call(), call()])
        });
        for (rank, result) in results.into_iter().enumerate() {
            let errors = result.expect("a group came about");
            for error in errors.iter().filter(|_| rank != left) {
                let text = error.as_deref().unwrap_or("no error");
                assert_eq!(text, format!("all_reduce: rank {left} has left the group"));
            }
        }
    }
}

#[test]
fn nobody_waits_forever() {
    let results = run(3, SHORT, |group| {
        let start = Instant::now();
        if group.rank() == 1 {
            std::thread::sleep(4 * SHORT);
            return Ok(());
        }
        let error = group.barrier().expect_err("a rank is late");
        assert!(start.elapsed() < 10 * SHORT, "{:?}", start.elapsed());
        Err(error)
    });
    for (rank, result) in results
        .into_iter()
        .enumerate()
        .filter(|(rank, _)| *rank != 1)
    {
        let error = result.expect_err("a rank is late");
        let is_expected = matches!(error, Error::Timeout { .. } | Error::Gone { .. });
        assert!(is_expected, "rank {rank}: {error}");
    }
}

#[test]
fn ranks_that_never_come_are_an_error() {
    let port = free_port();
    let error = TcpCommunicator::connect(&launch(0, 2, port), SHORT).expect_err("nobody comes");
    assert!(matches!(error, Error::Timeout { rank: 1, .. }), "{error}");
    let error = TcpCommunicator::connect(&launch(1, 2, port), SHORT).expect_err("nobody is there");
    assert!(
        matches!(error, Error::Connection { rank: 0, .. }),
        "{error}"
    );
    let error = TcpCommunicator::connect(&launch(2, 2, port), SHORT).expect_err("no such rank");
    assert!(matches!(error, Error::Rank { rank: 2, .. }), "{error}");
}

#[test]
fn a_port_that_is_taken_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("its number").port();
    let error = TcpCommunicator::connect(&launch(0, 2, port), SHORT).expect_err("it is taken");
    assert!(error.to_string().contains("TORCH_DISABLE_SHARE"), "{error}");
}

/// Connects to a group that is about to form.
fn stranger(port: u16) -> TcpStream {
    loop {
        if let Ok(stream) = TcpStream::connect(("127.0.0.1", port)) {
            return stream;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// What a rank says first.
fn greeting(rank: u64, world_size: u64) -> Vec<u8> {
    let numbers = [rank, world_size].map(u64::to_le_bytes);
    [&b"rushlt\0\x01"[..], numbers.as_flattened()].concat()
}

#[test]
fn strangers_and_doubles_do_not_disturb_a_group() {
    let port = free_port();
    std::thread::scope(|scope| {
        let first = scope.spawn(move || TcpCommunicator::connect(&launch(0, 3, port), LONG));
        for words in [&b"GET / HTTP/1.1\r\n\r\n      "[..], b"rush"] {
            stranger(port).write_all(words).expect("a connection");
        }
        let second = scope.spawn(move || TcpCommunicator::connect(&launch(1, 3, port), LONG));
        // Others that say they are rank 1, 0, or of another group, are refused.
        for (rank, world_size) in [(0, 3), (3, 3), (2, 4)] {
            let mut stream = stranger(port);
            stream
                .write_all(&greeting(rank, world_size))
                .expect("a connection");
            let mut answer = [9];
            stream.read_exact(&mut answer).expect("an answer");
            assert_eq!(answer, [0]);
        }
        std::thread::sleep(SHORT);
        let double = TcpCommunicator::connect(&launch(1, 3, port), LONG);
        let error = double.expect_err("a double").to_string();
        assert!(error.contains("does not expect rank 1 of 3"), "{error}");
        let third = TcpCommunicator::connect(&launch(2, 3, port), LONG);
        let ranks = [first, second].map(|rank| rank.join().expect("no panic"));
        for rank in ranks.into_iter().chain([third]) {
            rank.expect("a group");
        }
    });
}

#[test]
fn what_no_rank_sends_is_an_error_and_takes_no_memory() {
    let dims = |dims: &[u64]| -> Vec<u8> {
        let mut bytes = vec![0, 0];
        for number in [0, dims.len() as u64].iter().chain(dims) {
            bytes.extend(number.to_le_bytes());
        }
        bytes
    };
    let mut many = vec![0, 0];
    many.extend([0; 8]);
    many.extend(u64::MAX.to_le_bytes());
    for words in [
        vec![77, 0],
        vec![0, 77],
        many,
        dims(&[u64::MAX, u64::MAX]),
        dims(&[1 << 60]),
        dims(&[2]),
    ] {
        let port = free_port();
        std::thread::scope(|scope| {
            let first = scope.spawn(move || -> Result<()> {
                let group = TcpCommunicator::connect(&launch(0, 2, port), LONG)?;
                group.all_reduce(&Tensor::zeros(&[2])?).map(drop)
            });
            let mut stream = stranger(port);
            stream.write_all(&greeting(1, 2)).expect("a connection");
            stream.read_exact(&mut [0]).expect("a welcome");
            // Headers are whole, so that none is waited for.
            let mut words = words.clone();
            words.resize(words.len().max(18), 0);
            stream.write_all(&words).expect("a connection");
            drop(stream);
            let error = first.join().expect("no panic").expect_err("no tensor");
            let is_expected = matches!(error, Error::Connection { .. } | Error::Gone { .. });
            assert!(is_expected, "{words:?}: {error}");
        });
    }
}
