/* Numbers from text: see number.h. */
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

bool
fovea_number_fraction(const char *text, double *number_out)
{
    enum {
        MAX_DIGITS = 18 /* fit into an int64_t */
    };
    bool is_negative = *text == '-';
    bool has_point = false;
    int64_t digits = 0;
    int64_t scale = 1;
    int n = 0;
    for (const char *at = text + is_negative; *at; at++) {
        if (*at == '.' && !has_point) {
            has_point = true;
            continue;
        }
        if (*at < '0' || *at > '9' || ++n > MAX_DIGITS) {
            return false;
        }
        digits = digits * 10 + (*at - '0');
        scale *= has_point ? 10 : 1;
    }
    if (n == 0) {
        return false;
    }
    *number_out = (double)(is_negative ? -digits : digits) / (double)scale;
    return true;
}
