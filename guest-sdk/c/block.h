/* The memory that one call of mmap gives, and the file behind it.
 *
 * Functions that return an `int` return 0 or the error, as `errno` has it.
 * Ranges are inside the block, and start and end where pages do. */
#ifndef MEM_MMAN_BLOCK_H
#define MEM_MMAN_BLOCK_H

#include "imports.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What sysconf(_SC_PAGESIZE) returns: the size of a page of WebAssembly. The
 * host's pages, of which these consist, may be smaller. */
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
    mem_mmap_mapping_own_mapping_t mapping;
    /* How many bytes the file has; those behind are zeros. */
    size_t file_length;

    /* Of an attached one: the windows, one behind the other. */
    mem_mmap_window_own_window_t *windows;
    size_t number_of_windows;
    /* Whether the host could not detach a window, whose pages stay the file's. */
    bool stuck;

    /* Of a copy whose changes go to the file: the bytes that the file has. */
    char *written;
    /* The other blocks of this kind. */
    struct block *previous, *next;
};

/* The host's page size. */
size_t mem_mman_host_page(void);

/* Zero bytes. NULL if there is no room. */
struct block *mem_mman_anonymous_block(size_t length, int prot, bool shared);

/* `file_length` bytes of the file at `path`, and zeros up to `length`. */
int mem_mman_file_block(struct block **block, const char *path, uint64_t offset,
    size_t file_length, size_t length, int prot, bool shared, bool populate);

/* Brings what was changed in the range to the file, if it is not there. */
int mem_mman_write_back(struct block *block, size_t offset, size_t length);

/* Has the file's pages of the range written to the disk. */
int mem_mman_flush(struct block *block, size_t offset, size_t length, bool wait);

int mem_mman_lock(struct block *block, size_t offset, size_t length);
int mem_mman_unlock(struct block *block, size_t offset, size_t length);
int mem_mman_advise(struct block *block, size_t offset, size_t length,
    mem_mmap_mapping_advice_t advice);

/* Gives the memory back, without `mem_mman_write_back`. If the host cannot
 * detach its pages, the memory is never used again. */
int mem_mman_free(struct block *block);

#endif
