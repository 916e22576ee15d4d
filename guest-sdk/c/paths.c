/* wasi-libc calls WASI by functions that it declares as imports. Where a
 * program defines a function of the same name, the linker takes that one, for
 * all calls of the library: of open, openat, fopen, opendir, close, dup2. The
 * functions here call WASI by imports of other names, and note the paths. */
#include "paths.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wasi/api.h>

#define WASI(name) \
    __attribute__((import_module("wasi_snapshot_preview1"), import_name(name)))

WASI("path_open")
int32_t mem_mman_import_path_open(int32_t directory, int32_t lookup, int32_t path,
    int32_t path_length, int32_t open, int64_t rights, int64_t inheriting,
    int32_t flags, int32_t opened);
WASI("fd_close") int32_t mem_mman_import_fd_close(int32_t fd);
WASI("fd_renumber") int32_t mem_mman_import_fd_renumber(int32_t from, int32_t to);

/* Where a file is: in a directory that the host granted. */
struct place {
    __wasi_fd_t granted;
    /* Relative to the directory. NULL where nothing is known. */
    char *path;
};

/* By descriptor. */
static struct place *places;
static size_t number_of_places;

static struct place *place_of(__wasi_fd_t fd) {
    bool known = (size_t)fd < number_of_places && places[fd].path;
    return known ? &places[fd] : NULL;
}

/* Forgets what is known of `fd`, and notes `place`, which is taken. */
static void note(__wasi_fd_t fd, struct place place) {
    if ((size_t)fd >= number_of_places) {
        if (!place.path)
            return;
        size_t number = (size_t)fd * 2 + 16;
        struct place *more = realloc(places, number * sizeof *more);
        if (!more) {
            free(place.path);
            return;
        }
        memset(more + number_of_places, 0,
            (number - number_of_places) * sizeof *more);
        places = more;
        number_of_places = number;
    }
    free(places[fd].path);
    places[fd] = place;
}

/* `first`, a slash, and `length` bytes of `then`. */
static char *join(const char *first, const char *then, size_t length) {
    size_t first_length = strlen(first);
    char *joined = malloc(first_length + 1 + length + 1);
    if (joined) {
        memcpy(joined, first, first_length);
        joined[first_length] = '/';
        memcpy(joined + first_length + 1, then, length);
        joined[first_length + 1 + length] = '\0';
    }
    return joined;
}

static struct place place_in(__wasi_fd_t directory, const char *path, size_t length) {
    struct place *parent = place_of(directory);
    if (parent)
        return (struct place){parent->granted, join(parent->path, path, length)};
    return (struct place){directory, strndup(path, length)};
}

int32_t __imported_wasi_snapshot_preview1_path_open(int32_t directory, int32_t lookup,
    int32_t path, int32_t path_length, int32_t open, int64_t rights,
    int64_t inheriting, int32_t flags, int32_t opened) {
    int32_t error = mem_mman_import_path_open(directory, lookup, path, path_length,
        open, rights, inheriting, flags, opened);
    if (!error) {
        const char *name = (const char *)path;
        note(*(const __wasi_fd_t *)opened,
            place_in((__wasi_fd_t)directory, name, (size_t)path_length));
    }
    return error;
}

int32_t __imported_wasi_snapshot_preview1_fd_close(int32_t fd) {
    int32_t error = mem_mman_import_fd_close(fd);
    if (!error)
        note((__wasi_fd_t)fd, (struct place){0});
    return error;
}

int32_t __imported_wasi_snapshot_preview1_fd_renumber(int32_t from, int32_t to) {
    int32_t error = mem_mman_import_fd_renumber(from, to);
    if (!error && from != to) {
        struct place *place = place_of((__wasi_fd_t)from);
        struct place moved = place ? *place : (struct place){0};
        if (place)
            place->path = NULL;
        note((__wasi_fd_t)to, moved);
    }
    return error;
}

/* Whether the file at `place` is the one that is open as `fd`. */
static bool is_at(struct place place, __wasi_fd_t fd) {
    __wasi_filestat_t open, found;
    return !__wasi_fd_filestat_get(fd, &open)
        && !__wasi_path_filestat_get(place.granted,
            __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, place.path, &found)
        && open.dev == found.dev && open.ino == found.ino;
}

char *mem_mman_path(int fd) {
    struct place *place = place_of((__wasi_fd_t)fd);
    __wasi_prestat_t granted;
    if (!place || __wasi_fd_prestat_get(place->granted, &granted)) {
        errno = ENODEV;
        return NULL;
    }
    if (!is_at(*place, (__wasi_fd_t)fd)) {
        errno = ESTALE;
        return NULL;
    }
    size_t length = granted.u.dir.pr_name_len;
    char *name = calloc(length + 1, 1);
    char *path = NULL;
    if (!name)
        errno = ENOMEM;
    else if (__wasi_fd_prestat_dir_name(place->granted, (uint8_t *)name, length))
        errno = ENODEV;
    else
        path = join(name, place->path, strlen(place->path));
    free(name);
    return path;
}
