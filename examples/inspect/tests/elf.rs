//! What is found in ELF files, compared with readelf, and what comes of damaged
//! ones.

use anyhow::{Context, Result};
use inspect::{Elf, Error, Symbols};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A program that is stripped and one that is not, as a rule.
fn programs() -> [PathBuf; 2] {
    [
        PathBuf::from("/bin/sh"),
        std::env::current_exe().expect("the path of this test"),
    ]
}

fn readelf(options: &str, file: &Path) -> Result<String> {
    let output = Command::new("readelf")
        .args(["-W", options])
        .arg(file)
        .env("LC_ALL", "C")
        .output()
        .context("readelf of binutils")?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What is behind `before` in each line that has it.
fn behind<'a>(text: &'a str, before: &str) -> Vec<&'a str> {
    let lines = text.lines();
    let found = lines.filter_map(|line| Some(line.split_once(before)?.1.trim()));
    found.map(|rest| rest.trim_end_matches(']')).collect()
}

fn number(hex: &str) -> u64 {
    u64::from_str_radix(hex.trim_start_matches("0x"), 16).expect(hex)
}

/// The cells of a row that `elf` shows: in its table of segments, or of
/// sections.
fn shown(elf: &Elf, table: &str) -> Vec<Vec<String>> {
    let text = elf.to_string();
    let rows = text.lines().skip_while(|line| !line.starts_with(table));
    let rows = rows.skip(2).take_while(|line| line.starts_with("  "));
    rows.map(|row| row.split_whitespace().map(str::to_owned).collect())
        .collect()
}

fn compare(file: &Path) -> Result<()> {
    let data = fs::read(file)?;
    let elf = Elf::parse(&data)?;

    let header = readelf("-h", file)?;
    assert_eq!(
        vec![elf.entry],
        behind(&header, "Entry point address:")
            .into_iter()
            .map(number)
            .collect::<Vec<_>>()
    );
    let class = if elf.is_64 { "ELF64" } else { "ELF32" };
    assert_eq!(behind(&header, "Class:"), [class]);
    assert_eq!(header.contains("little endian"), elf.is_little_endian);

    let segments = readelf("-l", file)?;
    let interpreter: Vec<_> = elf
        .interpreter
        .iter()
        .map(|path| path.escape_ascii().to_string())
        .collect();
    assert_eq!(behind(&segments, "program interpreter: "), interpreter);
    let rows = segments
        .lines()
        .skip_while(|line| !line.contains("PhysAddr"));
    let rows = rows
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter(|line| !line.contains('['));
    let mut number_of_rows = 0;
    for (row, shown) in rows.zip(shown(&elf, "segments")) {
        let row: Vec<_> = row.split_whitespace().collect();
        let numbers = [row[1], row[2], row[4], row[5]].map(number);
        let flags = row[6..row.len() - 1].concat();
        assert_eq!(
            (row[0], flags.as_str()),
            (shown[0].as_str(), shown[5].as_str())
        );
        assert_eq!(
            numbers.to_vec(),
            shown[1..5].iter().map(|n| number(n)).collect::<Vec<_>>()
        );
        number_of_rows += 1;
    }
    assert_eq!(number_of_rows, elf.segments.len());

    let sections = readelf("-S", file)?;
    let rows = sections
        .lines()
        .filter_map(|line| line.split_once("] "))
        .skip(2);
    let mut number_of_rows = 0;
    for ((_, row), shown) in rows.zip(shown(&elf, "sections")) {
        let row: Vec<_> = row.split_whitespace().collect();
        assert_eq!(
            (row[0], row[1]),
            (shown.last().unwrap().as_str(), shown[0].as_str())
        );
        let numbers = [row[3], row[2], row[4]].map(number);
        assert_eq!(
            numbers.to_vec(),
            shown[1..4].iter().map(|n| number(n)).collect::<Vec<_>>()
        );
        let has_flags = row.len() == 10;
        assert_eq!(
            has_flags.then(|| row[6]),
            (shown.len() == 6).then(|| shown[4].as_str()),
            "{row:?}"
        );
        number_of_rows += 1;
    }
    assert_eq!(number_of_rows, elf.sections.len());

    let dynamic = readelf("-d", file)?;
    let needed = elf.dynamic.iter().flat_map(|dynamic| &dynamic.needed);
    let needed: Vec<_> = needed.map(|name| name.escape_ascii().to_string()).collect();
    assert_eq!(behind(&dynamic, "Shared library: ["), needed);
    let build_id = elf
        .build_id
        .map(|id| id.iter().map(|byte| format!("{byte:02x}")).collect());
    let build_id: Vec<String> = build_id.into_iter().collect();
    assert_eq!(behind(&readelf("-n", file)?, "Build ID: "), build_id);

    let symbols = readelf("-s", file)?;
    for (table, found) in [(".dynsym", elf.dynamic_symbols), (".symtab", elf.symbols)] {
        let rows = symbols
            .lines()
            .skip_while(|line| !line.contains(&format!("'{table}'")));
        let rows = rows.skip(3).take_while(|line| !line.is_empty());
        let mut expected = Symbols::default();
        for row in rows {
            let row: Vec<_> = row.split_whitespace().collect();
            expected.total += 1;
            expected.functions += usize::from(["FUNC", "IFUNC"].contains(&row[3]));
            expected.objects += usize::from(["OBJECT", "TLS", "COMMON"].contains(&row[3]));
            expected.undefined += usize::from(row[6] == "UND");
        }
        assert_eq!(found.unwrap_or_default(), expected, "{table} of {file:?}");
    }
    Ok(())
}

/// A program for a big-endian machine of 32 bits, with a segment and two
/// sections.
fn big_endian() -> Vec<u8> {
    let names = b"\0.text\0.shstrtab\0";
    let (phoff, shoff) = (52, 52 + 32 + 20);
    let mut data = b"\x7fELF\x01\x02\x01\0\0\0\0\0\0\0\0\0".to_vec();
    for half in [2_u16, 20] {
        data.extend(half.to_be_bytes());
    }
    for word in [1_u32, 0x1000_0010, phoff, shoff, 0] {
        data.extend(word.to_be_bytes());
    }
    for half in [52_u16, 32, 1, 40, 3, 2] {
        data.extend(half.to_be_bytes());
    }
    // LOAD, its offset, addresses, sizes, flags and alignment.
    for word in [1_u32, 0, 0x1000_0000, 0x1000_0000, 104, 0x2000, 5, 4096] {
        data.extend(word.to_be_bytes());
    }
    data.extend(names);
    data.resize(shoff as usize, 0);
    for section in [
        [0_u32; 10],
        [1, 1, 6, 0x1000_0010, 16, 36, 0, 0, 4, 0],
        [7, 3, 0, 0, 84, names.len() as u32, 0, 0, 1, 0],
    ] {
        for word in section {
            data.extend(word.to_be_bytes());
        }
    }
    data
}

#[test]
fn readelf_finds_the_same() -> Result<()> {
    for program in programs() {
        compare(&program)?;
    }
    Ok(())
}

#[test]
fn readelf_finds_the_same_in_other_classes_and_byte_orders() -> Result<()> {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let file = dir.join("big-endian");
    fs::write(&file, big_endian())?;
    compare(&file)?;
    let data = big_endian();
    let elf = Elf::parse(&data)?;
    assert_eq!(
        (elf.is_64, elf.is_little_endian, elf.sections.len()),
        (false, false, 2)
    );
    let first = elf.to_string().lines().next().map(str::to_owned);
    let expected = "ELF of 32 bits, big-endian, PowerPC: program";
    assert_eq!(first.as_deref(), Some(expected));
    Ok(())
}

#[test]
fn bytes_need_no_alignment() -> Result<()> {
    let data = fs::read("/bin/sh")?;
    for shift in 0..8 {
        let shifted = [&[0; 8][shift..], &data].concat();
        assert_eq!(Elf::parse(&shifted[8 - shift..])?, Elf::parse(&data)?);
    }
    Ok(())
}

#[test]
fn what_is_no_elf_file_is_an_error() {
    for data in [
        &b""[..],
        b"\x7fEL",
        b"#!/bin/sh\n",
        b"MZ\0\0",
        b"\0asm\x01\0\0\0",
    ] {
        assert!(matches!(Elf::parse(data), Err(Error::NotElf)));
    }
    let unsupported = [&b"\x7fELF\x03\x01\x01"[..], &[0; 100]].concat();
    let error = Elf::parse(&unsupported).unwrap_err();
    assert!(matches!(error, Error::Part { .. }), "{error}");
}

#[test]
fn a_cut_file_is_an_error() -> Result<()> {
    let mut files = programs()
        .map(fs::read)
        .into_iter()
        .collect::<Result<Vec<_>, _>>()?;
    files.push(big_endian());
    for data in files {
        // Linkers put the headers of sections at the end.
        let step = 1 + data.len() / 1000;
        for len in (4..data.len()).step_by(step).chain([data.len() - 1]) {
            let error = Elf::parse(&data[..len]).expect_err("a whole file");
            assert!(matches!(error, Error::Cut { .. }), "{len}: {error}");
        }
    }
    Ok(())
}

#[test]
fn a_cut_file_without_headers_of_sections_is_an_error() -> Result<()> {
    let mut data = big_endian();
    data.truncate(104);
    // The offset of the headers, their number, and which one has their names.
    data[32..36].fill(0);
    data[48..52].fill(0);
    assert_eq!(Elf::parse(&data)?.sections, []);
    let error = Elf::parse(&data[..103]).unwrap_err();
    let expected = "the file is cut: it has 103 bytes, and would need 104 for segment 0";
    assert_eq!(error.to_string(), expected);
    Ok(())
}

/// As in a file of debug information.
#[test]
fn a_segment_of_no_bytes_has_no_interpreter() -> Result<()> {
    let mut data = big_endian();
    // Its type, and its size in the file.
    data[55] = 3;
    data[68..72].fill(0);
    let elf = Elf::parse(&data)?;
    assert_eq!((elf.segments[0].kind, elf.interpreter), (3, None));
    Ok(())
}

#[test]
fn a_damaged_file_is_an_error_or_shown() -> Result<()> {
    let mut state = 1_u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as usize
    };
    let mut data = fs::read("/bin/sh")?;
    let sections = Elf::parse(&data)?.sections;
    let dynamic = sections.iter().find(|section| section.name == b".dynamic");
    let dynamic = dynamic.context("a .dynamic section")?.offset as usize;
    // Where the headers are, and what they lead to.
    let places = [0, 64, dynamic, data.len() - 64 * (1 + sections.len())];
    let mut errors = 0;
    for _ in 0..20_000 {
        let at = places[random() % places.len()] + random() % 256;
        let before = data[at];
        data[at] = random() as u8;
        match Elf::parse(&data) {
            Ok(elf) => assert!(elf.to_string().starts_with("ELF of ")),
            Err(_) => errors += 1,
        }
        data[at] = before;
    }
    assert!(errors > 1000, "{errors}");
    Ok(())
}
