/*
 * A text to token ids, as the tokenizer of a model's directory says.
 *
 *   tokenizer.json | vocab.json + merges.txt -- compile --> table (a memory file)
 *   table -- open --> tokenizer;   text, tokenizer -- encode --> ids
 *
 * Compiling reads the files as a stream and checks them; it is done once, and
 * the table may be kept. A table is mapped and read in place by any number of
 * processes; opening it checks every offset and every id in it, so that a
 * damaged or hostile one is refused or gives wrong ids, and nothing worse.
 *
 * What is understood, what is refused, and which Unicode: docs/TOKENIZERS.md.
 */
#ifndef FOVEA_TEXT_TOKENIZER_H
#define FOVEA_TEXT_TOKENIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

#include "base/macros.h"
#include "text/profile.h"

struct fovea_tokenizer;

/** What a tokenizer is. */
struct fovea_tokenizer_facts {
    const char *kind;    /* "byte-level BPE", "BPE" or "Unigram" */
    const char *profile; /* "file", "lower" or "canonical" */
    uint32_t n_ids;      /* the largest id there is, and one */
    uint32_t n_before;   /* special ids in front of every text's */
    uint32_t n_after;    /* special ids behind them */
    uint32_t end_id;     /* the last of those behind, or FOVEA_NO_TOKEN */
    /* What short texts are filled up with, by tokenizer_config.json, or
       FOVEA_NO_TOKEN where it does not say; and on which side. */
    uint32_t pad_id;
    bool pads_left;
};

/** What became of a text. */
struct fovea_encoding {
    size_t n_ids;   /* written */
    size_t n_total; /* that the whole text has; more than n_ids: it was cut */
    /* Work done, in steps of bounded length: for tests of its bound. */
    uint64_t n_steps;
};

/**
 * Make the table of a directory's tokenizer.
 *
 * Reads tokenizer.json, or vocab.json and merges.txt as CLIP's where there is
 * none, and tokenizer_config.json if it is there. Takes less than 64 MiB of
 * memory of its own for 256,000 pieces and 600,000 merges. Reads files and
 * makes one, so it is not for a process that is sealed already.
 *
 * @param directory  A model's.
 * @param fd_out     The table: a sealed memory file, owned by the caller.
 * @return FOVEA_OK; FOVEA_ERR_MODEL_NOT_FOUND if there are no such files;
 *         FOVEA_ERR_TOKENIZER_UNSUPPORTED if a component is not understood: the
 *         message names it; FOVEA_ERR_TOKENIZER_INVALID if a file is broken: the
 *         message names file, what and where; FOVEA_ERR_FILE_DENIED and the
 *         other file statuses; FOVEA_ERR_IO; FOVEA_ERR_NO_MEMORY.
 * Threads: no shared state.
 */
FOVEA_NODISCARD enum fovea_status fovea_tokenizer_compile(const char *directory,
        enum fovea_text_profile profile, int *fd_out, struct fovea_error *err);

/**
 * Map a table and check it.
 *
 * @param fd             Borrowed; may be closed afterwards. Sealed memory, or a
 *                       file that nobody changes while it is mapped.
 * @param tokenizer_out  Owned by the caller; fovea_tokenizer_close().
 * @return FOVEA_OK; FOVEA_ERR_TOKENIZER_INVALID if it is not a table of this
 *         version, or damaged; FOVEA_ERR_IO; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_tokenizer_open(int fd,
        struct fovea_tokenizer **tokenizer_out, struct fovea_error *err);

/** The same of a table in memory (8-byte aligned), which is borrowed until the
 *  close. */
FOVEA_NODISCARD enum fovea_status fovea_tokenizer_open_memory(const void *table,
        size_t size, struct fovea_tokenizer **tokenizer_out,
        struct fovea_error *err);

/** Fine on NULL. */
void fovea_tokenizer_close(struct fovea_tokenizer *tokenizer);

FOVEA_DEFINE_AUTO(struct fovea_tokenizer *, fovea_tokenizer_close);

/** Borrowed until the close. */
const struct fovea_tokenizer_facts *fovea_tokenizer_facts(
        const struct fovea_tokenizer *tokenizer);

/**
 * The memory that fovea_tokenizer_encode() takes for a text, at most: one block,
 * allocated at its beginning and freed at its end. For each byte that is ASCII
 * some 50 bytes for CLIP, 140 for SigLIP and SigLIP 2; for each other byte up to
 * eleven times as many, as far as the normalizer may make characters longer.
 *
 * @param text  size bytes, any bytes.
 */
uint64_t fovea_tokenizer_encode_bytes(const struct fovea_tokenizer *tokenizer,
        const char *text, size_t size);

/**
 * Turn a text into ids: special ids in front, the text's own, special ids
 * behind. What does not fit into max_ids is cut from the end of the text's own.
 * Nothing is filled up.
 *
 * Work grows with n log n of the text's bytes, whatever the text.
 *
 * @param text          UTF-8, size bytes, not NUL-terminated; NUL is a
 *                      character like others. May be empty (NULL then, too).
 * @param max_ids       At least n_before + n_after of the facts.
 * @param ids_out       [max_ids]; unspecified on failure. Each is less than
 *                      n_ids of the facts.
 * @param encoding_out  Written on success.
 * @return FOVEA_OK; FOVEA_ERR_TEXT_ENCODING if it is not UTF-8: the message has
 *         the offset; FOVEA_ERR_ARGUMENT if max_ids is too small;
 *         FOVEA_ERR_NO_MEMORY; FOVEA_ERR_TOKENIZER_INVALID if the table does
 *         not keep what it promises.
 * Threads: a tokenizer is read only; concurrent calls are safe.
 */
FOVEA_NODISCARD enum fovea_status fovea_tokenizer_encode(
        const struct fovea_tokenizer *tokenizer, const char *text, size_t size,
        size_t max_ids, uint32_t *ids_out, struct fovea_encoding *encoding_out,
        struct fovea_error *err);

/**
 * What an id stands for, as the vocabulary writes it ("cat</w>", U+2581 "cat",
 * "<0x0A>").
 *
 * @return size_out bytes of UTF-8, not NUL-terminated, borrowed until the close;
 *         NULL if nothing has this id.
 */
const char *fovea_tokenizer_piece(const struct fovea_tokenizer *tokenizer,
        uint32_t id, size_t *size_out);

#endif
