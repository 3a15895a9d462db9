/* Pages. Context: tool. */
#include "reporter/show/html.h"

#include <stdint.h>

void html_escape(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '&') {
            fputs("&amp;", out);
        } else if (c == '<') {
            fputs("&lt;", out);
        } else if (c == '>') {
            fputs("&gt;", out);
        } else if (c == '"') {
            fputs("&quot;", out);
        } else if (c == '\'') {
            fputs("&#39;", out);
        } else {
            putc((c < ' ' && c != '\n' && c != '\t') || c == 0x7f ? '?' : c,
                 out);
        }
    }
}

void html_begin(FILE *out, const char *title, const char *what)
{
    fputs("<!doctype html><html lang=en><meta charset=utf-8>"
          "<meta name=viewport content=\"width=device-width\">"
          "<meta http-equiv=Content-Security-Policy content=\"default-src "
          "'none'; style-src 'unsafe-inline'\"><title>",
          out);
    html_escape(out, title);
    fputs(" – ", out);
    html_escape(out, what);
    fputs("</title><style>", out);
    fputs(html_style, out);
    fputs(html_style_charts, out);
    fputs("</style><main><h1>", out);
    html_escape(out, title);
    fputs("</h1>\n", out);
}

void html_end(FILE *out)
{
    fputs("</main></html>\n", out);
}

void html_term(FILE *out, const char *name, const char *value)
{
    if (*value == '\0')
        return;
    fprintf(out, "<dt>%s<dd>", name);
    html_escape(out, value);
    putc('\n', out);
}

void html_sentences(FILE *out, const char *title, const json_t *sentences)
{
    size_t index;
    json_t *sentence;

    if (json_array_size(sentences) == 0)
        return;
    fprintf(out, "<h2>%s</h2><ul>", title);
    json_array_foreach((json_t *)(uintptr_t)sentences, index, sentence)
    {
        fputs("<li>", out);
        html_escape(out, json_string_value(sentence));
    }
    fputs("</ul>\n", out);
}
