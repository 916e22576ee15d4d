/* Sorts the lines of a file in place, as `LC_ALL=C sort -o FILE FILE` does.
 *
 * This is written for POSIX, and knows nothing of WebAssembly:
 *
 *     cc sort.c -o sort && ./sort words.txt
 *
 * As a guest, it maps the file with mem:
 *
 *     make -C examples/c
 *     wasmtime-mem run --dir . target/c/sort.wasm words.txt
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct line {
    const char *start;
    size_t length;
};

static int compare(const void *a, const void *b) {
    const struct line *first = a, *second = b;
    size_t length = first->length < second->length ? first->length : second->length;
    int order = memcmp(first->start, second->start, length);
    if (order)
        return order;
    return (first->length > second->length) - (first->length < second->length);
}

static void fail(const char *what) {
    fprintf(stderr, "sort: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* The lines of the text, without their newlines. */
static struct line *lines_of(const char *text, size_t size, size_t *number) {
    struct line *lines = NULL;
    size_t count = 0, room = 0;
    for (const char *start = text, *end = text + size; start < end; count++) {
        const char *newline = memchr(start, '\n', end - start);
        if (count == room) {
            room = room ? room * 2 : 1024;
            lines = realloc(lines, room * sizeof *lines);
            if (!lines)
                fail("the lines");
        }
        lines[count] = (struct line){start, (newline ? newline : end) - start};
        start += lines[count].length + 1;
    }
    *number = count;
    return lines;
}

int main(int count, char **args) {
    if (count != 2) {
        fputs("usage: sort FILE\n", stderr);
        return 2;
    }
    const char *path = args[1];
    struct stat file;
    int fd = open(path, O_RDWR);
    if (fd < 0 || fstat(fd, &file) < 0)
        fail(path);
    size_t size = file.st_size;
    if (size == 0)
        return 0;

    char *text = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    char *sorted = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (text == MAP_FAILED || sorted == MAP_FAILED)
        fail(path);
    close(fd);
    madvise(text, size, MADV_SEQUENTIAL);

    size_t number;
    struct line *lines = lines_of(text, size, &number);
    qsort(lines, number, sizeof *lines, compare);
    char *end = sorted;
    for (size_t i = 0; i < number; i++) {
        memcpy(end, lines[i].start, lines[i].length);
        end += lines[i].length;
        /* The last line of the file may have had none. */
        if (end < sorted + size)
            *end++ = '\n';
    }
    memcpy(text, sorted, size);
    if (msync(text, size, MS_SYNC) < 0)
        fail(path);
    printf("%zu lines\n", number);
    munmap(sorted, size);
    munmap(text, size);
    free(lines);
    return 0;
}
