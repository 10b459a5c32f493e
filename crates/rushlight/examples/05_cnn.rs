//! A convolutional network on handwritten digits.
//!
//! `cargo run --release --example 05_cnn`

use rushlight::prelude::*;

fn network() -> rushlight::Result<Sequential> {
    Ok(sequential![
        Conv2d::builder(1, 32, 3).padding(1).build()?,
        BatchNorm2d::new(32)?,
        ReLU::new(),
        Conv2d::builder(32, 32, 3).padding(1).build()?,
        BatchNorm2d::new(32)?,
        ReLU::new(),
        MaxPool2d::new(2), // 4 x 4
        Conv2d::builder(32, 64, 3).padding(1).build()?,
        ReLU::new(),
        Flatten::new(),
        Dropout::new(0.3)?,
        Linear::new(64 * 4 * 4, 10)?,
    ])
}

fn accuracy(model: &Sequential, images: &Tensor, labels: &Tensor) -> rushlight::Result<f64> {
    model.eval();
    let predicted = no_grad(|| model.forward(images))?.argmax_dim(1, false)?;
    Ok(100.0 * predicted.eq(labels)?.sum()?.item()? / labels.numel() as f64)
}

fn main() -> rushlight::Result<()> {
    manual_seed(0);
    // 1,797 images of 8 x 8 pixels; a random fifth is kept for testing.
    let [train, test] = random_split(digits()?, [0.8, 0.2], Some(&mut Generator::from_seed(0)))?;
    let loader = DataLoader::new(train)
        .batch_size(32)
        .shuffle(true)
        .seed(0)
        .num_workers(1);
    let test_loader = DataLoader::new(test).batch_size(1000);
    let (test_images, test_labels) = test_loader.iter().next().expect("not empty")?;

    let model = network()?;
    println!("{model}");
    let epochs = 12;
    let mut optimizer = optim::AdamW::new(model.parameters(), 2e-3);
    let mut schedule = optim::CosineAnnealingLR::new(epochs).attach(&mut optimizer)?;
    for epoch in 1..=epochs {
        model.train();
        let mut total = 0.0;
        for batch in &loader {
            let (images, labels) = batch?;
            optimizer.zero_grad();
            let loss = F::cross_entropy(&model.forward(&images)?, &labels)?;
            loss.backward()?;
            optimizer.step()?;
            total += loss.item()?;
        }
        schedule.step(&mut optimizer)?;
        let mean = total / loader.len() as f64;
        let accuracy = accuracy(&model, &test_images, &test_labels)?;
        println!("epoch {epoch:2}: loss {mean:.4}, test accuracy {accuracy:.1} %");
    }
    let accuracy = accuracy(&model, &test_images, &test_labels)?;
    assert!(
        accuracy >= 97.0,
        "the network reaches 97 % on this split, not {accuracy}"
    );
    println!("test accuracy: {accuracy:.1} %");
    Ok(())
}
