//! The tensors of a case: made once per key, so that an argument that occurs twice is one tensor.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::argument::{Argument, Arguments, TensorArgument};
use crate::container::{Container, Contents};
use crate::device::device;
use crate::outcome::Failure;
use crate::tensor::{self, Device, Tensor};

/// Makes the tensors of a case as they are asked for.
#[derive(Debug)]
pub struct Tensors<'a> {
    file: &'a Container,
    device: Device,
    made: RefCell<HashMap<String, Tensor>>,
}

impl<'a> Tensors<'a> {
    /// Of a case stored in `file`, on the device of cases.
    pub fn of(file: &'a Container) -> Self {
        Self::on(device(), file)
    }

    /// As [`Tensors::of`], on any device.
    pub fn on(device: Device, file: &'a Container) -> Self {
        Self {
            file,
            device,
            made: RefCell::default(),
        }
    }

    /// The file that stores the elements.
    pub fn file(&self) -> &'a Container {
        self.file
    }

    /// The tensor that an argument names.
    pub fn get(&self, argument: &TensorArgument) -> Result<Tensor, Failure> {
        if let Some(tensor) = self.made.borrow().get(&argument.key) {
            return Ok(tensor.clone());
        }
        let contents = self.contents(&argument.key)?;
        let tensor = match (&argument.stride, &argument.base) {
            (None, _) => tensor::on(self.device, &contents)?,
            (Some(stride), None) => tensor::with_strides(self.device, &contents, stride)?,
            (Some(stride), Some((base, offset))) => {
                let base = tensor::on(self.device, &self.contents(base)?)?;
                tensor::view(&base, &contents.shape, stride, *offset)?
            }
        };
        let tensor = match argument.requires_grad {
            true => tensor::as_leaf(&tensor)?,
            false => tensor,
        };
        self.made
            .borrow_mut()
            .insert(argument.key.clone(), tensor.clone());
        Ok(tensor)
    }

    /// Positional arguments that are these tensors, by names that the file does not use.
    pub fn arguments<const N: usize>(&self, tensors: [(&str, Tensor); N]) -> Arguments {
        let positional = tensors.map(|(name, tensor)| {
            Argument::Tensor(TensorArgument {
                key: self.put(name, tensor),
                ..TensorArgument::default()
            })
        });
        Arguments {
            positional: positional.into(),
            keyword: Vec::new(),
        }
    }

    /// Keeps a tensor that the file does not store, and tells its key.
    pub fn put(&self, name: &str, tensor: Tensor) -> String {
        let key = format!("given {name}");
        self.made.borrow_mut().insert(key.clone(), tensor);
        key
    }

    /// Puts a tensor in the place of the one that an argument names.
    pub fn replace(&self, argument: &TensorArgument, tensor: Tensor) {
        self.made.borrow_mut().insert(argument.key.clone(), tensor);
    }

    /// The stored elements of a key.
    pub fn contents(&self, key: &str) -> Result<Contents, Failure> {
        self.file
            .tensor(key)
            .ok_or_else(|| Failure::Corpus(format!("tensor {key} is not stored")))
    }
}
