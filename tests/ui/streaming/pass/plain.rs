use futures_util::stream::{self, Stream};
use lrt::prelude::*;

#[lambda(streaming)]
async fn twice(word: String) -> impl Stream<Item = Vec<u8>> {
    stream::iter([word.clone().into_bytes(), word.into_bytes()])
}
