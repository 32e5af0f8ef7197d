/* The tables: see option.h. Compiled for any x86-64, as what reads them before
   fovea_open() is. */
#include "option/option.h"

#include "spec/dtype.h"
#include "spec/pixels.h"

/* In the order of enum fovea_sandbox; "default" is what not giving it means. */
static const char *const sandbox_words[] = { "default", "on", "auto", "off",
    NULL };

/* In the order of enum fovea_damaged. */
static const char *const damaged_words[] = { "refuse", "accept", NULL };

/* How vectors are kept. */
static const char *const store_words[] = { "f32", "f16", NULL };

/* In the order of enum fovea_shard_look. */
static const char *const check_words[] = { "marker", "files", "bytes", NULL };

/* In the order of enum fovea_truncate. */
static const char *const truncate_words[] = { "cut", "refuse", NULL };

/* In the order of enum fovea_http_log_format. */
static const char *const log_format_words[] = { "text", "json", NULL };

/* The words of the table's column of commands. */
enum {
#define X(id, name, summary, words) id = 1 << FOVEA_COMMAND_##id,
#include "option/command.def"
#undef X
    RUNS = EMBED | SIMILAR | CLASSIFY | PREPROCESS,
    FETCHES = RUNS | SEARCH | DUPLICATES | WORK,
    EMBEDS = FETCHES | INDEX,
    READS_TEXTS = EMBED | SIMILAR | CLASSIFY | SERVE,
    EVERY = (1 << FOVEA_N_COMMANDS) - 1
};

/* A member that has no flag is the library's all the same. */
#define FOVEA_SCOPE_MEMBER FOVEA_SCOPE_LIBRARY

/* The member's place, of the scope where it is known here. */
#define OFFSET_LIBRARY(member)  offsetof(struct fovea_options, member)
#define OFFSET_MEMBER           OFFSET_LIBRARY
#define OFFSET_SERVER(member)   0
#define OFFSET_ARGUMENT(member) 0
#define SIZE_LIBRARY(member)    sizeof(((struct fovea_options *)0)->member)
#define SIZE_MEMBER             SIZE_LIBRARY
#define SIZE_SERVER(member)     0
#define SIZE_ARGUMENT(member)   0

const struct fovea_option_row fovea_option_rows[FOVEA_N_OPTIONS] = {
#define ROW(id, its_scope, its_name, its_field, member, its_kind, its_flag, \
        its_letter, variable, its_argument, its_initial, its_min, its_max,  \
        its_words, its_group, its_commands, code, its_help, more)           \
    [FOVEA_OPTION_##id] = {                                                 \
        .option = {                                                         \
            .struct_size = sizeof(struct fovea_option),                     \
            .name = (its_name),                                             \
            .flag = (its_flag),                                             \
            .environment = (variable),                                      \
            .kind = FOVEA_OPTION_KIND_##its_kind,                           \
            .initial = (its_initial),                                       \
            .min = (its_min),                                               \
            .max = (its_max),                                               \
            .words = (its_words),                                           \
            .status = (code),                                               \
            .help = (its_help),                                             \
        },                                                                  \
        .field = (its_field),                                               \
        .argument = (its_argument),                                         \
        .letter = (its_letter),                                             \
        .scope = FOVEA_SCOPE_##its_scope,                                   \
        .group = FOVEA_GROUP_##its_group,                                   \
        .commands = (its_commands),                                         \
        .offset = OFFSET_##its_scope(member),                               \
        .size = SIZE_##its_scope(member),                                   \
    },
#include "option/option.def"
};

const struct fovea_command_row fovea_command_rows[FOVEA_N_COMMANDS] = {
#define X(id, its_name, its_summary, its_words) \
    { .name = (its_name), .summary = (its_summary), .words = #its_words },
#include "option/command.def"
#undef X
};

const struct fovea_group_row fovea_group_rows[FOVEA_N_GROUPS] = {
#define X(id, its_title, its_below) \
    { .title = (its_title), .below = (its_below) },
#include "option/group.def"
#undef X
};
