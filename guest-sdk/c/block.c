#include "block.h"

#include "error.h"
#include "mem_mman.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The size of a huge page on x86-64, and on AArch64 with pages of 4 KiB. An
 * operating system maps one, or several small pages at once, only where the
 * address and the offset in the file agree modulo this. */
#define HUGE_PAGE ((size_t)2 << 20)

/* A program, or another object file, can define it as something else. */
__attribute__((weak)) int mem_mman_copies = 0;

/* All that have a file. */
static struct block *file_blocks;

size_t mem_mman_in_pages(size_t length) {
    return (length + MEM_MMAN_PAGE - 1) / MEM_MMAN_PAGE * MEM_MMAN_PAGE;
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

static bool writes_to_file(const struct block *block) {
    return block->content != ANONYMOUS && block->shared && (block->prot & PROT_WRITE);
}

/* How much of the memory has the file's bytes. Those of the last page are the
 * file's however long it is. */
static size_t filled(const struct block *block) {
    if (!block->number_of_extents)
        return 0;
    const struct extent *last = &block->extents[block->number_of_extents - 1];
    size_t length = block->content == ATTACHED ? mem_mman_in_host_pages(last->length)
                                               : last->length;
    return (size_t)(last->start - block->start) + length;
}

static mem_mmap_mapping_access_t access_of(const struct block *block) {
    if (!(block->prot & PROT_WRITE))
        return MEM_MMAP_MAPPING_ACCESS_READ_ONLY;
    return block->shared ? MEM_MMAP_MAPPING_ACCESS_READ_WRITE
                         : MEM_MMAP_MAPPING_ACCESS_COPY_ON_WRITE;
}

/* Maps the file's bytes from `offset` to `end` of the block. */
static int map(struct extent *extent, const struct block *block, size_t offset, size_t end,
    bool populate) {
    const char *path = block->file.name;
    imports_string_t name = {(uint8_t *)path, strlen(path)};
    mem_mmap_mapping_map_options_t options = {
        .access = access_of(block),
        .flags = populate ? MEM_MMAP_MAPPING_MAP_FLAGS_POPULATE : 0,
        .offset = block->offset + offset,
        .length = {.is_some = true, .val = end - offset},
    };
    mem_mmap_mapping_error_code_t code;
    *extent = (struct extent){.start = block->start + offset, .length = end - offset};
    if (mem_mmap_mapping_file_map(&name, &options, &extent->mapping, &code))
        return 0;
    return mem_mman_errno(code);
}

/* Shows the file's pages in the memory, or a copy. */
static int fill(struct block *block, struct extent *extent) {
    int error = mem_mman_attach(extent);
    if (error != MEM_MMAN_NO_WINDOWS) {
        block->content = ATTACHED;
        return error;
    }
    block->content = COPIED;
    if (block->shared && !mem_mman_copies)
        return ENODEV;
    error = mem_mman_copy(extent, 0, extent->length);
    return error || !writes_to_file(block) ? error : mem_mman_keep_written(extent, 0);
}

/* Whether the file has been cut, which takes what is behind its end. */
static bool is_cut(const struct block *block) {
    const struct extent *last = &block->extents[block->number_of_extents - 1];
    uint64_t end = block->offset + (size_t)(last->start - block->start) + last->length;
    uint64_t size;
    return !mem_mman_size_of(&block->file, &size) && size < end;
}

/* Brings what was changed to the files when the program ends. */
static void flush_all(void) {
    bool failed = false;
    for (struct block *block = file_blocks; block; block = block->next) {
        int error = mem_mman_flush(
            block, 0, block->length, MEM_MMAP_MAPPING_FLUSH_MODE_ASYNCHRONOUS);
        if (!error || (block->content == ATTACHED && is_cut(block)))
            continue;
        fprintf(stderr, "mmap: %s: what was changed is not in the file: %s\n",
            block->file.name, strerror(error));
        failed = true;
    }
    if (failed) {
        fflush(NULL);
        _Exit(EXIT_FAILURE);
    }
}

static int flush_at_exit(void) {
    static bool at_exit;
    if (!at_exit && atexit(flush_all))
        return ENOMEM;
    at_exit = true;
    return 0;
}

static void enter(struct block *block) {
    block->next = file_blocks;
    if (block->next)
        block->next->previous = block;
    file_blocks = block;
}

static void leave(struct block *block) {
    struct block **link = block->previous ? &block->previous->next : &file_blocks;
    *link = block->next;
    if (block->next)
        block->next->previous = block->previous;
}

int mem_mman_file_block(struct block **made, struct mem_mman_file file, uint64_t offset,
    size_t file_length, size_t length, int prot, bool shared, bool populate) {
    struct block *block = NULL;
    if (length >= HUGE_PAGE && offset % HUGE_PAGE == 0)
        block = new_block(HUGE_PAGE, length, prot, shared);
    if (!block)
        block = new_block(MEM_MMAN_PAGE, length, prot, shared);
    struct extent *extent = calloc(1, sizeof *extent);
    if (!block || !extent) {
        if (block)
            free(block->start);
        free(block);
        free(extent);
        mem_mman_forget_file(&file);
        return ENOMEM;
    }
    block->content = COPIED;
    block->file = file;
    block->offset = offset;
    block->extents = extent;
    enter(block);
    int error = writes_to_file(block) ? flush_at_exit() : 0;
    if (!error)
        error = map(extent, block, 0, file_length, populate);
    if (!error) {
        block->number_of_extents = 1;
        error = fill(block, extent);
    }
    if (error) {
        mem_mman_free(block);
        return error;
    }
    memset(block->start + filled(block), 0, length - filled(block));
    *made = block;
    return 0;
}

/* Whether the program has stored something where there are no bytes of the
 * file. */
static bool has_stored(const struct block *block) {
    size_t offset = filled(block);
    uint64_t word;
    for (; block->length - offset >= sizeof word; offset += sizeof word) {
        memcpy(&word, block->start + offset, sizeof word);
        if (word)
            return true;
    }
    for (; offset < block->length; offset++)
        if (block->start[offset])
            return true;
    return false;
}

/* Attaches the pages from `offset` to `end`, with what was stored if `keep`. */
static int attach_more(struct block *block, size_t offset, size_t end, bool keep) {
    struct extent more, *extents;
    size_t number = block->number_of_extents + 1;
    extents = realloc(block->extents, number * sizeof *extents);
    if (!extents)
        return ENOMEM;
    block->extents = extents;
    int error = map(&more, block, offset, end, false);
    if (error)
        return error;
    if (keep)
        error = mem_mman_write_stored(&more, 0, more.length);
    if (!error)
        error = mem_mman_attach(&more);
    if (error) {
        mem_mman_drop(&more);
        block->stuck = block->stuck || more.stuck;
        return error == MEM_MMAN_NO_WINDOWS ? ENODEV : error;
    }
    extents[number - 1] = more;
    block->number_of_extents = number;
    return 0;
}

/* Copies the bytes from `offset` to `end`, likewise. */
static int copy_more(struct block *block, size_t offset, size_t end, bool keep) {
    struct extent *extent = block->extents, longer;
    int error = map(&longer, block, 0, end, false);
    if (error)
        return error;
    longer.written = extent->written;
    if (keep)
        error = mem_mman_write_stored(&longer, offset, end);
    if (!error)
        error = mem_mman_copy(&longer, offset, end);
    if (!error && longer.written)
        error = mem_mman_keep_written(&longer, offset);
    extent->written = error ? longer.written : NULL;
    if (error)
        longer.written = NULL;
    mem_mman_drop(error ? &longer : extent);
    if (!error)
        *extent = longer;
    return error;
}

/* Shows what a file of `size` bytes has in the plain memory behind its pages.
 * What the program has stored there goes to the file if `keep`. */
static int grow(struct block *block, uint64_t size, bool keep) {
    size_t offset = filled(block);
    uint64_t rest = size > block->offset ? size - block->offset : 0;
    size_t end = rest < block->length ? (size_t)rest : block->length;
    if (end <= offset)
        return 0;
    keep = keep && (block->prot & PROT_WRITE);
    return block->content == ATTACHED ? attach_more(block, offset, end, keep)
                                      : copy_more(block, offset, end, keep);
}

/* `grow` to what the file has now. */
static int follow(struct block *block) {
    uint64_t size;
    if (block->content == ANONYMOUS || filled(block) == block->length)
        return 0;
    int error = mem_mman_size_of(&block->file, &size);
    return error ? error : grow(block, size, true);
}

static bool has_room(const struct block *block, const struct mem_mman_file *file) {
    return filled(block) < block->length && block->file.device == file->device
        && block->file.inode == file->inode;
}

bool mem_mman_before_growth(int fd) {
    struct mem_mman_file file;
    bool found = false;
    if (!file_blocks || !mem_mman_identify(fd, &file))
        return false;
    for (struct block *block = file_blocks; block; block = block->next)
        if (has_room(block, &file)) {
            found = true;
            /* What fails here is tried once more by msync and munmap. */
            follow(block);
        }
    return found;
}

void mem_mman_after_growth(int fd) {
    struct mem_mman_file file;
    uint64_t size;
    if (!mem_mman_identify(fd, &file) || mem_mman_size_of(&file, &size))
        return;
    for (struct block *block = file_blocks; block; block = block->next)
        if (has_room(block, &file))
            grow(block, size, !block->shared);
}

/* The part of the range that is in `extent`; false if none is. */
static bool in_extent(const struct block *block, const struct extent *extent, size_t offset,
    size_t length, mem_mmap_mapping_range_t *range) {
    size_t start = (size_t)(extent->start - block->start);
    size_t end = start + extent->length;
    size_t from = offset > start ? offset : start;
    size_t to = offset + length < end ? offset + length : end;
    if (block->content == ANONYMOUS || to <= from)
        return false;
    range->offset = from - start;
    range->length = to - from;
    return true;
}

int mem_mman_flush(struct block *block, size_t offset, size_t length,
    mem_mmap_mapping_flush_mode_t mode) {
    mem_mmap_mapping_range_t range;
    if (!writes_to_file(block))
        return 0;
    int first = has_stored(block) ? follow(block) : 0;
    for (size_t number = 0; number < block->number_of_extents; number++) {
        struct extent *extent = &block->extents[number];
        int error = 0;
        if (in_extent(block, extent, offset, length, &range)) {
            error = mem_mman_write_back(extent, range.offset, range.offset + range.length);
            int flushed = mem_mman_flush_range(extent, range, mode);
            error = error ? error : flushed;
        }
        error = error ? error : mem_mman_check(extent);
        first = first ? first : error;
    }
    return first;
}

int mem_mman_invalidate(struct block *block, size_t offset, size_t length) {
    mem_mmap_mapping_range_t range;
    if (block->content == ANONYMOUS || !block->shared)
        return 0;
    int error = follow(block);
    struct extent *extent = block->extents;
    if (error || block->content == ATTACHED || !in_extent(block, extent, offset, length, &range))
        return error;
    size_t end = (size_t)(range.offset + range.length);
    mem_mman_refresh(extent, range.offset, end);
    error = mem_mman_copy(extent, range.offset, end);
    if (!error && extent->written)
        memcpy(extent->written + range.offset, extent->start + range.offset, range.length);
    return error;
}

int mem_mman_lock(struct block *block, size_t offset, size_t length) {
    mem_mmap_mapping_range_t range;
    int error = block->content == ATTACHED ? 0 : EAGAIN;
    for (size_t number = 0; number < block->number_of_extents && !error; number++)
        if (in_extent(block, &block->extents[number], offset, length, &range))
            error = mem_mman_lock_range(&block->extents[number], range);
    return error;
}

int mem_mman_unlock(struct block *block, size_t offset, size_t length) {
    mem_mmap_mapping_range_t range;
    int error = 0;
    if (block->content != ATTACHED)
        return 0;
    for (size_t number = 0; number < block->number_of_extents && !error; number++)
        if (in_extent(block, &block->extents[number], offset, length, &range))
            error = mem_mman_unlock_range(&block->extents[number], range);
    return error;
}

int mem_mman_advise(struct block *block, size_t offset, size_t length,
    mem_mmap_mapping_advice_t advice) {
    mem_mmap_mapping_range_t range;
    int error = 0;
    if (block->content != ATTACHED)
        return 0;
    for (size_t number = 0; number < block->number_of_extents && !error; number++)
        if (in_extent(block, &block->extents[number], offset, length, &range))
            error = mem_mman_advise_range(&block->extents[number], range, advice);
    return error;
}

int mem_mman_free(struct block *block) {
    int error = 0;
    for (size_t number = 0; number < block->number_of_extents; number++) {
        int dropped = mem_mman_drop(&block->extents[number]);
        error = error ? error : dropped;
        block->stuck = block->stuck || block->extents[number].stuck;
    }
    free(block->extents);
    if (!block->stuck)
        free(block->start);
    if (block->content != ANONYMOUS) {
        leave(block);
        mem_mman_forget_file(&block->file);
    }
    free(block);
    return error;
}
