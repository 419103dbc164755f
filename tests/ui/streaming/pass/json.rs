use futures_util::stream::{self, Stream};
use lrt::prelude::*;

struct Words(Vec<String>);

async fn load() -> Words {
    Words(vec!["one".to_owned()])
}

#[lambda(streaming, init = load)]
async fn words(count: usize, words: &Words) -> Result<impl Stream<Item = Result<String, std::fmt::Error>> + use<>, Error> {
    let words: Vec<String> = words.0.iter().take(count).cloned().collect();
    Ok(stream::iter(words.into_iter().map(Ok)))
}
