//! Helpers of the fuzz targets.

/// Splits bytes into pieces, whose sizes depend on `seed` and are small most of the time.
pub fn split(mut bytes: &[u8], seed: u64) -> impl Iterator<Item = &[u8]> {
    let mut state = seed;
    let mut is_done = false;
    std::iter::from_fn(move || {
        if is_done {
            return None;
        }
        // The generator of Knuth's MMIX.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let size = 1 << (state >> 60);
        is_done = bytes.len() <= size;
        let (piece, rest) = bytes.split_at(size.min(bytes.len()));
        bytes = rest;
        Some(piece)
    })
}
