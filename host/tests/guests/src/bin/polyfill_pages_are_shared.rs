//! All mappings of a file see at once what is written through one of them, by
//! whatever name it was mapped, and by reads of any length. The file has it
//! when it is flushed, dropped, or mapped once more.

use mem::{Access, Advice, Options};
use test_guests::{PAGE, pattern};

const LENGTH: usize = 40 * PAGE as usize + 5;

fn main() {
    let mut bytes = pattern(LENGTH);
    std::fs::write("file", &bytes).unwrap();
    std::fs::hard_link("file", "link").unwrap();
    let reader = mem::open("link").unwrap();
    let writer = mem::open_mut("file").unwrap();
    let part = Options::new().offset(PAGE + 1).open("file").unwrap();
    assert_eq!(part.get::<u8>(0).unwrap(), bytes[PAGE as usize + 1]);

    for at in [0, PAGE as usize - 3, PAGE as usize + 1, LENGTH - 6] {
        writer.write_all_at(at as u64, b"shared").unwrap();
        bytes[at..][..6].copy_from_slice(b"shared");
    }
    assert_eq!(part.get::<u8>(0).unwrap(), b's');
    // More than the polyfill keeps of a read, and its first page is not there.
    let middle = 10 * PAGE as usize + 9;
    let mut long = vec![0; LENGTH - middle];
    reader.read_exact_at(middle as u64, &mut long).unwrap();
    assert_eq!(long, bytes[middle..]);
    assert_eq!(reader.bytes().unwrap(), bytes);
    assert_eq!(std::fs::read("file").unwrap(), pattern(LENGTH));

    // What is changed before a page that is read past is kept apart.
    let private = Options::new()
        .access(Access::CopyOnWrite)
        .open("file")
        .unwrap();
    // Mapping it once more has written it back.
    assert_eq!(std::fs::read("file").unwrap(), bytes);
    private.write_all_at(30 * PAGE, b"private").unwrap();
    let mut own = bytes.clone();
    own[30 * PAGE as usize..][..7].copy_from_slice(b"private");
    assert_eq!(private.bytes().unwrap(), own);
    assert_eq!(reader.bytes().unwrap(), bytes);
    private.unmap().unwrap();

    writer.set(7, b'd').unwrap();
    drop(writer);
    bytes[7] = b'd';
    assert_eq!(std::fs::read("file").unwrap(), bytes);
    assert_eq!(reader.get::<u8>(7).unwrap(), b'd');

    // What others write is seen when the page is read anew.
    bytes[8] = b'o';
    std::fs::write("file", &bytes).unwrap();
    assert_ne!(reader.get::<u8>(8).unwrap(), b'o');
    reader.advise(Advice::PageOut).unwrap();
    assert_eq!(reader.get::<u8>(8).unwrap(), b'o');
    bytes[8] = b'p';
    std::fs::write("file", &bytes).unwrap();
    let again = mem::open("file").unwrap();
    assert_eq!(reader.get::<u8>(8).unwrap(), b'p');
    assert_eq!(again.get::<u8>(8).unwrap(), b'p');
}
