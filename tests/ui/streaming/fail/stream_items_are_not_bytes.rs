use futures_util::stream::{self, Iter};
use lrt::prelude::*;
use std::ops::Range;

#[lambda(streaming)]
async fn count(to: u32) -> Result<Iter<Range<u32>>, Error> {
    Ok(stream::iter(0..to))
}
