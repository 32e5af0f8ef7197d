/*
 * What --help prints of a command: what it says itself, around its flags, which
 * are the rows of the table of options in groups, wrapped to a terminal.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/cli.h"

enum {
    WIDTH = 80,
    MOST_INDENT = 30
};

static bool
is_shown(const struct fovea_option_row *row, enum fovea_option_group group,
        enum fovea_command_id command)
{
    return row->group == group && row->commands >> command & 1;
}

/* "  -o, --output FILE"; gives its length. */
static size_t
format_flag(const struct fovea_option_row *row, char flag[WIDTH])
{
    char letter[8] = "    ";
    if (row->letter) {
        (void)snprintf(letter, sizeof letter, "-%c, ", row->letter);
    }
    int size = snprintf(flag, WIDTH, "  %s--%s%s%s", letter, row->option.flag,
            row->argument ? " " : "", row->argument ? row->argument : "");
    return (size_t)size;
}

/* Where the texts of a group begin. */
static size_t
find_indent(enum fovea_option_group group, enum fovea_command_id command)
{
    char flag[WIDTH];
    size_t indent = 0;
    for (size_t i = 0; i < FOVEA_N_OPTIONS; i++) {
        if (is_shown(&fovea_option_rows[i], group, command)) {
            size_t size = format_flag(&fovea_option_rows[i], flag) + 2;
            indent = size > indent ? size : indent;
        }
    }
    return indent < MOST_INDENT ? indent : MOST_INDENT;
}

/* Text behind what stands on the line already, and on lines below it. */
static void
add_wrapped(struct fovea_text *to, const char *text, size_t column,
        size_t indent)
{
    while (*text) {
        size_t size = strcspn(text, " ");
        if (column > indent && column + 1 + size > WIDTH) {
            fovea_text_add(to, "\n", 1);
            column = 0;
        }
        size_t space = column < indent ? indent - column : column > indent;
        fovea_text_format(to, "%*s%.*s", (int)space, "", (int)size, text);
        column += space + size;
        text += size + strspn(text + size, " ");
    }
    fovea_text_add(to, "\n", 1);
}

/* The words of a choice, behind a text that ends with a colon. */
static void
add_words(struct fovea_text *to, const struct fovea_option *option)
{
    const size_t size = strlen(option->help);
    if (!option->words || option->help[size - 1] != ':') {
        return;
    }
    for (size_t i = 0; option->words[i]; i++) {
        fovea_text_format(to, "%s%s", i ? ", " : " ", option->words[i]);
    }
}

static void
add_row(struct fovea_text *to, const struct fovea_option_row *row,
        size_t indent)
{
    const struct fovea_option *option = &row->option;
    FOVEA_AUTO(fovea_text_finish) struct fovea_text text = { 0 };
    char flag[WIDTH];
    size_t size = format_flag(row, flag);
    fovea_text_format(&text, "%s", option->help);
    add_words(&text, option);
    if (option->kind == FOVEA_OPTION_KIND_NUMBER && option->min > 0 &&
            option->max < UINT32_MAX) {
        fovea_text_format(&text, ", %llu to %llu",
                (unsigned long long)option->min,
                (unsigned long long)option->max);
    }
    if (option->initial) {
        fovea_text_format(&text, " (%s)", option->initial);
    }
    fovea_text_add(to, flag, size);
    /* One that is too long for the column has its text below it. */
    bool fits = size + 2 <= indent;
    fovea_text_add(to, "\n", !fits);
    add_wrapped(to, fovea_text_failed(&text) ? "" : text.data, fits ? size : 0,
            indent);
}

static void
add_group(struct fovea_text *to, enum fovea_option_group group,
        enum fovea_command_id command)
{
    size_t indent = find_indent(group, command);
    if (indent == 0) {
        return;
    }
    fovea_text_format(to, "%s:\n", fovea_group_rows[group].title);
    for (size_t i = 0; i < FOVEA_N_OPTIONS; i++) {
        if (is_shown(&fovea_option_rows[i], group, command)) {
            add_row(to, &fovea_option_rows[i], indent);
        }
    }
    fovea_text_format(to, "%s\n", fovea_group_rows[group].below);
}

static bool
has_variables(enum fovea_command_id command)
{
    bool has = false;
    for (size_t i = 0; i < FOVEA_N_OPTIONS; i++) {
        const struct fovea_option_row *row = &fovea_option_rows[i];
        has = has || (row->commands >> command & 1 && row->option.environment);
    }
    return has;
}

int
fovea_cli_help(const struct fovea_command *command)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text text = { 0 };
    fovea_text_format(&text, "%s\n", command->about);
    for (unsigned i = 0; i < FOVEA_N_GROUPS; i++) {
        add_group(&text, (enum fovea_option_group)i, command->id);
    }
    if (has_variables(command->id)) {
        fovea_text_format(&text,
                "Where a flag is not given, its variable counts, if it has one "
                "and that is\nnot empty: FOVEA_ and the name, as in "
                "FOVEA_QUIET=1 (man fovea lists them).\n\n");
    }
    fovea_text_format(&text, "%s", command->notes);
    return fovea_cli_print_text(&text);
}
