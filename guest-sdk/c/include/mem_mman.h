/* Memory-mapped files for guests in C, with the signatures of POSIX.
 *
 * A program that includes <sys/mman.h> compiles unchanged when this folder is
 * searched for headers, and `libmem_mman.a` is linked:
 *
 *     make -C mem/guest-sdk/c
 *     clang --target=wasm32-wasi -Imem/guest-sdk/c/include program.c \
 *         -Lmem/target/c -lmem_mman -o program.wasm
 *     wasmtime-mem run --dir . program.wasm
 *
 * A mapped file is the file's own pages, which the host puts into the guest's
 * memory (the interface `window` of the WIT package `mem:mmap`). A host that
 * has no windows gets copies instead; see "Copies".
 *
 * Files
 *
 * The host maps files by path, and WASI does not tell the path of a file
 * descriptor. So the library notes the path of each file that is opened,
 * whether by open, openat or fopen: it stands between wasi-libc and the
 * functions `path_open`, `fd_close` and `fd_renumber` of WASI preview 1. A file
 * can be mapped as long as it has the name that it was opened by.
 *
 * Pages
 *
 * sysconf(_SC_PAGESIZE) is 65,536 in wasi-libc, and mmap returns multiples of
 * it. Addresses and offsets may also be multiples of the host's page, which is
 * 4,096 bytes on most machines.
 *
 * What differs from a system with an MMU
 *
 * - All memory of a guest can be read and written. A write to memory mapped
 *   with PROT_READ or PROT_NONE raises no signal; it never reaches the file.
 * - A byte behind the end of the file, or of a file that has become shorter,
 *   reads as zero and raises no signal.
 * - munmap of a part ends the mapping of that part, but the guest has its
 *   memory again only when all of what one call of mmap gave is unmapped.
 * - There is no fork. One thread at a time may call these functions, and in
 *   memory that threads share files are copies.
 *
 * Copies
 *
 * Where the host has no windows, as with `wasmtime-mem run --mem-windows=n`,
 * mmap copies the file. What was changed in a MAP_SHARED copy is written to the
 * file, byte by byte, by msync, by munmap, and when the program ends by exit or
 * by returning from main. Until then other mappings and read(2) give the old
 * bytes. A MAP_SHARED copy that is writable needs twice its length in memory.
 *
 * Errors
 *
 * Each function says which it gives by itself. Those that the host reports:
 *
 *     access-denied    EACCES  the host has not granted the file, or not for
 *                              writing
 *     not-found        ENOENT  the file is gone
 *     not-a-file       ENODEV  a directory, or something else without pages
 *     invalid-argument EINVAL
 *     out-of-bounds    ENXIO   the file has become shorter meanwhile
 *     read-only        EACCES
 *     truncated        EIO     bytes of the range are gone from the file
 *     lock-limit       ENOMEM  the host granted no locks, or fewer bytes
 *     quota-exceeded   ENOMEM  one of the host's quotas is exhausted
 *     busy             EBUSY   guests of another store have windows on the file
 *     no-space         ENOSPC
 *     unsupported      ENODEV
 *     io               EIO
 */
#ifndef MEM_MMAN_H
#define MEM_MMAN_H

/* The constants. */
#include <sys/mman.h>

#include <stddef.h>
#include <sys/types.h>

#ifndef MADV_NORMAL
#define MADV_NORMAL 0
#define MADV_RANDOM 1
#define MADV_SEQUENTIAL 2
#define MADV_WILLNEED 3
#define MADV_DONTNEED 4
#define MADV_FREE 8
#define MADV_HUGEPAGE 14
#define MADV_NOHUGEPAGE 15
#define MADV_COLD 20
#define MADV_PAGEOUT 21
#endif
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Maps `length` bytes of the file `fd` from `offset` on, or fresh zero bytes
 * with MAP_ANONYMOUS. MAP_POPULATE reads them now; MAP_LOCKED locks them if it
 * can. `hint` is ignored, and so are flags that are not mentioned here.
 *
 * EINVAL  `length` is 0; `offset` is not a multiple of the page size; `flags`
 *         has not exactly one of MAP_SHARED and MAP_PRIVATE, or has MAP_FIXED
 * ENOTSUP `prot` has PROT_EXEC
 * EBADF   `fd` is not open
 * EACCES  `fd` is not open for reading; MAP_SHARED with PROT_WRITE, and it is
 *         not open for reading and writing
 * ENODEV  `fd` is no regular file
 * ESTALE  the file has no more the name that it was opened by
 * ENXIO   a page of the range (of 65,536 bytes) lies wholly behind the end of
 *         the file
 * ENOMEM  the guest has no room */
void *mmap(void *hint, size_t length, int prot, int flags, int fd, off_t offset);

/* Unmaps the pages of the range, which may lie in several mappings and in none.
 *
 * EINVAL  `start` is not a multiple of the page size, or `length` is 0
 *
 * A copy that cannot be written back, and pages that the host cannot detach,
 * give an error, and are unmapped all the same. */
int munmap(void *start, size_t length);

/* Writes what was changed in the pages of the range to the disk, with MS_SYNC
 * before it returns. MAP_PRIVATE and anonymous memory has nothing to write.
 *
 * EINVAL  `start` is not a multiple of the page size; MS_ASYNC and MS_SYNC
 *         together, or an unknown flag
 * ENOMEM  a page of the range is not mapped; nothing was written */
int msync(void *start, size_t length, int flags);

/* Changes nothing but what the program may rely on.
 *
 * EINVAL  `start` is not a multiple of the page size
 * ENOMEM  a page of the range is not mapped
 * EACCES  PROT_WRITE is asked for on a MAP_SHARED mapping made without it
 * ENOTSUP less is asked for than there is, which the memory of a guest cannot
 *         enforce; or PROT_EXEC */
int mprotect(void *start, size_t length, int prot);

/* Holds the pages of the file in RAM, until munlock or munmap. Pages of a
 * MAP_PRIVATE mapping that were written are the guest's own, and not held.
 *
 * ENOMEM  a page of the range is not mapped; or as the host reports it
 * EAGAIN  the range is anonymous memory or a copy, which the host cannot lock */
int mlock(const void *start, size_t length);

/* Undoes mlock. It is no error if a page is not locked.
 *
 * ENOMEM  a page of the range is not mapped */
int munlock(const void *start, size_t length);

/* Tells how the range is going to be used: MADV_NORMAL, _RANDOM, _SEQUENTIAL,
 * _WILLNEED, _COLD, _PAGEOUT, _POPULATE_READ, _POPULATE_WRITE, _HUGEPAGE and
 * _NOHUGEPAGE as for madvise(2); nothing is done where the memory is anonymous
 * or a copy. MADV_DONTNEED gives zeros in anonymous memory, is MADV_COLD on
 * MAP_SHARED, and an error on MAP_PRIVATE. MADV_FREE does nothing.
 *
 * EINVAL  `start` is not a multiple of the page size; another advice; the host
 *         does not know the advice, or not for this file
 * ENOMEM  a page of the range is not mapped */
int madvise(void *start, size_t length, int advice);

/* The advice of POSIX, which never changes a byte. Returns the error. */
int posix_madvise(void *start, size_t length, int advice);

#ifdef __cplusplus
}
#endif

#endif
