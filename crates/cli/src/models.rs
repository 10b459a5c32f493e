//! `rushlight models`: the models and their published weights.

use crate::arguments::{Arguments, Result};
use crate::table::{Table, grouped};
use rushlight::models::weights::Published;
use rushlight::models::{get_model_weights, get_weight, list_models};

pub(crate) fn run(arguments: &Arguments, out: &mut Vec<u8>) -> Result<()> {
    let text = arguments.optional_value()?;
    let text = text.map(|text| text.to_string_lossy().to_lowercase());
    let text = text.unwrap_or_default();
    let head = [
        "model",
        "weights",
        "",
        "parameters",
        "MiB",
        "acc@1",
        "acc@5",
    ];
    let mut table = Table::new(&head);
    for name in list_models()
        .into_iter()
        .filter(|name| name.contains(&text))
    {
        for weights in get_model_weights(name)? {
            let meta = weights.meta();
            let percent = |index: usize| {
                let accuracy = meta.accuracy.map(|accuracy| accuracy[index]);
                accuracy.map_or(String::new(), |accuracy| format!("{accuracy:.2}"))
            };
            let is_there = if weights.path().exists() {
                "cached"
            } else {
                ""
            };
            table.row(vec![
                name.to_owned(),
                weights.name.to_owned(),
                is_there.to_owned(),
                grouped(meta.num_params as u64),
                format!("{:.1}", meta.file_size),
                percent(0),
                percent(1),
            ]);
        }
    }
    table.write(out, 4)?;
    Ok(())
}

/// The best published weights of a model; every model has some.
pub(crate) fn best(model: &str) -> Result<&'static Published> {
    let all = get_model_weights(model)?;
    let of = all.first().map_or("", |weights| weights.weights);
    Ok(get_weight(&format!("{of}.DEFAULT"))?)
}
