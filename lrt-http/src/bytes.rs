//! What is done to bytes in many places. std has it, and would write it out at each of them.

/// Appends bytes, where that is not done for each request: it takes a call.
#[inline(never)]
pub(crate) fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(bytes);
}

/// Whether two texts differ in the case of ASCII letters at most.
#[inline(never)]
pub(crate) fn is_same(a: &[u8], b: &[u8]) -> bool {
    // Nearly always they are the same, and that is told many bytes at a time.
    a == b || a.eq_ignore_ascii_case(b)
}
