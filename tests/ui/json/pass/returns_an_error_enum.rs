use lrt::prelude::*;
use std::fmt;

#[derive(Debug)]
enum OrderError {
    OutOfStock,
    Store(std::io::Error),
}

impl fmt::Display for OrderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no order")
    }
}

impl std::error::Error for OrderError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            OrderError::OutOfStock => None,
            OrderError::Store(error) => Some(error),
        }
    }
}

impl From<std::io::Error> for OrderError {
    fn from(error: std::io::Error) -> Self {
        OrderError::Store(error)
    }
}

#[lambda]
async fn process(id: u64) -> Result<Vec<u8>, OrderError> {
    if id == 0 {
        return Err(OrderError::OutOfStock);
    }
    Ok(std::fs::read(format!("orders/{id}"))?)
}
