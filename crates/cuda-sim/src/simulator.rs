//! The driver: devices, memory, modules, and streams that run as late as they may.

use crate::machine::{self, Memory};
use crate::ptx::Module as Program;
use rushlight_cuda_kernels::Driver;
use rushlight_cuda_kernels::driver::{
    DriverError, Event, Function, Launch, Module, Pointer, Properties, Result, Stream,
};
use std::collections::{HashMap, VecDeque};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard};

/// CUDA's numbers of errors.
const INVALID_VALUE: u32 = 1;
const INVALID_PTX: u32 = 218;
const NOT_FOR_THIS_GPU: u32 = 209;
const NOT_FOUND: u32 = 500;
const LAUNCH_FAILED: u32 = 719;

/// A kind of call that can be made to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Call {
    /// Getting memory.
    Allocate,
    /// Copying between host and device.
    Copy,
    /// Starting a kernel.
    Launch,
}

/// A driver whose devices are simulated. Clones are handles to the same.
#[derive(Clone, Debug)]
pub struct Simulator {
    devices: usize,
    capacity: usize,
    capability: (u32, u32),
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    memory: Memory,
    modules: Vec<Program>,
    functions: Vec<(usize, String)>,
    streams: Vec<Queue>,
    /// The stream, and how much of its work, that an event stands for.
    events: Vec<Option<(usize, u64)>>,
    calls: HashMap<Call, u64>,
    failures: HashMap<Call, Range<u64>>,
    lane_instructions: u64,
}

/// The work of a stream that is not done yet.
#[derive(Debug, Default)]
struct Queue {
    commands: VecDeque<Command>,
    done: u64,
}

#[derive(Debug)]
enum Command {
    Upload {
        bytes: Vec<u8>,
        to: u64,
    },
    Launch {
        function: usize,
        blocks: u32,
        threads: [u32; 2],
        parameters: Vec<u8>,
    },
    Lend {
        pointer: u64,
        bytes: usize,
    },
    Reclaim {
        pointer: u64,
    },
    Wait {
        stream: usize,
        until: u64,
    },
}

impl Simulator {
    /// So many devices, with so many bytes of memory together.
    pub fn new(devices: usize, capacity: usize) -> Simulator {
        Simulator {
            devices,
            capacity,
            capability: (8, 0),
            state: Arc::default(),
        }
    }

    /// As another kind of GPU, which takes the PTX that is for it or for older ones. Default: 8.0.
    pub fn with_capability(mut self, major: u32, minor: u32) -> Simulator {
        self.capability = (major, minor);
        self
    }

    /// How often something was called so far.
    pub fn calls(&self, call: Call) -> u64 {
        self.state().calls.get(&call).copied().unwrap_or(0)
    }

    /// Makes the n-th call from now on fail, counted from 1.
    pub fn fail(&self, call: Call, n: u64) {
        self.fail_several(call, n, 1);
    }

    /// Makes so many calls fail, the first of them the n-th from now on, counted from 1.
    pub fn fail_several(&self, call: Call, n: u64, count: u64) {
        let mut state = self.state();
        let first = state.calls.get(&call).copied().unwrap_or(0) + n;
        state.failures.insert(call, first..first + count);
    }

    /// Takes back failures that were asked for. Returns whether the first of them has happened.
    pub fn forgive(&self, call: Call) -> bool {
        let mut state = self.state();
        let count = state.calls.get(&call).copied().unwrap_or(0);
        let asked = state.failures.remove(&call);
        asked.is_some_and(|calls| calls.start <= count)
    }

    /// Bytes that are allocated.
    pub fn allocated(&self) -> usize {
        self.state().memory.allocated()
    }

    /// How many instructions the lanes have executed.
    pub fn lane_instructions(&self) -> u64 {
        self.state().lane_instructions
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

fn error(call: &'static str, code: u32, message: impl ToString) -> DriverError {
    DriverError {
        call,
        code,
        message: message.to_string(),
    }
}

impl State {
    /// Counts a call, which fails if it was told to.
    fn count(&mut self, call: Call, name: &'static str, code: u32) -> Result<()> {
        let count = self.calls.entry(call).or_default();
        *count += 1;
        let fails = |calls: &Range<u64>| calls.contains(count);
        if self.failures.get(&call).is_some_and(fails) {
            return Err(error(name, code, "a failure was asked for"));
        }
        Ok(())
    }

    fn queue(&mut self, call: &'static str, stream: Stream) -> Result<&mut Queue> {
        let queue = self.streams.get_mut(stream.0 as usize);
        queue.ok_or_else(|| error(call, INVALID_VALUE, "the stream does not exist"))
    }

    fn push(&mut self, call: &'static str, stream: Stream, command: Command) -> Result<()> {
        self.queue(call, stream)?.commands.push_back(command);
        Ok(())
    }

    /// Does the work of a stream up to a point, and what that waits for.
    fn run(&mut self, call: &'static str, stream: usize, until: u64) -> Result<()> {
        while self.streams[stream].done < until {
            let Some(command) = self.streams[stream].commands.pop_front() else {
                break;
            };
            self.streams[stream].done += 1;
            if let Err(failure) = self.execute(call, command) {
                // What a failed kernel should have written is not there for the others.
                let queue = &mut self.streams[stream];
                queue.done += queue.commands.len() as u64;
                let lost = std::mem::take(&mut queue.commands);
                self.keep_books(lost);
                return Err(failure);
            }
        }
        Ok(())
    }

    fn run_all(&mut self, call: &'static str) -> Result<()> {
        (0..self.streams.len()).try_for_each(|stream| self.run(call, stream, u64::MAX))
    }

    /// Of work that is lost, what says who owns memory still counts.
    fn keep_books(&mut self, lost: VecDeque<Command>) {
        for command in lost {
            if matches!(command, Command::Lend { .. } | Command::Reclaim { .. }) {
                let _ = self.execute("", command);
            }
        }
    }

    fn execute(&mut self, call: &'static str, command: Command) -> Result<()> {
        let outcome = match command {
            Command::Upload { bytes, to } => self.memory.write(to, &bytes),
            Command::Lend { pointer, bytes } => self.memory.lend(pointer, bytes),
            Command::Reclaim { pointer } => self.memory.reclaim(pointer),
            Command::Wait { stream, until } => return self.run(call, stream, until),
            Command::Launch {
                function,
                blocks,
                threads: [x, y],
                parameters,
            } => {
                let (module, name) = &self.functions[function];
                let launch = machine::Launch {
                    kernel: &self.modules[*module].kernels[name],
                    grid: [blocks, 1, 1],
                    block: [x, y, 1],
                    shared: 0,
                    parameters: &parameters,
                };
                machine::run(&launch, &mut self.memory, &mut self.lane_instructions)
                    .map_err(|fault| fault.to_string())
            }
        };
        outcome.map_err(|message| error(call, LAUNCH_FAILED, message))
    }
}

impl Driver for Simulator {
    fn version(&self) -> Result<u32> {
        Ok(12040)
    }

    fn device_count(&self) -> Result<usize> {
        Ok(self.devices)
    }

    fn properties(&self, device: usize) -> Result<Properties> {
        self.activate(device)?;
        Ok(Properties {
            name: "simulated device".into(),
            capability: self.capability,
            multiprocessors: 2,
            memory: self.capacity,
        })
    }

    fn activate(&self, device: usize) -> Result<()> {
        if device < self.devices {
            return Ok(());
        }
        Err(error(
            "cuDeviceGet",
            101,
            format!("there are {} devices", self.devices),
        ))
    }

    fn memory(&self) -> Result<(usize, usize)> {
        Ok((
            self.capacity - self.state().memory.allocated(),
            self.capacity,
        ))
    }

    fn allocate(&self, bytes: usize) -> Result<Pointer> {
        const CALL: &str = "cuMemAlloc";
        let mut state = self.state();
        state.count(Call::Allocate, CALL, DriverError::OUT_OF_MEMORY)?;
        if bytes == 0 {
            return Err(error(CALL, INVALID_VALUE, "no bytes"));
        }
        if bytes > self.capacity - state.memory.allocated() {
            return Err(error(CALL, DriverError::OUT_OF_MEMORY, "out of memory"));
        }
        Ok(Pointer(state.memory.allocate(bytes)))
    }

    fn free(&self, pointer: Pointer) -> Result<()> {
        const CALL: &str = "cuMemFree";
        let mut state = self.state();
        state.run_all(CALL)?;
        let freed = state.memory.free(pointer.0);
        freed
            .map(drop)
            .map_err(|message| error(CALL, INVALID_VALUE, message))
    }

    fn lend(&self, stream: Stream, pointer: Pointer, bytes: usize) -> Result<()> {
        self.state().push(
            "lend",
            stream,
            Command::Lend {
                pointer: pointer.0,
                bytes,
            },
        )
    }

    fn reclaim(&self, stream: Stream, pointer: Pointer) -> Result<()> {
        self.state()
            .push("reclaim", stream, Command::Reclaim { pointer: pointer.0 })
    }

    fn create_stream(&self) -> Result<Stream> {
        let mut state = self.state();
        state.streams.push(Queue::default());
        Ok(Stream(state.streams.len() as u64 - 1))
    }

    fn synchronize(&self, stream: Stream) -> Result<()> {
        const CALL: &str = "cuStreamSynchronize";
        let mut state = self.state();
        state.queue(CALL, stream)?;
        state.run(CALL, stream.0 as usize, u64::MAX)
    }

    fn create_event(&self) -> Result<Event> {
        let mut state = self.state();
        state.events.push(None);
        Ok(Event(state.events.len() as u64 - 1))
    }

    fn record(&self, event: Event, stream: Stream) -> Result<()> {
        const CALL: &str = "cuEventRecord";
        let mut state = self.state();
        let queue = state.queue(CALL, stream)?;
        let moment = queue.done + queue.commands.len() as u64;
        let place = state.events.get_mut(event.0 as usize);
        *place.ok_or_else(|| error(CALL, INVALID_VALUE, "the event does not exist"))? =
            Some((stream.0 as usize, moment));
        Ok(())
    }

    fn wait(&self, stream: Stream, event: Event) -> Result<()> {
        let mut state = self.state();
        match state.events.get(event.0 as usize).copied().flatten() {
            None => Ok(()),
            Some((other, until)) => state.push(
                "cuStreamWaitEvent",
                stream,
                Command::Wait {
                    stream: other,
                    until,
                },
            ),
        }
    }

    fn upload(&self, stream: Stream, bytes: &[u8], to: Pointer) -> Result<()> {
        const CALL: &str = "cuMemcpyHtoDAsync";
        let mut state = self.state();
        state.count(Call::Copy, CALL, LAUNCH_FAILED)?;
        state.push(
            CALL,
            stream,
            Command::Upload {
                bytes: bytes.to_vec(),
                to: to.0,
            },
        )
    }

    fn download(&self, stream: Stream, from: Pointer, bytes: &mut [u8]) -> Result<()> {
        const CALL: &str = "cuMemcpyDtoHAsync";
        let mut state = self.state();
        state.count(Call::Copy, CALL, LAUNCH_FAILED)?;
        state.queue(CALL, stream)?;
        state.run(CALL, stream.0 as usize, u64::MAX)?;
        state
            .memory
            .read(from.0, bytes)
            .map_err(|message| error(CALL, LAUNCH_FAILED, message))
    }

    fn load(&self, ptx: &str) -> Result<Module> {
        let target = ptx
            .lines()
            .find_map(|line| line.strip_prefix(".target sm_"));
        let target = target.and_then(|number| number.trim().parse().ok());
        let (major, minor) = self.capability;
        if target.is_none_or(|target: u32| target > 10 * major + minor) {
            let message = format!("the PTX is not for GPUs of capability {major}.{minor}");
            return Err(error("cuModuleLoadData", NOT_FOR_THIS_GPU, message));
        }
        let mut state = self.state();
        let state = &mut *state;
        let program = Program::parse(ptx, |content| {
            let start = state.memory.allocate(content.len().max(1));
            // The memory is as large as what is written.
            let _ = state.memory.write(start, &content);
            start
        });
        let program = program.map_err(|message| error("cuModuleLoadData", INVALID_PTX, message))?;
        state.modules.push(program);
        Ok(Module(state.modules.len() as u64 - 1))
    }

    fn function(&self, module: Module, name: &str) -> Result<Function> {
        let mut state = self.state();
        let module = module.0 as usize;
        let kernel = state
            .modules
            .get(module)
            .and_then(|module| module.kernels.get(name));
        let Some(kernel) = kernel else {
            return Err(error(
                "cuModuleGetFunction",
                NOT_FOUND,
                format!("there is no {name}"),
            ));
        };
        let name = kernel.name.clone();
        state.functions.push((module, name));
        Ok(Function(state.functions.len() as u64 - 1))
    }

    fn launch(&self, stream: Stream, launch: &Launch<'_>) -> Result<()> {
        const CALL: &str = "cuLaunchKernel";
        let mut state = self.state();
        state.count(Call::Launch, CALL, LAUNCH_FAILED)?;
        let function = launch.function.0 as usize;
        let invalid = |message: &str| error(CALL, INVALID_VALUE, message);
        let (module, name) = state
            .functions
            .get(function)
            .ok_or(invalid("no such function"))?;
        let kernel = &state.modules[*module].kernels[name];
        let sizes = kernel.parameters.iter().map(|&(_, size)| size);
        if !sizes.eq(launch.parameters.iter().map(|bytes| bytes.len())) {
            return Err(invalid(&format!(
                "the parameters of {name} have other sizes"
            )));
        }
        let mut parameters = Vec::new();
        for (&(offset, _), bytes) in kernel.parameters.iter().zip(launch.parameters) {
            parameters.resize(offset, 0);
            parameters.extend_from_slice(bytes);
        }
        let (blocks, threads) = (launch.blocks, launch.threads);
        state.push(
            CALL,
            stream,
            Command::Launch {
                function,
                blocks,
                threads,
                parameters,
            },
        )
    }
}
