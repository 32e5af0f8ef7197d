/* Whole numbers from text: see number.h. */
#include "base/number.h"

bool
fovea_number_scan(const char **text, uint64_t *number_out)
{
    uint64_t number = 0;
    const char *at = *text;
    for (; *at >= '0' && *at <= '9'; at++) {
        if (__builtin_mul_overflow(number, UINT64_C(10), &number) ||
                __builtin_add_overflow(number, (uint64_t)(*at - '0'),
                        &number)) {
            return false;
        }
    }
    if (at == *text) {
        return false;
    }
    *text = at;
    *number_out = number;
    return true;
}

bool
fovea_number_parse(const char *text, uint64_t *number_out)
{
    uint64_t number;
    if (!fovea_number_scan(&text, &number) || *text) {
        return false;
    }
    *number_out = number;
    return true;
}
