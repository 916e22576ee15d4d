/* What makes files longer: a file may get bytes where a mapping of it has plain
 * memory behind the end. The functions stand before those of WASI, as those of
 * paths.c do. */
#include "block.h"

#define WASI(name) \
    __attribute__((import_module("wasi_snapshot_preview1"), import_name(name)))

WASI("fd_write")
int32_t mem_mman_import_fd_write(
    int32_t fd, int32_t buffers, int32_t number, int32_t written);
WASI("fd_pwrite")
int32_t mem_mman_import_fd_pwrite(
    int32_t fd, int32_t buffers, int32_t number, int64_t offset, int32_t written);
WASI("fd_filestat_set_size")
int32_t mem_mman_import_fd_filestat_set_size(int32_t fd, int64_t size);
WASI("fd_allocate")
int32_t mem_mman_import_fd_allocate(int32_t fd, int64_t offset, int64_t length);

/* Calls WASI, and shows what that has added to the file. */
#define GROWING(fd, call)                                \
    do {                                                 \
        bool is_mapped = mem_mman_before_growth(fd);     \
        int32_t error = (call);                          \
        if (is_mapped)                                   \
            mem_mman_after_growth(fd);                   \
        return error;                                    \
    } while (0)

int32_t __imported_wasi_snapshot_preview1_fd_write(
    int32_t fd, int32_t buffers, int32_t number, int32_t written) {
    GROWING(fd, mem_mman_import_fd_write(fd, buffers, number, written));
}

int32_t __imported_wasi_snapshot_preview1_fd_pwrite(
    int32_t fd, int32_t buffers, int32_t number, int64_t offset, int32_t written) {
    GROWING(fd, mem_mman_import_fd_pwrite(fd, buffers, number, offset, written));
}

int32_t __imported_wasi_snapshot_preview1_fd_filestat_set_size(int32_t fd, int64_t size) {
    GROWING(fd, mem_mman_import_fd_filestat_set_size(fd, size));
}

int32_t __imported_wasi_snapshot_preview1_fd_allocate(
    int32_t fd, int64_t offset, int64_t length) {
    GROWING(fd, mem_mman_import_fd_allocate(fd, offset, length));
}
