/* Small things the language lacks: clean-up on scope exit, assertions. */
#ifndef FOVEA_BASE_MACROS_H
#define FOVEA_BASE_MACROS_H

#include <stdlib.h>
#include <unistd.h>

#define FOVEA_PRINTF(index, first) __attribute__((format(printf, index, first)))

#define FOVEA_ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

/* An invariant of ours, never of data from outside. Always on. */
#define FOVEA_ASSERT(condition) \
    ((condition) ? (void)0      \
                 : fovea_assert_failed(#condition, __FILE__, __LINE__))

_Noreturn void fovea_assert_failed(const char *condition, const char *file,
        int line);

static inline void
fovea_auto_free(void *pointer)
{
    free(*(void **)pointer);
}

static inline void
fovea_auto_fd(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
    }
}

/* A local that is released on every way out of its scope. */
#define FOVEA_AUTO_FREE      __attribute__((cleanup(fovea_auto_free)))
#define FOVEA_AUTO_FD        __attribute__((cleanup(fovea_auto_fd)))
#define FOVEA_AUTO(function) __attribute__((cleanup(function)))

/* Make release##_auto(), by which FOVEA_AUTO() releases a local of a pointer
   type, if there is anything to release. */
#define FOVEA_DEFINE_AUTO(type, release)                    \
    static inline void release##_auto(__typeof__(type) *at) \
    {                                                       \
        if (*at) {                                          \
            (void)(release)(*at);                           \
        }                                                   \
    }                                                       \
    _Static_assert(sizeof(type) == sizeof(void *), "a pointer")

/* Hand a pointer over: yields it and leaves NULL behind. */
#define FOVEA_TAKE(pointer)                           \
    __extension__({                                   \
        __typeof__(pointer) fovea_taken_ = (pointer); \
        (pointer) = NULL;                             \
        fovea_taken_;                                 \
    })

#endif
