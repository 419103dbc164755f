use lrt::prelude::*;
use std::borrow::Cow;

#[lambda]
async fn process(name: Cow<'_, str>) -> String {
    name.into_owned()
}
