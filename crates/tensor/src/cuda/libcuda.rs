//! The driver of the system: `libcuda`, loaded when it is first needed.

use super::driver::{
    Driver, DriverError, Event, Function, Launch, Module, Pointer, Properties, Result, Stream,
};
use libloading::Library;
use std::ffi::{CStr, CString, c_char, c_int, c_uint, c_void};
use std::sync::Mutex;
use std::{fmt, ptr};

/// Names of the library, in the order in which they are tried.
const NAMES: &[&str] = if cfg!(windows) {
    &["nvcuda.dll"]
} else {
    &["libcuda.so.1", "libcuda.so"]
};

/// The oldest version of CUDA whose drivers take the PTX of the kernels.
const OLDEST_VERSION: u32 = 12_040;

/// Attributes of devices, as CUDA numbers them.
const MULTIPROCESSORS: c_int = 16;
const CAPABILITY_MAJOR: c_int = 75;
const CAPABILITY_MINOR: c_int = 76;

type Handle = *mut c_void;

/// Declares the functions of the library that are used, and finds them.
macro_rules! entry_points { ($($name:ident = $symbol:literal: ($($Argument:ty),*);)*) => {
    struct EntryPoints { $($name: unsafe extern "system" fn($($Argument),*) -> c_uint,)* }

    impl EntryPoints {
        /// # Safety
        /// The library is `libcuda`, and is never unloaded.
        unsafe fn find(library: &Library) -> Result<EntryPoints, libloading::Error> {
            Ok(EntryPoints { $(
                // SAFETY: the type is that of CUDA's header.
                $name: unsafe { *library.get($symbol.as_bytes())? },
            )* })
        }
    }
} }
entry_points! {
    init = "cuInit": (c_uint);
    error_text = "cuGetErrorString": (c_uint, *mut *const c_char);
    driver_version = "cuDriverGetVersion": (*mut c_int);
    device_count = "cuDeviceGetCount": (*mut c_int);
    device = "cuDeviceGet": (*mut c_int, c_int);
    device_name = "cuDeviceGetName": (*mut c_char, c_int, c_int);
    device_memory = "cuDeviceTotalMem_v2": (*mut usize, c_int);
    device_attribute = "cuDeviceGetAttribute": (*mut c_int, c_int, c_int);
    retain_context = "cuDevicePrimaryCtxRetain": (*mut Handle, c_int);
    set_context = "cuCtxSetCurrent": (Handle);
    memory = "cuMemGetInfo_v2": (*mut usize, *mut usize);
    allocate = "cuMemAlloc_v2": (*mut u64, usize);
    free = "cuMemFree_v2": (u64);
    create_stream = "cuStreamCreate": (*mut Handle, c_uint);
    synchronize = "cuStreamSynchronize": (Handle);
    create_event = "cuEventCreate": (*mut Handle, c_uint);
    record = "cuEventRecord": (Handle, Handle);
    wait = "cuStreamWaitEvent": (Handle, Handle, c_uint);
    upload = "cuMemcpyHtoDAsync_v2": (u64, *const c_void, usize, Handle);
    download = "cuMemcpyDtoHAsync_v2": (*mut c_void, u64, usize, Handle);
    load = "cuModuleLoadData": (*mut Handle, *const c_void);
    function = "cuModuleGetFunction": (*mut Handle, Handle, *const c_char);
    launch = "cuLaunchKernel": (Handle, c_uint, c_uint, c_uint, c_uint, c_uint, c_uint, c_uint, Handle, *mut *mut c_void, *mut *mut c_void);
}

/// `libcuda`.
pub(super) struct LibCuda {
    calls: EntryPoints,
    /// Primary contexts that were asked for, by device.
    contexts: Mutex<Vec<(usize, u64)>>,
}

impl fmt::Debug for LibCuda {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LibCuda")
    }
}

impl LibCuda {
    /// Loads the library, or says why it is of no use.
    pub(super) fn open() -> Result<LibCuda, String> {
        let missing = |error| format!("the CUDA driver is not installed ({error})");
        let mut library = Err("no name".to_string());
        for name in NAMES {
            // SAFETY: loading the driver's library has no preconditions.
            library = unsafe { Library::new(*name) }.map_err(missing);
            if library.is_ok() {
                break;
            }
        }
        // Leaked, since threads of the driver may outlive everything.
        let library: &'static Library = Box::leak(Box::new(library?));
        // SAFETY: the library is that of CUDA, and stays.
        let calls = unsafe { EntryPoints::find(library) };
        let calls = calls.map_err(|error| format!("the CUDA driver is too old: {error}"))?;
        let driver = LibCuda {
            calls,
            contexts: Mutex::default(),
        };
        // SAFETY: zero is the only flag there is.
        let started = driver.check("cuInit", unsafe { (driver.calls.init)(0) });
        started.map_err(|error| error.to_string())?;
        match driver.version() {
            Ok(version) if version >= OLDEST_VERSION => Ok(driver),
            Ok(version) => Err(format!(
                "the driver knows CUDA {}.{}, and 12.4 is needed: update it",
                version / 1000,
                version % 1000 / 10
            )),
            Err(error) => Err(error.to_string()),
        }
    }

    fn check(&self, call: &'static str, code: c_uint) -> Result<()> {
        if code == 0 {
            return Ok(());
        }
        let mut text = ptr::null();
        // SAFETY: the text is static, or the pointer stays null.
        let message = unsafe {
            (self.calls.error_text)(code, &mut text);
            match text.is_null() {
                true => "an unknown error".into(),
                false => CStr::from_ptr(text).to_string_lossy().into_owned(),
            }
        };
        Err(DriverError {
            call,
            code,
            message,
        })
    }

    fn attribute(&self, attribute: c_int, device: c_int) -> Result<u32> {
        let mut value = 0;
        // SAFETY: the result has a place.
        let code = unsafe { (self.calls.device_attribute)(&mut value, attribute, device) };
        self.check("cuDeviceGetAttribute", code)?;
        Ok(value.unsigned_abs())
    }

    fn device(&self, index: usize) -> Result<c_int> {
        let mut device = 0;
        let index = c_int::try_from(index).unwrap_or(c_int::MAX);
        // SAFETY: the result has a place.
        self.check("cuDeviceGet", unsafe {
            (self.calls.device)(&mut device, index)
        })?;
        Ok(device)
    }

    /// The primary context of a device, retained once and for ever.
    fn context(&self, index: usize) -> Result<u64> {
        let mut contexts = self
            .contexts
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some((_, context)) = contexts.iter().find(|(other, _)| *other == index) {
            return Ok(*context);
        }
        let (device, mut context) = (self.device(index)?, ptr::null_mut());
        // SAFETY: the result has a place.
        let code = unsafe { (self.calls.retain_context)(&mut context, device) };
        self.check("cuDevicePrimaryCtxRetain", code)?;
        contexts.push((index, context as u64));
        Ok(context as u64)
    }

    /// A call that makes something.
    fn made(&self, call: &'static str, make: impl FnOnce(&mut Handle) -> c_uint) -> Result<u64> {
        let mut handle = ptr::null_mut();
        self.check(call, make(&mut handle))?;
        Ok(handle as u64)
    }
}

fn handle(number: u64) -> Handle {
    number as Handle
}

// Handles come from the driver, results have places, and slices have the lengths that are passed: the
// driver checks everything else itself.
impl Driver for LibCuda {
    fn version(&self) -> Result<u32> {
        let mut version = 0;
        // SAFETY: see above.
        let code = unsafe { (self.calls.driver_version)(&mut version) };
        self.check("cuDriverGetVersion", code)?;
        Ok(version.unsigned_abs())
    }

    fn device_count(&self) -> Result<usize> {
        let mut count = 0;
        // SAFETY: see above.
        self.check("cuDeviceGetCount", unsafe {
            (self.calls.device_count)(&mut count)
        })?;
        Ok(count.unsigned_abs() as usize)
    }

    fn properties(&self, device: usize) -> Result<Properties> {
        let device = self.device(device)?;
        let mut name = [0 as c_char; 256];
        let mut memory = 0;
        // SAFETY: see above.
        unsafe {
            let named = (self.calls.device_name)(name.as_mut_ptr(), name.len() as c_int, device);
            self.check("cuDeviceGetName", named)?;
            self.check(
                "cuDeviceTotalMem",
                (self.calls.device_memory)(&mut memory, device),
            )?;
        }
        let name = name.map(|byte| byte as u8);
        let name = CStr::from_bytes_until_nul(&name).map_or("".into(), CStr::to_string_lossy);
        Ok(Properties {
            name: name.into_owned(),
            capability: (
                self.attribute(CAPABILITY_MAJOR, device)?,
                self.attribute(CAPABILITY_MINOR, device)?,
            ),
            multiprocessors: self.attribute(MULTIPROCESSORS, device)?,
            memory,
        })
    }

    fn activate(&self, device: usize) -> Result<()> {
        let context = self.context(device)?;
        // SAFETY: see above.
        self.check("cuCtxSetCurrent", unsafe {
            (self.calls.set_context)(handle(context))
        })
    }

    fn memory(&self) -> Result<(usize, usize)> {
        let (mut free, mut all) = (0, 0);
        // SAFETY: see above.
        self.check("cuMemGetInfo", unsafe {
            (self.calls.memory)(&mut free, &mut all)
        })?;
        Ok((free, all))
    }

    fn allocate(&self, bytes: usize) -> Result<Pointer> {
        let mut pointer = 0;
        // SAFETY: see above.
        self.check("cuMemAlloc", unsafe {
            (self.calls.allocate)(&mut pointer, bytes)
        })?;
        Ok(Pointer(pointer))
    }

    fn free(&self, pointer: Pointer) -> Result<()> {
        // SAFETY: see above.
        self.check("cuMemFree", unsafe { (self.calls.free)(pointer.0) })
    }

    fn create_stream(&self) -> Result<Stream> {
        /// A stream that the default one does not wait for.
        const NON_BLOCKING: c_uint = 1;
        // SAFETY: see above.
        let make = |stream: &mut _| unsafe { (self.calls.create_stream)(stream, NON_BLOCKING) };
        self.made("cuStreamCreate", make).map(Stream)
    }

    fn synchronize(&self, stream: Stream) -> Result<()> {
        // SAFETY: see above.
        let code = unsafe { (self.calls.synchronize)(handle(stream.0)) };
        self.check("cuStreamSynchronize", code)
    }

    fn create_event(&self) -> Result<Event> {
        /// An event that takes no time of its own.
        const WITHOUT_TIMING: c_uint = 2;
        // SAFETY: see above.
        let make = |event: &mut _| unsafe { (self.calls.create_event)(event, WITHOUT_TIMING) };
        self.made("cuEventCreate", make).map(Event)
    }

    fn record(&self, event: Event, stream: Stream) -> Result<()> {
        // SAFETY: see above.
        let code = unsafe { (self.calls.record)(handle(event.0), handle(stream.0)) };
        self.check("cuEventRecord", code)
    }

    fn wait(&self, stream: Stream, event: Event) -> Result<()> {
        // SAFETY: see above.
        let code = unsafe { (self.calls.wait)(handle(stream.0), handle(event.0), 0) };
        self.check("cuStreamWaitEvent", code)
    }

    fn upload(&self, stream: Stream, bytes: &[u8], to: Pointer) -> Result<()> {
        let from = bytes.as_ptr().cast();
        // SAFETY: see above; the bytes are borrowed until the copy is done.
        let code = unsafe { (self.calls.upload)(to.0, from, bytes.len(), handle(stream.0)) };
        self.check("cuMemcpyHtoDAsync", code)?;
        self.synchronize(stream)
    }

    fn download(&self, stream: Stream, from: Pointer, bytes: &mut [u8]) -> Result<()> {
        let to = bytes.as_mut_ptr().cast();
        // SAFETY: see above; the bytes are borrowed until the copy is done.
        let code = unsafe { (self.calls.download)(to, from.0, bytes.len(), handle(stream.0)) };
        self.check("cuMemcpyDtoHAsync", code)?;
        self.synchronize(stream)
    }

    fn load(&self, ptx: &str) -> Result<Module> {
        let text = c_string("cuModuleLoadData", ptx)?;
        // SAFETY: see above; the text ends in zero.
        let make = |module: &mut _| unsafe { (self.calls.load)(module, text.as_ptr().cast()) };
        self.made("cuModuleLoadData", make).map(Module)
    }

    fn function(&self, module: Module, name: &str) -> Result<Function> {
        let name = c_string("cuModuleGetFunction", name)?;
        // SAFETY: see above; the name ends in zero.
        let make = |function: &mut _| unsafe {
            (self.calls.function)(function, handle(module.0), name.as_ptr())
        };
        self.made("cuModuleGetFunction", make).map(Function)
    }

    fn launch(&self, stream: Stream, launch: &Launch<'_>) -> Result<()> {
        let parameters = launch.parameters.iter();
        let mut parameters: Vec<*mut c_void> = parameters
            .map(|bytes| bytes.as_ptr().cast_mut().cast())
            .collect();
        let [x, y] = launch.threads;
        // SAFETY: see above; the driver reads as many bytes from each parameter as the kernel
        // declares, which `cuda-kernels` passes.
        let code = unsafe {
            (self.calls.launch)(
                handle(launch.function.0),
                launch.blocks,
                1,
                1,
                x,
                y,
                1,
                0,
                handle(stream.0),
                parameters.as_mut_ptr(),
                ptr::null_mut(),
            )
        };
        self.check("cuLaunchKernel", code)
    }
}

fn c_string(call: &'static str, text: &str) -> Result<CString> {
    CString::new(text).map_err(|error| DriverError {
        call,
        code: 1,
        message: error.to_string(),
    })
}
