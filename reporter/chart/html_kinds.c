/* Memory by kind. Context: tool. */
#include <math.h>

#include "reporter/chart/axis.h"
#include "reporter/chart/html_chart.h"

#define WIDTH   1000
#define HEIGHT  10
#define PERCENT 100

static double sum_of(const struct history *history)
{
    double sum = 0;

    for (size_t i = 0; i < HISTORY_CATEGORIES; i++)
        sum += isnan(history->categories[i]) ? 0 : history->categories[i];
    return sum;
}

static void write_bar(const struct history *history, double sum, FILE *out)
{
    double x = 0;

    fprintf(out,
            "<svg class=bar viewBox='0 0 %d %d' preserveAspectRatio=none "
            "aria-hidden=true>",
            WIDTH, HEIGHT);
    for (size_t i = 0; i < HISTORY_CATEGORIES; i++) {
        double part = history->categories[i] / sum * WIDTH;
        if (isnan(part))
            continue;
        fprintf(out,
                "<rect class='kind k%zu' x='%.1f' width='%.1f' height='%d'/>",
                i, x, part, HEIGHT);
        x += part;
    }
    fputs("</svg>\n", out);
}

static void write_row(const char *name, double bytes, double sum, FILE *out)
{
    char text[AXIS_TEXT_BYTES];

    axis_text(AXIS_BYTES, bytes, text);
    fprintf(out, "<th scope=row>%s<td>%s<td>%.0f %%\n", name, text,
            bytes / sum * PERCENT);
}

/* What a reader may ask next: how much of it is shared with others. */
static void write_shares(const struct history *history, FILE *out)
{
    char text[AXIS_TEXT_BYTES];

    if (!isnan(history->proportional_bytes)) {
        axis_text(AXIS_BYTES, history->proportional_bytes, text);
        fprintf(out,
                "<p>Shared pages divided by their sharers (PSS): <b>%s</b>.",
                text);
    }
    if (!isnan(history->private_bytes)) {
        axis_text(AXIS_BYTES, history->private_bytes, text);
        fprintf(out, " Free without this process (USS): <b>%s</b>.", text);
    }
    putc('\n', out);
}

void html_kinds_write(const struct history *history, FILE *out)
{
    double sum = sum_of(history);

    if (!(sum > 0))
        return;
    fputs("<figure class='kinds'><figcaption><b>Resident memory by kind</b>"
          "</figcaption>",
          out);
    write_bar(history, sum, out);
    fputs("<table><thead><tr><th scope=col><span class=unseen>Colour</span>"
          "<th scope=col>Kind<th scope=col>Size<th scope=col>Share"
          "</thead><tbody>",
          out);
    for (size_t i = 0; i < HISTORY_CATEGORIES; i++) {
        if (isnan(history->categories[i]))
            continue;
        fprintf(out,
                "<tr><td><svg class=swatch viewBox='0 0 10 10' "
                "aria-hidden=true><rect class='kind k%zu' width=10 height=10 />"
                "</svg>",
                i);
        write_row(chart_categories[i], history->categories[i], sum, out);
    }
    fputs("</tbody></table>", out);
    write_shares(history, out);
    fputs("</figure>\n", out);
}
