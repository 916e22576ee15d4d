#include "piece.h"

#include "error.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The most bytes that are attached by one call. The host's runtime takes no
 * list of 128 MiB or more as an argument. */
#define WINDOW ((size_t)64 << 20)

/* The bytes of the largest load. */
#define LINE sizeof(mem_mmap_mapping_u64x8_t)
_Static_assert(LINE == 64, "eight words without padding");

static mem_mmap_mapping_borrow_mapping_t mapping_of(const struct piece *piece) {
    return mem_mmap_mapping_borrow_mapping(piece->mapping);
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

int mem_mman_attach(struct piece *piece) {
    size_t length = mem_mman_in_host_pages(piece->length);
    size_t most = (length + WINDOW - 1) / WINDOW;
    piece->windows = calloc(most, sizeof *piece->windows);
    if (!piece->windows)
        return ENOMEM;
    for (size_t offset = 0; offset < length; offset += WINDOW) {
        imports_list_u8_t buffer = {
            (uint8_t *)piece->start + offset,
            at_most(WINDOW, length - offset),
        };
        mem_mmap_mapping_error_code_t code;
        if (!mem_mmap_window_attach(mapping_of(piece), offset, &buffer,
                &piece->windows[piece->number_of_windows], &code)) {
            int error = mem_mman_detach(piece);
            return error ? error : mem_mman_attach_errno(code);
        }
        piece->number_of_windows++;
    }
    return 0;
}

int mem_mman_detach(struct piece *piece) {
    int error = 0;
    while (piece->number_of_windows) {
        mem_mmap_mapping_error_code_t code;
        if (!mem_mmap_window_static_window_detach(
                piece->windows[--piece->number_of_windows], &code)) {
            error = mem_mman_errno(code);
            piece->stuck = true;
        }
    }
    free(piece->windows);
    piece->windows = NULL;
    return error;
}

/* By loads, which are fast enough. `read` returns a list, for which the host
 * calls `cabi_realloc`; and older versions of wasi-libc have each function that
 * a program exports run what the program gave to atexit. */
int mem_mman_copy(struct piece *piece, size_t offset, size_t end) {
    mem_mmap_mapping_borrow_mapping_t mapping = mapping_of(piece);
    mem_mmap_mapping_error_code_t code;
    for (; end - offset >= LINE; offset += LINE) {
        mem_mmap_mapping_u64x8_t words;
        if (!mem_mmap_mapping_method_mapping_load_u64x8(mapping, offset, &words, &code))
            return mem_mman_errno(code);
        memcpy(piece->start + offset, &words, LINE);
    }
    for (; offset < end; offset++) {
        uint8_t byte;
        if (!mem_mmap_mapping_method_mapping_load_u8(mapping, offset, &byte, &code))
            return mem_mman_errno(code);
        piece->start[offset] = (char)byte;
    }
    return 0;
}

int mem_mman_keep_written(struct piece *piece, size_t offset) {
    char *written = realloc(piece->written, piece->length);
    if (!written)
        return ENOMEM;
    piece->written = written;
    memcpy(written + offset, piece->start + offset, piece->length - offset);
    return 0;
}

void mem_mman_refresh(struct piece *piece, size_t offset, size_t end) {
    mem_mmap_mapping_range_t range = {offset, end - offset};
    mem_mman_advise_range(piece, range, MEM_MMAP_MAPPING_ADVICE_COLD);
}

/* Where `piece` differs from what the file has: `written`, or else zeros. */
static bool is_changed(const struct piece *piece, const char *written, size_t offset) {
    return piece->start[offset] != (written ? written[offset] : 0);
}

static int write_changed(struct piece *piece, char *written, size_t offset, size_t end) {
    bool is_fresh = false;
    while (offset < end) {
        if (!is_changed(piece, written, offset)) {
            offset++;
            continue;
        }
        if (!is_fresh)
            mem_mman_refresh(piece, offset, end);
        is_fresh = true;
        size_t same = offset + 1;
        while (same < end && is_changed(piece, written, same))
            same++;
        imports_list_u8_t bytes = {(uint8_t *)piece->start + offset, same - offset};
        mem_mmap_mapping_error_code_t code;
        if (!mem_mmap_mapping_method_mapping_write(
                mapping_of(piece), offset, &bytes, &code))
            return mem_mman_errno(code);
        if (written)
            memcpy(written + offset, piece->start + offset, same - offset);
        offset = same;
    }
    return 0;
}

int mem_mman_write_back(struct piece *piece, size_t offset, size_t end) {
    return piece->written ? write_changed(piece, piece->written, offset, end) : 0;
}

int mem_mman_write_stored(struct piece *piece, size_t offset, size_t end) {
    return write_changed(piece, NULL, offset, end);
}

int mem_mman_check(struct piece *piece) {
    int error = 0;
    for (size_t number = 0; number < piece->number_of_windows; number++) {
        mem_mmap_mapping_error_code_t code;
        if (!error
            && !mem_mmap_window_method_window_check(
                mem_mmap_window_borrow_window(piece->windows[number]), &code))
            error = mem_mman_errno(code);
    }
    return error;
}

int mem_mman_flush_range(struct piece *piece, mem_mmap_mapping_range_t range,
    mem_mmap_mapping_flush_mode_t mode) {
    mem_mmap_mapping_error_code_t code;
    if (mem_mmap_mapping_method_mapping_flush(mapping_of(piece), &range, mode, &code))
        return 0;
    return mem_mman_errno(code);
}

int mem_mman_lock_range(struct piece *piece, mem_mmap_mapping_range_t range) {
    mem_mmap_mapping_error_code_t code;
    if (mem_mmap_mapping_method_mapping_lock(mapping_of(piece), &range, &code))
        return 0;
    return mem_mman_errno(code);
}

/* By halves: the host unlocks all pages of a range or none. */
int mem_mman_unlock_range(struct piece *piece, mem_mmap_mapping_range_t range) {
    mem_mmap_mapping_error_code_t code;
    if (mem_mmap_mapping_method_mapping_unlock(mapping_of(piece), &range, &code))
        return 0;
    if (code != MEM_MMAP_MAPPING_ERROR_CODE_NOT_LOCKED)
        return mem_mman_errno(code);
    if (range.length <= mem_mman_host_page())
        return 0;
    uint64_t half = mem_mman_in_host_pages(range.length / 2);
    int error = mem_mman_unlock_range(
        piece, (mem_mmap_mapping_range_t){range.offset, half});
    range.offset += half;
    range.length -= half;
    return error ? error : mem_mman_unlock_range(piece, range);
}

int mem_mman_advise_range(struct piece *piece, mem_mmap_mapping_range_t range,
    mem_mmap_mapping_advice_t advice) {
    mem_mmap_mapping_error_code_t code;
    if (mem_mmap_mapping_method_mapping_advise(mapping_of(piece), &range, advice, &code))
        return 0;
    return code == MEM_MMAP_MAPPING_ERROR_CODE_UNSUPPORTED ? EINVAL : mem_mman_errno(code);
}

int mem_mman_drop(struct piece *piece) {
    int error = mem_mman_detach(piece);
    mem_mmap_mapping_mapping_drop_own(piece->mapping);
    free(piece->written);
    return error;
}
