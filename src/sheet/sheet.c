/* See sheet.h. */
#include "sheet/sheet.h"

#include <string.h>

#include "sheet/link.h"

/* The first line, by which a sheet is known again. */
#define FIRST_LINE "<!DOCTYPE html><!-- fovea contact sheet -->\n"

_Static_assert(sizeof FIRST_LINE - 1 <= FOVEA_SHEET_HEAD_BYTES,
        "the beginning tells a sheet");

static const char style[] =
        ":root{color-scheme:light dark;--back:#fff;--fore:#1a1a1a;"
        "--soft:#5c5c5c;--card:#f3f3f1;--line:#d8d8d4;--mark:#0b57d0}\n"
        "@media(prefers-color-scheme:dark){:root{--back:#141414;"
        "--fore:#ededed;--soft:#a9a9a9;--card:#1f1f1f;--line:#3a3a3a;"
        "--mark:#a8c7fa}}\n"
        "*{box-sizing:border-box}\n"
        "body{margin:0 auto;padding:1rem;max-width:110rem;"
        "background:var(--back);color:var(--fore);"
        "font:1rem/1.4 system-ui,sans-serif}\n"
        "h1{font-size:1.4rem;margin:0 0 .25rem;overflow-wrap:anywhere}\n"
        "h2{font-size:1.1rem;margin:2rem 0 .25rem;overflow-wrap:anywhere}\n"
        "p{margin:0 0 1rem;color:var(--soft);overflow-wrap:anywhere}\n"
        "ul{list-style:none;margin:0;padding:0;display:grid;gap:.75rem;"
        "grid-template-columns:repeat(auto-fill,minmax(min(11rem,42vw),1fr))}\n"
        "li{background:var(--card);border:1px solid var(--line);"
        "border-radius:.5rem;padding:.5rem;display:flex;"
        "flex-direction:column;gap:.35rem;min-width:0}\n"
        "li a{color:inherit;text-decoration:none;display:flex;"
        "flex-direction:column;gap:.35rem}\n"
        "li a:hover .name{text-decoration:underline}\n"
        "a:focus-visible{outline:3px solid var(--mark);outline-offset:3px;"
        "border-radius:.25rem}\n"
        ".view{height:10rem;display:flex;align-items:center;"
        "justify-content:center;color:var(--soft);font-size:.85rem;"
        "text-align:center;overflow-wrap:anywhere;overflow:hidden}\n"
        ".view img{max-width:100%;max-height:100%;border-radius:.25rem}\n"
        ".name{overflow-wrap:anywhere;font-size:.9rem}\n"
        ".more{color:var(--soft);font-size:.8rem;"
        "font-variant-numeric:tabular-nums}\n"
        ".mark{color:var(--mark);font-weight:600;font-size:.8rem}\n";

static void
add(struct fovea_text *text, const char *html)
{
    fovea_text_add(text, html, strlen(html));
}

/* Any bytes as text of HTML, also between double quotes. */
static void
add_escaped(struct fovea_text *text, const char *string)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text line = { 0 };
    fovea_text_printable(&line, string);
    if (fovea_text_failed(&line)) {
        text->failed = true;
        return;
    }
    for (const char *at = line.data; at && *at; at++) {
        switch (*at) {
        case '&':
            add(text, "&amp;");
            break;
        case '<':
            add(text, "&lt;");
            break;
        case '>':
            add(text, "&gt;");
            break;
        case '"':
            add(text, "&quot;");
            break;
        case '\'':
            add(text, "&#39;");
            break;
        default:
            fovea_text_add(text, at, 1);
        }
    }
}

/* <tag>text</tag>, or nothing without a text. */
static void
add_element(struct fovea_text *text, const char *begin, const char *string,
        const char *end)
{
    if (string && *string) {
        add(text, begin);
        add_escaped(text, string);
        add(text, end);
    }
}

static void
add_base64(struct fovea_text *text, const uint8_t *bytes, size_t size)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz0123456789+/";
    enum {
        GROUPS = 256 /* that are added at a time */
    };
    char out[GROUPS * 4];
    size_t n = 0;
    for (size_t i = 0; i < size; i += 3) {
        size_t left = size - i;
        uint32_t word = (uint32_t)bytes[i] << 16 |
                (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
                (left > 2 ? (uint32_t)bytes[i + 2] : 0);
        out[n++] = letters[word >> 18];
        out[n++] = letters[word >> 12 & 63];
        out[n++] = left > 1 ? letters[word >> 6 & 63] : '=';
        out[n++] = left > 2 ? letters[word & 63] : '=';
        if (n == sizeof out || left <= 3) {
            fovea_text_add(text, out, n);
            n = 0;
        }
    }
}

void
fovea_sheet_begin(struct fovea_sheet *sheet, struct fovea_text *text,
        const char *folder, const char *title, const char *summary)
{
    *sheet = (struct fovea_sheet){ .text = text, .folder = folder };
    add(text,
            FIRST_LINE
            "<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
            "<meta http-equiv=\"Content-Security-Policy\" content=\""
            "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
            "base-uri 'none'; form-action 'none'\">\n"
            "<meta name=\"viewport\" content=\"width=device-width, "
            "initial-scale=1\">\n"
            "<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
    add_escaped(text, title);
    add(text, "</title>\n<style>\n");
    add(text, style);
    add(text, "</style>\n</head>\n<body>\n<main>\n");
    add_element(text, "<h1>", title, "</h1>\n");
    add_element(text, "<p>", summary, "</p>\n");
}

static void
end_list(struct fovea_sheet *sheet)
{
    add(sheet->text, sheet->is_in_list ? "</ul>\n" : "");
    sheet->is_in_list = false;
}

void
fovea_sheet_group(struct fovea_sheet *sheet, const char *heading,
        const char *details)
{
    end_list(sheet);
    add_element(sheet->text, "<h2>", heading, "</h2>\n");
    add_element(sheet->text, "<p>", details, "</p>\n");
}

/* What is seen of it. Its alternative is the name, which is not read aloud once
   more where it stands below. */
static void
add_view(struct fovea_text *text, const struct fovea_sheet_picture *picture)
{
    add(text, "<span class=\"view\">");
    if (picture->jpeg) {
        add(text, "<img loading=\"lazy\" alt=\"");
        add_escaped(text, picture->name);
        add(text, "\" src=\"data:image/jpeg;base64,");
        add_base64(text, picture->jpeg, picture->jpeg_bytes);
        add(text, "\">");
    } else {
        add_escaped(text, picture->problem ? picture->problem : "no picture");
    }
    add(text, "</span>\n");
    add_element(text,
            picture->jpeg ? "<bdi class=\"name\" aria-hidden=\"true\">"
                          : "<bdi class=\"name\">",
            picture->name, "</bdi>");
}

void
fovea_sheet_add(struct fovea_sheet *sheet,
        const struct fovea_sheet_picture *picture)
{
    struct fovea_text *text = sheet->text;
    add(text, sheet->is_in_list ? "<li>" : "<ul>\n<li>");
    sheet->is_in_list = true;
    if (picture->path) {
        add(text, "<a href=\"");
        fovea_link_add(text, sheet->folder, picture->path);
        add(text, "\">");
    }
    add_view(text, picture);
    add(text, picture->path ? "</a>\n" : "\n");
    add_element(text, "<span class=\"mark\">", picture->mark, "</span>\n");
    add_element(text, "<span class=\"more\">", picture->score, "</span>\n");
    add_element(text, "<span class=\"more\">", picture->details, "</span>\n");
    add(text, "</li>\n");
}

void
fovea_sheet_end(struct fovea_sheet *sheet)
{
    end_list(sheet);
    add(sheet->text, "</main>\n</body>\n</html>\n");
}

bool
fovea_sheet_is_ours(const char *head, size_t size)
{
    return size >= sizeof FIRST_LINE - 1 &&
            memcmp(head, FIRST_LINE, sizeof FIRST_LINE - 1) == 0;
}
