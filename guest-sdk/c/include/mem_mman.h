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
 * memory (the interface `window` of the WIT package `mem:mmap`). Where a host
 * has no windows, MAP_PRIVATE copies the file, and MAP_SHARED fails unless the
 * program takes copies; see "Copies".
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
 * A mapping consists of whole pages, as on any system with mmap. Bytes that the
 * file has up to the end of the last page can be read and written too, whatever
 * the length that was asked for.
 *
 * The end of the file
 *
 * The last page of a mapping may have fewer bytes in the file, and zeros behind
 * them. What is stored behind the end of the file is not written to it. When the
 * file becomes longer, up to the end of that page:
 *
 * - What this program adds, by write, pwrite, ftruncate, posix_fallocate and
 *   what calls them, is in the mapping when they return.
 * - What others add up to the end of the host's page is in the mapping at once,
 *   if it is no copy. What they add behind it is there after the next
 *   msync(MS_INVALIDATE), and after the next of the functions above.
 * - What this program has stored there meanwhile is written to the file, by
 *   these, and by msync and munmap. The bytes that are not zero count as stored.
 * - Where the mapping cannot follow, as the file has no more the name that it
 *   was opened by, msync and munmap give ESTALE if something is stored there,
 *   and msync(MS_INVALIDATE) always does; other errors mean what they do for
 *   mmap. The bytes that are stored stay where they are.
 *
 * Losses
 *
 * A store can fail when nobody is there to say so: the disk has no room for the
 * page, or the file was cut. Other systems send SIGBUS. Here, msync and munmap
 * of any part of a MAP_SHARED mapping that is writable give EIO or ENOSPC as
 * soon as any page of it is lost, and each further call does too. They give EIO
 * as well while the file is shorter than the mapping, for what is written behind
 * its end is lost. When the program ends by exit or by returning from main with
 * such a mapping that is still there, it says so on the standard error, and its
 * status is 1; a file that was cut and is still shorter is no reason for that.
 *
 * What differs from a system with an MMU
 *
 * - All memory of a guest can be read and written. A write to memory mapped
 *   with PROT_READ or PROT_NONE raises no signal; it never reaches the file.
 * - A byte behind the end of the file, or of a file that has become shorter,
 *   reads as zero and raises no signal.
 * - munmap of a part ends the mapping of that part, but the guest has its
 *   memory again only when all of what one call of mmap gave is unmapped.
 * - There is no fork. One thread at a time may call these functions, and those
 *   that open, close, write or lengthen a file. In memory that threads share,
 *   files are copies.
 *
 * Copies
 *
 * Where the host has no windows, as with `wasmtime-mem run --mem-windows=n` and
 * in a bundle, a mapping is a copy of the file. It does not see what write(2),
 * other mappings and other programs write, and they do not see what is changed
 * in it. A database that relies on this reads old bytes and writes a broken file,
 * so MAP_SHARED gives ENODEV there, for reading as well.
 *
 * A program that never changes a file in one way and looks at it in another can
 * do with copies. It says so by `mem_mman_copies = 1` before it calls mmap. If
 * it is unchanged POSIX, link an object that says it:
 *
 *     clang ... program.c -Lmem/target/c mem/target/c/mem_mman_copies.o -lmem_mman
 *
 * What was changed in a MAP_SHARED copy is then written to the file, byte by
 * byte, by msync, by munmap, and when the program ends by exit or by returning
 * from main; each reports what could not be written, the last as under "Losses".
 * msync(MS_INVALIDATE) reads the range anew afterwards. A MAP_SHARED copy that
 * is writable needs twice its length in memory.
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

/* Whether MAP_SHARED copies a file where the host has no windows: 0, unless the
 * program or another object file defines or sets it otherwise. */
extern int mem_mman_copies;

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
 * ENODEV  `fd` is no regular file; MAP_SHARED, the host has no windows, and the
 *         program does not take copies
 * ESTALE  the file has no more the name that it was opened by
 * ENXIO   a page of the range (of 65,536 bytes) lies wholly behind the end of
 *         the file
 * ENOMEM  the guest has no room */
void *mmap(void *hint, size_t length, int prot, int flags, int fd, off_t offset);

/* Unmaps the pages of the range, which may lie in several mappings and in none.
 *
 * EINVAL  `start` is not a multiple of the page size, or `length` is 0
 *
 * Bytes of a writable MAP_SHARED mapping that are lost ("Losses"), a copy that
 * cannot be written back, and pages that the host cannot detach give an error,
 * and are unmapped all the same. */
int munmap(void *start, size_t length);

/* Writes what was changed in the pages of the range to the disk, with MS_SYNC
 * before it returns. The range is widened to the end of its last page of 65,536
 * bytes. MAP_PRIVATE and anonymous memory has nothing to write. MS_INVALIDATE
 * then shows what the file has got behind its former end, and reads the range of
 * a copy anew.
 *
 * EINVAL  `start` is not a multiple of the page size; MS_ASYNC and MS_SYNC
 *         together, or an unknown flag
 * ENOMEM  a page of the range is not mapped; nothing was written
 * EIO     bytes of a mapping are lost ("Losses"); the others were written
 * ENOSPC  likewise, as the disk is full
 * ESTALE  what is stored behind the former end of the file cannot be written,
 *         or with MS_INVALIDATE, shown ("The end of the file") */
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

/* Says how the range is going to be used: MADV_NORMAL, _RANDOM, _SEQUENTIAL,
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
