/*
 * Faults on order: the k-th allocation or the k-th read of the process fails.
 *
 * A case is run with k = 1, 2, ... until it gets through without meeting the
 * fault. Each failure on the way must be a clean one: the right status, a
 * message, and (where asked for) not a byte left allocated. Allocation is
 * interposed for the whole process, so that the libraries' own ones fail too;
 * reading is the linker's --wrap=pread64 around sys/input.c.
 */
#ifndef FOVEA_SUPPORT_FAULT_H
#define FOVEA_SUPPORT_FAULT_H

#include <stdbool.h>
#include <stddef.h>

#include "fovea/status.h"

/** What is tested. Checks its results by itself and frees all it takes. */
typedef enum fovea_status fault_case(const void *context,
        struct fovea_error *err);

struct fault_rules {
    /* Also taken for a failed allocation: what a codec says when it runs out
       of memory without saying so. FOVEA_OK: no other status is. */
    enum fovea_status also;
    /* Only allocations that our own code asks for: there is a library on the
       way that does not survive the loss of its own. */
    bool own_only;
    /* The case leaves memory behind that a library keeps for the next call. */
    bool may_keep;
    /* A codec may do without a read, and get the right result all the same.
       (It always may do without an allocation.) */
    bool may_skip_reads;
};

/**
 * Fail every allocation of a case in turn, and check what comes of it.
 *
 * @return Number of allocations that were failed.
 */
size_t fault_each_allocation(fault_case *run, const void *context,
        struct fault_rules rules);

/** The same with every read; the status must be FOVEA_ERR_IO. */
size_t fault_each_read(fault_case *run, const void *context,
        struct fault_rules rules);

#endif
