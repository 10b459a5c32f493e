//! `rushlight predict MODEL IMAGE`: the classes of an image.

use crate::arguments::{Arguments, Result};
use crate::models::best;
use rushlight::data::read_image;
use rushlight::data::transforms::Transform;
use rushlight::models::{ModelOptions, Weights, get_model, get_model_weights};
use rushlight::nn::Forward;
use rushlight::{DType, no_grad, serialize};
use std::io::Write;
use std::path::Path;

pub(crate) fn run(arguments: &Arguments, out: &mut Vec<u8>) -> Result<()> {
    let [name, image] = arguments.values(["MODEL", "IMAGE"])?;
    let name = name.to_string_lossy();
    let top: usize = arguments.number("top")?.unwrap_or(5);
    // A file may be that of any of the published weights; its name tells which.
    let file = arguments.option("weights").map(Path::new);
    let mut published = get_model_weights(&name)?.iter();
    let own = published.find(|own| file.is_some_and(|file| file.ends_with(own.file)));
    let weights = match own {
        Some(own) => own,
        None => best(&name)?,
    };
    let transforms = weights.transforms();

    let image = transforms.apply(&read_image(image)?)?;
    let values = match file {
        Some(file) => Weights::from(serialize::load_state_mapped(file)?),
        None => weights.into(),
    };
    let model = get_model(&name, ModelOptions::new().weights(values))?;
    model.eval();
    let logits = no_grad(|| model.forward(&image.unsqueeze(0)?))?;
    let shares = logits
        .softmax(-1)?
        .to_dtype(DType::F64)?
        .view(&[-1])?
        .to_vec::<f64>()?;
    let mut order: Vec<usize> = (0..shares.len()).collect();
    order.sort_by(|&a, &b| shares[b].total_cmp(&shares[a]));
    let categories = best(&name)?.meta().categories();
    for class in order.into_iter().take(top) {
        let name = categories.and_then(|categories| categories.get(class));
        let name = name.map_or_else(|| format!("class {class}"), |name| (*name).to_owned());
        writeln!(out, "{:6.2} %  {name}", 100.0 * shares[class])?;
    }
    Ok(())
}
