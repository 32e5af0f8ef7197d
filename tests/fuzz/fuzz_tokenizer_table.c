/*
 * Tokenizer tables: one that is damaged is refused; one that was made to deceive,
 * with checksums that are right, is refused or gives ids that are there.
 *
 * The first byte of an input says which good table is changed, and whether its
 * checksums are mended afterwards (128). Then, four bytes each: an offset of 24
 * bits, into the table, and what is exclusive-or'd there. Or, with 64 in the first
 * byte, the rest is the table.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/checksum.h"
#include "base/macros.h"
#include "fuzz.h"
#include "text/table.h"
#include "tokenizers.h"

enum {
    MAX_SIZE = 1 << 17
};

struct table {
    _Alignas(8) uint8_t bytes[MAX_SIZE];
    size_t size;
};

static struct table good[FUZZ_N_TOKENIZERS];

static void
make_good(void)
{
    for (size_t i = 0; i < FUZZ_N_TOKENIZERS; i++) {
        struct fovea_error error;
        int fd = -1;
        const struct fuzz_file file = { "tokenizer.json", fuzz_tokenizers[i],
            strlen(fuzz_tokenizers[i]) };
        FOVEA_ASSERT(fuzz_compile(&file, 1, &fd, &error) == FOVEA_OK);
        ssize_t n = pread(fd, good[i].bytes, MAX_SIZE, 0);
        FOVEA_ASSERT(n > 0 && n < MAX_SIZE);
        good[i].size = (size_t)n;
        (void)close(fd);
    }
}

/* Make all checksums right again, where the parts are parts at all. */
static void
mend(struct table *table)
{
    struct fovea_table_header header;
    if (table->size < sizeof header) {
        return;
    }
    memcpy(&header, table->bytes, sizeof header);
    for (size_t i = 0; i < FOVEA_N_PARTS; i++) {
        struct fovea_table_part *part = &header.parts[i];
        if (part->offset <= table->size &&
                part->size <= table->size - part->offset) {
            part->checksum = fovea_checksum(table->bytes + part->offset,
                    (size_t)part->size);
        }
    }
    header.checksum = fovea_table_checksum(&header);
    memcpy(table->bytes, &header, sizeof header);
}

static void
change(struct table *table, const uint8_t *data, size_t size)
{
    if (data[0] & 64) {
        table->size = size - 1 < MAX_SIZE ? size - 1 : MAX_SIZE;
        memcpy(table->bytes, data + 1, table->size);
    } else {
        for (size_t i = 1; i + 4 <= size; i += 4) {
            size_t at = (size_t)data[i] << 16 | (size_t)data[i + 1] << 8 |
                    data[i + 2];
            table->bytes[at % table->size] ^= data[i + 3];
        }
    }
    if (data[0] & 128) {
        mend(table);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const texts[] = { "", "a ab aba b<|endoftext|>",
        "Aba \xc3\xa9 \xef\xac\x81\xcc\x81 Z! </s> a", "aaaaaaaa 'll 12",
        "  a  ", "\xef\xb7\xba\xef\xb7\xba" };
    if (good[0].size == 0) {
        make_good();
    }
    if (size == 0) {
        return 0;
    }
    struct table *table = malloc(sizeof *table);
    FOVEA_ASSERT(table != NULL);
    *table = good[(data[0] & 63) % FUZZ_N_TOKENIZERS];
    change(table, data, size);
    struct fovea_error error;
    struct fovea_tokenizer *tokenizer = NULL;
    enum fovea_status status = fovea_tokenizer_open_memory(table->bytes,
            table->size, &tokenizer, &error);
    if (status) {
        FOVEA_ASSERT(status == FOVEA_ERR_TOKENIZER_INVALID);
        FOVEA_ASSERT(error.message[0]);
    }
    for (size_t i = 0; !status && i < FOVEA_ARRAY_LEN(texts); i++) {
        /* A table may ask for any memory; the worker would not give it. */
        if (fovea_tokenizer_encode_bytes(tokenizer, texts[i],
                    strlen(texts[i])) < 1 << 26) {
            fuzz_encode(tokenizer, texts[i], strlen(texts[i]));
        }
    }
    fovea_tokenizer_close(tokenizer);
    free(table);
    return 0;
}
