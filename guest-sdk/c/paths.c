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
    /* Which file it is, once that was asked. */
    bool is_identified;
    uint64_t device, inode;
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
        return (struct place){
            .granted = parent->granted,
            .path = join(parent->path, path, length),
        };
    return (struct place){.granted = directory, .path = strndup(path, length)};
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

int mem_mman_size_of(const struct mem_mman_file *file, uint64_t *size) {
    __wasi_filestat_t found;
    if (__wasi_path_filestat_get((__wasi_fd_t)file->granted,
            __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, file->path, &found)
        || found.dev != file->device || found.ino != file->inode)
        return ESTALE;
    *size = found.size;
    return 0;
}

bool mem_mman_identify(int fd, struct mem_mman_file *file) {
    struct place *place = place_of((__wasi_fd_t)fd);
    __wasi_filestat_t open;
    if (!place)
        return false;
    if (!place->is_identified) {
        if (__wasi_fd_filestat_get((__wasi_fd_t)fd, &open))
            return false;
        place->is_identified = true;
        place->device = open.dev;
        place->inode = open.ino;
    }
    file->granted = (int)place->granted;
    file->path = place->path;
    file->device = place->device;
    file->inode = place->inode;
    return true;
}

/* The path by which the host finds what is at `path` in a granted directory. */
static int name_of(int granted, const char *path, char **name) {
    __wasi_prestat_t directory;
    if (__wasi_fd_prestat_get((__wasi_fd_t)granted, &directory))
        return ENODEV;
    size_t length = directory.u.dir.pr_name_len;
    char *first = calloc(length + 1, 1);
    if (!first)
        return ENOMEM;
    int error = 0;
    if (__wasi_fd_prestat_dir_name((__wasi_fd_t)granted, (uint8_t *)first, length))
        error = ENODEV;
    else if (!(*name = join(first, path, strlen(path))))
        error = ENOMEM;
    free(first);
    return error;
}

int mem_mman_file_of(int fd, struct mem_mman_file *file) {
    struct mem_mman_file found = {0};
    uint64_t size;
    if (!mem_mman_identify(fd, &found))
        return ENODEV;
    int error = mem_mman_size_of(&found, &size);
    if (error)
        return error;
    found.path = strdup(found.path);
    error = found.path ? name_of(found.granted, found.path, &found.name) : ENOMEM;
    if (error)
        mem_mman_forget_file(&found);
    else
        *file = found;
    return error;
}

void mem_mman_forget_file(struct mem_mman_file *file) {
    free(file->path);
    free(file->name);
}
