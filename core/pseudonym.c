/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pseudonym.c - the hash, the stand-ins, and where the key is kept. */
#include "core/pseudonym.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- SipHash-2-4 */

static uint64_t rotate(uint64_t v, int by) {
    return v << by | v >> (64 - by);
}

static inline __attribute__((always_inline)) void mix(uint64_t v[4], int rounds) {
    while (rounds-- > 0) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] = rotate(v[0], 32);
        v[2] += v[1];
        v[0] += v[3];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[2] = rotate(v[2], 32);
    }
}

static uint64_t little_endian(const uint8_t *p, size_t n) {
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++) {
        v |= (uint64_t)p[i] << 8 * i;
    }
    return v;
}

static uint64_t word_at(const uint8_t *p) {
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 |
           (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
}

/* `rounds` is known where it is called, so that the compiler unrolls them. */
static inline __attribute__((always_inline)) uint64_t sip(const uint64_t key[2], const void *bytes, size_t n,
                                                          int rounds, int last_rounds) {
    const uint8_t *p = bytes;
    uint64_t v[4] = {key[0] ^ UINT64_C(0x736f6d6570736575), key[1] ^ UINT64_C(0x646f72616e646f6d),
                     key[0] ^ UINT64_C(0x6c7967656e657261), key[1] ^ UINT64_C(0x7465646279746573)};
    for (size_t left = n;; left -= 8, p += 8) {
        bool last = left < 8;
        uint64_t word = last ? little_endian(p, left) | (uint64_t)n << 56 : word_at(p);
        v[3] ^= word;
        mix(v, rounds);
        v[0] ^= word;
        if (last) {
            break;
        }
    }
    v[2] ^= 0xff;
    mix(v, last_rounds);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t pseudonym_hash(const uint64_t key[2], const void *bytes, size_t n) {
    return sip(key, bytes, n, 2, 4);
}

uint64_t pseudonym_hash_fast(const uint64_t key[2], const void *bytes, size_t n) {
    return sip(key, bytes, n, 1, 3);
}

/* ---- stand-ins */

/*
 * Why the world was stopped and why a goroutine waits: words of the runtime (Go 1.21 to 1.26, runtime/runtime2.go and
 * runtime/proc.go), but for those that are names of functions, too. A trace could have others there; those don't stay.
 */
static bool is_reason(text t) {
    static const char *const reasons[] = {
        "unknown",
        "GC mark termination",
        "GC sweep termination",
        "write heap dump",
        "goroutine profile",
        "goroutine profile cleanup",
        "all goroutines stack trace",
        "read mem stats",
        "AllThreadsSyscall",
        "GOMAXPROCS",
        "start trace",
        "stop trace",
        "CountPagesInUse (test)",
        "ReadMetricsSlow (test)",
        "ReadMemStatsSlow (test)",
        "PageCachePagesLeaked (test)",
        "ResetDebugLog (test)",
        "forever",
        "network",
        "select",
        "sync",
        "chan send",
        "chan receive",
        "GC mark assist wait for work",
        "GC background sweeper wait",
        "system goroutine wait",
        "preempted",
        "wait for debug call",
        "wait until GC ends",
        "sleep",
        "GC weak to strong wait",
        "synctest",
        "coroutine",
    };
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (t.len == strlen(reasons[i]) && memcmp(t.ptr, reasons[i], t.len) == 0) {
            return true;
        }
    }
    return false;
}

text pseudonym(const struct pseudonyms *p, enum name_role role, text t, char dst[PSEUDONYM]) {
    static const char *const begins[NAME_ROLES] = {[NAME_TYPE] = "type-",
                                                   [NAME_FUNCTION] = "func-",
                                                   [NAME_FILE] = "file-",
                                                   [NAME_WORD] = "text-",
                                                   [NAME_REASON] = "text-"};
    if (t.len == 0 || (role == NAME_REASON && is_reason(t))) {
        return t;
    }
    int n =
        snprintf(dst, PSEUDONYM, "%s%016llx", begins[role], (unsigned long long)pseudonym_hash(p->key, t.ptr, t.len));
    return (text){dst, (size_t)n};
}

/* ---- the key */

static bool config_folder(char *path, size_t size, char error[256]) {
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    bool given = config != NULL && config[0] == '/';
    if (!given && (home == NULL || home[0] != '/')) {
        snprintf(error, 256, "nowhere to keep the key of pseudonyms: HOME is not set");
        return false;
    }
    int n = snprintf(path, size, "%s%s/heapreel", given ? config : home, given ? "" : "/.config");
    for (char *p = path + 1; n > 0 && (size_t)n < size; p++) { /* make what is missing of it */
        if (*p == '/' || *p == '\0') {
            char c = *p;
            *p = '\0';
            mkdir(path, 0700);
            *p = c;
        }
        if (*p == '\0') {
            break;
        }
    }
    if (n < 0 || (size_t)n >= size) {
        snprintf(error, 256, "the path of the key of pseudonyms is too long");
    }
    return n >= 0 && (size_t)n < size;
}

static bool read_key(int fd, uint64_t key[2]) {
    uint8_t bytes[PSEUDONYM_KEY];
    bool ok = read(fd, bytes, sizeof bytes) == sizeof bytes;
    key[0] = ok ? little_endian(bytes, 8) : 0;
    key[1] = ok ? little_endian(bytes + 8, 8) : 0;
    return ok;
}

/* Made under another name and linked, so that of two programs that make it at once only one's key counts. */
static bool make_key(const char *path) {
    char temp[4200];
    uint8_t bytes[PSEUDONYM_KEY];
    snprintf(temp, sizeof temp, "%s.XXXXXX", path);
    int fd = mkstemp(temp);
    if (fd < 0) {
        return false;
    }
    bool ok = getrandom(bytes, sizeof bytes, 0) == sizeof bytes && write(fd, bytes, sizeof bytes) == sizeof bytes;
    ok = (close(fd) == 0) & ok;
    ok = ok && (link(temp, path) == 0 || errno == EEXIST);
    int saved = errno;
    unlink(temp);
    errno = saved;
    return ok;
}

bool pseudonyms_load_at(struct pseudonyms *p, const char *folder, const char *name, char error[256]) {
    char path[4160], shown[160];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT && make_key(path)) {
        fd = open(path, O_RDONLY | O_CLOEXEC);
    }
    bool ok = fd >= 0 && read_key(fd, p->key);
    if (!ok) {
        const char *why = fd >= 0 ? "not a key: 16 bytes" : strerror(errno);
        text_safe(shown, sizeof shown, (text){path, strlen(path)});
        snprintf(error, 256, "the key of pseudonyms, %s: %s", shown, why);
    }
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

bool pseudonyms_load(struct pseudonyms *p, char error[256]) {
    char path[4096];
    return config_folder(path, sizeof path, error) && pseudonyms_load_at(p, path, "pseudonym.key", error);
}
