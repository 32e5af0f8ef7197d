/*
 * utf8proc decomposes and composes. It would also put marks into their order,
 * but by exchanging neighbours, which takes a quadratic time for a long run of
 * marks: they are sorted here.
 */
#include "text/normal_form.h"

#include <string.h>

#include <utf8proc.h>

#include "text/unicode.h"

enum {
    LONGEST_DECOMPOSITION = 18 /* of one character, U+FDFA */
};

/* U+0390 is two bytes and decomposes to three characters; U+FDFA, for
   compatibility, three and to 18. One ASCII character stands in front. */
size_t
fovea_normal_form_characters(enum fovea_op_kind form, size_t n_other)
{
    size_t twice = form == FOVEA_OP_NFKC || form == FOVEA_OP_NFKD ? 12 : 3;
    return n_other * twice / 2 + LONGEST_DECOMPOSITION;
}

static utf8proc_propval_t
class_of(int32_t character)
{
    return utf8proc_get_property(character)->combining_class;
}

/* Merge two sorted neighbours, keeping the order of equals. */
static void
merge(const int32_t *from, size_t middle, size_t n, int32_t *to)
{
    size_t left = 0;
    size_t right = middle;
    for (size_t i = 0; i < n; i++) {
        if (left < middle &&
                (right == n || class_of(from[left]) <= class_of(from[right]))) {
            to[i] = from[left++];
        } else {
            to[i] = from[right++];
        }
    }
}

/* Sort marks by their class. spare: [n]. */
static void
sort_marks(int32_t *marks, size_t n, int32_t *spare, uint64_t *n_steps)
{
    int32_t *from = marks;
    int32_t *to = spare;
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t at = 0; at < n; at += 2 * width) {
            size_t left = n - at;
            merge(from + at, width < left ? width : left,
                    2 * width < left ? 2 * width : left, to + at);
        }
        *n_steps += n;
        int32_t *other = from;
        from = to;
        to = other;
    }
    if (from != marks) {
        memcpy(marks, from, n * sizeof *marks);
    }
}

static void
order(int32_t *characters, size_t n, int32_t *spare, uint64_t *n_steps)
{
    size_t i = 0;
    while (i < n) {
        if (class_of(characters[i]) == 0) {
            i++;
            continue;
        }
        size_t end = i + 1;
        while (end < n && class_of(characters[end]) != 0) {
            end++;
        }
        sort_marks(characters + i, end - i, spare, n_steps);
        i = end;
    }
}

static void
write_characters(const int32_t *characters, size_t n, struct fovea_writer *out)
{
    for (size_t i = 0; i < n; i++) {
        uint8_t bytes[4];
        fovea_write(out, bytes, fovea_char_put((uint32_t)characters[i], bytes));
    }
}

/* n characters, decomposed: put into order, composed, written. */
static void
finish_run(enum fovea_op_kind form, size_t n, struct fovea_scratch *scratch,
        struct fovea_writer *out)
{
    int32_t *characters = scratch->characters;
    order(characters, n, characters + scratch->n_characters, &scratch->n_steps);
    if (form == FOVEA_OP_NFC || form == FOVEA_OP_NFKC) {
        utf8proc_ssize_t left = utf8proc_normalize_utf32(characters,
                (utf8proc_ssize_t)n,
                (utf8proc_option_t)(UTF8PROC_COMPOSE | UTF8PROC_STABLE));
        n = left > 0 ? (size_t)left : 0;
    }
    scratch->n_steps += n;
    write_characters(characters, n, out);
}

/* A run that begins with at most one ASCII character and has none behind. */
static void
convert_run(enum fovea_op_kind form, const uint8_t *text, size_t size,
        struct fovea_scratch *scratch, struct fovea_writer *out)
{
    utf8proc_option_t decompose = UTF8PROC_DECOMPOSE;
    if (form == FOVEA_OP_NFKC || form == FOVEA_OP_NFKD) {
        decompose |= UTF8PROC_COMPAT;
    }
    size_t n = 0;
    size_t at = 0;
    scratch->n_steps += size;
    while (at < size) {
        uint32_t character = 0;
        int boundary = UTF8PROC_BOUNDCLASS_START;
        at += fovea_char_next(text + at, text + size, &character);
        if (fovea_char_is_unnormalised(character)) {
            const int32_t single = (int32_t)character;
            finish_run(form, n, scratch, out);
            write_characters(&single, 1, out);
            n = 0;
            continue;
        }
        utf8proc_ssize_t added = utf8proc_decompose_char(
                (utf8proc_int32_t)character, scratch->characters + n,
                (utf8proc_ssize_t)(scratch->n_characters - n), decompose,
                &boundary);
        if (added < 0 || (size_t)added > scratch->n_characters - n) {
            out->overflowed = true;
            return;
        }
        n += (size_t)added;
    }
    finish_run(form, n, scratch, out);
}

/* ASCII is in every normal form, and a boundary in front of it; the last one
   before other characters may take part in a composition. */
void
fovea_normal_form(enum fovea_op_kind form, const uint8_t *text, size_t size,
        struct fovea_scratch *scratch, struct fovea_writer *out)
{
    size_t at = 0;
    while (at < size) {
        size_t plain = at;
        while (plain < size && text[plain] < 0x80) {
            plain++;
        }
        scratch->n_steps += plain - at + 1;
        if (plain == size) {
            fovea_write(out, text + at, plain - at);
            return;
        }
        size_t run = plain > at ? plain - 1 : plain;
        fovea_write(out, text + at, run - at);
        size_t end = plain;
        while (end < size && text[end] >= 0x80) {
            end++;
        }
        convert_run(form, text + run, end - run, scratch, out);
        at = end;
    }
}
