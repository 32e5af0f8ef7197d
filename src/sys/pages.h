/*
 * Large blocks of memory straight from the kernel, given back whole, and on huge pages
 * where the system allows them on request: zeroed ones, and files. Packed weights are
 * read end to end for every batch; with small pages the CPU's prefetchers stop
 * at each one and its address cache does not reach (measured on ViT-B/32: 2 %
 * of a batch of 8, 4 % of a single image).
 *
 * A file is mapped by huge pages only if its pages are huge already: see FOVEA_HUGE_PAGE_BYTES
 * and fovea_pages_collapse().
 */
#ifndef FOVEA_SYS_PAGES_H
#define FOVEA_SYS_PAGES_H

#include <stdbool.h>
#include <stddef.h>

#include "fovea/export.h"

enum {
    /* Of a huge page of this architecture. A file that is written in such pieces, at
       multiples of that, is kept in them by file systems that can (ext4 of
       current kernels), and so is one that is read for a mapping of ours. */
    FOVEA_HUGE_PAGE_BYTES = 2 << 20
};

/** Map size bytes (more than 0), zeroed, readable and writable. NULL without
 *  memory. */
FOVEA_NODISCARD void *fovea_pages_map(size_t size);

/**
 * Map the beginning of a file, shared with whoever maps it, all of it read in.
 *
 * @param size  Bytes, more than 0; not more than the file has.
 * @param is_writable  To be read and written; else it can only be read.
 * @return NULL with errno.
 */
FOVEA_NODISCARD void *fovea_pages_map_file(int fd, size_t size,
        bool is_writable);

/**
 * Have the kernel move a file in memory to huge pages, for everybody who maps it or
 * will: a wish, and work of a millisecond or so for each of them. Its content is the
 * same all the while.
 *
 * @return false if it was refused (Linux before 6.1, no such pages to be had).
 */
bool fovea_pages_collapse(int fd, size_t size);

/** Give a mapping back. NULL is fine. */
void fovea_pages_unmap(void *pages, size_t size);

#endif
