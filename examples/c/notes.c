/* Maps a file with the bindings that wit-bindgen makes of the WIT, puts its first
 * line in capitals, and tries to map a file that was not granted.
 *
 *     make -C examples/c
 *     wasmtime-mem run --dir . target/c/notes.wasm fruit.txt
 */
#include "imports.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char *const ERRORS[] = {
    "access-denied", "not-found", "not-a-file", "invalid-argument", "out-of-bounds",
    "read-only", "truncated", "not-locked", "lock-limit", "quota-exceeded", "busy",
    "no-space", "unsupported", "io",
};

/* Says that `path` gives the error, and returns the program's result. */
static int fail(const char *path, mem_mmap_mapping_error_code_t error) {
    fprintf(stderr, "notes: %s: %s\n", path, ERRORS[error]);
    return 1;
}

/* Maps the whole file. */
static bool map(const char *path, mem_mmap_mapping_own_mapping_t *mapping,
    mem_mmap_mapping_error_code_t *error) {
    imports_string_t name;
    imports_string_set(&name, path);
    mem_mmap_mapping_map_options_t options = {
        .access = MEM_MMAP_MAPPING_ACCESS_READ_WRITE,
    };
    return mem_mmap_mapping_file_map(&name, &options, mapping, error);
}

int main(int count, char **args) {
    if (count != 2) {
        fputs("usage: notes FILE\n", stderr);
        return 2;
    }
    const char *path = args[1];
    mem_mmap_mapping_own_mapping_t owned;
    mem_mmap_mapping_error_code_t error;
    if (!map(path, &owned, &error))
        return fail(path, error);
    mem_mmap_mapping_borrow_mapping_t mapping = mem_mmap_mapping_borrow_mapping(owned);

    uint64_t size = mem_mmap_mapping_method_mapping_size(mapping);
    /* The first line and the last byte are wanted soon. */
    mem_mmap_mapping_range_t ends[] = {{0, size < 80 ? size : 80}, {size ? size - 1 : 0, size > 0}};
    mem_mmap_mapping_list_range_t soon = {ends, sizeof ends / sizeof *ends};
    if (!mem_mmap_mapping_method_mapping_advise_many(
            mapping, &soon, MEM_MMAP_MAPPING_ADVICE_WILL_NEED, &error))
        return fail(path, error);
    imports_list_u8_t bytes;
    if (!mem_mmap_mapping_method_mapping_read(mapping, 0, size, &bytes, &error))
        return fail(path, error);
    uint8_t *newline = memchr(bytes.ptr, '\n', bytes.len);
    imports_list_u8_t line = {bytes.ptr, newline ? newline - bytes.ptr : bytes.len};
    printf("%llu bytes, which start with %.*s\n", size, (int)line.len, line.ptr);

    for (size_t i = 0; i < line.len; i++)
        line.ptr[i] = toupper(line.ptr[i]);
    if (!mem_mmap_mapping_method_mapping_write(mapping, 0, &line, &error)
        || !mem_mmap_mapping_method_mapping_flush(
            mapping, NULL, MEM_MMAP_MAPPING_FLUSH_MODE_SYNCHRONOUS, &error))
        return fail(path, error);
    printf("written to the disk: %.*s\n", (int)line.len, line.ptr);
    imports_list_u8_free(&bytes);
    if (!mem_mmap_mapping_static_mapping_unmap(owned, &error))
        return fail(path, error);

    if (!map("/etc/passwd", &owned, &error))
        printf("/etc/passwd: %s\n", ERRORS[error]);
    return 0;
}
