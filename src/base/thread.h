/* Threads of ours beside those of the program that we are a part of. */
#ifndef FOVEA_BASE_THREAD_H
#define FOVEA_BASE_THREAD_H

#include <pthread.h>

#include "fovea/export.h"

/**
 * Create a thread with every signal blocked: signals are for the program's own
 * threads. The caller's mask stays as it is.
 *
 * @param thread_out  Set on success; to be joined.
 * @return 0, or an error number as of pthread_create().
 */
FOVEA_NODISCARD int fovea_thread_create(pthread_t *thread_out,
        void *(*run)(void *context), void *context);

#endif
