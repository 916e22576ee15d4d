/* Stands before the header of wasi-libc, whose functions copy files and lose
 * what is written to them. Its constants are used. */
#ifndef _WASI_EMULATED_MMAN
#define _WASI_EMULATED_MMAN
#endif
#include_next <sys/mman.h>

#include <mem_mman.h>
