/*
 * The inputs of a run, one after the other: words of the command line, and what
 * the sources that they name give (source.h).
 *
 * Nothing is read before it is asked for. One thread at a time.
 */
#ifndef FOVEA_BULK_INPUTS_H
#define FOVEA_BULK_INPUTS_H

#include <stdbool.h>
#include <stddef.h>

#include "fovea/export.h"
#include "fovea/status.h"

#include "bulk/entry.h"
#include "bulk/source.h"
#include "bulk/target.h"

struct fovea_inputs;
struct fovea_sha256;

/** Borrowed until the inputs are destroyed. */
struct fovea_inputs_settings {
    const struct fovea_input_word *words;
    size_t n_words;
    /* What inputs come from in place of words: a source that is in no table, and
       what it opens, which it gets as the word; NULL: words. */
    const struct fovea_source_kind *own_source;
    const void *own;
    struct fovea_source_settings source;
    const struct fovea_target *target; /* that no input may be; or NULL */
    /* Names of lists are added to it as they come, whatever they stand for; NULL:
       none asks. */
    struct fovea_sha256 *listed;
    bool only_lists; /* words that are no lists are passed over, and the names of
                        lists are inputs as they are: nothing is opened */
};

enum fovea_inputs_step {
    FOVEA_INPUTS_ENTRY,
    FOVEA_INPUTS_WAIT, /* there is no input yet: poll fovea_inputs_wait_fd() */
    FOVEA_INPUTS_END,
};

FOVEA_NODISCARD enum fovea_status fovea_inputs_create(
        const struct fovea_inputs_settings *settings,
        struct fovea_inputs **inputs_out, struct fovea_error *err);

void fovea_inputs_destroy(struct fovea_inputs *inputs);

/**
 * Take the next input. Never waits for a source.
 *
 * @param entry_out  To be finished by the caller; set with _ENTRY only.
 * @return FOVEA_OK; what the source returned; FOVEA_ERR_OUTPUT_REFUSED for an
 *         input that the results would replace; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_inputs_next(struct fovea_inputs *inputs,
        enum fovea_inputs_step *step_out, struct fovea_entry *entry_out,
        struct fovea_error *err);

/** After FOVEA_INPUTS_WAIT: readable once there may be more. */
int fovea_inputs_wait_fd(const struct fovea_inputs *inputs);

/** Whether all words can be gone through twice, with the same inputs. */
bool fovea_inputs_repeat(const struct fovea_inputs_settings *settings);

/** Go through all inputs that can be gone through twice, for the target's sake.
 *  As fovea_inputs_next(). */
FOVEA_NODISCARD enum fovea_status fovea_inputs_check(
        const struct fovea_inputs_settings *settings, struct fovea_error *err);

#endif
