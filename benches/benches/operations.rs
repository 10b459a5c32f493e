//! Every case, measured by criterion.

use benches::selected;
use criterion::{Criterion, criterion_group, criterion_main};
use std::time::Duration;

fn operations(criterion: &mut Criterion) {
    for case in selected() {
        let mut work = case.prepare().expect("the operands fit together");
        criterion.bench_function(&case.name, |bencher| {
            bencher.iter(|| work().expect("the operands fit together"));
        });
    }
}

criterion_group! {
    name = all;
    config = Criterion::default().sample_size(20).measurement_time(Duration::from_secs(2));
    targets = operations
}
criterion_main!(all);
