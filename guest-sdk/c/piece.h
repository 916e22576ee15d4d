/* Bytes of a file in the guest's memory: pages of the file, or a copy.
 *
 * Functions that return an `int` return 0 or the error, as `errno` has it. */
#ifndef MEM_MMAN_PIECE_H
#define MEM_MMAN_PIECE_H

#include "imports.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct piece {
    char *start;
    /* How many bytes the file has. */
    size_t length;
    mem_mmap_mapping_own_mapping_t mapping;

    /* Of pages: the windows, one behind the other. */
    mem_mmap_window_own_window_t *windows;
    size_t number_of_windows;
    /* Whether the host could not detach a window, whose pages stay the file's. */
    bool stuck;

    /* Of a copy whose changes go to the file: the bytes that the file has. */
    char *written;
};

/* The host's page size. */
size_t mem_mman_host_page(void);

/* `length` in whole pages of the host. */
size_t mem_mman_in_host_pages(size_t length);

/* Puts the file's pages into the memory, all of them or none. */
int mem_mman_attach(struct piece *piece);

/* Puts zeros where the pages are. If the host cannot, the memory stays the
 * file's, and the error says so. */
int mem_mman_detach(struct piece *piece);

/* Copies the bytes of the file from `offset` to `end`. */
int mem_mman_copy(struct piece *piece, size_t offset, size_t end);

/* Has a host that keeps pages of its own, as in a bundle, read those from
 * `offset` to `end` anew. It would write what it kept over what others have
 * written since. */
void mem_mman_refresh(struct piece *piece, size_t offset, size_t end);

/* Keeps what the file has from `offset` on, to find what is changed. */
int mem_mman_keep_written(struct piece *piece, size_t offset);

/* Brings what was changed in a copy from `offset` to `end` to the file. */
int mem_mman_write_back(struct piece *piece, size_t offset, size_t end);

/* Writes each byte of the memory that is not zero, from `offset` to `end`. */
int mem_mman_write_stored(struct piece *piece, size_t offset, size_t end);

/* Whether all pages are still the file's. */
int mem_mman_check(struct piece *piece);

int mem_mman_flush_range(struct piece *piece, mem_mmap_mapping_range_t range,
    mem_mmap_mapping_flush_mode_t mode);
int mem_mman_lock_range(struct piece *piece, mem_mmap_mapping_range_t range);
/* It is no error if a page is not locked. */
int mem_mman_unlock_range(struct piece *piece, mem_mmap_mapping_range_t range);
int mem_mman_advise_range(struct piece *piece, mem_mmap_mapping_range_t range,
    mem_mmap_mapping_advice_t advice);

/* Gives back everything but the memory. */
int mem_mman_drop(struct piece *piece);

#endif
