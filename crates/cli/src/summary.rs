//! `rushlight summary MODEL`: layers, shapes, parameters and multiply-adds.

use crate::arguments::{Arguments, Result};
use crate::models::best;
use crate::table::{Table, bytes, grouped, shape};
use rushlight::models::maxvit::RelativePositionalMultiHeadAttention;
use rushlight::models::swin::ShiftedWindowAttention;
use rushlight::models::{ModelOptions, get_model};
use rushlight::nn::{Conv2d, Forward, Linear, Module, MultiheadAttention};
use rushlight::{Shape, Tensor, no_grad};
use std::collections::HashMap;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

pub(crate) fn run(arguments: &Arguments, out: &mut Vec<u8>) -> Result<()> {
    let [name] = arguments.values(["MODEL"])?;
    let name = name.to_string_lossy();
    let wanted = best(&name)?.transforms().crop_size;
    let size = arguments.number("size")?.unwrap_or(wanted);
    let classes = arguments.number("classes")?.unwrap_or(1000);

    let model = get_model(&name, ModelOptions::new().num_classes(classes))?;
    model.eval();
    let input = Tensor::zeros(&[1, 3, size, size])?;
    let calls = watch(&*model, &input)?;
    let mut table = Table::new(&[
        "layer",
        "type",
        "output shape",
        "parameters",
        "multiply-adds",
    ]);
    let mut all_multiply_adds = 0;
    for (path, module) in model.named_modules() {
        let (output, multiply_adds) = match calls.get(&path) {
            Some(call) => (shape(&call.output), call.multiply_adds),
            None => (String::new(), 0),
        };
        all_multiply_adds += multiply_adds;
        let number = |number: u64| match number {
            0 => String::new(),
            number => grouped(number),
        };
        table.row(vec![
            path,
            module.type_name().to_owned(),
            output,
            number(own_parameters(module)),
            number(multiply_adds),
        ]);
    }
    table.write(out, 2)?;

    let count = |parameters: Vec<rushlight::nn::Parameter>| {
        let counts = parameters.iter().map(|parameter| parameter.numel() as u64);
        counts.sum::<u64>()
    };
    let parameters = count(model.parameters());
    let state = model.state_dict();
    let size = state
        .iter()
        .map(|(_, tensor)| (tensor.numel() * tensor.dtype().size_in_bytes()) as u64);
    writeln!(out, "\nparameters      {}", grouped(parameters))?;
    writeln!(out, "multiply-adds   {}", grouped(all_multiply_adds))?;
    writeln!(out, "size            {}", bytes(size.sum()))?;
    writeln!(out, "input           {}", shape(&input.shape()))?;
    writeln!(
        out,
        "\nMultiply-adds are those of convolutions, linear layers and attention."
    )?;
    Ok(())
}

/// The calls of a module in one pass.
#[derive(Debug, Clone)]
struct Call {
    output: Shape,
    multiply_adds: u64,
}

/// What the modules do with `input`, by their paths.
fn watch(model: &dyn Forward, input: &Tensor) -> Result<HashMap<String, Call>> {
    let calls = Arc::new(Mutex::new(HashMap::<String, Call>::new()));
    let mut handles = Vec::new();
    for (path, module) in model.named_modules() {
        let Ok(site) = module.site() else { continue };
        let (calls, cost) = (Arc::clone(&calls), cost(module));
        handles.push(site.register_forward_hook(move |input, output| {
            let mut calls = calls.lock().unwrap_or_else(PoisonError::into_inner);
            let before = calls.get(&path).map_or(0, |call| call.multiply_adds);
            let call = Call {
                output: output.shape(),
                multiply_adds: before + cost.of(input, output),
            };
            calls.insert(path.clone(), call);
            Ok(None)
        }));
    }
    let result = no_grad(|| model.forward(input));
    handles.into_iter().for_each(|handle| handle.remove());
    result?;
    let calls = calls.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(calls.clone())
}

/// How many multiply-adds a call costs.
#[derive(Debug, Clone, Copy)]
struct Cost {
    /// For each element of the output.
    each: u64,
    /// The same for each row that a row of the input is compared with.
    each_row: u64,
}

/// The products in a module that are not those of modules below it.
fn cost(module: &dyn Module) -> Cost {
    let each = |each| Cost { each, each_row: 0 };
    if let Some(conv) = module.downcast_ref::<Conv2d>() {
        return each(
            conv.weight.shape()[1..]
                .iter()
                .map(|&size| size as u64)
                .product(),
        );
    }
    if let Some(linear) = module.downcast_ref::<Linear>() {
        return each(linear.in_features as u64);
    }
    // Four projections, and products of queries with keys and of weights with values.
    if let Some(attention) = module.downcast_ref::<MultiheadAttention>() {
        return Cost {
            each: 4 * attention.embed_dim as u64,
            each_row: 2,
        };
    }
    if let Some(attention) = module.downcast_ref::<ShiftedWindowAttention>() {
        let window = (attention.window_size * attention.window_size) as u64;
        // The fourth projection is a call of its own.
        return each(3 * attention.qkv.in_features as u64 + 2 * window);
    }
    match module.is::<RelativePositionalMultiHeadAttention>() {
        true => Cost {
            each: 0,
            each_row: 2,
        },
        false => each(0),
    }
}

impl Cost {
    fn of(self, input: &Tensor, output: &Tensor) -> u64 {
        let rows = input
            .shape()
            .iter()
            .rev()
            .nth(1)
            .map_or(0, |&rows| rows as u64);
        output.numel() as u64 * (self.each + self.each_row * rows)
    }
}

/// The number of parameters that are fields of the module itself.
fn own_parameters(module: &dyn Module) -> u64 {
    let named = module.named_parameters().into_iter();
    let below: Vec<String> = module
        .named_children()
        .into_iter()
        .map(|(name, _)| format!("{name}."))
        .collect();
    let own = named.filter(|(name, _)| !below.iter().any(|prefix| name.starts_with(prefix)));
    own.map(|(_, parameter)| parameter.numel() as u64).sum()
}
