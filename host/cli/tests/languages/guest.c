/* What the documentation of mem_mman.h says, and no POSIX system does.
 *
 *     guest NAME
 *
 * tries what the function of that name tries, in the current directory. */
#include "check.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ PROT_READ
#define WRITE (PROT_READ | PROT_WRITE)
#define PAGE ((size_t)65536)

/* What wasi-libc has in place of dup2. */
extern int __wasilibc_fd_renumber(int fd, int to);

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
    check("of which the file has nothing", in_file(fd, 5) == 'a');
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
        {"copies", copies},
    };
    for (size_t i = 0; count == 2 && i < sizeof all / sizeof *all; i++)
        if (strcmp(args[1], all[i].name) == 0) {
            all[i].try();
            return 0;
        }
    return 2;
}
