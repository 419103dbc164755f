//! Reviews, as customers send them and as they are published.

/// Review in a request. Values that do not deserialize result in a 422 that names the field.
#[derive(serde::Deserialize)]
pub(crate) struct Review {
    stars: Stars,
    text: String,
}

#[derive(Clone, serde::Serialize)]
pub(crate) struct Published {
    pub(crate) author: String,
    stars: Stars,
    text: String,
}

/// A number from one to five.
#[derive(Clone, Copy, serde::Deserialize, serde::Serialize)]
#[serde(try_from = "u8")]
struct Stars(u8);

impl Review {
    pub(crate) fn by(self, author: String) -> Published {
        Published { author, stars: self.stars, text: self.text }
    }
}

impl TryFrom<u8> for Stars {
    type Error = String;

    fn try_from(stars: u8) -> Result<Stars, String> {
        match stars {
            1..=5 => Ok(Stars(stars)),
            _ => Err(format!("invalid number of stars: {stars} (expected 1 to 5)")),
        }
    }
}
