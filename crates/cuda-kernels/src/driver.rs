//! What a CUDA driver has to offer: the few entry points that the library needs.
//!
//! Pointers are numbers of the device's memory, which the host never follows, so all of this is safe:
//! a wrong one is an error of the device, not of the program.

use std::fmt;

/// The result of every call of a driver.
pub type Result<T, E = DriverError> = std::result::Result<T, E>;

/// A call that the driver refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{call}: {message} (CUDA error {code})")]
pub struct DriverError {
    /// The entry point.
    pub call: &'static str,
    /// The number of the error, as CUDA numbers them.
    pub code: u32,
    /// What it means.
    pub message: String,
}

impl DriverError {
    /// CUDA's number for a device without memory to give.
    pub const OUT_OF_MEMORY: u32 = 2;
}

macro_rules! handles { ($($(#[$doc:meta])* $Name:ident;)*) => { $(
    $(#[$doc])*
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct $Name(pub u64);
)* } }
handles! {
    /// An address in the memory of a device.
    Pointer;
    /// A queue of work, done in order.
    Stream;
    /// A moment in a stream.
    Event;
    /// Loaded PTX.
    Module;
    /// A kernel of a module.
    Function;
}

/// What a device is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Properties {
    /// The name its maker gave it.
    pub name: String,
    /// Major and minor compute capability.
    pub capability: (u32, u32),
    /// The number of multiprocessors.
    pub multiprocessors: u32,
    /// Bytes of memory.
    pub memory: usize,
}

/// A launch of a kernel.
#[derive(Clone, Copy, Debug)]
pub struct Launch<'a> {
    /// The kernel.
    pub function: Function,
    /// Blocks in the first dimension, the only one the library uses.
    pub blocks: u32,
    /// Threads of a block, innermost dimension first.
    pub threads: [u32; 2],
    /// The bytes of each parameter.
    pub parameters: &'a [&'a [u8]],
}

/// A CUDA driver. Calls after [`activate`](Driver::activate) are about that device, on that thread.
pub trait Driver: Send + Sync + fmt::Debug {
    /// The version of CUDA that the driver knows, as `1000 * major + 10 * minor`.
    fn version(&self) -> Result<u32>;

    /// How many devices there are.
    fn device_count(&self) -> Result<usize>;

    /// What a device is.
    fn properties(&self, device: usize) -> Result<Properties>;

    /// Makes a device the one of this thread.
    fn activate(&self, device: usize) -> Result<()>;

    /// Free bytes of memory, and all.
    fn memory(&self) -> Result<(usize, usize)>;

    /// Uninitialised memory, aligned for every access.
    fn allocate(&self, bytes: usize) -> Result<Pointer>;

    /// Gives memory back, after all work that is under way.
    fn free(&self, pointer: Pointer) -> Result<()>;

    /// Says that an allocation, from here on in a stream, holds that many bytes without a content.
    /// Only a driver that checks accesses listens.
    fn lend(&self, stream: Stream, pointer: Pointer, bytes: usize) -> Result<()> {
        let _ = (stream, pointer, bytes);
        Ok(())
    }

    /// Says that nobody uses an allocation from here on in a stream, until it is lent again.
    fn reclaim(&self, stream: Stream, pointer: Pointer) -> Result<()> {
        let _ = (stream, pointer);
        Ok(())
    }

    /// A new stream.
    fn create_stream(&self) -> Result<Stream>;

    /// Waits for all work of a stream; failures of that work come to light here.
    fn synchronize(&self, stream: Stream) -> Result<()>;

    /// A new event.
    fn create_event(&self) -> Result<Event>;

    /// Makes an event stand for the work so far.
    fn record(&self, event: Event, stream: Stream) -> Result<()>;

    /// Lets later work of a stream wait for an event.
    fn wait(&self, stream: Stream, event: Event) -> Result<()>;

    /// Copies to the device; the bytes are taken when this returns.
    fn upload(&self, stream: Stream, bytes: &[u8], to: Pointer) -> Result<()>;

    /// Copies from the device; the bytes are there when this returns.
    fn download(&self, stream: Stream, from: Pointer, bytes: &mut [u8]) -> Result<()>;

    /// Compiles PTX for the device.
    fn load(&self, ptx: &str) -> Result<Module>;

    /// Finds a kernel.
    fn function(&self, module: Module, name: &str) -> Result<Function>;

    /// Starts a kernel.
    fn launch(&self, stream: Stream, launch: &Launch<'_>) -> Result<()>;
}
