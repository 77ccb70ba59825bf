/* SPDX-License-Identifier: GPL-3.0-or-later */
/* index.c - see index.h. */
#include "core/index.h"
#include "core/pseudonym.h"
#include "core/saved_events.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };

/* ---- where, and under which name */

static bool folder(char path[PATH_BYTES]) {
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    bool given = cache != NULL && cache[0] == '/';
    if (!given && (home == NULL || home[0] != '/')) {
        return false;
    }
    int n = snprintf(path, PATH_BYTES, "%s%s", given ? cache : home, given ? "" : "/.cache");
    if (n < 0 || n > PATH_BYTES - 64) {
        return false;
    }
    mkdir(path, 0700);
    strcat(path, "/heapreel");
    return mkdir(path, 0700) == 0 || errno == EEXIST;
}

/* Which build of the program this is. */
static bool hash_program(const uint64_t key[2], uint64_t *hash) {
    struct stat st;
    if (stat("/proc/self/exe", &st) != 0) {
        return false;
    }
    const int64_t build[] = {(int64_t)st.st_size, (int64_t)st.st_mtim.tv_sec, (int64_t)st.st_mtim.tv_nsec,
                             (int64_t)st.st_ino};
    *hash = pseudonym_hash(key, build, sizeof build);
    return true;
}

/* All bytes of a file; *size how many. False: it is none, or too small to be worth it. */
static bool hash_file(const uint64_t key[2], const char *path, uint64_t *hash, uint64_t *size) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    bool ok = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0;
    void *map = ok ? mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
    if (fd >= 0) {
        close(fd);
    }
    if (map == MAP_FAILED) {
        return false;
    }
    *size = (uint64_t)st.st_size;
    *hash = pseudonym_hash_fast(key, map, (size_t)st.st_size);
    munmap(map, (size_t)st.st_size);
    return true;
}

static bool index_path(const char *path_of_trace, char path[PATH_BYTES]) {
    struct pseudonyms secret;
    char error[256];
    uint64_t program, content, size;
    if (strcmp(path_of_trace, "-") == 0 || !folder(path) || !pseudonyms_load_at(&secret, path, "key", error) ||
        !hash_program(secret.key, &program) || !hash_file(secret.key, path_of_trace, &content, &size)) {
        return false;
    }
    size_t n = strlen(path);
    snprintf(path + n, PATH_BYTES - n, "/%016llx-%llx-%016llx.reel", (unsigned long long)content,
             (unsigned long long)size, (unsigned long long)program);
    return true;
}

/* ---- using one */

reel *index_open(const char *path_of_trace) {
    char path[PATH_BYTES];
    struct trace_error err;
    bool foreign;
    struct origin origin = origin_of(path_of_trace);
    if (!index_path(path_of_trace, path)) {
        return NULL;
    }
    reel *r = saved_open_file(path, &err, &foreign);
    if (r != NULL && !saved_is_whole(r)) {
        reel_close(&r);
        unlink(path);
    }
    if (r != NULL) {
        utimensat(AT_FDCWD, path, NULL, 0); /* used just now */
        r->origin = origin;
    }
    return r;
}

/* ---- keeping one */

struct kept {
    char name[256];
    uint64_t size;
    struct timespec used;
};

static bool is_older(const struct timespec *a, const struct timespec *b) {
    return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

/* The sum of all reels' sizes, and the one that was not used for longest. */
static uint64_t look_through(DIR *dir, struct kept *oldest) {
    uint64_t sum = 0;
    struct stat st;
    *oldest = (struct kept){0};
    rewinddir(dir);
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        if (strstr(e->d_name, ".reel") == NULL || fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISREG(st.st_mode)) {
            continue;
        }
        sum += (uint64_t)st.st_size;
        if (oldest->name[0] == '\0' || is_older(&st.st_mtim, &oldest->used)) {
            snprintf(oldest->name, sizeof oldest->name, "%s", e->d_name);
            oldest->used = st.st_mtim;
        }
    }
    return sum;
}

static void make_room(const char *path) {
    char where[PATH_BYTES];
    snprintf(where, sizeof where, "%s", path);
    *strrchr(where, '/') = '\0';
    DIR *dir = opendir(where);
    struct kept oldest;
    while (dir != NULL && look_through(dir, &oldest) > INDEX_MOST && oldest.name[0] != '\0' &&
           unlinkat(dirfd(dir), oldest.name, 0) == 0) {
    }
    if (dir != NULL) {
        closedir(dir);
    }
}

static void write_index(reel *r, const char *path_of_trace, const char *path) {
    struct trace_error err;
    struct save_options opt = {0};
    struct save_result result;
    char error[256];
    struct feed *f = feed_open(path_of_trace, &err);
    struct out_file *file = f != NULL ? out_file_open(path, error) : NULL;
    if (file != NULL) {
        bool ok = save_write(r, f, &opt, out_file_stream(file), &result);
        out_file_close(&file, ok, error);
        make_room(path);
    }
    feed_close(&f);
}

/* Whoever reads this program's output shall not wait for the child, nor anybody for its end. */
static void leave(void) {
    int null = open("/dev/null", O_RDWR);
    setsid();
    for (int fd = 0; fd < 3 && null >= 0; fd++) {
        dup2(null, fd);
    }
    errno = 0;
    (void)!nice(10);
}

void index_keep(reel *r, const char *path_of_trace) {
    char path[PATH_BYTES];
    const struct reel_info *i = reel_info(r);
    if (i->saved || !i->done || i->loss.code == TRACE_E_MEMORY || i->trace_bytes < INDEX_LEAST ||
        origin_changed(&r->origin, path_of_trace) || !index_path(path_of_trace, path) || access(path, F_OK) == 0) {
        return;
    }
    pid_t child = fork();
    if (child == 0) {
        leave();
        if (fork() == 0) {
            write_index(r, path_of_trace, path);
        }
        _exit(0);
    }
    if (child > 0) {
        waitpid(child, NULL, 0);
    }
}
