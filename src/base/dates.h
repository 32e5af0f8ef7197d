/*
 * Ranges of dates. A camera writes the time of its clock without a time zone; a
 * file's time is a point in time. A day that somebody asks for is the camera's
 * day, and for files the day of this machine's time zone.
 */
#ifndef FOVEA_BASE_DATES_H
#define FOVEA_BASE_DATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

/** From the first second to the last, both included. All zero: any time. */
struct fovea_date_range {
    bool has_since;
    bool has_until;
    int64_t since_s; /* seconds since 1970 as if UTC, as pictures are taken */
    int64_t until_s;
    int64_t file_since_s; /* the same in this machine's time zone */
    int64_t file_until_s;
};

/**
 * Read a date: 2024, 2024-05, 2024-05-17, or that with T12, T12:30 or T12:30:59
 * (or a blank for the T) behind it. It stands for all seconds that begin so.
 *
 * @param first_out  Seconds since 1970 as if UTC: the first one.
 * @param last_out   And the last one.
 * @return False, and nothing written, for anything else.
 */
FOVEA_NODISCARD bool fovea_date_parse(const char *text, int64_t *first_out,
        int64_t *last_out);

/**
 * A range from two dates, both included.
 *
 * @param since, until  NULL: open.
 * @param who_since     What messages call them: "--since".
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT for what is no date, or a range that ends
 *         before it begins.
 */
FOVEA_NODISCARD enum fovea_status fovea_date_range_parse(const char *since,
        const char *who_since, const char *until, const char *who_until,
        struct fovea_date_range *range_out, struct fovea_error *err);

/** Whether a picture is of that time.
 *  @param taken_s   When it was taken; has_taken: it is known.
 *  @param mtime_ns  Its file's time, which counts where it is not. */
bool fovea_date_range_has(const struct fovea_date_range *range, bool has_taken,
        int64_t taken_s, int64_t mtime_ns);

/** Write "2024-05-17 12:30" of when a picture was taken, else of its file in this
 *  machine's time zone. */
void fovea_date_format(bool has_taken, int64_t taken_s, int64_t mtime_ns,
        char *text, size_t size);

/** Write "2024-05-17T12:30:00", as long as that if the year has four digits, of
 *  when a picture was taken. False, and "", if that is no time. */
bool fovea_date_format_iso(int64_t taken_s, char *text, size_t size);

#endif
