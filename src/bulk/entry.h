/* An input of a run, on its way from a source to the library. */
#ifndef FOVEA_BULK_ENTRY_H
#define FOVEA_BULK_ENTRY_H

#include <stdbool.h>
#include <stddef.h>

#include "fovea/fovea.h"

/** What to embed, or why it cannot be tried (problem.code). */
struct fovea_entry {
    char *path;        /* owned; the name in the results, or the text */
    bool found;        /* under a folder; else it was named */
    bool is_bytes;     /* the path is a name and no more */
    bool is_text;      /* the path is a text, of size bytes and a NUL; of one
                          that has a problem, the beginning of it */
    const void *bytes; /* if is_bytes; borrowed, they outlive the run, unless
                          they are owned */
    void *owned;       /* bytes that go with the entry; or NULL */
    size_t size;       /* of either */
    const char *list;  /* a text's file, if it came in one; borrowed, too */
    uint64_t line;     /* there, from 1 */
    uint64_t number;   /* of a source that counts its inputs: from 0 */
    size_t archive; /* bytes of the path that name an archive; a slash and the
                          member's name follow, unless it is the archive itself;
                          0: it is in none */
    struct fovea_error problem;
    bool is_list; /* the problem is a list's: names that it has are missing */
};

/** Make the bad input that stands for a list that broke off, or a prefix whose listing
 *  did. FOVEA_OK; FOVEA_ERR_NO_MEMORY. */
FOVEA_NODISCARD enum fovea_status fovea_entry_of_list(const char *name,
        const struct fovea_error *problem, struct fovea_entry *entry_out,
        struct fovea_error *err);

void fovea_entry_finish(struct fovea_entry *entry);

/** Free bytes that it owns: the library has copied them. */
void fovea_entry_drop_bytes(struct fovea_entry *entry);

/** What the library is given; borrows from the entry. */
struct fovea_item fovea_entry_item(const struct fovea_entry *entry);

/** Whether an input is fetched: it begins with http://, https:// or s3://. */
bool fovea_is_url(const char *name);

#endif
