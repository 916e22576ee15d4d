/* For programs that are content with copies: see "Copies" in mem_mman.h. */
#include "mem_mman.h"

int mem_mman_copies = 1;
