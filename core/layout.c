/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * layout.c - the size class table and the arithmetic of elements per span.
 */
#include "core/layout.h"

struct size_class {
    uint16_t elem, pages;
};

static const struct size_class classes[SIZE_CLASSES] = {
    {0, 0},     {8, 1},     {16, 1},     {24, 1},    {32, 1},    {48, 1},    {64, 1},    {80, 1},    {96, 1},
    {112, 1},   {128, 1},   {144, 1},    {160, 1},   {176, 1},   {192, 1},   {208, 1},   {224, 1},   {240, 1},
    {256, 1},   {288, 1},   {320, 1},    {352, 1},   {384, 1},   {416, 1},   {448, 1},   {480, 1},   {512, 1},
    {576, 1},   {640, 1},   {704, 1},    {768, 1},   {896, 1},   {1024, 1},  {1152, 1},  {1280, 1},  {1408, 2},
    {1536, 1},  {1792, 2},  {2048, 1},   {2304, 2},  {2688, 1},  {3072, 3},  {3200, 2},  {3456, 3},  {4096, 1},
    {4864, 3},  {5376, 2},  {6144, 3},   {6528, 4},  {6784, 5},  {6912, 6},  {8192, 1},  {9472, 7},  {9728, 6},
    {10240, 5}, {10880, 4}, {12288, 3},  {13568, 5}, {14336, 7}, {16384, 2}, {18432, 9}, {19072, 7}, {20480, 5},
    {21760, 8}, {24576, 3}, {27264, 10}, {28672, 7}, {32768, 4},
};

uint32_t layout_elem(unsigned size_class) {
    return classes[size_class].elem;
}

uint32_t layout_pages(unsigned size_class) {
    return classes[size_class].pages;
}

uint32_t layout_most_in_span(const struct layout *l) {
    return 8 * l->ptr * l->ptr;
}

uint32_t layout_nelems(const struct layout *l, unsigned size_class, bool noscan, uint64_t page_size) {
    uint64_t elem = classes[size_class].elem;
    uint64_t bytes = classes[size_class].pages * page_size;
    uint64_t reserved = 0;
    if (elem <= layout_most_in_span(l)) {
        reserved += l->inline_marks && elem >= 16 ? 128 : 0;
        reserved += noscan ? 0 : bytes / l->ptr / 8;
    }
    return (uint32_t)((bytes - reserved) / elem);
}

uint32_t layout_max_nelems(unsigned size_class, uint64_t page_size) {
    return (uint32_t)(classes[size_class].pages * page_size / classes[size_class].elem);
}
