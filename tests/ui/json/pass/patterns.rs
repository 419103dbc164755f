use lrt::prelude::*;

#[derive(serde::Deserialize)]
struct Point {
    x: i64,
    y: i64,
}

async fn load() -> (String, [u8; 2]) {
    (String::new(), [1, 2])
}

#[lambda(init = load)]
async fn add(Point { x, mut y }: Point, _: Context, &[a, b]: &[u8; 2]) -> i64 {
    y += x;
    y + i64::from(a) + i64::from(b)
}
