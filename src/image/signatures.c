/* The table of signatures, out of two others: see signatures.h. */
#include "image/signatures.h"

#include "base/error.h"
#include "base/macros.h"

#define PICTURE(name, at, magic)                                        \
    {                                                                   \
        name, FOVEA_KIND_PICTURE, 0, at, magic, sizeof(magic) - 1, NULL \
    }
#define PICTURE_IF(name, matches)                        \
    {                                                    \
        name, FOVEA_KIND_PICTURE, 0, 0, NULL, 0, matches \
    }
#define OTHER(name, at, magic)                                        \
    {                                                                 \
        name, FOVEA_KIND_OTHER, 0, at, magic, sizeof(magic) - 1, NULL \
    }
#define TEXTED(name, magic)                                           \
    {                                                                 \
        name, FOVEA_KIND_TEXTED, 0, 0, magic, sizeof(magic) - 1, NULL \
    }
#define OTHER_IF(name, matches)                        \
    {                                                  \
        name, FOVEA_KIND_OTHER, 0, 0, NULL, 0, matches \
    }

/* UTF-8 of the character that stands for one that cannot be read. */
#define FFFD "\xef\xbf\xbd"

static const struct fovea_signature signatures[] = {
    PICTURE("CgBI, which Apple's tools make of PNG,", 12, "CgBI"),

#define FOVEA_FORMAT_MAGIC(format, at, magic)                     \
    { NULL, FOVEA_KIND_DECODED, FOVEA_FORMAT_##format, at, magic, \
        sizeof(magic) - 1, NULL },
#define FOVEA_FORMAT_HEAD(format, matches) \
    { NULL, FOVEA_KIND_DECODED, FOVEA_FORMAT_##format, 0, NULL, 0, matches },
#include "base/format.def"
#include "image/signature.def"
};

const struct fovea_signature *
fovea_signature_find(const struct fovea_head *head)
{
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(signatures); i++) {
        const struct fovea_signature *row = &signatures[i];
        bool matches = row->matches
                ? row->matches(head)
                : fovea_head_has(head, row->at, row->magic, row->size);
        if (matches) {
            return row;
        }
    }
    return NULL;
}

enum fovea_status
fovea_signature_judge(const struct fovea_head *head,
        const struct fovea_signature **found_out, struct fovea_error *err)
{
    if (head->size == 0) {
        return fovea_fail(err, FOVEA_ERR_NOT_AN_IMAGE, "the input is empty");
    }
    const struct fovea_signature *found = fovea_signature_find(head);
    if (!found) {
        return fovea_fail(err, FOVEA_ERR_NOT_AN_IMAGE,
                "not an image: the first bytes are of no known format");
    }
    if (found->kind == FOVEA_KIND_OTHER) {
        return fovea_fail(err, FOVEA_ERR_NOT_AN_IMAGE, "not an image but %s",
                found->name);
    }
    *found_out = found;
    return FOVEA_OK;
}

bool
fovea_signature_is_picture(const struct fovea_head *head)
{
    const struct fovea_signature *found = fovea_signature_find(head);
    return found &&
            (found->kind == FOVEA_KIND_DECODED ||
                    found->kind == FOVEA_KIND_PICTURE ||
                    found->kind == FOVEA_KIND_TEXTED);
}
