/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session.c - a session's file: where it is, read and written.
 *
 * The file is read with distrust: no more than FILE_MAX bytes, one well-formed map and nothing behind it, which
 * promises no more than it holds; a field of another kind than ours is as if it weren't there, and so is a bookmark
 * with an impossible name.
 */
#include "core/session.h"
#include "core/cbor_item.h"

#include <cbor.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 8 << 20, SAMPLE = 1 << 16, VERSION = 1 };

/* ------------------------------------------------------------------ where */

char *session_folder(void) {
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    char *path = NULL;
    int n = -1;
    if (state && state[0] == '/')
        n = asprintf(&path, "%s/heapreel", state);
    else if (home && home[0] == '/')
        n = asprintf(&path, "%s/.local/state/heapreel", home);
    return n < 0 ? NULL : path;
}

/* Make the folders that a file is in, for this person alone. */
static void make_folders(const char *path) {
    char *copy = strdup(path);
    for (char *p = copy ? copy + 1 : NULL; p && *p; p++)
        if (*p == '/') {
            *p = '\0';
            mkdir(copy, 0700);
            *p = '/';
        }
    free(copy);
}

static uint64_t hash(uint64_t h, const unsigned char *p, size_t n) {
    for (size_t i = 0; i < n; i++)
        h = (h ^ p[i]) * UINT64_C(0x100000001b3);
    return h;
}

/* A file's length, beginning and end as one number. False: it is no regular file, or can't be read. */
static bool identity(const char *file, uint64_t *out) {
    struct stat st;
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    unsigned char *bytes = malloc(SAMPLE);
    bool ok = fd >= 0 && bytes && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    if (ok) {
        uint64_t size = (uint64_t)st.st_size;
        h = hash(h, (const unsigned char *)&size, sizeof size);
        ssize_t n = pread(fd, bytes, SAMPLE, 0);
        ok = n >= 0;
        h = hash(h, bytes, ok ? (size_t)n : 0);
        off_t tail = st.st_size > SAMPLE ? st.st_size - SAMPLE : 0;
        n = ok ? pread(fd, bytes, SAMPLE, tail) : -1;
        ok = n >= 0;
        h = hash(h, bytes, ok ? (size_t)n : 0);
    }
    if (fd >= 0)
        close(fd);
    free(bytes);
    *out = h;
    return ok;
}

char *session_path(const char *file) {
    uint64_t id;
    char *folder = session_folder(), *path = NULL;
    bool ok = folder && strcmp(file, "-") != 0 && identity(file, &id) &&
              asprintf(&path, "%s/sessions/%016llx.cbor", folder, (unsigned long long)id) >= 0;
    free(folder);
    return ok ? path : NULL;
}

void session_free(struct session *s) {
    bookmarks_free(&s->bookmarks);
    *s = (struct session){0};
}

/* ------------------------------------------------------------------ reading */

static cbor_item_t *field(const cbor_item_t *map, const char *name) {
    size_t len = strlen(name);
    if (!map || !cbor_isa_map(map))
        return NULL;
    const struct cbor_pair *p = cbor_map_handle(map);
    for (size_t i = 0; i < cbor_map_size(map); i++)
        if (cbor_isa_string(p[i].key) && cbor_string_is_definite(p[i].key) && cbor_string_length(p[i].key) == len &&
            memcmp(cbor_string_handle(p[i].key), name, len) == 0)
            return p[i].value;
    return NULL;
}

static bool get_uint(const cbor_item_t *item, uint64_t *out) {
    if (!item || !cbor_isa_uint(item))
        return false;
    *out = cbor_get_int(item);
    return true;
}

static bool get_time(const cbor_item_t *item, int64_t *out) {
    uint64_t u;
    if (!get_uint(item, &u) || u > (uint64_t)INT64_MAX)
        return false;
    *out = (int64_t)u;
    return true;
}

static bool get_bool(const cbor_item_t *item) {
    return item && cbor_is_bool(item) && cbor_get_bool(item);
}

/* No NULs, and no more than fits. */
static bool get_text(const cbor_item_t *item, char *dst, size_t cap) {
    dst[0] = '\0';
    if (!item || !cbor_isa_string(item) || !cbor_string_is_definite(item))
        return false;
    size_t n = cbor_string_length(item);
    if (n >= cap || (n > 0 && memchr(cbor_string_handle(item), '\0', n)))
        return false;
    if (n > 0)
        memcpy(dst, cbor_string_handle(item), n);
    dst[n] = '\0';
    return true;
}

static struct session_place get_place(const cbor_item_t *item) {
    struct session_place p = {.t = 0};
    p.set = get_time(field(item, "t"), &p.t) && get_uint(field(item, "pos"), &p.pos);
    return p;
}

static cbor_item_t *element(const cbor_item_t *array, size_t i) {
    return array && cbor_isa_array(array) && i < cbor_array_size(array) ? cbor_array_handle(array)[i] : NULL;
}

static void get_bookmarks(const cbor_item_t *array, struct session *out) {
    cbor_item_t *one;
    for (size_t i = 0; (one = element(array, i)) != NULL; i++) {
        char name[BOOKMARK_NAME], note[BOOKMARK_NOTE];
        struct session_place at = get_place(one);
        get_text(field(one, "note"), note, sizeof note);
        if (at.set && get_text(field(one, "name"), name, sizeof name))
            bookmarks_set(&out->bookmarks, name, at.t, at.pos, note);
    }
}

static void get_sorts(const cbor_item_t *array, struct session *out) {
    cbor_item_t *one;
    for (size_t i = 0; (one = element(array, i)) != NULL && out->nsorts < SESSION_PANES; i++) {
        struct session_sort *s = &out->sort[out->nsorts];
        if (get_text(field(one, "pane"), s->pane, sizeof s->pane) &&
            get_text(field(one, "column"), s->column, sizeof s->column)) {
            s->turned = get_bool(field(one, "turned"));
            out->nsorts++;
        }
    }
}

static bool get_visit(const cbor_item_t *map, struct session_visit *out) {
    uint64_t focus = 0;
    if (!map || !cbor_isa_map(map))
        return false;
    get_text(field(map, "page"), out->kind, sizeof out->kind);
    out->at = get_place(map);
    out->selected = get_uint(field(map, "selected"), &out->addr);
    if (!get_uint(field(map, "row"), &out->row))
        out->row = UINT64_MAX;
    get_text(field(map, "line"), out->line, sizeof out->line);
    get_text(field(map, "column"), out->column, sizeof out->column);
    out->turned = get_bool(field(map, "turned"));
    get_uint(field(map, "focus"), &focus);
    out->focus = focus < UINT8_MAX ? (uint8_t)focus : 0;
    return get_uint(field(map, "id"), &out->id) || !out->kind[0];
}

static void get_visits(const cbor_item_t *map, struct session *out) {
    const cbor_item_t *array = field(map, "visits"), *one;
    uint64_t at = 0;
    for (size_t i = 0; (one = element(array, i)) != NULL && out->nvisits < SESSION_VISITS; i++)
        out->nvisits += get_visit(one, &out->visits[out->nvisits]);
    get_uint(field(map, "visit"), &at);
    out->visit = at < out->nvisits ? (size_t)at : out->nvisits;
    if (!get_visit(field(map, "here"), &out->page))
        out->page.kind[0] = '\0';
}

static void get_session(const cbor_item_t *map, struct session *out) {
    uint64_t scale;
    const cbor_item_t *window = field(map, "window");
    out->cursor = get_place(field(map, "cursor"));
    out->a = get_place(field(map, "a"));
    out->b = get_place(field(map, "b"));
    out->window_set = get_time(element(window, 0), &out->window[0]) && get_time(element(window, 1), &out->window[1]) &&
                      out->window[0] < out->window[1];
    out->whole = get_bool(field(map, "whole"));
    out->selected = get_uint(field(map, "selected"), &out->addr);
    get_text(field(map, "focus"), out->focus, sizeof out->focus);
    get_text(field(map, "zoomed"), out->zoomed, sizeof out->zoomed);
    get_text(field(map, "filter"), out->filter, sizeof out->filter);
    get_text(field(map, "search"), out->search, sizeof out->search);
    get_bookmarks(field(map, "bookmarks"), out);
    get_sorts(field(map, "sort"), out);
    get_text(field(map, "rows"), out->rows, sizeof out->rows);
    get_text(field(map, "colour"), out->colour, sizeof out->colour);
    out->scale_set = get_uint(field(map, "scale"), &scale) && scale <= 64; /* one more than it is */
    out->scale = out->scale_set ? (int)scale - 1 : 0;
    get_visits(map, out);
}

/* A small file as a whole; NULL where there is none, or it is too large. */
static unsigned char *read_file(const char *path, size_t *n, bool *there) {
    FILE *in = fopen(path, "re");
    *there = in != NULL || errno != ENOENT;
    unsigned char *bytes = in ? malloc(FILE_MAX + 1) : NULL;
    *n = bytes ? fread(bytes, 1, FILE_MAX + 1, in) : 0;
    if (in)
        fclose(in);
    if (*n > 0 && *n <= FILE_MAX)
        return bytes;
    free(bytes);
    return NULL;
}

/*
 * Heads promise no more entries than there are bytes: libcbor takes, and fills, memory for what an array or a map
 * promises before it looks for the entries.
 */
static bool promises_fit(const unsigned char *bytes, size_t n) {
    struct reading r = {.at = bytes, .end = bytes + n};
    struct cbor_item i;
    uint64_t left = n;
    while (reading_left(&r) > 0 && cbor_item_read(&r, &i)) {
        uint64_t parts = i.kind == CBOR_ITEM_MAP ? 2 : i.kind == CBOR_ITEM_ARRAY ? 1 : 0;
        if (parts > 0 && i.n > left / parts)
            return false;
        left -= parts * i.n;
    }
    return !r.bad;
}

bool session_read(const char *path, struct session *out, char why[256]) {
    struct cbor_load_result got;
    size_t n;
    bool there;
    *out = (struct session){0};
    why[0] = '\0';
    unsigned char *bytes = read_file(path, &n, &there);
    cbor_item_t *map = bytes && promises_fit(bytes, n) ? cbor_load(bytes, n, &got) : NULL;
    uint64_t version = 0;
    bool ok = map && got.error.code == CBOR_ERR_NONE && got.read == n && cbor_isa_map(map) &&
              get_uint(field(map, "version"), &version) && version >= 1;
    if (ok)
        get_session(map, out);
    else if (there)
        snprintf(why, 256, "what was kept of this trace can't be read and is left aside");
    if (map)
        cbor_decref(&map);
    free(bytes);
    return ok;
}

/* ------------------------------------------------------------------ writing */

/* Adds to a map and gives the item away; NULL items (out of memory) make the whole fail. */
static bool put(cbor_item_t *map, const char *name, cbor_item_t *value) {
    struct cbor_pair p = {.key = cbor_build_string(name), .value = value};
    bool ok = p.key && p.value && cbor_map_add(map, p);
    if (p.key)
        cbor_decref(&p.key);
    if (p.value)
        cbor_decref(&p.value);
    return ok;
}

static bool push(cbor_item_t *array, cbor_item_t *value) {
    bool ok = value && cbor_array_push(array, value);
    if (value)
        cbor_decref(&value);
    return ok;
}

static bool put_text(cbor_item_t *map, const char *name, const char *s) {
    return !s[0] || put(map, name, cbor_build_string(s));
}

static bool put_place_in(cbor_item_t *map, int64_t t, uint64_t pos) {
    return put(map, "t", cbor_build_uint64((uint64_t)(t > 0 ? t : 0))) && put(map, "pos", cbor_build_uint64(pos));
}

static bool put_place(cbor_item_t *map, const char *name, const struct session_place *p) {
    cbor_item_t *one = p->set ? cbor_new_indefinite_map() : NULL;
    if (!p->set)
        return true;
    bool ok = one && put_place_in(one, p->t, p->pos);
    return put(map, name, one) && ok;
}

static bool put_window(cbor_item_t *map, const struct session *s) {
    cbor_item_t *w = s->window_set ? cbor_new_indefinite_array() : NULL;
    if (!s->window_set)
        return true;
    bool ok =
        w && push(w, cbor_build_uint64((uint64_t)s->window[0])) && push(w, cbor_build_uint64((uint64_t)s->window[1]));
    return put(map, "window", w) && ok;
}

static bool put_bookmarks(cbor_item_t *map, const struct bookmarks *b) {
    cbor_item_t *all = cbor_new_indefinite_array();
    bool ok = all != NULL;
    for (size_t i = 0; ok && i < b->n; i++) {
        cbor_item_t *one = cbor_new_indefinite_map();
        ok = one && put_text(one, "name", b->at[i].name) && put_place_in(one, b->at[i].t, b->at[i].pos) &&
             put_text(one, "note", b->at[i].note);
        ok = push(all, one) && ok;
    }
    return put(map, "bookmarks", all) && ok;
}

static bool put_sorts(cbor_item_t *map, const struct session *s) {
    cbor_item_t *all = cbor_new_indefinite_array();
    bool ok = all != NULL;
    for (size_t i = 0; ok && i < s->nsorts; i++) {
        cbor_item_t *one = cbor_new_indefinite_map();
        ok = one && put_text(one, "pane", s->sort[i].pane) && put_text(one, "column", s->sort[i].column) &&
             put(one, "turned", cbor_build_bool(s->sort[i].turned));
        ok = push(all, one) && ok;
    }
    return put(map, "sort", all) && ok;
}

static cbor_item_t *build_visit(const struct session_visit *v) {
    cbor_item_t *one = cbor_new_indefinite_map();
    bool ok = one && put_text(one, "page", v->kind) && put(one, "id", cbor_build_uint64(v->id)) &&
              put_place_in(one, v->at.t, v->at.pos) && put(one, "focus", cbor_build_uint8(v->focus)) &&
              (!v->selected || put(one, "selected", cbor_build_uint64(v->addr))) &&
              (v->row == UINT64_MAX || put(one, "row", cbor_build_uint64(v->row))) && put_text(one, "line", v->line) &&
              put_text(one, "column", v->column) && (!v->turned || put(one, "turned", cbor_build_bool(true)));
    if (!ok && one)
        cbor_decref(&one);
    return ok ? one : NULL;
}

static bool put_visits(cbor_item_t *map, const struct session *s) {
    cbor_item_t *all = cbor_new_indefinite_array();
    bool ok = all != NULL;
    for (size_t i = 0; ok && i < s->nvisits; i++)
        ok = push(all, build_visit(&s->visits[i]));
    ok = put(map, "visits", all) && ok && put(map, "visit", cbor_build_uint64(s->visit));
    return ok && (!s->page.kind[0] || put(map, "here", build_visit(&s->page)));
}

static bool put_session(cbor_item_t *map, const struct session *s) {
    return put(map, "version", cbor_build_uint8(VERSION)) && put_place(map, "cursor", &s->cursor) &&
           put_place(map, "a", &s->a) && put_place(map, "b", &s->b) && put_window(map, s) &&
           put(map, "whole", cbor_build_bool(s->whole)) &&
           (!s->selected || put(map, "selected", cbor_build_uint64(s->addr))) && put_text(map, "focus", s->focus) &&
           put_text(map, "zoomed", s->zoomed) && put_text(map, "filter", s->filter) &&
           put_text(map, "search", s->search) && put_bookmarks(map, &s->bookmarks) && put_sorts(map, s) &&
           put_text(map, "rows", s->rows) && put_text(map, "colour", s->colour) &&
           (!s->scale_set || put(map, "scale", cbor_build_uint8((uint8_t)(s->scale + 1)))) && put_visits(map, s);
}

static bool write_bytes(const char *path, const unsigned char *bytes, size_t n, char why[256]) {
    char folder[PATH_MAX], shown[160];
    make_folders(path);
    struct out_file *file = out_file_open(path, why);
    bool ok =
        file && fchmod(fileno(out_file_stream(file)), 0600) == 0 && fwrite(bytes, 1, n, out_file_stream(file)) == n;
    int problem = errno;
    if (file && !out_file_close(&file, ok, why)) {
        ok = false;
        problem = errno;
    }
    if (ok)
        return true;
    const char *slash = strrchr(path, '/'); /* the file's own name says nothing to anybody */
    int len = snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
    text_safe(shown, sizeof shown, (text){folder, len > 0 ? strlen(folder) : 0});
    snprintf(why, 256, "%s (%s)", strerror(problem), shown);
    return false;
}

bool session_write(const char *path, const struct session *s, char why[256]) {
    cbor_item_t *map = cbor_new_indefinite_map();
    unsigned char *bytes = NULL;
    size_t cap = 0, n = 0;
    snprintf(why, 256, "out of memory");
    if (map && put_session(map, s))
        n = cbor_serialize_alloc(map, &bytes, &cap);
    bool ok = n > 0 && write_bytes(path, bytes, n, why);
    if (map)
        cbor_decref(&map);
    free(bytes);
    return ok;
}
