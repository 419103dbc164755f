//! Code that the functions share. Each function runs in its own execution environment, with its own `Shop`.

/// Items and their prices.
pub(crate) struct Shop(Vec<(&'static str, u32)>);

/// Opens the shop. A real function would connect to a database.
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
