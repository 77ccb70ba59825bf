/* SPDX-License-Identifier: GPL-3.0-or-later */
/* container.c - finding pieces, by the index or by their tags, and checking them; see container.h. */
#include "core/container.h"
#include "core/cbor_item.h"
#include "core/container_form.h"

const char *piece_kind_name(enum piece_kind kind) {
    static const char *const names[PIECE_KINDS] = {[PIECE_INFO] = "description",   [PIECE_TEXTS] = "names",
                                                   [PIECE_TYPES] = "types",        [PIECE_GOROUTINES] = "goroutines",
                                                   [PIECE_SPANS] = "spans",        [PIECE_CYCLES] = "GC cycles",
                                                   [PIECE_PHASES] = "GC phases",   [PIECE_STOPS] = "stops",
                                                   [PIECE_ASSISTS] = "assists",    [PIECE_SWEEPS] = "sweeps",
                                                   [PIECE_NOTES] = "annotations",  [PIECE_CURVES] = "curves",
                                                   [PIECE_FACTS] = "heap",         [PIECE_FRAME] = "checkpoints",
                                                   [PIECE_EVENTS] = "events",      [PIECE_COUNTS] = "counts",
                                                   [PIECE_INDEX] = "index",        [PIECE_PROCS] = "Ps",
                                                   [PIECE_UNTOLD] = "late objects"};
    const char *name = kind < PIECE_KINDS ? names[kind] : NULL;
    return name != NULL ? name : "";
}

bool container_is(const void *data, size_t n) {
    static const uint8_t magic[CONTAINER_MAGIC] = {0xd9, 0xd9, 0xf7, 0x82};
    return n >= sizeof magic && memcmp(data, magic, sizeof magic) == 0;
}

/* ---- the head */

static bool read_head(struct reading *r, uint64_t *version) {
    struct cbor_item i;
    bool ours = cbor_item_read(r, &i) && i.kind == CBOR_ITEM_TAG && i.n == FORM_SELF_DESCRIBED &&
                cbor_item_read(r, &i) && i.kind == CBOR_ITEM_ARRAY && i.n == 2 && cbor_item_read(r, &i) &&
                i.kind == CBOR_ITEM_TEXT && i.n == sizeof FORM_NAME - 1 &&
                memcmp(i.at, FORM_NAME, sizeof FORM_NAME - 1) == 0 && cbor_item_read(r, &i) && i.kind == CBOR_ITEM_UINT;
    *version = ours ? i.n : 0;
    return ours;
}

/* ---- pieces */

static bool add_piece(struct container *c, const struct piece *p) {
    bool known = p->kind > 0 && p->kind < PIECE_KINDS && p->at <= c->size && p->size <= c->size - p->at;
    if (!known) {
        return true; /* of a later version, or nonsense */
    }
    if (!GROW(c->pieces, c->n, c->cap)) {
        return false;
    }
    c->pieces[c->n++] = *p;
    return true;
}

/* A piece at r->at; leaves r behind it. False: there is none. */
static bool read_piece(const struct container *c, struct reading *r, struct piece *p) {
    struct cbor_item i;
    uint64_t numbers[FORM_PIECE_ITEMS - 1];
    if (!cbor_item_read(r, &i) || i.kind != CBOR_ITEM_TAG || i.n != FORM_PIECE_TAG || !cbor_item_read(r, &i) ||
        i.kind != CBOR_ITEM_ARRAY || i.n != FORM_PIECE_ITEMS) {
        return false;
    }
    for (int k = 0; k < FORM_PIECE_ITEMS - 1; k++) {
        if (!cbor_item_read(r, &i) || i.kind != CBOR_ITEM_UINT) {
            return false;
        }
        numbers[k] = i.n;
    }
    if (!cbor_item_read(r, &i) || i.kind != CBOR_ITEM_BYTES || numbers[0] >= PIECE_KINDS || numbers[5] > UINT32_MAX) {
        return false;
    }
    *p = (struct piece){.kind = (uint8_t)numbers[0],
                        .number = numbers[1],
                        .a = numbers[2],
                        .b = numbers[3],
                        .c = numbers[4],
                        .crc = (uint32_t)numbers[5],
                        .at = (uint64_t)(i.at - c->data),
                        .size = i.n};
    return true;
}

static void lose(struct container *c, uint64_t at, uint64_t bytes) {
    if (bytes == 0) {
        return;
    }
    c->first_bad = c->bad_bytes == 0 || at < c->first_bad ? at : c->first_bad;
    c->bad_bytes += bytes;
}

const uint8_t *container_bytes(struct container *c, struct piece *p) {
    if (p->state == PIECE_UNSEEN) {
        bool good = form_checksum(&c->sum, p, c->data + p->at, p->size) == p->crc;
        p->state = good ? PIECE_GOOD : PIECE_BAD;
        if (!good) {
            c->bad_pieces++;
            lose(c, p->at, p->size);
        }
    }
    return p->state == PIECE_GOOD ? c->data + p->at : NULL;
}

/* ---- the index */

static bool read_index(struct container *c, const uint8_t *bytes, size_t size) {
    struct reading r = {bytes, bytes + size, false};
    struct piece p = {0};
    uint64_t n = read_u(&r);
    for (uint64_t i = 0; i < n && !r.bad; i++) {
        uint64_t end = p.at + p.size;
        p.kind = (uint8_t)read_below(&r, 256);
        p.number = read_near(&r, p.number);
        p.a = read_u(&r);
        p.b = read_u(&r);
        p.c = read_u(&r);
        p.at = read_near(&r, end);
        p.size = read_u(&r);
        p.crc = (uint32_t)read_below(&r, UINT64_C(1) << 32);
        if (!r.bad && !add_piece(c, &p)) {
            return false;
        }
    }
    return !r.bad;
}

static uint64_t get_number(const uint8_t *p, int n) {
    uint64_t v = 0;
    for (int i = 0; i < n; i++) {
        v = v << 8 | p[i];
    }
    return v;
}

static bool find_index(struct container *c) {
    if (c->size < FORM_TAIL) {
        return false;
    }
    uint8_t tail[FORM_TAIL];
    const uint8_t *at = c->data + c->size - FORM_TAIL;
    uint64_t index = get_number(at + 2, 8);
    form_put_tail(&c->sum, tail, index);
    if (memcmp(tail, at, sizeof tail) != 0 || index >= c->size) {
        return false;
    }
    struct reading r = {c->data + index, c->data + c->size, false};
    struct piece p;
    const uint8_t *bytes = read_piece(c, &r, &p) && p.kind == PIECE_INDEX ? container_bytes(c, &p) : NULL;
    if (bytes != NULL && read_index(c, bytes, p.size)) {
        return true;
    }
    c->n = 0;
    return false;
}

/* ---- pieces without an index */

static const uint8_t *next_tag(const uint8_t *from, const uint8_t *end) {
    uint8_t tag[FORM_TAG_BYTES] = {0xdb};
    form_put_number(tag + 1, FORM_PIECE_TAG, 8);
    while ((size_t)(end - from) >= sizeof tag) {
        const uint8_t *p = memchr(from, tag[0], (size_t)(end - from) - sizeof tag + 1);
        if (p == NULL || memcmp(p, tag, sizeof tag) == 0) {
            return p;
        }
        from = p + 1;
    }
    return NULL;
}

/*
 * Piece after piece. A head may be damaged so that it swallows what follows: only behind one whose checksum is right
 * reading goes on at its end, else at the next tag. Heads made for it could have the same bytes checked again and
 * again: there is an end to that.
 */
enum { SALVAGE_WORK = 8 };

static bool find_tags(struct container *c, const uint8_t *from) {
    const uint8_t *end = c->data + c->size, *at;
    uint64_t work = 0;
    c->index_lost = true;
    while (work / SALVAGE_WORK <= c->size && (at = next_tag(from, end)) != NULL) {
        lose(c, (uint64_t)(from - c->data), (uint64_t)(at - from));
        struct reading r = {at, end, false};
        struct piece p;
        from = at + FORM_TAG_BYTES;
        bool whole = read_piece(c, &r, &p);
        work += whole ? p.size : 0;
        if (!whole || form_checksum(&c->sum, &p, c->data + p.at, p.size) != p.crc) {
            lose(c, (uint64_t)(at - c->data), FORM_TAG_BYTES);
            continue;
        }
        p.state = PIECE_GOOD;
        from = r.at;
        if (!add_piece(c, &p)) {
            return false;
        }
    }
    lose(c, (uint64_t)(from - c->data), (uint64_t)(end - from));
    return true;
}

static int by_kind(const void *a, const void *b) {
    const struct piece *x = a, *y = b;
    if (x->kind != y->kind) {
        return x->kind < y->kind ? -1 : 1;
    }
    if (x->number != y->number) {
        return x->number < y->number ? -1 : 1;
    }
    return x->at < y->at ? -1 : x->at > y->at;
}

static void sort_pieces(struct container *c) {
    if (c->n > 0) {
        qsort(c->pieces, c->n, sizeof *c->pieces, by_kind);
    }
    size_t i = 0;
    for (unsigned kind = 0; kind <= PIECE_KINDS; kind++) {
        while (i < c->n && c->pieces[i].kind < kind) {
            i++;
        }
        c->of_kind[kind] = i;
    }
}

enum container_error container_open(struct container *c, const void *data, size_t size, uint64_t *version) {
    *c = (struct container){.data = data, .size = size};
    checksum_init(&c->sum);
    struct reading r = {c->data, c->data + size, false};
    if (!read_head(&r, version)) {
        return CONTAINER_FOREIGN;
    }
    if (*version > CONTAINER_VERSION) {
        return CONTAINER_NEWER;
    }
    if (!find_index(c) && !find_tags(c, r.at)) {
        container_free(c);
        return CONTAINER_MEMORY;
    }
    sort_pieces(c);
    return CONTAINER_OK;
}

void container_free(struct container *c) {
    free(c->pieces);
    *c = (struct container){0};
}

struct piece *container_kind(struct container *c, enum piece_kind kind, size_t *n) {
    *n = c->of_kind[kind + 1] - c->of_kind[kind];
    return *n > 0 ? c->pieces + c->of_kind[kind] : NULL;
}
