//! Messages of the encoding `application/vnd.amazon.eventstream`.
//!
//! See [Event stream encoding](https://docs.aws.amazon.com/lexv2/latest/dg/event-stream-encoding.html): the page is of another
//! service, and the encoding is that of all of them.

/// What is around headers and payload: both lengths and their CRC before them, the CRC of all behind them.
const OVERHEAD: usize = 16;

/// The type of a header's value that is text.
const TEXT: u8 = 7;

/// One message. Names of headers have at most 255 bytes and their values at most 65,535.
pub(super) fn frame(headers: &[(&str, &str)], payload: &[u8]) -> Vec<u8> {
    let header_bytes: usize = headers.iter().map(|(name, value)| 4 + name.len() + value.len()).sum();
    let size = OVERHEAD + header_bytes + payload.len();
    let mut frame = Vec::with_capacity(size);
    // A length of 4 GiB or more does not occur: a part of a reply is far smaller.
    frame.extend_from_slice(&(size as u32).to_be_bytes());
    frame.extend_from_slice(&(header_bytes as u32).to_be_bytes());
    seal(&mut frame);
    for (name, value) in headers {
        frame.push(name.len() as u8);
        frame.extend_from_slice(name.as_bytes());
        frame.push(TEXT);
        frame.extend_from_slice(&(value.len() as u16).to_be_bytes());
        frame.extend_from_slice(value.as_bytes());
    }
    frame.extend_from_slice(payload);
    seal(&mut frame);
    frame
}

/// Appends the CRC of all that is there.
fn seal(frame: &mut Vec<u8>) {
    frame.extend_from_slice(&crc32(frame).to_be_bytes());
}

/// The CRC-32 of gzip ([RFC 1952](https://www.rfc-editor.org/rfc/rfc1952), section 8), which is that of Ethernet.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| (crc >> 8) ^ TABLE[usize::from(crc as u8 ^ byte)])
}

/// The CRC of each byte.
const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
};

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A message as its reader has it: headers and payload.
    pub(in super::super) type Message = (Vec<(String, String)>, Vec<u8>);

    /// Reads all messages, each with both of its CRCs.
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
                let [7, high, low, rest @ ..] = rest else { panic!("a value that is no text: {rest:?}") };
                let (value, rest) = rest.split_at(usize::from(u16::from_be_bytes([*high, *low])));
                read.push((text(name), text(value)));
                headers = rest;
            }
            messages.push((read, payload.to_vec()));
            bytes = rest;
        }
        messages
    }

    /// The same CRC without a table.
    fn bitwise(bytes: &[u8]) -> u32 {
        let shift = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), shift))
    }

    #[test]
    fn the_crc_is_the_one_of_gzip() {
        for (bytes, crc) in [("", 0), ("a", 0xe8b7_be43), ("123456789", 0xcbf4_3926), ("foobar", 0x9ef6_1f95)] {
            assert_eq!((crc32(bytes.as_bytes()), bitwise(bytes.as_bytes())), (crc, crc), "{bytes:?}");
        }
    }

    /// Two messages that AWS's libraries are tested with.
    #[test]
    fn messages_are_those_of_other_implementations() {
        let empty = [0, 0, 0, 16, 0, 0, 0, 0, 0x05, 0xc2, 0x48, 0xeb, 0x7d, 0x98, 0xc8, 0xff];
        assert_eq!(frame(&[], b""), empty);
        let payload = b"{'foo':'bar'}";
        let sealed = [&[0, 0, 0, 29, 0, 0, 0, 0, 0xfd, 0x52, 0x8c, 0x5a], &payload[..], &[0xc3, 0x65, 0x39, 0x36]];
        assert_eq!(frame(&[], payload), sealed.concat());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
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
