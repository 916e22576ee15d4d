#include "block.h"

#include "error.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* The most bytes that are attached by one call. The host's runtime takes no
 * list of 128 MiB or more as an argument. */
#define WINDOW ((size_t)64 << 20)

/* The size of a huge page on x86-64, and on AArch64 with pages of 4 KiB. An
 * operating system maps one, or several small pages at once, only where the
 * address and the offset in the file agree modulo this. */
#define HUGE_PAGE ((size_t)2 << 20)

/* The bytes of the largest load. */
#define LINE sizeof(mem_mmap_mapping_u64x8_t)
_Static_assert(LINE == 64, "eight words without padding");

static struct block *writable_copies;

static mem_mmap_mapping_borrow_mapping_t mapping_of(const struct block *block) {
    return mem_mmap_mapping_borrow_mapping(block->mapping);
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

/* What is in the memory is for the caller to say. */
static struct block *new_block(size_t align, size_t length, int prot, bool shared) {
    struct block *block = calloc(1, sizeof *block);
    void *start;
    if (!block || posix_memalign(&start, align, length)) {
        free(block);
        return NULL;
    }
    block->start = start;
    block->length = length;
    block->mapped = length;
    block->prot = prot;
    block->shared = shared;
    return block;
}

struct block *mem_mman_anonymous_block(size_t length, int prot, bool shared) {
    struct block *block = new_block(MEM_MMAN_PAGE, length, prot, shared);
    if (block) {
        block->content = ANONYMOUS;
        memset(block->start, 0, length);
    }
    return block;
}

static int detach(struct block *block) {
    int error = 0;
    while (block->number_of_windows) {
        mem_mmap_mapping_error_code_t code;
        if (!mem_mmap_window_static_window_detach(
                block->windows[--block->number_of_windows], &code)) {
            error = mem_mman_errno(code);
            block->stuck = true;
        }
    }
    free(block->windows);
    block->windows = NULL;
    return error;
}

/* Attaches all pages of the file, or none. */
static int attach(struct block *block) {
    size_t page = mem_mman_host_page();
    size_t length = (block->file_length + page - 1) / page * page;
    size_t most = (length + WINDOW - 1) / WINDOW;
    block->windows = calloc(most, sizeof *block->windows);
    if (!block->windows)
        return ENOMEM;
    for (size_t offset = 0; offset < length; offset += WINDOW) {
        imports_list_u8_t buffer = {
            (uint8_t *)block->start + offset,
            at_most(WINDOW, length - offset),
        };
        mem_mmap_mapping_error_code_t code;
        if (!mem_mmap_window_attach(mapping_of(block), offset, &buffer,
                &block->windows[block->number_of_windows], &code)) {
            int error = detach(block);
            return error ? error : mem_mman_attach_errno(code);
        }
        block->number_of_windows++;
    }
    memset(block->start + length, 0, block->length - length);
    return 0;
}

/* Copies the bytes of the file, by loads, which are fast enough. `read` returns
 * a list, for which the host calls `cabi_realloc`; and older versions of
 * wasi-libc have each function that a program exports run what the program
 * gave to atexit. */
static int copy(struct block *block) {
    mem_mmap_mapping_borrow_mapping_t mapping = mapping_of(block);
    mem_mmap_mapping_error_code_t code;
    size_t offset = 0;
    for (; block->file_length - offset >= LINE; offset += LINE) {
        mem_mmap_mapping_u64x8_t words;
        if (!mem_mmap_mapping_method_mapping_load_u64x8(mapping, offset, &words, &code))
            return mem_mman_errno(code);
        memcpy(block->start + offset, &words, LINE);
    }
    for (; offset < block->file_length; offset++) {
        uint8_t byte;
        if (!mem_mmap_mapping_method_mapping_load_u8(mapping, offset, &byte, &code))
            return mem_mman_errno(code);
        block->start[offset] = (char)byte;
    }
    memset(block->start + offset, 0, block->length - offset);
    return 0;
}

static void write_back_all(void) {
    for (struct block *block = writable_copies; block; block = block->next)
        /* Nobody is here to learn of a failure. */
        mem_mman_write_back(block, 0, block->length);
}

/* Keeps what the file has, to find what is changed. */
static int keep_written(struct block *block) {
    static bool at_exit;
    if (!at_exit && atexit(write_back_all))
        return ENOMEM;
    at_exit = true;
    block->written = malloc(block->file_length);
    if (!block->written)
        return ENOMEM;
    memcpy(block->written, block->start, block->file_length);
    block->next = writable_copies;
    if (block->next)
        block->next->previous = block;
    writable_copies = block;
    return 0;
}

/* Shows the file's pages in the memory, or a copy. */
static int fill(struct block *block) {
    int error = attach(block);
    if (error != MEM_MMAN_NO_WINDOWS) {
        block->content = ATTACHED;
        return error;
    }
    block->content = COPIED;
    error = copy(block);
    if (!error && block->shared && (block->prot & PROT_WRITE))
        error = keep_written(block);
    return error;
}

static mem_mmap_mapping_access_t access_of(const struct block *block) {
    if (!(block->prot & PROT_WRITE))
        return MEM_MMAP_MAPPING_ACCESS_READ_ONLY;
    return block->shared ? MEM_MMAP_MAPPING_ACCESS_READ_WRITE
                         : MEM_MMAP_MAPPING_ACCESS_COPY_ON_WRITE;
}

int mem_mman_file_block(struct block **made, const char *path, uint64_t offset,
    size_t file_length, size_t length, int prot, bool shared, bool populate) {
    struct block *block = NULL;
    if (length >= HUGE_PAGE && offset % HUGE_PAGE == 0)
        block = new_block(HUGE_PAGE, length, prot, shared);
    if (!block)
        block = new_block(MEM_MMAN_PAGE, length, prot, shared);
    if (!block)
        return ENOMEM;
    block->file_length = file_length;
    imports_string_t name = {(uint8_t *)path, strlen(path)};
    mem_mmap_mapping_map_options_t options = {
        .access = access_of(block),
        .flags = populate ? MEM_MMAP_MAPPING_MAP_FLAGS_POPULATE : 0,
        .offset = offset,
        .length = {.is_some = true, .val = file_length},
    };
    mem_mmap_mapping_error_code_t code;
    if (!mem_mmap_mapping_file_map(&name, &options, &block->mapping, &code)) {
        free(block->start);
        free(block);
        return mem_mman_errno(code);
    }
    int error = fill(block);
    if (error)
        mem_mman_free(block);
    else
        *made = block;
    return error;
}

int mem_mman_write_back(struct block *block, size_t offset, size_t length) {
    if (!block->written)
        return 0;
    size_t end = at_most(offset + length, block->file_length);
    while (offset < end) {
        if (block->start[offset] == block->written[offset]) {
            offset++;
            continue;
        }
        size_t same = offset + 1;
        while (same < end && block->start[same] != block->written[same])
            same++;
        imports_list_u8_t bytes = {(uint8_t *)block->start + offset, same - offset};
        mem_mmap_mapping_error_code_t code;
        if (!mem_mmap_mapping_method_mapping_write(
                mapping_of(block), offset, &bytes, &code))
            return mem_mman_errno(code);
        memcpy(block->written + offset, block->start + offset, same - offset);
        offset = same;
    }
    return 0;
}

/* The part of the range that has bytes of the file; false if none has. */
static bool in_file(const struct block *block, size_t offset, size_t length,
    mem_mmap_mapping_range_t *range) {
    if (block->content == ANONYMOUS || offset >= block->file_length)
        return false;
    range->offset = offset;
    range->length = at_most(length, block->file_length - offset);
    return range->length != 0;
}

int mem_mman_flush(struct block *block, size_t offset, size_t length, bool wait) {
    mem_mmap_mapping_range_t range;
    if (!block->shared || !in_file(block, offset, length, &range))
        return 0;
    int error = mem_mman_write_back(block, offset, length);
    mem_mmap_mapping_flush_mode_t mode = wait ? MEM_MMAP_MAPPING_FLUSH_MODE_SYNCHRONOUS
                                              : MEM_MMAP_MAPPING_FLUSH_MODE_ASYNCHRONOUS;
    mem_mmap_mapping_error_code_t code;
    if (!error
        && !mem_mmap_mapping_method_mapping_flush(mapping_of(block), &range, mode, &code))
        error = mem_mman_errno(code);
    return error;
}

int mem_mman_lock(struct block *block, size_t offset, size_t length) {
    mem_mmap_mapping_range_t range;
    mem_mmap_mapping_error_code_t code;
    if (block->content != ATTACHED)
        return EAGAIN;
    if (!in_file(block, offset, length, &range)
        || mem_mmap_mapping_method_mapping_lock(mapping_of(block), &range, &code))
        return 0;
    return mem_mman_errno(code);
}

/* Unlocks what is locked of the range, by halves: the host unlocks all pages of
 * a range or none. */
static int unlock(struct block *block, mem_mmap_mapping_range_t range) {
    mem_mmap_mapping_error_code_t code;
    if (mem_mmap_mapping_method_mapping_unlock(mapping_of(block), &range, &code))
        return 0;
    if (code != MEM_MMAP_MAPPING_ERROR_CODE_NOT_LOCKED)
        return mem_mman_errno(code);
    size_t page = mem_mman_host_page();
    if (range.length <= page)
        return 0;
    uint64_t half = (range.length / 2 + page - 1) / page * page;
    int error = unlock(block, (mem_mmap_mapping_range_t){range.offset, half});
    range.offset += half;
    range.length -= half;
    return error ? error : unlock(block, range);
}

int mem_mman_unlock(struct block *block, size_t offset, size_t length) {
    mem_mmap_mapping_range_t range;
    if (block->content != ATTACHED || !in_file(block, offset, length, &range))
        return 0;
    return unlock(block, range);
}

int mem_mman_advise(struct block *block, size_t offset, size_t length,
    mem_mmap_mapping_advice_t advice) {
    mem_mmap_mapping_range_t range;
    mem_mmap_mapping_error_code_t code;
    if (block->content != ATTACHED || !in_file(block, offset, length, &range)
        || mem_mmap_mapping_method_mapping_advise(
            mapping_of(block), &range, advice, &code))
        return 0;
    return code == MEM_MMAP_MAPPING_ERROR_CODE_UNSUPPORTED ? EINVAL : mem_mman_errno(code);
}

int mem_mman_free(struct block *block) {
    int error = detach(block);
    if (!block->stuck)
        free(block->start);
    if (block->content != ANONYMOUS)
        mem_mmap_mapping_mapping_drop_own(block->mapping);
    if (block->written) {
        struct block **link = block->previous ? &block->previous->next : &writable_copies;
        *link = block->next;
        if (block->next)
            block->next->previous = block->previous;
        free(block->written);
    }
    free(block);
    return error;
}
