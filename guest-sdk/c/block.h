/* The memory that one call of mmap gives, and the file behind it.
 *
 * Functions that return an `int` return 0 or the error, as `errno` has it.
 * Ranges are inside the block, and start and end where pages do. */
#ifndef MEM_MMAN_BLOCK_H
#define MEM_MMAN_BLOCK_H

#include "paths.h"
#include "extent.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What sysconf(_SC_PAGESIZE) returns: the size of a page of WebAssembly. It
 * consists of one or more pages of the host. */
#define MEM_MMAN_PAGE ((size_t)65536)

/* What a block shows. */
enum content {
    /* Memory of the guest without a file. */
    ANONYMOUS,
    /* Pages of the file. */
    ATTACHED,
    /* Bytes that were read from the file. */
    COPIED,
};

struct block {
    enum content content;
    char *start;
    /* In whole pages of the guest. */
    size_t length;
    /* How many bytes the program asked for. */
    size_t asked;
    /* What the program may do by the flags of mmap. */
    int prot;
    bool shared;
    /* How much of the memory is still mapped. */
    size_t mapped;

    /* Of a block with a file: */
    struct mem_mman_file file;
    /* Where the block starts in it. */
    uint64_t offset;
    /* The bytes of the file, one behind the other. A copy is one extent. Where
     * pages are attached, what the file got later is an extent of its own. Plain
     * memory follows the last extent. */
    struct extent *extents;
    size_t number_of_extents;
    /* Whether the memory has pages that the host could not detach. */
    bool stuck;
    /* The other blocks of this kind. */
    struct block *previous, *next;
};

/* 0 for a length that is too large. */
size_t mem_mman_in_pages(size_t length);

/* Zero bytes. NULL if there is no room. */
struct block *mem_mman_anonymous_block(size_t length, int prot, bool shared);

/* `file_length` bytes of the file from `offset` on, and zeros up to `length`.
 * Takes `file`, also if it fails. */
int mem_mman_file_block(struct block **block, struct mem_mman_file file,
    uint64_t offset, size_t file_length, size_t length, int prot, bool shared,
    bool populate);

/* Brings what was changed in the range to the file, and has the file's pages
 * written to the disk. What the file got meanwhile is shown first. Fails if
 * bytes of the block are lost, wherever in it. */
int mem_mman_flush(struct block *block, size_t offset, size_t length,
    mem_mmap_mapping_flush_mode_t mode);

/* Has the range show what the file has now. */
int mem_mman_invalidate(struct block *block, size_t offset, size_t length);

int mem_mman_lock(struct block *block, size_t offset, size_t length);
int mem_mman_unlock(struct block *block, size_t offset, size_t length);
int mem_mman_advise(struct block *block, size_t offset, size_t length,
    mem_mmap_mapping_advice_t advice);

/* Gives the memory back, without `mem_mman_flush`. If the host cannot detach
 * its pages, the memory is never used again. */
int mem_mman_free(struct block *block);

/* Whether a block of the file that is open as `fd` has plain memory behind the
 * end of the file. If so, shows what others have added to the file. */
bool mem_mman_before_growth(int fd);

/* Shows what the program has added to the file by `fd`. */
void mem_mman_after_growth(int fd);

#endif
