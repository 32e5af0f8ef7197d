/* See dates.h. */
#include "base/dates.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error.h"

enum {
    SECONDS_A_DAY = 86400,
    SECONDS_AN_HOUR = 3600,
    N_PARTS = 6, /* year, month, day, hour, minute, second */
};

static const int64_t ns_a_second = INT64_C(1000000000);

/* Of the Gregorian calendar, whatever the year. */
static int64_t
days_before(int64_t year, int64_t month, int64_t day)
{
    /* Years begin in March, so that a leap day is the last one of its year. */
    year -= month <= 2;
    int64_t era = year / 400;
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year -
            719468;
}

static int
days_of_month(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
        31 };
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && is_leap);
}

/* n digits; -1 if they are not there. */
static int
take_digits(const char **text, int n)
{
    int value = 0;
    for (int i = 0; i < n; i++) {
        char c = (*text)[i];
        if (c < '0' || c > '9') {
            return -1;
        }
        value = value * 10 + (c - '0');
    }
    *text += n;
    return value;
}

/* The parts that are there; how many, or 0. */
static int
read_parts(const char *text, int parts[N_PARTS])
{
    static const char *const before[N_PARTS] = { "", "-", "-", "T ", ":", ":" };
    int n = 0;
    for (; n < N_PARTS && *text; n++) {
        if (n > 0) {
            if (!strchr(before[n], *text)) {
                return 0;
            }
            text++;
        }
        parts[n] = take_digits(&text, n == 0 ? 4 : 2);
        if (parts[n] < 0) {
            return 0;
        }
    }
    return *text ? 0 : n;
}

/* The parts that are not there at their first and at their last. */
static bool
fill_parts(int n, int first[N_PARTS], int last[N_PARTS])
{
    static const int least[N_PARTS] = { 0, 1, 1, 0, 0, 0 };
    static const int most[N_PARTS] = { 9999, 12, 0, 23, 59, 59 };
    for (int i = 0; i < N_PARTS; i++) {
        int top = i == 2 ? days_of_month(last[0], last[1]) : most[i];
        if (i >= n) {
            first[i] = least[i];
            last[i] = top;
        } else if (first[i] < least[i] || first[i] > top) {
            return false;
        } else {
            last[i] = first[i];
        }
    }
    return true;
}

static int64_t
seconds_of(const int parts[N_PARTS])
{
    return days_before(parts[0], parts[1], parts[2]) * SECONDS_A_DAY +
            parts[3] * INT64_C(3600) + parts[4] * INT64_C(60) + parts[5];
}

bool
fovea_date_parse(const char *text, int64_t *first_out, int64_t *last_out)
{
    int first[N_PARTS] = { 0 };
    int last[N_PARTS] = { 0 };
    int n = read_parts(text, first);
    if (n == 0 || !fill_parts(n, first, last)) {
        return false;
    }
    *first_out = seconds_of(first);
    *last_out = seconds_of(last);
    return true;
}

/* The point in time at which clocks of this machine's zone show it. */
static int64_t
local_time(int64_t seconds)
{
    int64_t days = seconds / SECONDS_A_DAY - (seconds % SECONDS_A_DAY < 0);
    int64_t of_day = seconds - days * SECONDS_A_DAY;
    /* mktime() takes days of a month beyond its end. */
    struct tm parts = {
        .tm_year = 70,
        .tm_mday = (int)days + 1,
        .tm_hour = (int)(of_day / SECONDS_AN_HOUR),
        .tm_min = (int)(of_day % SECONDS_AN_HOUR / 60),
        .tm_sec = (int)(of_day % 60),
        .tm_isdst = -1,
    };
    return (int64_t)mktime(&parts);
}

static enum fovea_status
refuse(const char *who, const char *text, struct fovea_error *err)
{
    return fovea_fail(err, FOVEA_ERR_ARGUMENT,
            "%s %s: is no date; they look like 2024, 2024-05, 2024-05-17 or "
            "2024-05-17T12:30",
            who, text);
}

enum fovea_status
fovea_date_range_parse(const char *since, const char *who_since,
        const char *until, const char *who_until,
        struct fovea_date_range *range_out, struct fovea_error *err)
{
    struct fovea_date_range range = { .has_since = since != NULL,
        .has_until = until != NULL };
    int64_t unused = 0;
    if (since && !fovea_date_parse(since, &range.since_s, &unused)) {
        return refuse(who_since, since, err);
    }
    if (until && !fovea_date_parse(until, &unused, &range.until_s)) {
        return refuse(who_until, until, err);
    }
    if (since && until && range.until_s < range.since_s) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "%s %s is before %s %s",
                who_until, until, who_since, since);
    }
    range.file_since_s = since ? local_time(range.since_s) : 0;
    range.file_until_s = until ? local_time(range.until_s) : 0;
    *range_out = range;
    return FOVEA_OK;
}

static int64_t
whole_seconds(int64_t ns)
{
    return ns / ns_a_second - (ns % ns_a_second < 0);
}

bool
fovea_date_range_has(const struct fovea_date_range *range, bool has_taken,
        int64_t taken_s, int64_t mtime_ns)
{
    int64_t time = has_taken ? taken_s : whole_seconds(mtime_ns);
    int64_t since = has_taken ? range->since_s : range->file_since_s;
    int64_t until = has_taken ? range->until_s : range->file_until_s;
    return (!range->has_since || time >= since) &&
            (!range->has_until || time <= until);
}

void
fovea_date_format(bool has_taken, int64_t taken_s, int64_t mtime_ns, char *text,
        size_t size)
{
    struct tm parts;
    time_t time = (time_t)(has_taken ? taken_s : whole_seconds(mtime_ns));
    const struct tm *filled =
            has_taken ? gmtime_r(&time, &parts) : localtime_r(&time, &parts);
    if (!filled || strftime(text, size, "%Y-%m-%d %H:%M", filled) == 0) {
        (void)snprintf(text, size, "?");
    }
}

bool
fovea_date_format_iso(int64_t taken_s, char *text, size_t size)
{
    struct tm parts;
    time_t time = (time_t)taken_s;
    text[0] = '\0';
    return gmtime_r(&time, &parts) &&
            strftime(text, size, "%Y-%m-%dT%H:%M:%S", &parts) > 0;
}
