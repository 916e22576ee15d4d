/* mmap and its kin. What is mapped is a list of ranges, each of them in the
 * block of one call of mmap. */
#include "mem_mman.h"

#include "block.h"
#include "paths.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Memory that is mapped. No two ranges overlap. */
struct range {
    /* The address, as a number to compare with other blocks. */
    uintptr_t start;
    uintptr_t end;
    struct block *block;
    struct range *next;
};

/* In the order of the addresses. */
static struct range *ranges;

/* What is done to a part of a block, given as an offset and a length. */
typedef int operation(struct block *block, size_t offset, size_t length, int argument);

static int fail(int error) {
    errno = error;
    return -1;
}

/* The range from `start` on, in whole pages of the host. It is empty, or ends
 * before it starts, if it is longer than memory can be. */
static struct range pages(const void *start, size_t length) {
    size_t page = mem_mman_host_page();
    uintptr_t address = (uintptr_t)start;
    return (struct range){
        .start = address / page * page,
        .end = (address + length + page - 1) / page * page,
    };
}

static bool is_aligned(const void *start) {
    return (uintptr_t)start % mem_mman_host_page() == 0;
}

static uintptr_t earlier(uintptr_t a, uintptr_t b) {
    return a < b ? a : b;
}

static uintptr_t later(uintptr_t a, uintptr_t b) {
    return a < b ? b : a;
}

/* Does `operate` to each mapped part of the pages from `start` on, if all of
 * them are mapped, and stops at the first error. */
static int each(const void *start, size_t length, operation *operate, int argument) {
    struct range asked = pages(start, length);
    if (length && asked.end <= asked.start)
        return ENOMEM;
    uintptr_t reached = asked.start;
    for (struct range *range = ranges; range && reached < asked.end; range = range->next)
        if (range->start <= reached && reached < range->end)
            reached = range->end;
    if (reached < asked.end)
        return ENOMEM;
    int error = 0;
    for (struct range *range = ranges; range && !error; range = range->next) {
        uintptr_t from = later(range->start, asked.start);
        uintptr_t to = earlier(range->end, asked.end);
        if (from < to)
            error = operate(range->block, from - (uintptr_t)range->block->start,
                to - from, argument);
    }
    return error;
}

/* Enters a range before `next`, which is the link to its place. */
static bool enter(struct range **next, uintptr_t start, uintptr_t end, struct block *block) {
    struct range *range = malloc(sizeof *range);
    if (!range)
        return false;
    *range = (struct range){start, end, block, *next};
    *next = range;
    return true;
}

/* Has the block of a new mapping in the list. */
static void *enter_block(struct block *block) {
    uintptr_t start = (uintptr_t)block->start;
    struct range **next = &ranges;
    while (*next && (*next)->start < start)
        next = &(*next)->next;
    if (!enter(next, start, start + block->length, block)) {
        mem_mman_free(block);
        errno = ENOMEM;
        return MAP_FAILED;
    }
    return block->start;
}

/* How many bytes the file has in the pages of `length` bytes from `offset` on,
 * if it can be mapped. */
static int bytes_in_file(int fd, int prot, bool shared, off_t offset, size_t length,
    size_t *bytes) {
    struct stat file;
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fstat(fd, &file) < 0)
        return errno;
    if (!S_ISREG(file.st_mode))
        return ENODEV;
    int access = flags & O_ACCMODE;
    if (access != O_RDWR && (access != O_RDONLY || (shared && (prot & PROT_WRITE))))
        return EACCES;
    uint64_t rest = file.st_size > offset ? (uint64_t)(file.st_size - offset) : 0;
    size_t whole = mem_mman_in_pages(length);
    *bytes = rest < whole ? (size_t)rest : whole;
    return mem_mman_in_pages(*bytes) < whole ? ENXIO : 0;
}

static int file_block(struct block **block, size_t length, int prot, int flags, int fd,
    off_t offset) {
    bool shared = flags & MAP_SHARED;
    struct mem_mman_file file;
    size_t bytes;
    if (offset < 0 || (uint64_t)offset % mem_mman_host_page() != 0)
        return EINVAL;
    int error = bytes_in_file(fd, prot, shared, offset, length, &bytes);
    if (error)
        return error;
    error = mem_mman_file_of(fd, &file);
    if (error)
        return error;
    return mem_mman_file_block(block, file, (uint64_t)offset, bytes,
        mem_mman_in_pages(length), prot, shared, flags & MAP_POPULATE);
}

void *mmap(void *hint, size_t length, int prot, int flags, int fd, off_t offset) {
    (void)hint;
    int type = flags & MAP_TYPE;
    struct block *block = NULL;
    int error = 0;
    if (length == 0 || (type != MAP_SHARED && type != MAP_PRIVATE) || (flags & MAP_FIXED))
        error = EINVAL;
    else if (prot & PROT_EXEC)
        error = ENOTSUP;
    else if (mem_mman_in_pages(length) == 0)
        error = ENOMEM;
    else if (flags & MAP_ANONYMOUS)
        block = mem_mman_anonymous_block(
            mem_mman_in_pages(length), prot, type == MAP_SHARED);
    else
        error = file_block(&block, length, prot, flags, fd, offset);
    if (!block) {
        errno = error ? error : ENOMEM;
        return MAP_FAILED;
    }
    block->asked = length;
    if (flags & MAP_LOCKED)
        mem_mman_lock(block, 0, block->length);
    return enter_block(block);
}

/* Has the pages from `from` to `to` of the range at `link` unmapped, which it
 * has all of. */
static int leave(struct range **link, uintptr_t from, uintptr_t to) {
    struct range *range = *link;
    struct block *block = range->block;
    if (range->start < from && to < range->end
        && !enter(&range->next, to, range->end, block))
        return ENOMEM;
    int error = mem_mman_flush(block, from - (uintptr_t)block->start, to - from,
        MEM_MMAP_MAPPING_FLUSH_MODE_ASYNCHRONOUS);
    if (range->start < from) {
        range->end = from;
    } else if (to < range->end) {
        range->start = to;
    } else {
        *link = range->next;
        free(range);
    }
    block->mapped -= to - from;
    if (block->mapped == 0) {
        int freed = mem_mman_free(block);
        error = error ? error : freed;
    }
    return error;
}

int munmap(void *start, size_t length) {
    struct range asked = pages(start, length);
    if (!is_aligned(start) || length == 0 || asked.end <= asked.start)
        return fail(EINVAL);
    int error = 0;
    struct range **link = &ranges;
    while (*link && (*link)->start < asked.end) {
        struct range *range = *link;
        uintptr_t from = later(range->start, asked.start);
        uintptr_t to = earlier(range->end, asked.end);
        /* What fills the last page of the guest goes with that of the host. */
        if (to >= pages(range->block->start, range->block->asked).end)
            to = range->end;
        bool overlaps = from < to;
        if (overlaps) {
            int left = leave(link, from, to);
            error = error ? error : left;
        }
        /* Else the link leads to what was behind the range. */
        if (!overlaps || (*link && (*link)->start < from))
            link = &(*link)->next;
    }
    return error ? fail(error) : 0;
}

/* `each`, with the result of its callers. */
static int each_or_fail(const void *start, size_t length, operation *operate, int argument) {
    int error = each(start, length, operate, argument);
    return error ? fail(error) : 0;
}

/* To the end of the page as sysconf has it, where the program can have written
 * as well. */
static int sync_part(struct block *block, size_t offset, size_t length, int flags) {
    length = mem_mman_in_pages(offset + length) - offset;
    mem_mmap_mapping_flush_mode_t mode = flags & MS_SYNC
        ? MEM_MMAP_MAPPING_FLUSH_MODE_SYNCHRONOUS
        : MEM_MMAP_MAPPING_FLUSH_MODE_ASYNCHRONOUS;
    int error = mem_mman_flush(block, offset, length, mode);
    if (!error && (flags & MS_INVALIDATE))
        error = mem_mman_invalidate(block, offset, length);
    return error;
}

int msync(void *start, size_t length, int flags) {
    bool contradict = (flags & MS_SYNC) && (flags & MS_ASYNC);
    if (!is_aligned(start) || contradict || (flags & ~(MS_SYNC | MS_ASYNC | MS_INVALIDATE)))
        return fail(EINVAL);
    return each_or_fail(start, length, sync_part, flags);
}

static int protect_part(struct block *block, size_t offset, size_t length, int prot) {
    (void)offset, (void)length;
    int more = prot & ~block->prot;
    if ((more & PROT_WRITE) && block->shared && block->content != ANONYMOUS)
        return EACCES;
    return block->prot & ~prot ? ENOTSUP : 0;
}

int mprotect(void *start, size_t length, int prot) {
    if (!is_aligned(start))
        return fail(EINVAL);
    if (prot & PROT_EXEC)
        return fail(ENOTSUP);
    return each_or_fail(start, length, protect_part, prot);
}

static int lock_part(struct block *block, size_t offset, size_t length, int unused) {
    (void)unused;
    return mem_mman_lock(block, offset, length);
}

int mlock(const void *start, size_t length) {
    return each_or_fail(start, length, lock_part, 0);
}

static int unlock_part(struct block *block, size_t offset, size_t length, int unused) {
    (void)unused;
    return mem_mman_unlock(block, offset, length);
}

int munlock(const void *start, size_t length) {
    return each_or_fail(start, length, unlock_part, 0);
}

/* The advice as the contract has it; false if it has none of it. */
static bool as_in_contract(int advice, mem_mmap_mapping_advice_t *found) {
    static const struct {
        int from;
        mem_mmap_mapping_advice_t to;
    } known[] = {
        {MADV_NORMAL, MEM_MMAP_MAPPING_ADVICE_NORMAL},
        {MADV_RANDOM, MEM_MMAP_MAPPING_ADVICE_RANDOM},
        {MADV_SEQUENTIAL, MEM_MMAP_MAPPING_ADVICE_SEQUENTIAL},
        {MADV_WILLNEED, MEM_MMAP_MAPPING_ADVICE_WILL_NEED},
        {MADV_DONTNEED, MEM_MMAP_MAPPING_ADVICE_COLD},
        {MADV_COLD, MEM_MMAP_MAPPING_ADVICE_COLD},
        {MADV_PAGEOUT, MEM_MMAP_MAPPING_ADVICE_PAGE_OUT},
        {MADV_POPULATE_READ, MEM_MMAP_MAPPING_ADVICE_POPULATE_READ},
        {MADV_POPULATE_WRITE, MEM_MMAP_MAPPING_ADVICE_POPULATE_WRITE},
        {MADV_HUGEPAGE, MEM_MMAP_MAPPING_ADVICE_HUGE_PAGE},
        {MADV_NOHUGEPAGE, MEM_MMAP_MAPPING_ADVICE_NO_HUGE_PAGE},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].from == advice) {
            *found = known[i].to;
            return true;
        }
    return false;
}

static int advise_part(struct block *block, size_t offset, size_t length, int advice) {
    mem_mmap_mapping_advice_t found;
    if (advice == MADV_FREE)
        return 0;
    if (advice == MADV_DONTNEED && !block->shared) {
        if (block->content != ANONYMOUS)
            return EINVAL;
        memset(block->start + offset, 0, length);
        return 0;
    }
    if (!as_in_contract(advice, &found))
        return EINVAL;
    return mem_mman_advise(block, offset, length, found);
}

int madvise(void *start, size_t length, int advice) {
    mem_mmap_mapping_advice_t known;
    if (!is_aligned(start) || (advice != MADV_FREE && !as_in_contract(advice, &known)))
        return fail(EINVAL);
    return each_or_fail(start, length, advise_part, advice);
}

int posix_madvise(void *start, size_t length, int advice) {
    if (!is_aligned(start) || advice < POSIX_MADV_NORMAL || advice > POSIX_MADV_DONTNEED)
        return EINVAL;
    /* The others have the numbers of `madvise`, whose MADV_DONTNEED changes
     * bytes. */
    if (advice == POSIX_MADV_DONTNEED)
        advice = MADV_COLD;
    return each(start, length, advise_part, advice);
}
