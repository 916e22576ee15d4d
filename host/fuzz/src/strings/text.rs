//! Strings in the encodings of the component model.

use arbitrary::{Arbitrary, Result, Unstructured};

/// The most characters, or bytes, of a text.
pub const MOST: usize = 1200;
/// The bit in the length of a `latin1+utf16` string that is UTF-16.
const UTF16: u32 = 1 << 31;

#[derive(Arbitrary, Clone, Copy, Debug)]
pub enum Encoding {
    Utf8,
    Utf16,
    Latin1OrUtf16,
}

impl Encoding {
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf8",
            Self::Utf16 => "utf16",
            Self::Latin1OrUtf16 => "latin1+utf16",
        }
    }
}

/// What a guest passes as a string.
#[derive(Clone, Debug)]
pub enum Text {
    Valid(String),
    /// Any bytes, and whether they are UTF-16 where the encoding leaves a choice.
    Any(Vec<u8>, bool),
}

impl<'a> Arbitrary<'a> for Text {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        // Characters of each length in bytes and in units, and the first and last
        // of each.
        const CHARS: [char; 12] = [
            'a',
            '\0',
            '\u{7f}',
            '\u{80}',
            '\u{e9}',
            '\u{ff}',
            '\u{100}',
            '\u{7ff}',
            '\u{800}',
            '\u{f041}',
            '\u{10000}',
            '\u{10ffff}',
        ];
        let kind: u8 = u.arbitrary()?;
        let repeats = [1, 1, 3, 61, 170][usize::from(kind >> 4) % 5];
        let seed: [u8; 7] = u.arbitrary()?;
        if kind.is_multiple_of(16) {
            return Ok(Self::Any(seed.repeat(repeats), kind & 16 != 0));
        }
        // Only characters of Latin-1, or all.
        let most = if kind.is_multiple_of(2) {
            6
        } else {
            CHARS.len()
        };
        let chars = seed.iter().map(|&byte| CHARS[usize::from(byte) % most]);
        let text: String = chars.collect();
        Ok(Self::Valid(text.repeat(repeats)))
    }
}

impl Text {
    /// The bytes in memory.
    pub fn bytes(&self, encoding: Encoding) -> Vec<u8> {
        let (text, is_utf16) = match (self, encoding) {
            (Self::Any(bytes, _), Encoding::Utf8) => return bytes.clone(),
            (Self::Any(bytes, _), _) => return bytes[..bytes.len() / 2 * 2].to_vec(),
            (Self::Valid(text), Encoding::Utf8) => return text.clone().into_bytes(),
            (Self::Valid(text), encoding) => (text, self.is_utf16(encoding)),
        };
        if is_utf16 {
            text.encode_utf16().flat_map(u16::to_le_bytes).collect()
        } else {
            text.chars().map(|char| char as u8).collect()
        }
    }

    fn is_utf16(&self, encoding: Encoding) -> bool {
        match (encoding, self) {
            (Encoding::Utf8, _) => false,
            (Encoding::Utf16, _) => true,
            (Encoding::Latin1OrUtf16, Self::Valid(text)) => text.chars().any(|c| c > '\u{ff}'),
            (Encoding::Latin1OrUtf16, Self::Any(_, is_utf16)) => *is_utf16,
        }
    }

    /// The length that the guest passes.
    pub fn length(&self, encoding: Encoding, bytes: &[u8]) -> u32 {
        let length = bytes.len() as u32;
        match (encoding, self.is_utf16(encoding)) {
            (Encoding::Latin1OrUtf16, true) => UTF16 | (length / 2),
            (_, true) => length / 2,
            (_, false) => length,
        }
    }

    /// The string that these bytes are, if they are one.
    pub fn decoded(&self, encoding: Encoding, bytes: &[u8]) -> Option<String> {
        if self.is_utf16(encoding) {
            let units = bytes.chunks_exact(2);
            let units = units.map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
            return String::from_utf16(&units.collect::<Vec<_>>()).ok();
        }
        match encoding {
            Encoding::Utf8 => String::from_utf8(bytes.to_vec()).ok(),
            _ => Some(bytes.iter().map(|&byte| char::from(byte)).collect()),
        }
    }
}
