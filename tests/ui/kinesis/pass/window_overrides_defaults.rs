use lrt::prelude::*;

#[lrt::defaults(kinesis, concurrency = 8)]
mod readings {
    use super::*;

    #[handler]
    pub(crate) async fn index(_: f64) {}

    #[handler(concurrency = 1)]
    pub(crate) async fn sum(celsius: f64, total: Window<f64>) {
        total.update(|total| *total += celsius);
    }
}

lrt::main!(readings::index, readings::sum);
