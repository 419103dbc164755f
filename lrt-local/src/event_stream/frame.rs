//! Encodes messages of the content type `application/vnd.amazon.eventstream`.
//!
//! See [Event stream encoding](https://docs.aws.amazon.com/lexv2/latest/dg/event-stream-encoding.html), in the
//! documentation of a different service, which uses the same encoding.

/// Size of a message without headers and payload: both lengths and their CRC at the beginning, the CRC of the message at the
/// end.
const OVERHEAD: usize = 16;

/// Type of string values of headers.
const STRING: u8 = 7;

/// Encodes a message. Header names must not be longer than 255 bytes, and values not longer than 65,535 bytes.
pub(super) fn frame(headers: &[(&str, &str)], payload: &[u8]) -> Vec<u8> {
    let header_bytes: usize = headers.iter().map(|(name, value)| 4 + name.len() + value.len()).sum();
    let size = OVERHEAD + header_bytes + payload.len();
    let mut frame = Vec::with_capacity(size);
    // Parts of a reply are far smaller than 4 GiB.
    frame.extend_from_slice(&(size as u32).to_be_bytes());
    frame.extend_from_slice(&(header_bytes as u32).to_be_bytes());
    append_crc(&mut frame);
    for (name, value) in headers {
        frame.push(name.len() as u8);
        frame.extend_from_slice(name.as_bytes());
        frame.push(STRING);
        frame.extend_from_slice(&(value.len() as u16).to_be_bytes());
        frame.extend_from_slice(value.as_bytes());
    }
    frame.extend_from_slice(payload);
    append_crc(&mut frame);
    frame
}

/// Appends the CRC of all bytes in the buffer.
fn append_crc(frame: &mut Vec<u8>) {
    frame.extend_from_slice(&crc32fast::hash(frame).to_be_bytes());
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Headers and payload of a decoded message.
    pub(in super::super) type Message = (Vec<(String, String)>, Vec<u8>);

    /// Decodes all messages and checks both CRCs of each.
    pub(in super::super) fn messages(mut bytes: &[u8]) -> Vec<Message> {
        let number = |bytes: &[u8]| u32::from_be_bytes(bytes[..4].try_into().unwrap());
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let mut messages = Vec::new();
        while !bytes.is_empty() {
            let (size, header_bytes) = (number(bytes) as usize, number(&bytes[4..]) as usize);
            let (message, rest) = bytes.split_at(size);
            assert_eq!(number(&message[8..]), bitwise(&message[..8]), "the CRC of the lengths");
            assert_eq!(number(&message[size - 4..]), bitwise(&message[..size - 4]), "the CRC of the message");
            let (mut headers, payload) = message[12..size - 4].split_at(header_bytes);
            let mut read = Vec::new();
            while let [length, rest @ ..] = headers {
                let (name, rest) = rest.split_at(usize::from(*length));
                let [7, high, low, rest @ ..] = rest else { panic!("value is not a string: {rest:?}") };
                let (value, rest) = rest.split_at(usize::from(u16::from_be_bytes([*high, *low])));
                read.push((text(name), text(value)));
                headers = rest;
            }
            messages.push((read, payload.to_vec()));
            bytes = rest;
        }
        messages
    }

    /// The CRC-32 of gzip, computed bit by bit.
    fn bitwise(bytes: &[u8]) -> u32 {
        let shift = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), shift))
    }

    /// Two messages from the tests of AWS's libraries.
    #[test]
    fn messages_equal_those_of_other_implementations() {
        let empty = [0, 0, 0, 16, 0, 0, 0, 0, 0x05, 0xc2, 0x48, 0xeb, 0x7d, 0x98, 0xc8, 0xff];
        assert_eq!(frame(&[], b""), empty);
        let payload = b"{'foo':'bar'}";
        let message = [&[0, 0, 0, 29, 0, 0, 0, 0, 0xfd, 0x52, 0x8c, 0x5a], &payload[..], &[0xc3, 0x65, 0x39, 0x36]];
        assert_eq!(frame(&[], payload), message.concat());
    }

    proptest! {
        #[test]
        fn messages_round_trip(
            written in prop::collection::vec(
                (prop::collection::vec((".{0,60}", ".{0,300}"), 0..4), prop::collection::vec(any::<u8>(), 0..600)),
                0..4,
            )
        ) {
            let mut bytes = Vec::new();
            for (headers, payload) in &written {
                let headers: Vec<_> = headers.iter().map(|(name, value)| (&**name, &**value)).collect();
                bytes.extend(frame(&headers, payload));
            }
            prop_assert_eq!(messages(&bytes), written);
        }
    }
}
