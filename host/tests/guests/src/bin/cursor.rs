//! A cursor does what `std::io::Cursor` does on a buffer of fixed size.

use mem::Mapping;
use std::io::{self, BufRead, Read, Seek, SeekFrom, Write};
use test_guests::pattern;

const LENGTH: usize = 200_000;

fn main() {
    random_steps().unwrap();
    ends().unwrap();
    lines().unwrap();
}

/// Numbers that look random (xorshift64).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

fn random_steps() -> io::Result<()> {
    let mapping = mem::anonymous(LENGTH as u64)?;
    let mut bytes = vec![0; LENGTH];
    let mut cursor = mapping.cursor();
    let mut model = io::Cursor::new(bytes.as_mut_slice());
    let mut random = Random(0x0139_408d_cbbf_7a44);
    for _ in 0..5000 {
        // Shorter and longer than the cursor's buffer.
        let longest = [300, 90_000][random.below(8) as usize / 7];
        let length = random.below(longest) as usize;
        match random.below(6) {
            0 => {
                let to = random.below(LENGTH as u64 + 10_000);
                cursor.seek(SeekFrom::Start(to))?;
                model.seek(SeekFrom::Start(to))?;
            }
            1 => {
                let by = random.below(2000) as i64 - 1000;
                assert_eq!(
                    cursor.seek_relative(by).is_ok(),
                    model.seek_relative(by).is_ok()
                );
            }
            2 => {
                let bytes: Vec<u8> = (0..length).map(|_| random.below(256) as u8).collect();
                assert_eq!(cursor.write(&bytes)?, model.write(&bytes)?);
            }
            3 => {
                let available = cursor.fill_buf()?;
                let expected = model.fill_buf()?;
                assert_eq!(available, &expected[..available.len()]);
                assert_eq!(available.is_empty(), expected.is_empty());
                let consumed = available.len().min(length);
                cursor.consume(consumed);
                model.consume(consumed);
            }
            _ => {
                let (mut read, mut expected) = (Vec::new(), Vec::new());
                let length = length as u64;
                Read::by_ref(&mut cursor)
                    .take(length)
                    .read_to_end(&mut read)?;
                Read::by_ref(&mut model)
                    .take(length)
                    .read_to_end(&mut expected)?;
                assert!(read == expected);
            }
        }
        assert_eq!(cursor.position(), model.position());
    }
    assert!(mapping.bytes()? == bytes);
    Ok(())
}

fn ends() -> io::Result<()> {
    let mapping = mem::anonymous(10)?;
    let mut cursor = mapping.into_cursor();
    cursor.seek(SeekFrom::End(-1))?;
    let error = cursor.write_all(b"ab").unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::WriteZero);
    assert_eq!(cursor.write(b"ab")?, 0);
    assert_eq!(cursor.read(&mut [0; 2])?, 0);
    assert!(cursor.fill_buf()?.is_empty());
    cursor.set_position(u64::MAX);
    assert_eq!(cursor.read(&mut [0; 2])?, 0);
    for outside in [
        SeekFrom::Current(i64::MAX),
        SeekFrom::End(-11),
        SeekFrom::End(i64::MIN),
    ] {
        let error = cursor.seek(outside).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    }
    cursor.rewind()?;
    let error = cursor.read_exact(&mut [0; 11]).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    let mapping: Mapping = cursor.into_inner();
    assert_eq!(mapping.get::<u8>(9)?, b'a');
    Ok(())
}

fn lines() -> io::Result<()> {
    let bytes: Vec<u8> = pattern(LENGTH)
        .iter()
        .map(|byte| b' ' + byte % 64)
        .collect();
    let text = String::from_utf8(bytes).unwrap().replace('A', "\n");
    std::fs::write("text", &text)?;
    let cursor = mem::open("text")?.into_cursor();
    let lines: Vec<String> = cursor.lines().collect::<io::Result<_>>()?;
    assert!(lines.iter().eq(text.lines()));

    // Reads from a file and from a mapping can be mixed by what copies them.
    let mut copy = Vec::new();
    io::copy(&mut mem::open("text")?.cursor(), &mut copy)?;
    assert!(copy == text.as_bytes());
    Ok(())
}
