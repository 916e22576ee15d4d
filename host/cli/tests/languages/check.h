/* What the programs here print: a line for each thing they try. */
#ifndef CHECK_H
#define CHECK_H

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *error_name(int error) {
    static const struct {
        int error;
        const char *name;
    } names[] = {
        {EACCES, "EACCES"}, {EAGAIN, "EAGAIN"}, {EBADF, "EBADF"}, {EINVAL, "EINVAL"},
        {EIO, "EIO"}, {ENODEV, "ENODEV"}, {ENOENT, "ENOENT"}, {ENOMEM, "ENOMEM"},
        {ENOSPC, "ENOSPC"}, {ENOTSUP, "ENOTSUP"}, {ENXIO, "ENXIO"}, {ESTALE, "ESTALE"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].error == error)
            return names[i].name;
    return strerror(error);
}

/* Of a function that returns -1 with `errno`. */
static inline void try(const char *what, int result) {
    printf("%s: %s\n", what, result < 0 ? error_name(errno) : "ok");
}

/* Of mmap. The pages stay mapped. */
static inline char *try_map(const char *what, void *start) {
    try(what, start == (void *)-1 ? -1 : 0);
    return start;
}

/* Of what has to be so. */
static inline void check(const char *what, bool is_so) {
    printf("%s: %s\n", what, is_so ? "yes" : "no");
}

/* Of what the program needs to go on. */
static inline void need(const char *what, bool is_so) {
    if (!is_so) {
        printf("%s: %s\n", what, error_name(errno));
        exit(1);
    }
}

#endif
