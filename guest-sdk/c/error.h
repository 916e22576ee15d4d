/* The host's errors as errors of POSIX. */
#ifndef MEM_MMAN_ERROR_H
#define MEM_MMAN_ERROR_H

#include "imports.h"

/* What `mem_mman_attach_errno` gives where the host has no windows. */
#define MEM_MMAN_NO_WINDOWS (-1)

int mem_mman_errno(mem_mmap_mapping_error_code_t code);

/* That of `attach`. */
int mem_mman_attach_errno(mem_mmap_mapping_error_code_t code);

#endif
