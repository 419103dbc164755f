//! Geohashes of points, and the cells around a point.

const ALPHABET: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";

/// Length of the geohash of a cell, which is the partition key of a place.
pub const CELL_LENGTH: usize = 5;
// The 25 bits of a cell: 12 of the latitude, 13 of the longitude.
const CELL_HEIGHT: f64 = 180.0 / 4096.0;
const CELL_WIDTH: f64 = 360.0 / 8192.0;

/// Returns the geohash of a point.
pub fn encode(latitude: f64, longitude: f64, length: usize) -> String {
    let (mut south, mut north, mut west, mut east) = (-90.0, 90.0, -180.0, 180.0);
    let mut is_longitude = true;
    let mut hash = String::with_capacity(length);
    for _ in 0..length {
        let mut index = 0;
        for _ in 0..5 {
            let (value, low, high) =
                if is_longitude { (longitude, &mut west, &mut east) } else { (latitude, &mut south, &mut north) };
            let middle = (*low + *high) / 2.0;
            index *= 2;
            if value >= middle {
                index += 1;
                *low = middle;
            } else {
                *high = middle;
            }
            is_longitude = !is_longitude;
        }
        hash.push(char::from(ALPHABET[index]));
    }
    hash
}

/// Returns the cell of a point and the eight cells around it, row by row from the south-west. The point must not be in a cell at a
/// pole or at the 180th meridian.
pub fn cells_around(latitude: f64, longitude: f64) -> Vec<String> {
    let mut cells = Vec::with_capacity(9);
    for row in [-1.0, 0.0, 1.0] {
        for column in [-1.0, 0.0, 1.0] {
            cells.push(encode(latitude + row * CELL_HEIGHT, longitude + column * CELL_WIDTH, CELL_LENGTH));
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn geohashes_of_known_points() {
        assert_eq!(encode(57.64911, 10.40744, 11), "u4pruydqqvj");
        assert_eq!(encode(42.605, -5.603, 5), "ezs42");
        assert_eq!(encode(-25.382708, -49.265506, 8), "6gkzwgjz");
    }

    #[test]
    fn cells_around_a_point_are_its_neighbors_row_by_row() {
        let cells = cells_around(42.605, -5.603);
        assert_eq!(cells, ["ezefp", "ezs40", "ezs41", "ezefr", "ezs42", "ezs43", "ezefx", "ezs48", "ezs49"]);
    }
}
