#include "error.h"

#include <errno.h>

int mem_mman_errno(mem_mmap_mapping_error_code_t code) {
    switch (code) {
    case MEM_MMAP_MAPPING_ERROR_CODE_ACCESS_DENIED:
    case MEM_MMAP_MAPPING_ERROR_CODE_READ_ONLY:
        return EACCES;
    case MEM_MMAP_MAPPING_ERROR_CODE_NOT_FOUND:
        return ENOENT;
    case MEM_MMAP_MAPPING_ERROR_CODE_NOT_A_FILE:
    case MEM_MMAP_MAPPING_ERROR_CODE_UNSUPPORTED:
        return ENODEV;
    case MEM_MMAP_MAPPING_ERROR_CODE_INVALID_ARGUMENT:
        return EINVAL;
    case MEM_MMAP_MAPPING_ERROR_CODE_OUT_OF_BOUNDS:
        return ENXIO;
    case MEM_MMAP_MAPPING_ERROR_CODE_LOCK_LIMIT:
    case MEM_MMAP_MAPPING_ERROR_CODE_QUOTA_EXCEEDED:
        return ENOMEM;
    case MEM_MMAP_MAPPING_ERROR_CODE_BUSY:
        return EBUSY;
    case MEM_MMAP_MAPPING_ERROR_CODE_NO_SPACE:
        return ENOSPC;
    case MEM_MMAP_MAPPING_ERROR_CODE_TRUNCATED:
    case MEM_MMAP_MAPPING_ERROR_CODE_NOT_LOCKED:
    case MEM_MMAP_MAPPING_ERROR_CODE_IO:
    default:
        return EIO;
    }
}

int mem_mman_attach_errno(mem_mmap_mapping_error_code_t code) {
    switch (code) {
    case MEM_MMAP_MAPPING_ERROR_CODE_UNSUPPORTED:
    case MEM_MMAP_MAPPING_ERROR_CODE_ACCESS_DENIED:
        return MEM_MMAN_NO_WINDOWS;
    default:
        return mem_mman_errno(code);
    }
}
