/* The paths of open files. */
#ifndef MEM_MMAN_PATHS_H
#define MEM_MMAN_PATHS_H

#include <stdbool.h>
#include <stdint.h>

/* A file that the program has opened by a path, and may have closed. */
struct mem_mman_file {
    /* The directory that the host granted, and the path in it. */
    int granted;
    char *path;
    /* The path by which the host finds the file. */
    char *name;
    uint64_t device, inode;
};

/* Finds the path of the file that is open as `fd`. Returns 0, or ENODEV if the
 * file was not opened by a path, ESTALE if its path leads to another file or to
 * none, ENOMEM. */
int mem_mman_file_of(int fd, struct mem_mman_file *file);

/* Frees what `mem_mman_file_of` has found. */
void mem_mman_forget_file(struct mem_mman_file *file);

/* Asks how long the file is. Returns 0, or ESTALE as `mem_mman_file_of`. */
int mem_mman_size_of(const struct mem_mman_file *file, uint64_t *size);

/* Whether a path is known for `fd`. Then asks which file it is. */
bool mem_mman_identify(int fd, struct mem_mman_file *file);

#endif
