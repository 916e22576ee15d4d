#include "extent.h"

#include "error.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The most bytes that one call attaches. The host's runtime takes no list of
 * 128 MiB or more as an argument. */
#define WINDOW ((size_t)64 << 20)

/* The bytes of the largest load. */
#define U64X8 sizeof(mem_mmap_mapping_u64x8_t)
_Static_assert(U64X8 == 64, "eight words without padding");

static mem_mmap_mapping_borrow_mapping_t mapping_of(const struct extent *extent) {
    return mem_mmap_mapping_borrow_mapping(extent->mapping);
}

static size_t at_most(size_t a, size_t b) {
    return a < b ? a : b;
}

size_t mem_mman_host_page(void) {
    static size_t page;
    if (!page)
        page = mem_mmap_window_page_size();
    return page;
}

size_t mem_mman_in_host_pages(size_t length) {
    size_t page = mem_mman_host_page();
    return (length + page - 1) / page * page;
}

int mem_mman_attach(struct extent *extent) {
    size_t length = mem_mman_in_host_pages(extent->length);
    size_t most = (length + WINDOW - 1) / WINDOW;
    extent->windows = calloc(most, sizeof *extent->windows);
    if (!extent->windows)
        return ENOMEM;
    for (size_t offset = 0; offset < length; offset += WINDOW) {
        imports_list_u8_t buffer = {
            (uint8_t *)extent->start + offset,
            at_most(WINDOW, length - offset),
        };
        mem_mmap_mapping_error_code_t code;
        if (!mem_mmap_window_attach(mapping_of(extent), offset, &buffer,
                &extent->windows[extent->number_of_windows], &code)) {
            int error = mem_mman_detach(extent);
            return error ? error : mem_mman_attach_errno(code);
        }
        extent->number_of_windows++;
    }
    return 0;
}

int mem_mman_detach(struct extent *extent) {
    int error = 0;
    while (extent->number_of_windows) {
        mem_mmap_mapping_error_code_t code;
        if (!mem_mmap_window_static_window_detach(
                extent->windows[--extent->number_of_windows], &code)) {
            error = mem_mman_errno(code);
            extent->stuck = true;
        }
    }
    free(extent->windows);
    extent->windows = NULL;
    return error;
}

/* Copies by loads, which are fast enough. `read` returns a list, and for that the
 * host calls `cabi_realloc`. With older versions of wasi-libc, each function that
 * a program exports runs what the program gave to atexit. */
int mem_mman_copy(struct extent *extent, size_t offset, size_t end) {
    mem_mmap_mapping_borrow_mapping_t mapping = mapping_of(extent);
    mem_mmap_mapping_error_code_t code;
    for (; end - offset >= U64X8; offset += U64X8) {
        mem_mmap_mapping_u64x8_t words;
        if (!mem_mmap_mapping_method_mapping_load_u64x8(mapping, offset, &words, &code))
            return mem_mman_errno(code);
        memcpy(extent->start + offset, &words, U64X8);
    }
    for (; offset < end; offset++) {
        uint8_t byte;
        if (!mem_mmap_mapping_method_mapping_load_u8(mapping, offset, &byte, &code))
            return mem_mman_errno(code);
        extent->start[offset] = (char)byte;
    }
    return 0;
}

int mem_mman_keep_written(struct extent *extent, size_t offset) {
    char *written = realloc(extent->written, extent->length);
    if (!written)
        return ENOMEM;
    extent->written = written;
    memcpy(written + offset, extent->start + offset, extent->length - offset);
    return 0;
}

void mem_mman_refresh(struct extent *extent, size_t offset, size_t end) {
    mem_mmap_mapping_range_t range = {offset, end - offset};
    mem_mman_advise_range(extent, range, MEM_MMAP_MAPPING_ADVICE_COLD);
}

/* Where `extent` differs from what the file has: `written`, or else zeros. */
static bool is_changed(const struct extent *extent, const char *written, size_t offset) {
    return extent->start[offset] != (written ? written[offset] : 0);
}

static int write_changed(struct extent *extent, char *written, size_t offset, size_t end) {
    bool is_fresh = false;
    while (offset < end) {
        if (!is_changed(extent, written, offset)) {
            offset++;
            continue;
        }
        if (!is_fresh)
            mem_mman_refresh(extent, offset, end);
        is_fresh = true;
        size_t same = offset + 1;
        while (same < end && is_changed(extent, written, same))
            same++;
        imports_list_u8_t bytes = {(uint8_t *)extent->start + offset, same - offset};
        mem_mmap_mapping_error_code_t code;
        if (!mem_mmap_mapping_method_mapping_write(
                mapping_of(extent), offset, &bytes, &code))
            return mem_mman_errno(code);
        if (written)
            memcpy(written + offset, extent->start + offset, same - offset);
        offset = same;
    }
    return 0;
}

int mem_mman_write_back(struct extent *extent, size_t offset, size_t end) {
    return extent->written ? write_changed(extent, extent->written, offset, end) : 0;
}

int mem_mman_write_stored(struct extent *extent, size_t offset, size_t end) {
    return write_changed(extent, NULL, offset, end);
}

int mem_mman_check(struct extent *extent) {
    int error = 0;
    for (size_t number = 0; number < extent->number_of_windows; number++) {
        mem_mmap_mapping_error_code_t code;
        if (!error
            && !mem_mmap_window_method_window_check(
                mem_mmap_window_borrow_window(extent->windows[number]), &code))
            error = mem_mman_errno(code);
    }
    return error;
}

int mem_mman_flush_range(struct extent *extent, mem_mmap_mapping_range_t range,
    mem_mmap_mapping_flush_mode_t mode) {
    mem_mmap_mapping_error_code_t code;
    if (mem_mmap_mapping_method_mapping_flush(mapping_of(extent), &range, mode, &code))
        return 0;
    return mem_mman_errno(code);
}

int mem_mman_lock_range(struct extent *extent, mem_mmap_mapping_range_t range) {
    mem_mmap_mapping_error_code_t code;
    if (mem_mmap_mapping_method_mapping_lock(mapping_of(extent), &range, &code))
        return 0;
    return mem_mman_errno(code);
}

/* Unlocks half by half: the host unlocks all pages of a range or none. */
int mem_mman_unlock_range(struct extent *extent, mem_mmap_mapping_range_t range) {
    mem_mmap_mapping_error_code_t code;
    if (mem_mmap_mapping_method_mapping_unlock(mapping_of(extent), &range, &code))
        return 0;
    if (code != MEM_MMAP_MAPPING_ERROR_CODE_NOT_LOCKED)
        return mem_mman_errno(code);
    if (range.length <= mem_mman_host_page())
        return 0;
    uint64_t half = mem_mman_in_host_pages(range.length / 2);
    int error = mem_mman_unlock_range(
        extent, (mem_mmap_mapping_range_t){range.offset, half});
    range.offset += half;
    range.length -= half;
    return error ? error : mem_mman_unlock_range(extent, range);
}

int mem_mman_advise_range(struct extent *extent, mem_mmap_mapping_range_t range,
    mem_mmap_mapping_advice_t advice) {
    mem_mmap_mapping_error_code_t code;
    if (mem_mmap_mapping_method_mapping_advise(mapping_of(extent), &range, advice, &code))
        return 0;
    return code == MEM_MMAP_MAPPING_ERROR_CODE_UNSUPPORTED ? EINVAL : mem_mman_errno(code);
}

int mem_mman_drop(struct extent *extent) {
    int error = mem_mman_detach(extent);
    mem_mmap_mapping_mapping_drop_own(extent->mapping);
    free(extent->written);
    return error;
}
