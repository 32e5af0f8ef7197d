/*
 * Make a page of what `fovea embed -o x.npy` wrote: each picture, and beside it
 * those that are most like it.
 *
 *     page x.npy PREFIX >x.html
 *
 * PREFIX goes before each name: the way from the page to the folder that the
 * names start from.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

enum {
    N_NEAREST = 5
};

static const char head[] =
        "<!doctype html>\n"
        "<html lang=\"en\">\n"
        "<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width\">\n"
        "<title>fovea: what looks like what</title>\n"
        "<style>\n"
        ":root { color-scheme: light dark; font: 16px/1.4 system-ui; }\n"
        "body { max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }\n"
        "ol { display: flex; flex-wrap: wrap; gap: .75rem; padding: 0;\n"
        "  list-style: none; border-top: 1px solid #8886; padding-top: 1rem; }\n"
        "li { width: 9.5rem; }\n"
        "li:first-child { margin-right: 1rem; font-weight: 600; }\n"
        "img { width: 100%; height: 7rem; object-fit: contain;\n"
        "  background: #8882; border-radius: .4rem; }\n"
        "span { display: block; overflow-wrap: anywhere; font-size: .8rem; }\n"
        "</style>\n"
        "<h1>What looks like what</h1>\n"
        "<p>Each picture, and the five whose embeddings are nearest to its own,\n"
        "with the cosine between them.</p>\n";

/* Text between tags, and in quotes. */
static void
put_text(const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '&':
            (void)fputs("&amp;", stdout);
            break;
        case '<':
            (void)fputs("&lt;", stdout);
            break;
        case '"':
            (void)fputs("&quot;", stdout);
            break;
        default:
            (void)putchar(*text);
        }
    }
}

/* A path as a part of a URL. */
static void
put_path(const char *path)
{
    for (; *path; path++) {
        unsigned char byte = (unsigned char)*path;
        if (isalnum(byte) || strchr("/._-~", byte)) {
            (void)putchar(byte);
        } else {
            (void)printf("%%%02X", byte);
        }
    }
}

static void
put_picture(const char *prefix, const char *name, const char *note)
{
    (void)fputs("<li><img loading=\"lazy\" alt=\"\" src=\"", stdout);
    put_text(prefix);
    put_path(name);
    (void)fputs("\">", stdout);
    const char *slash = strrchr(name, '/');
    (void)fputs("<span>", stdout);
    put_text(slash ? slash + 1 : name);
    (void)printf("</span><span>%s</span>\n", note);
}

static float
cosine(const struct table *table, size_t i, size_t j)
{
    const float *a = table->vectors + i * table->dimension;
    const float *b = table->vectors + j * table->dimension;
    float sum = 0;
    for (size_t k = 0; k < table->dimension; k++) {
        sum += a[k] * b[k];
    }
    return sum;
}

struct near {
    size_t at;
    float cosine;
};

/* The pictures nearest to one, the nearest first; gives their number. */
static size_t
find_nearest(const struct table *table, size_t i, struct near nearest[])
{
    size_t n = 0;
    for (size_t j = 0; j < table->n; j++) {
        struct near near = { j, cosine(table, i, j) };
        size_t place = n;
        while (place > 0 && nearest[place - 1].cosine < near.cosine) {
            place--;
        }
        if (j == i || place == N_NEAREST) {
            continue;
        }
        n += n < N_NEAREST;
        memmove(nearest + place + 1, nearest + place,
                (n - place - 1) * sizeof *nearest);
        nearest[place] = near;
    }
    return n;
}

static void
put_row(const struct table *table, size_t i, const char *prefix)
{
    struct near nearest[N_NEAREST];
    size_t n = find_nearest(table, i, nearest);
    (void)puts("<ol>");
    put_picture(prefix, table->names[i], "");
    for (size_t k = 0; k < n; k++) {
        char note[16];
        (void)snprintf(note, sizeof note, "%.4f", (double)nearest[k].cosine);
        put_picture(prefix, table->names[nearest[k].at], note);
    }
    (void)puts("</ol>");
}

int
main(int argc, char **argv)
{
    struct table table = { 0 };
    if (argc != 3) {
        (void)fputs("usage: page x.npy PREFIX >x.html\n", stderr);
        return 2;
    }
    bool done = table_read(argv[1], &table);
    if (done) {
        (void)fputs(head, stdout);
        for (size_t i = 0; i < table.n; i++) {
            put_row(&table, i, argv[2]);
        }
        done = fflush(stdout) == 0;
    }
    table_release(&table);
    return done ? 0 : 1;
}
