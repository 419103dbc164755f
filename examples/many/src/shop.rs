//! What the functions share: code. Each runs in an execution environment of its own, with a `Shop` of its own.

/// Items and their prices.
pub(crate) struct Shop(Vec<(&'static str, u32)>);

/// A table of a database in a real shop.
pub(crate) async fn open() -> Shop {
    Shop(vec![("cup", 12), ("tea", 3)])
}

impl Shop {
    pub(crate) fn items(&self) -> impl Iterator<Item = (&str, u32)> {
        self.0.iter().copied()
    }

    pub(crate) fn price(&self, wanted: &str) -> Option<u32> {
        self.items().find(|(item, _)| *item == wanted).map(|(_, price)| price)
    }
}
