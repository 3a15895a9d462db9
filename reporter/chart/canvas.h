/*
 * A drawing in character cells: braille (2 x 4 dots a cell, Unicode block
 * U+2800) where the terminal knows it, one letter a cell where it does not.
 * A cell belongs to the line that was drawn in it last; patterns of dots tell
 * lines apart where there is no colour. Context: tool.
 */
#ifndef INQUEST_REPORTER_CANVAS_H
#define INQUEST_REPORTER_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "proto/base/compiler.h"

#define CANVAS_COLUMNS_MAX 400
#define CANVAS_ROWS_MAX    100
#define CANVAS_DOTS_X      2 /* in a cell */
#define CANVAS_DOTS_Y      4

struct canvas_pen {
    char letter;      /* without braille */
    int color;        /* SGR foreground */
    unsigned pattern; /* which of 8 neighbouring dot columns are drawn */
};

struct canvas_cell {
    uint8_t dots; /* bits as in U+2800 */
    struct canvas_pen pen;
    const char *sign; /* instead of dots, NULL: none */
};

struct canvas {
    unsigned columns, rows;
    bool braille, color;
    struct canvas_cell cells[CANVAS_ROWS_MAX][CANVAS_COLUMNS_MAX];
};

/* Empty, cut to the limits above. The caller frees it; NULL: no memory. */
struct canvas *canvas_make(unsigned columns, unsigned rows, bool braille,
                           bool color);

/* How many points it has: dots, or cells. */
unsigned canvas_width(const struct canvas *canvas);
unsigned canvas_height(const struct canvas *canvas);

/* A straight line between two points, which lie inside; y 0 is the top. */
struct canvas_point {
    unsigned x, y;
};
void canvas_line(struct canvas *canvas, struct canvas_point from,
                 struct canvas_point to, const struct canvas_pen *pen);

/* A vertical line over empty cells, with a sign at its top. */
void canvas_mark(struct canvas *canvas, unsigned x, const char *sign,
                 int color);

/* One row, without blanks at its end. */
void canvas_write_row(const struct canvas *canvas, unsigned row, FILE *out);

#endif
