/* What the documentation of mem_mman.h says, and no POSIX system does.
 *
 *     guest NAME
 *
 * tries what the function of that name tries, in the current directory. */
#include "check.h"

#include <fcntl.h>
#include <mem_mman.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define READ PROT_READ
#define WRITE (PROT_READ | PROT_WRITE)
#define PAGE ((size_t)65536)

/* What wasi-libc has in place of dup2. */
extern int __wasilibc_fd_renumber(int fd, int to);

/* Writes a byte as another program would: the library does not see it. */
__attribute__((import_module("wasi_snapshot_preview1"), import_name("fd_pwrite")))
int others_pwrite(int fd, const struct iovec *from, int number, int64_t offset, size_t *written);
__attribute__((import_module("wasi_snapshot_preview1"), import_name("fd_filestat_set_size")))
int others_truncate(int fd, int64_t size);

static void others_write(int fd, char byte, off_t offset) {
    struct iovec from = {&byte, 1};
    size_t written;
    need("pwrite of another", others_pwrite(fd, &from, 1, offset, &written) == 0);
}

/* A file of `size` bytes 'a'. */
static int make_file(const char *name, size_t size) {
    int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
    char bytes[4096];
    memset(bytes, 'a', sizeof bytes);
    need("open", fd >= 0);
    for (size_t written = 0; written < size;) {
        size_t rest = size - written;
        ssize_t more = write(fd, bytes, rest < sizeof bytes ? rest : sizeof bytes);
        need("write", more > 0);
        written += (size_t)more;
    }
    return fd;
}

static char *map(int fd, size_t length, int prot, int flags) {
    char *start = mmap(NULL, length, prot, flags, fd, 0);
    need("mmap", start != MAP_FAILED);
    return start;
}

static char in_file(int fd, off_t offset) {
    char byte = 0;
    need("pread", pread(fd, &byte, 1, offset) == 1);
    return byte;
}

static void paths(void) {
    int fd = make_file("one", 10);
    try_map("by its name", mmap(NULL, 10, READ, MAP_SHARED, fd, 0));
    need("rename", rename("one", "other") == 0);
    try_map("renamed", mmap(NULL, 10, READ, MAP_SHARED, fd, 0));
    int another = make_file("one", 10);
    try_map("another of this name", mmap(NULL, 10, READ, MAP_SHARED, fd, 0));
    need("rename", unlink("one") == 0 && rename("other", "one") == 0);
    try_map("renamed back", mmap(NULL, 10, READ, MAP_SHARED, fd, 0));
    try_map("removed", mmap(NULL, 10, READ, MAP_SHARED, another, 0));

    int other = make_file("moved", 20);
    need("renumber", __wasilibc_fd_renumber(other, fd) == 0);
    try_map("by the number of another", mmap(NULL, 20, READ, MAP_SHARED, fd, 0));
    try_map("by the number it had", mmap(NULL, 20, READ, MAP_SHARED, other, 0));
    need("chdir", mkdir("folder", 0700) == 0 && chdir("folder") == 0);
    fd = make_file("inside", 10);
    try_map("in another directory", mmap(NULL, 10, READ, MAP_SHARED, fd, 0));
    fd = make_file("one", 1);
    need("write", pwrite(fd, "b", 1, 0) == 1);
    check("and not one of its name at the top", map(fd, 1, READ, MAP_SHARED)[0] == 'b');
    need("chdir", chdir("..") == 0);
    check("nor after the way back", map(fd, 1, READ, MAP_SHARED)[0] == 'b');
    try_map("/granted/file", mmap(NULL, 5, READ, MAP_SHARED, open("/granted/file", O_RDONLY), 0));
}

static void limits(void) {
    int fd = make_file("file", PAGE + 10);
    try_map("executable", mmap(NULL, 10, READ | PROT_EXEC, MAP_SHARED, fd, 0));
    try_map("fixed", mmap((void *)PAGE, 10, READ, MAP_SHARED | MAP_FIXED, fd, 0));
    try_map("to the end of the last page", mmap(NULL, 2 * PAGE, READ, MAP_SHARED, fd, 0));
    try_map("a page more", mmap(NULL, 2 * PAGE + 1, READ, MAP_SHARED, fd, 0));
    try_map("behind the end", mmap(NULL, 10, READ, MAP_SHARED, fd, 2 * PAGE));
    try_map("more than memory", mmap(NULL, SIZE_MAX, READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    try_map("nearly all memory",
        mmap(NULL, SIZE_MAX - 2 * PAGE, READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    char *start = map(fd, PAGE, WRITE, MAP_SHARED);
    check("at a page of the guest", (uintptr_t)start % PAGE == 0);
    try("less protection", mprotect(start, PAGE, READ));
    try("as much", mprotect(start, PAGE, WRITE));
    try("execution", mprotect(start, PAGE, READ | PROT_EXEC));
    try("a page of the host", munmap(start, 4096));
    start[4096] = 'b';
    try("and another", munmap(start + 4096, 4096));
    check("whose byte is in the file", in_file(fd, 4096) == 'b');
    start[8192] = 'c';
    try("the rest", munmap(start + 8192, PAGE - 8192));
    check("whose byte is in the file", in_file(fd, 8192) == 'c');
    start = map(fd, 10, READ, MAP_SHARED);
    start[0] = 'x';
    check("a write to PROT_READ", start[0] == 'x' && in_file(fd, 0) == 'a');
    try("msync to the end of the page", msync(start, PAGE, MS_SYNC));
    check("writes nothing", in_file(fd, 0) == 'a');
    start = map(fd, PAGE, WRITE, MAP_PRIVATE);
    try("MADV_DONTNEED of a private copy", madvise(start, PAGE, MADV_DONTNEED));
    try("MADV_FREE", madvise(start, PAGE, MADV_FREE));
}

/* More than two windows take, and as often as would fill the memory. */
static void large(void) {
    size_t window = (size_t)64 << 20;
    size_t places[] = {0, window - 1, window, 2 * window, 2 * window + 3 * PAGE};
    size_t size = 2 * window + 3 * PAGE + 1;
    int fd = make_file("large", 0);
    need("ftruncate", ftruncate(fd, (off_t)size) == 0);
    for (int i = 0; i < 100; i++) {
        char *start = map(fd, size, WRITE, MAP_SHARED);
        need("a multiple of a huge page", (uintptr_t)start % (2 << 20) == 0);
        for (size_t place = 0; place < sizeof places / sizeof *places; place++)
            start[places[place]]++;
        need("munmap", munmap(start, size) == 0);
    }
    for (size_t place = 0; place < sizeof places / sizeof *places; place++)
        check("each has written", in_file(fd, (off_t)places[place]) == 100);
}

static void lock(void) {
    int fd = make_file("locked", 4 * PAGE);
    char *start = map(fd, 4 * PAGE, READ, MAP_SHARED);
    try("mlock", mlock(start + 5000, 1));
    try("mlock of more than is granted", mlock(start, 4 * PAGE));
    try("munlock of more than is locked", munlock(start, 4 * PAGE));
    try("mlock of all that is granted", mlock(start + 2 * PAGE, PAGE));
    char *anonymous = mmap(NULL, PAGE, WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    try("mlock of anonymous memory", mlock(anonymous, PAGE));
    try("its munlock", munlock(anonymous, PAGE));
}

/* What others add to a file behind the end that it had. */
static void growth(void) {
    int fd = make_file("short", 1);
    char *start = map(fd, PAGE, WRITE, MAP_SHARED);
    char *reader = map(fd, PAGE, READ, MAP_SHARED);
    others_write(fd, 'b', 5000);
    start[6000] = 'n';
    try("msync of zeros behind the end", msync(start, PAGE, MS_SYNC | MS_INVALIDATE));
    check("what others have added is there", start[5000] == 'b');
    try("msync of what is only read", msync(reader, PAGE, MS_ASYNC | MS_INVALIDATE));
    check("likewise", reader[5000] == 'b');
    others_write(fd, 'c', 20000);
    start[10000] = 's';
    start[19999] = 's';
    start[20001] = 's';
    try("msync of what is stored behind the end", msync(start, PAGE, MS_SYNC));
    check("it is in the file",
        in_file(fd, 10000) == 's' && in_file(fd, 19999) == 's' && in_file(fd, 20000) == 'c');
    others_write(fd, 'd', PAGE - 1);
    start[30000] = 't';
    try("munmap of what is stored behind the end", munmap(start, PAGE));
    check("it is in the file", in_file(fd, 30000) == 't' && in_file(fd, PAGE - 1) == 'd');

    fd = make_file("longer", 1);
    start = map(fd, PAGE, WRITE, MAP_SHARED);
    others_write(fd, 'b', 10000);
    start[9000] = 's';
    need("pwrite", pwrite(fd, "e", 1, 20000) == 1);
    check("after a write there is what others have added",
        start[10000] == 'b' && start[20000] == 'e' && in_file(fd, 9000) == 's');

    fd = make_file("moved", 1);
    start = map(fd, PAGE, WRITE, MAP_SHARED);
    need("rename", rename("moved", "away") == 0);
    try("msync of a file with another name", msync(start, PAGE, MS_SYNC));
    try("that has to show more", msync(start, PAGE, MS_SYNC | MS_INVALIDATE));
    others_write(fd, 'b', 10000);
    start[9000] = 's';
    try("when something is stored behind the end", msync(start, PAGE, MS_SYNC));
    try("munmap of it", munmap(start, PAGE));
}

/* Stores that fail when nobody is there to say so. The disk has 8 MiB or
 * less. */
static void full_disk(void) {
    size_t size = 256 * PAGE;
    int fd = make_file("full", 1);
    need("ftruncate", ftruncate(fd, (off_t)size) == 0);
    char *start = map(fd, size, WRITE, MAP_SHARED);
    memset(start, 'x', size);
    try("msync", msync(start, size, MS_SYNC));
    try("MS_ASYNC", msync(start, size, MS_ASYNC));
    try("msync of a page that is not lost", msync(start, PAGE, MS_SYNC));
    try("munmap of a page", munmap(start, PAGE));
    try("munmap", munmap(start + PAGE, size - PAGE));
}

/* Likewise, with a host that has no windows. */
static void full_disk_of_copies(void) {
    size_t size = 256 * PAGE;
    int fd = make_file("full", 1);
    need("ftruncate", ftruncate(fd, (off_t)size) == 0);
    char *start = map(fd, size, WRITE, MAP_SHARED);
    memset(start, 'x', size);
    try("msync", msync(start, size, MS_SYNC));
    try("munmap of the end", munmap(start + size - PAGE, PAGE));
    try("munmap of the rest", munmap(start, size - PAGE));
}

static void full_disk_at_exit(void) {
    size_t size = 256 * PAGE;
    int fd = make_file("full", 1);
    need("ftruncate", ftruncate(fd, (off_t)size) == 0);
    memset(map(fd, size, WRITE, MAP_SHARED), 'x', size);
    puts("all is stored");
}

static void cut(void) {
    int fd = make_file("cut", 4 * PAGE);
    char *start = map(fd, 4 * PAGE, WRITE, MAP_SHARED);
    need("ftruncate", others_truncate(fd, 0) == 0);
    start[2 * PAGE] = 'x';
    need("ftruncate", others_truncate(fd, 4 * PAGE) == 0);
    check("the store is lost", in_file(fd, 2 * PAGE) == 0);
    try("msync", msync(start, 4 * PAGE, MS_SYNC));
    try("MS_ASYNC", msync(start, 4 * PAGE, MS_ASYNC));
    try("munmap of a page", munmap(start, PAGE));
    try("munmap", munmap(start + PAGE, 3 * PAGE));

    /* A program may cut its own file, and leave the mapping to the end. */
    fd = make_file("own", 4 * PAGE);
    start = map(fd, 4 * PAGE, WRITE, MAP_SHARED);
    start[2 * PAGE] = 'x';
    need("ftruncate", ftruncate(fd, PAGE) == 0);
}

/* With a host that has no windows, or grants none. */
static void no_copies(void) {
    int fd = make_file("file", PAGE);
    try_map("to write", mmap(NULL, PAGE, WRITE, MAP_SHARED, fd, 0));
    try_map("to read", mmap(NULL, PAGE, READ, MAP_SHARED, fd, 0));
    char *private = try_map("a private copy", mmap(NULL, PAGE, WRITE, MAP_PRIVATE, fd, 0));
    check("has its bytes", private[0] == 'a' && private[PAGE - 1] == 'a');
    try_map("memory without a file",
        mmap(NULL, PAGE, WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    mem_mman_copies = 1;
    char *start = try_map("when it takes copies", mmap(NULL, PAGE, WRITE, MAP_SHARED, fd, 0));
    check("has its bytes", start[0] == 'a' && start[PAGE - 1] == 'a');
}

/* A program that says nothing, with an object that says it. */
static void invalidate(void) {
    int fd = make_file("file", PAGE + 10);
    char *start = map(fd, 2 * PAGE, WRITE, MAP_SHARED);
    char *reader = map(fd, 2 * PAGE, READ, MAP_SHARED);
    check("at a page", (uintptr_t)start % PAGE == 0 && (uintptr_t)reader % PAGE == 0);
    start[1] = 's';
    need("pwrite", pwrite(fd, "w", 1, 0) == 1);
    check("not there", start[0] == 'a' && reader[0] == 'a');
    try("MS_INVALIDATE", msync(start, PAGE, MS_SYNC | MS_INVALIDATE));
    check("there", start[0] == 'w' && start[1] == 's');
    try("MS_INVALIDATE of what is only read", msync(reader, PAGE, MS_ASYNC | MS_INVALIDATE));
    check("there", reader[0] == 'w' && reader[1] == 's');
    need("pwrite", pwrite(fd, "v", 1, 0) == 1);
    start[2] = 's';
    try("munmap", munmap(start, 2 * PAGE));
    check("the file has both", in_file(fd, 0) == 'v' && in_file(fd, 2) == 's');
}

/* With a host that has no windows, or grants none. */
static void copies(void) {
    int fd = make_file("copied", 3 * PAGE);
    char *first = map(fd, 3 * PAGE, WRITE, MAP_SHARED);
    char *second = map(fd, 3 * PAGE, WRITE, MAP_SHARED);
    first[0] = '1';
    second[1] = '2';
    check("not in the file", in_file(fd, 0) == 'a' && second[0] == 'a');
    try("msync of another page", msync(first + PAGE, PAGE, MS_SYNC));
    check("not in the file", in_file(fd, 0) == 'a');
    try("msync", msync(first, PAGE, MS_SYNC));
    check("in the file", in_file(fd, 0) == '1');
    try("munmap of the other", munmap(second, 3 * PAGE));
    check("both in the file", in_file(fd, 0) == '1' && in_file(fd, 1) == '2');
    first[PAGE] = '3';
    try("munmap of a page", munmap(first + PAGE, PAGE));
    check("which is in the file", in_file(fd, PAGE) == '3');
    try("mlock", mlock(first, PAGE));
    char *private = map(fd, PAGE, WRITE, MAP_PRIVATE);
    private[5] = 'P';
    try("munmap of a private copy", munmap(private, PAGE));
    check("beyond the end of the file", in_file(fd, 5) == 'a');
    /* Written when the program ends. */
    first[2 * PAGE] = '4';
    check("not yet in the file", in_file(fd, 2 * PAGE) == 'a');
}

int main(int count, char **args) {
    static const struct {
        const char *name;
        void (*try)(void);
    } all[] = {
        {"paths", paths}, {"limits", limits}, {"large", large}, {"lock", lock},
        {"copies", copies}, {"growth", growth}, {"full_disk", full_disk},
        {"full_disk_of_copies", full_disk_of_copies},
        {"full_disk_at_exit", full_disk_at_exit}, {"cut", cut},
        {"no_copies", no_copies}, {"invalidate", invalidate},
    };
    for (size_t i = 0; count == 2 && i < sizeof all / sizeof *all; i++)
        if (strcmp(args[1], all[i].name) == 0) {
            all[i].try();
            return 0;
        }
    return 2;
}
