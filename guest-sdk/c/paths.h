/* The paths of open files. */
#ifndef MEM_MMAN_PATHS_H
#define MEM_MMAN_PATHS_H

/* The path by which the host finds the file that is open as `fd`, to be freed.
 * NULL with an error: ENODEV if the file was not opened by a path, ESTALE if
 * its path leads to another file or to none, ENOMEM. */
char *mem_mman_path(int fd);

#endif
