/* What POSIX says of mmap and its kin. The same source is compiled for the
 * machine, against its own <sys/mman.h>, and has to print the same.
 *
 *     posix [coherent]
 *
 * `coherent` tries in addition what holds where mapped pages are the file's
 * own, and not where they are copies. It works in the current directory. */
#include "check.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ PROT_READ
#define WRITE (PROT_READ | PROT_WRITE)

static size_t page;
static int fd;

/* The file has this byte at each page's start, by its number. */
static char mark(size_t number) {
    return (char)('a' + number);
}

/* Four pages and 100 bytes. */
static void make_file(void) {
    char *bytes = malloc(page);
    fd = open("data", O_RDWR | O_CREAT | O_TRUNC, 0600);
    need("open", bytes && fd >= 0);
    for (size_t number = 0; number < 5; number++) {
        size_t length = number < 4 ? page : 100;
        memset(bytes, mark(number), length);
        need("write", write(fd, bytes, length) == (ssize_t)length);
    }
    free(bytes);
}

static char in_file(size_t offset) {
    char byte = 0;
    need("pread", pread(fd, &byte, 1, (off_t)offset) == 1);
    return byte;
}

static char *map(size_t length, int prot, int flags, size_t offset) {
    char *start = mmap(NULL, length, prot, flags, fd, (off_t)offset);
    need("mmap", start != MAP_FAILED);
    return start;
}

static void what_maps(void) {
    int read_only = open("data", O_RDONLY), write_only = open("data", O_WRONLY);
    int directory = open(".", O_RDONLY | O_DIRECTORY), closed = open("data", O_RDWR);
    need("open", read_only >= 0 && write_only >= 0 && directory >= 0 && closed >= 0);
    close(closed);
    try_map("length 0", mmap(NULL, 0, READ, MAP_SHARED, fd, 0));
    try_map("neither shared nor private", mmap(NULL, page, READ, 0, fd, 0));
    try_map("offset 1", mmap(NULL, page, READ, MAP_SHARED, fd, 1));
    try_map("offset of a page", mmap(NULL, page, READ, MAP_SHARED, fd, (off_t)page));
    try_map("a closed file", mmap(NULL, page, READ, MAP_SHARED, closed, 0));
    try_map("no file", mmap(NULL, page, READ, MAP_SHARED, -1, 0));
    try_map("a directory", mmap(NULL, page, READ, MAP_SHARED, directory, 0));
    try_map("to read what is open to read", mmap(NULL, page, READ, MAP_SHARED, read_only, 0));
    try_map("to write what is open to read", mmap(NULL, page, WRITE, MAP_SHARED, read_only, 0));
    try_map("a private copy of it", mmap(NULL, page, WRITE, MAP_PRIVATE, read_only, 0));
    try_map("to read what is open to write", mmap(NULL, page, READ, MAP_PRIVATE, write_only, 0));
    try_map("populated", mmap(NULL, page, READ, MAP_SHARED | MAP_POPULATE, fd, 0));
}

static void ways_to_open(void) {
    mkdir("folder", 0700);
    FILE *stream = fopen("folder/stream", "w+");
    need("fopen", stream && fputs("stream", stream) >= 0 && fflush(stream) == 0);
    char *start = try_map("a stream", mmap(NULL, 6, READ, MAP_SHARED, fileno(stream), 0));
    check("has its bytes", memcmp(start, "stream", 6) == 0);

    int folder = open("folder", O_RDONLY | O_DIRECTORY);
    int inside = openat(folder, "stream", O_RDONLY);
    need("openat", inside >= 0);
    start = try_map("a file of a folder", mmap(NULL, 6, READ, MAP_SHARED, inside, 0));
    close(inside);
    check("has its bytes when closed", memcmp(start, "stream", 6) == 0);

    /* The descriptor is that of another file now. */
    int again = open("data", O_RDONLY);
    start = try_map("another by the same number", mmap(NULL, 6, READ, MAP_SHARED, again, 0));
    check("has its own bytes", again == inside && start[0] == 'a');
    close(again);
    close(folder);
}

static void bytes(bool coherent) {
    char *shared = map(4 * page + 100, WRITE, MAP_SHARED, 0);
    bool all = true;
    for (size_t offset = 0; offset < 4 * page + 100; offset++)
        all = all && shared[offset] == mark(offset / page);
    check("all bytes are the file's", all);
    all = true;
    for (size_t offset = 4 * page + 100; offset < 5 * page; offset++)
        all = all && shared[offset] == 0;
    check("zeros behind its end", all);

    char *private = map(2 * page, WRITE, MAP_PRIVATE, page);
    check("from the second page on", private[0] == 'b' && private[page] == 'c');
    private[0] = 'P';
    check("a private write is there", private[0] == 'P');
    check("and not in the file", in_file(page) == 'b' && shared[page] == 'b');

    shared[1] = 'S';
    if (coherent) {
        char *other = map(page, READ, MAP_SHARED, 0);
        check("a shared write is in the file at once", in_file(1) == 'S');
        check("and in another mapping", other[1] == 'S');
        need("pwrite", pwrite(fd, "W", 1, 2) == 1);
        check("what is written to the file is in both", shared[2] == 'W' && other[2] == 'W');
        munmap(other, page);
    }
    try("msync", msync(shared, page, MS_SYNC));
    check("a shared write is in the file", in_file(1) == 'S');

    shared[4 * page + 99] = 'E';
    try("munmap", munmap(shared, 4 * page + 100));
    check("the last byte is in the file", in_file(4 * page + 99) == 'E');
    struct stat file;
    check("which is as long as before",
        fstat(fd, &file) == 0 && file.st_size == (off_t)(4 * page + 100));
    munmap(private, 2 * page);

    char *anonymous = mmap(NULL, page, WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    try_map("anonymous", anonymous);
    check("is zero", anonymous[0] == 0 && anonymous[page - 1] == 0);
    anonymous[0] = 'A';
    try("MADV_DONTNEED", madvise(anonymous, page, MADV_DONTNEED));
    check("is zero again", anonymous[0] == 0);
    try("its munmap", munmap(anonymous, page));
}

static void parts(void) {
    char *start = map(4 * page, WRITE, MAP_SHARED, 0);
    try("munmap not at a page", munmap(start + 1, page));
    try("munmap of nothing", munmap(start, 0));
    try("munmap of the middle", munmap(start + page, page));
    try("again", munmap(start + page, page));
    start[0] = '1';
    start[2 * page] = '2';
    try("msync over the hole", msync(start, 4 * page, MS_SYNC));
    try("msync before it", msync(start, page, MS_SYNC));
    try("msync behind it", msync(start + 2 * page, 2 * page, MS_SYNC));
    check("both are in the file", in_file(0) == '1' && in_file(2 * page) == '2');
    try("munmap of the start", munmap(start, page));
    try("munmap of the end", munmap(start + 3 * page, page));
    check("the rest is there", start[2 * page] == '2');
    start[2 * page + 1] = '3';
    try("munmap over holes", munmap(start, 4 * page));
    check("it is in the file", in_file(2 * page + 1) == '3');
    try("msync of what is not mapped", msync(start, page, MS_SYNC));
}

static void calls(void) {
    char *start = map(4 * page, WRITE, MAP_SHARED, 0);
    try("MS_ASYNC", msync(start, 4 * page, MS_ASYNC));
    try("MS_INVALIDATE", msync(start, 4 * page, MS_SYNC | MS_INVALIDATE));
    try("MS_SYNC with MS_ASYNC", msync(start, page, MS_SYNC | MS_ASYNC));
    try("another flag", msync(start, page, 64));
    try("msync not at a page", msync(start + 1, page, MS_SYNC));
    try("msync of nothing", msync(start, 0, MS_SYNC));

    try("munlock of what is not locked", munlock(start, 4 * page));
    try("MADV_RANDOM", madvise(start, 4 * page, MADV_RANDOM));
    try("MADV_SEQUENTIAL", madvise(start + page, page, MADV_SEQUENTIAL));
    try("MADV_WILLNEED", madvise(start, 4 * page, MADV_WILLNEED));
    try("MADV_DONTNEED of a shared file", madvise(start, page, MADV_DONTNEED));
    check("changes nothing", start[0] == in_file(0));
    try("no such advice", madvise(start, page, 12345));
    try("madvise not at a page", madvise(start + 1, page, MADV_NORMAL));
    printf("POSIX_MADV_DONTNEED: %d\n", posix_madvise(start, page, POSIX_MADV_DONTNEED));
    printf("no such advice: %s\n", error_name(posix_madvise(start, page, 12345)));

    munmap(start + 2 * page, 2 * page);
    try("mlock of what is not mapped", mlock(start, 3 * page));
    try("munlock of what is not mapped", munlock(start, 3 * page));
    try("madvise of what is not mapped", madvise(start, 3 * page, MADV_NORMAL));
    try("mprotect of what is not mapped", mprotect(start, 3 * page, WRITE));
    munmap(start, 2 * page);

    int read_only = open("data", O_RDONLY);
    start = mmap(NULL, page, READ, MAP_SHARED, read_only, 0);
    need("mmap", start != MAP_FAILED);
    try("to write what is open to read", mprotect(start, page, WRITE));
    munmap(start, page);
    start = mmap(NULL, page, READ, MAP_PRIVATE, read_only, 0);
    need("mmap", start != MAP_FAILED);
    try("to write a private copy", mprotect(start, page, WRITE));
    start[0] = 'M';
    check("which the file is none of", in_file(0) != 'M');
    munmap(start, page);
    close(read_only);
}

/* All of the last page, though the program asked for less or the file had less. */
static void last_page(void) {
    char *start = map(100, WRITE, MAP_SHARED, 0);
    start[page - 1] = '1';
    try("msync of less than a page", msync(start, 100, MS_SYNC));
    check("its last byte is in the file", in_file(page - 1) == '1');
    start[page - 2] = '2';
    try("munmap of less than a page", munmap(start, 100));
    check("the byte before is in the file", in_file(page - 2) == '2');

    int all = fd;
    fd = open("short", O_RDWR | O_CREAT | O_TRUNC, 0600);
    need("a short file", fd >= 0 && write(fd, "s", 1) == 1);
    start = map(page, WRITE, MAP_SHARED, 0);
    char *private = map(1, READ, MAP_PRIVATE, 0);
    char *reader = map(1, READ, MAP_SHARED, 0);
    need("pwrite", pwrite(fd, "w", 1, (off_t)page / 2) == 1);
    check("what is written behind the end is there", start[page / 2] == 'w');
    check("and in another mapping", reader[page / 2] == 'w' && private[page / 2] == 'w');
    start[page / 4] = 'm';
    start[page - 1] = 'x';
    try("msync of it", msync(start, page, MS_SYNC));
    check("what is stored before the end is in the file", in_file(page / 4) == 'm');
    struct stat file;
    check("which ends where it did",
        fstat(fd, &file) == 0 && file.st_size == (off_t)(page / 2 + 1));
    start[page - 1] = 0;
    need("ftruncate", ftruncate(fd, (off_t)page) == 0);
    start[page - 1] = 'l';
    try("munmap of a longer file", munmap(start, page));
    check("the last byte is in the file", in_file(page - 1) == 'l');

    need("append", lseek(fd, 0, SEEK_END) == (off_t)page && write(fd, "12", 2) == 2);
    start = map(10, READ, MAP_SHARED, page);
    for (size_t length = 2; length < page; length += page / 8 - 1)
        need("append", lseek(fd, 0, SEEK_END) > 0 && write(fd, "end", 3) == 3
            && ftruncate(fd, (off_t)(page + length + 3)) == 0);
    check("and what is appended", memcmp(start, "12end", 5) == 0);
    munmap(start, 10);
    munmap(reader, 1);
    munmap(private, 1);
    close(fd);
    fd = all;
}

static void locks(void) {
    char *start = map(4 * page, WRITE, MAP_SHARED, 0);
    try("mlock", mlock(start + 1, 2 * page));
    try("munlock of more", munlock(start, 4 * page));
    try("mlock again", mlock(start, page));
    munmap(start, 4 * page);
}

int main(int count, char **args) {
    bool coherent = count > 1 && strcmp(args[1], "coherent") == 0;
    page = (size_t)sysconf(_SC_PAGESIZE);
    make_file();
    what_maps();
    ways_to_open();
    bytes(coherent);
    parts();
    calls();
    last_page();
    if (coherent)
        locks();
    return 0;
}
