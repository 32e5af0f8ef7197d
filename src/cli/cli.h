/*
 * The `fovea` command: what main.c and the subcommands share.
 *
 * Each cmd_*.c is one subcommand: it gets the arguments behind its name and
 * returns the exit code. Only main.c ends the process.
 */
#ifndef FOVEA_CLI_CLI_H
#define FOVEA_CLI_CLI_H

#include <stddef.h>

#include "fovea/fovea.h"

#include "base/macros.h"
#include "base/text.h"
#include "option/option.h"

/** Exit codes; a signal adds 128 to its number. */
enum fovea_exit {
    FOVEA_EXIT_OK = 0,
    FOVEA_EXIT_FAILED = 1, /* nothing could be done */
    FOVEA_EXIT_USAGE = 2,
    FOVEA_EXIT_SOME_BAD = 3, /* everything was tried, not every input is good */
    FOVEA_EXIT_SIGNAL = 128,
};

struct fovea_command {
    enum fovea_command_id id; /* its name: fovea_command_rows[id] */
    const char *about;        /* what --help says before the flags */
    const char *notes;        /* and behind them */
    int (*run)(const struct fovea_command *self, int argc, char **argv);
};

extern const struct fovea_command fovea_cmd_embed;
extern const struct fovea_command fovea_cmd_preprocess;
extern const struct fovea_command fovea_cmd_similar;
extern const struct fovea_command fovea_cmd_classify;
extern const struct fovea_command fovea_cmd_search;
extern const struct fovea_command fovea_cmd_duplicates;
extern const struct fovea_command fovea_cmd_tokenize;
extern const struct fovea_command fovea_cmd_models;
extern const struct fovea_command fovea_cmd_pull;
extern const struct fovea_command fovea_cmd_bench;
extern const struct fovea_command fovea_cmd_index;
extern const struct fovea_command fovea_cmd_export;
extern const struct fovea_command fovea_cmd_job;
extern const struct fovea_command fovea_cmd_work;
extern const struct fovea_command fovea_cmd_serve;
extern const struct fovea_command fovea_cmd_ps;
extern const struct fovea_command fovea_cmd_stop;

/** Print how to use a command. As fovea_cli_print_text(). */
int fovea_cli_help(const struct fovea_command *command);

/** Print lines on stdout. FOVEA_EXIT_OK; FOVEA_EXIT_FAILED with a message; 141
 *  (what SIGPIPE would have made of it) without one, where the reader has gone;
 *  FOVEA_EXIT_SIGNAL and more after a signal, the last line whole. */
int fovea_cli_print(const char *text);

/** The same of bytes, NUL bytes among them. */
int fovea_cli_print_bytes(const char *bytes, size_t size);

/** The same with a text, which may be empty, unless memory ran out for it. */
int fovea_cli_print_text(const struct fovea_text *text);

FOVEA_DEFINE_AUTO(struct fovea *, fovea_close);

FOVEA_DEFINE_AUTO(struct fovea_model *, fovea_model_close);

/** Say that the model does not state how its pixels are prepared, if so. */
void fovea_cli_warn_of_model(const struct fovea_model_info *info);

/** FOVEA_ERR_TEXT_UNSUPPORTED of a model that takes no texts, with what to do
 *  about it; why it takes none is said on stderr. */
enum fovea_status fovea_cli_refuse_texts(struct fovea_model *model,
        struct fovea_error *err);

/** One line on stderr, "fovea: ...", control characters made harmless. */
void fovea_cli_report(const char *format, ...) FOVEA_PRINTF(1, 2);

/** Report an error record, but not that the reader has gone. Returns the exit
 *  code of its status. */
int fovea_cli_fail(const struct fovea_error *error);

/** Room for argc words and two that a command may add; free() it. NULL, and
 *  reported, without memory: FOVEA_EXIT_FAILED. */
const char **fovea_cli_words(int argc);

/** Report wrong usage and where to read how it is done. FOVEA_EXIT_USAGE. */
int fovea_cli_misused(const struct fovea_command *command,
        const struct fovea_error *error);

/** End the process at once, with nothing freed: for when other threads are
 *  still inside the library. Lives in main.c. */
_Noreturn void fovea_cli_quit(int exit_code);

#endif
