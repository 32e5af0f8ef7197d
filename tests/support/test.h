/* What every unit test includes: cmocka with the headers that it needs. */
#ifndef FOVEA_SUPPORT_TEST_H
#define FOVEA_SUPPORT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fovea/status.h"

/* A call that must succeed; shows the message where it does not. */
#define assert_ok(call, error)                                        \
    do {                                                              \
        enum fovea_status status_ = (call);                           \
        if (status_ != FOVEA_OK) {                                    \
            fail_msg("%s: %s: %s", #call, fovea_status_name(status_), \
                    (error)->message);                                \
        }                                                             \
    } while (0)

/* A call that must fail with `code` and a message that has `part` in it. */
#define assert_fails(call, error, expected, part)                              \
    do {                                                                       \
        enum fovea_status status_ = (call);                                    \
        if (status_ != (expected)) {                                           \
            fail_msg("%s: %s, expected %s", #call, fovea_status_name(status_), \
                    fovea_status_name(expected));                              \
        }                                                                      \
        assert_int_equal((error)->code, expected);                             \
        if (!strstr((error)->message, part)) {                                 \
            fail_msg("\"%s\" does not say \"%s\"", (error)->message, part);    \
        }                                                                      \
    } while (0)

#endif
