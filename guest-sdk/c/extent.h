/* An extent: bytes of a file, one behind the other, in the guest's memory. They
 * are pages of the file, or a copy.
 *
 * Functions that return an `int` return 0 or the error, as `errno` has it. */
#ifndef MEM_MMAN_EXTENT_H
#define MEM_MMAN_EXTENT_H

#include "imports.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct extent {
    char *start;
    /* How many bytes the file has. */
    size_t length;
    mem_mmap_mapping_own_mapping_t mapping;

    /* If they are pages: the windows, one behind the other. */
    mem_mmap_window_own_window_t *windows;
    size_t number_of_windows;
    /* Whether the host could not detach a window. Its pages stay the file's. */
    bool stuck;

    /* If they are a copy whose changes go to the file: the bytes of the file. */
    char *written;
};

/* The host's page size. */
size_t mem_mman_host_page(void);

/* `length` in whole pages of the host. */
size_t mem_mman_in_host_pages(size_t length);

/* Puts the file's pages into the memory, all of them or none. */
int mem_mman_attach(struct extent *extent);

/* Puts zeros where the pages are. If the host cannot, the memory stays the
 * file's, and the error says so. */
int mem_mman_detach(struct extent *extent);

/* Copies the bytes of the file from `offset` to `end`. */
int mem_mman_copy(struct extent *extent, size_t offset, size_t end);

/* Makes a host that keeps pages of its own, as in a bundle, read the pages from
 * `offset` to `end` anew. Otherwise it would write what it kept over what others
 * have written since. */
void mem_mman_refresh(struct extent *extent, size_t offset, size_t end);

/* Keeps what the file has from `offset` on, to find what is changed. */
int mem_mman_keep_written(struct extent *extent, size_t offset);

/* Writes to the file what was changed in a copy from `offset` to `end`. */
int mem_mman_write_back(struct extent *extent, size_t offset, size_t end);

/* Writes each byte of the memory that is not zero, from `offset` to `end`. */
int mem_mman_write_stored(struct extent *extent, size_t offset, size_t end);

/* Whether all pages are still the file's. */
int mem_mman_check(struct extent *extent);

int mem_mman_flush_range(struct extent *extent, mem_mmap_mapping_range_t range,
    mem_mmap_mapping_flush_mode_t mode);
int mem_mman_lock_range(struct extent *extent, mem_mmap_mapping_range_t range);
/* It is no error if a page is not locked. */
int mem_mman_unlock_range(struct extent *extent, mem_mmap_mapping_range_t range);
int mem_mman_advise_range(struct extent *extent, mem_mmap_mapping_range_t range,
    mem_mmap_mapping_advice_t advice);

/* Gives back everything but the memory. */
int mem_mman_drop(struct extent *extent);

#endif
