/* Dots in cells. Context: tool. */
#include "reporter/chart/canvas.h"

#include <stdlib.h>
#include <string.h>

#define BRAILLE_BLOCK  0x2800u
#define PATTERN_PERIOD 8

struct canvas *canvas_make(unsigned columns, unsigned rows, bool braille,
                           bool color)
{
    struct canvas *canvas = calloc(1, sizeof *canvas);

    if (!canvas)
        return NULL;
    canvas->columns =
        columns < CANVAS_COLUMNS_MAX ? columns : CANVAS_COLUMNS_MAX;
    canvas->rows = rows < CANVAS_ROWS_MAX ? rows : CANVAS_ROWS_MAX;
    canvas->braille = braille;
    canvas->color = color;
    return canvas;
}

unsigned canvas_width(const struct canvas *canvas)
{
    return canvas->columns * (canvas->braille ? CANVAS_DOTS_X : 1);
}

unsigned canvas_height(const struct canvas *canvas)
{
    return canvas->rows * (canvas->braille ? CANVAS_DOTS_Y : 1);
}

/* Dots 1 2 3 7 go down the left column, 4 5 6 8 down the right. */
static uint8_t dot_bit(unsigned x, unsigned y)
{
    static const uint8_t bits[CANVAS_DOTS_X][CANVAS_DOTS_Y] = {
        {0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}};

    return bits[x % CANVAS_DOTS_X][y % CANVAS_DOTS_Y];
}

static void set_point(struct canvas *canvas, unsigned x, unsigned y,
                      const struct canvas_pen *pen)
{
    unsigned column = canvas->braille ? x / CANVAS_DOTS_X : x;
    unsigned row = canvas->braille ? y / CANVAS_DOTS_Y : y;

    if (column >= canvas->columns || row >= canvas->rows)
        return;
    struct canvas_cell *cell = &canvas->cells[row][column];
    if (canvas->braille && (pen->pattern >> x % PATTERN_PERIOD & 1) == 0)
        return;
    cell->dots |= canvas->braille ? dot_bit(x, y) : 1;
    cell->pen = *pen;
}

/* Whole steps along the longer side (J. E. Bresenham 1965). */
void canvas_line(struct canvas *canvas, struct canvas_point from,
                 struct canvas_point to, const struct canvas_pen *pen)
{
    int dx = abs((int)to.x - (int)from.x);
    int dy = -abs((int)to.y - (int)from.y);
    int step_x = from.x < to.x ? 1 : -1;
    int step_y = from.y < to.y ? 1 : -1;
    int error = dx + dy;
    int x = (int)from.x;
    int y = (int)from.y;

    for (;;) {
        set_point(canvas, (unsigned)x, (unsigned)y, pen);
        if (x == (int)to.x && y == (int)to.y)
            return;
        int twice = 2 * error;
        if (twice >= dy) {
            error += dy;
            x += step_x;
        }
        if (twice <= dx) {
            error += dx;
            y += step_y;
        }
    }
}

void canvas_mark(struct canvas *canvas, unsigned x, const char *sign, int color)
{
    unsigned column = canvas->braille ? x / CANVAS_DOTS_X : x;

    for (unsigned row = 0; column < canvas->columns && row < canvas->rows;
         row++) {
        struct canvas_cell *cell = &canvas->cells[row][column];
        if (row > 0 && cell->dots != 0)
            continue;
        cell->sign = row == 0 ? sign : canvas->braille ? "┊" : ":";
        cell->pen.color = color;
    }
}

/* U+2800 to U+28ff in UTF-8. */
static void write_braille(uint8_t dots, FILE *out)
{
    unsigned code = BRAILLE_BLOCK + dots;

    putc((int)(0xe0 | code >> 12), out);
    putc((int)(0x80 | (code >> 6 & 0x3f)), out);
    putc((int)(0x80 | (code & 0x3f)), out);
}

static bool is_empty(const struct canvas_cell *cell)
{
    return cell->dots == 0 && !cell->sign;
}

static void write_cell(const struct canvas *canvas,
                       const struct canvas_cell *cell, FILE *out)
{
    if (cell->sign) {
        fputs(cell->sign, out);
    } else if (cell->dots == 0) {
        putc(' ', out);
    } else if (canvas->braille) {
        write_braille(cell->dots, out);
    } else {
        putc(cell->pen.letter, out);
    }
}

void canvas_write_row(const struct canvas *canvas, unsigned row, FILE *out)
{
    const struct canvas_cell *cells = canvas->cells[row];
    unsigned end = canvas->columns;
    int color = 0;

    while (end > 0 && is_empty(&cells[end - 1]))
        end--;
    for (unsigned column = 0; column < end; column++) {
        int wanted = is_empty(&cells[column]) ? color : cells[column].pen.color;
        if (canvas->color && wanted != color)
            fprintf(out, "\033[%dm", wanted);
        color = wanted;
        write_cell(canvas, &cells[column], out);
    }
    if (canvas->color && color != 0)
        fputs("\033[0m", out);
}
