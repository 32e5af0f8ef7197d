/* See input_name.h. */
#include "bulk/input_name.h"

#include <inttypes.h>
#include <string.h>

#include "base/utf8.h"
#include "wire/member_name.h"

/* A name of so many bytes, which a NUL or another byte follows. */
static void
add_name(struct fovea_text *text, const char *key, const char *name,
        size_t size)
{
    fovea_text_format(text, "\"%s\":", key);
    fovea_text_json_bytes(text, name, size);
    if (fovea_utf8_find_invalid(name, size) == size) {
        return;
    }
    fovea_text_format(text, ",\"%s_hex\":\"", key);
    for (size_t i = 0; i < size; i++) {
        fovea_text_format(text, "%02x", (unsigned)(unsigned char)name[i]);
    }
    fovea_text_add(text, "\"", 1);
}

void
fovea_name_json(struct fovea_text *text, const char *key, const char *name)
{
    add_name(text, key, name, strlen(name));
}

void
fovea_input_name_json(struct fovea_text *text, const char *name)
{
    fovea_name_json(text, "input", name);
}

/* At most so many bytes of a text, no character cut in two. */
static size_t
shown(const struct fovea_entry *entry, size_t most)
{
    size_t size = entry->size;
    if (size > most) {
        size = most;
        for (int i = 0; i < 3 && (entry->path[size] & 0xc0) == 0x80; i++) {
            size--;
        }
    }
    return size;
}

/* Where an input stands in an archive, if it does. */
static void
add_member(struct fovea_text *text, const struct fovea_entry *entry)
{
    const char *member = entry->path + entry->archive;
    if (entry->archive == 0) {
        return;
    }
    fovea_text_add(text, ",", 1);
    add_name(text, "archive", entry->path, entry->archive);
    if (*member) {
        member++; /* the slash */
        fovea_text_add(text, ",", 1);
        add_name(text, "member", member, strlen(member));
        fovea_text_add(text, ",", 1);
        add_name(text, "key", member, fovea_member_key_size(member));
    }
}

void
fovea_entry_json(struct fovea_text *text, const struct fovea_entry *entry)
{
    if (!entry->is_text) {
        fovea_input_name_json(text, entry->path);
        add_member(text, entry);
        return;
    }
    size_t size = shown(entry, FOVEA_TEXT_SHOWN);
    fovea_text_format(text, "\"text\":");
    fovea_text_json_bytes(text, entry->path, size);
    if (size < entry->size) {
        fovea_text_format(text, ",\"text_bytes\":%zu", entry->size);
    }
}

void
fovea_entry_words(struct fovea_text *text, const struct fovea_entry *entry)
{
    enum {
        FEW = 60 /* bytes: the rest of a line says what is wrong with it */
    };
    if (!entry->is_text) {
        fovea_text_format(text, "%s", entry->path);
        return;
    }
    if (entry->list) {
        fovea_text_format(text, "%s:%" PRIu64 ": ", entry->list, entry->line);
    }
    char words[FEW + 1];
    size_t size = shown(entry, FEW);
    memcpy(words, entry->path, size);
    words[size] = '\0';
    for (char *nul; (nul = memchr(words, '\0', size));) {
        *nul = '?';
    }
    fovea_utf8_make_line(words);
    fovea_text_format(text, "\"%s%s\"", words, size < entry->size ? "..." : "");
}
