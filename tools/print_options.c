/*
 * The table of options as JSON on standard output, for the scripts that make the
 * tables of the documents and the completions of shells of it.
 */
#include <stdio.h>

#include "fovea/status.h"

#include "base/text.h"
#include "option/option.h"

/* What only the man page has. */
static const char *const more_texts[FOVEA_N_OPTIONS] = {
#define ROW(id, scope, name, field, member, kind, flag, letter, variable,  \
        argument, initial, min, max, words, group, commands, status, help, \
        more)                                                              \
    [FOVEA_OPTION_##id] = (more),
#include "option/option.def"
};

static const char *const kinds[] = {
    [FOVEA_OPTION_KIND_NUMBER] = "number",
    [FOVEA_OPTION_KIND_BYTES] = "bytes",
    [FOVEA_OPTION_KIND_PIXELS] = "pixels",
    [FOVEA_OPTION_KIND_TIME] = "time",
    [FOVEA_OPTION_KIND_CHOICE] = "choice",
    [FOVEA_OPTION_KIND_TEXT] = "text",
    [FOVEA_OPTION_KIND_TEXTS] = "texts",
    [FOVEA_OPTION_KIND_SWITCH] = "switch",
    [FOVEA_OPTION_KIND_MEMORY] = "memory",
};

static const char *const scopes[] = {
    [FOVEA_SCOPE_LIBRARY] = "library",
    [FOVEA_SCOPE_SERVER] = "server",
    [FOVEA_SCOPE_ARGUMENT] = "argument",
};

static const char *const groups[] = {
#define X(id, title, below) #id,
#include "option/group.def"
#undef X
};

/* ,"name":"text", or null. */
static void
add(struct fovea_text *text, const char *name, const char *value)
{
    fovea_text_format(text, ",\"%s\":", name);
    if (value) {
        fovea_text_json_string(text, value);
    } else {
        fovea_text_format(text, "null");
    }
}

static void
add_words(struct fovea_text *text, const char *const *words)
{
    fovea_text_format(text, ",\"words\":[");
    for (size_t i = 0; words && words[i]; i++) {
        fovea_text_format(text, "%s\"%s\"", i ? "," : "", words[i]);
    }
    fovea_text_format(text, "]");
}

static void
add_commands(struct fovea_text *text, unsigned commands)
{
    const char *between = "";
    fovea_text_format(text, ",\"commands\":[");
    for (size_t i = 0; i < FOVEA_N_COMMANDS; i++) {
        if (commands >> i & 1) {
            fovea_text_format(text, "%s\"%s\"", between,
                    fovea_command_rows[i].name);
            between = ",";
        }
    }
    fovea_text_format(text, "]");
}

static void
add_option(struct fovea_text *text, size_t index)
{
    const struct fovea_option_row *row = &fovea_option_rows[index];
    const struct fovea_option *option = &row->option;
    const char letter[2] = { row->letter, 0 };
    fovea_text_format(text, "%s {\"scope\":\"%s\"", index ? ",\n" : "",
            scopes[row->scope]);
    add(text, "kind", kinds[option->kind]);
    add(text, "name", option->name);
    add(text, "field", row->field);
    add(text, "flag", option->flag);
    add(text, "letter", letter);
    add(text, "variable", option->environment);
    add(text, "argument", row->argument);
    add(text, "initial", option->initial);
    fovea_text_format(text, ",\"min\":%llu,\"max\":%llu",
            (unsigned long long)option->min, (unsigned long long)option->max);
    add_words(text, option->words);
    add(text, "group", groups[row->group]);
    add_commands(text, row->commands);
    add(text, "status", option->status);
    add(text, "help", option->help);
    add(text, "more", more_texts[index]);
    fovea_text_format(text, "}");
}

int
main(void)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text text = { 0 };
    fovea_text_format(&text, "{\"options\":[\n");
    for (size_t i = 0; i < FOVEA_N_OPTIONS; i++) {
        add_option(&text, i);
    }
    fovea_text_format(&text, "],\n\"commands\":[\n");
    for (size_t i = 0; i < FOVEA_N_COMMANDS; i++) {
        fovea_text_format(&text, "%s {\"words\":\"%s\"", i ? ",\n" : "",
                fovea_command_rows[i].words);
        add(&text, "name", fovea_command_rows[i].name);
        add(&text, "summary", fovea_command_rows[i].summary);
        fovea_text_format(&text, "}");
    }
    fovea_text_format(&text, "]}\n");
    if (fovea_text_failed(&text)) {
        return 1;
    }
    return fputs(text.data, stdout) < 0 || fflush(stdout) != 0;
}
