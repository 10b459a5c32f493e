//! NVRTC, the compiler for CUDA that is a library.

use libloading::{Library, Symbol};
use std::ffi::{CString, c_char, c_int, c_void};
use std::ptr;

type Program = *mut c_void;
type Strings = *const *const c_char;

/// What to compile to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// Assembly for GPUs of one capability and all later ones.
    Ptx,
    /// The machine code of one kind of GPU.
    Cubin,
}

/// The library.
pub(crate) struct Compiler {
    library: Library,
}

impl Compiler {
    pub(crate) fn open(path: &str) -> Result<Compiler, String> {
        // SAFETY: the library of a compiler does nothing when it is loaded.
        let library = unsafe { Library::new(path) };
        let library = library.map_err(|error| format!("NVRTC is needed (see --nvrtc): {error}"))?;
        Ok(Compiler { library })
    }

    /// Compiles a source, which finds its headers by name.
    pub(crate) fn compile(
        &self,
        source: &str,
        name: &str,
        headers: &[(String, String)],
        options: &[String],
        target: Target,
    ) -> Result<Vec<u8>, String> {
        let (source, title) = (c_string(source)?, c_string(name)?);
        let names = headers
            .iter()
            .map(|(name, _)| c_string(name))
            .collect::<Result<Vec<_>, _>>()?;
        let texts = headers
            .iter()
            .map(|(_, text)| c_string(text))
            .collect::<Result<Vec<_>, _>>()?;
        let options = options
            .iter()
            .map(|text| c_string(text))
            .collect::<Result<Vec<_>, _>>()?;
        let (names, texts, options) = (pointers(&names), pointers(&texts), pointers(&options));
        let mut program = ptr::null_mut();
        // SAFETY: the functions have the types of NVRTC's header, all strings end in zero and outlive
        // the calls, and the program is destroyed once.
        unsafe {
            let create: Symbol<
                unsafe extern "C" fn(
                    *mut Program,
                    *const c_char,
                    *const c_char,
                    c_int,
                    Strings,
                    Strings,
                ) -> c_int,
            > = self.symbol("nvrtcCreateProgram")?;
            let compile: Symbol<unsafe extern "C" fn(Program, c_int, Strings) -> c_int> =
                self.symbol("nvrtcCompileProgram")?;
            let destroy: Symbol<unsafe extern "C" fn(*mut Program) -> c_int> =
                self.symbol("nvrtcDestroyProgram")?;
            let created = create(
                &mut program,
                source.as_ptr(),
                title.as_ptr(),
                names.len() as c_int,
                texts.as_ptr(),
                names.as_ptr(),
            );
            if created != 0 {
                return Err(format!(
                    "{name}: no program was created (NVRTC error {created})"
                ));
            }
            let compiled = compile(program, options.len() as c_int, options.as_ptr());
            let result = match (compiled, target) {
                (0, Target::Ptx) => self.text(program, "nvrtcGetPTXSize", "nvrtcGetPTX"),
                (0, Target::Cubin) => self.bytes(program, "nvrtcGetCUBINSize", "nvrtcGetCUBIN"),
                _ => {
                    let log = self.text(program, "nvrtcGetProgramLogSize", "nvrtcGetProgramLog")?;
                    Err(String::from_utf8_lossy(&log).into_owned())
                }
            };
            destroy(&mut program);
            result
        }
    }

    /// A text of a program, without the zero at its end.
    ///
    /// # Safety
    /// The program exists, and the functions are those of NVRTC for one text.
    unsafe fn text(&self, program: Program, size: &str, get: &str) -> Result<Vec<u8>, String> {
        // SAFETY: by the caller.
        let mut bytes = unsafe { self.bytes(program, size, get)? };
        bytes.pop();
        Ok(bytes)
    }

    /// What a program holds: its size is asked for first.
    ///
    /// # Safety
    /// The program exists, and the functions are those of NVRTC for one of its results.
    unsafe fn bytes(&self, program: Program, size: &str, get: &str) -> Result<Vec<u8>, String> {
        let mut length = 0usize;
        // SAFETY: as above; the buffer has the length that was asked for.
        unsafe {
            let size: Symbol<unsafe extern "C" fn(Program, *mut usize) -> c_int> =
                self.symbol(size)?;
            let get: Symbol<unsafe extern "C" fn(Program, *mut c_char) -> c_int> =
                self.symbol(get)?;
            size(program, &mut length);
            let mut bytes = vec![0u8; length];
            get(program, bytes.as_mut_ptr().cast());
            Ok(bytes)
        }
    }

    /// # Safety
    /// `T` is the type of the function.
    unsafe fn symbol<T>(&self, name: &str) -> Result<Symbol<'_, T>, String> {
        // SAFETY: by the caller.
        unsafe { self.library.get(name.as_bytes()) }.map_err(|error| error.to_string())
    }
}

fn c_string(text: &str) -> Result<CString, String> {
    CString::new(text).map_err(|error| error.to_string())
}

fn pointers(strings: &[CString]) -> Vec<*const c_char> {
    strings.iter().map(|string| string.as_ptr()).collect()
}
