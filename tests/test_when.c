/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_when.c - TIME expressions, without and with a real trace. */
#include "tests/fixture_reel.h"

#include <stdlib.h>
#include <string.h>

static void is(const reel *r, const char *s, int64_t want) {
    int64_t t = NO_TIME;
    const char *why = "";
    if (!when_parse(r, s, &t, &why)) {
        fail_msg("%s: %s", s, why);
    }
    if (t != want) {
        fail_msg("%s: %lld, not %lld", s, (long long)t, (long long)want);
    }
}

static void is_wrong(const reel *r, const char *s) {
    int64_t t;
    const char *why = NULL;
    if (when_parse(r, s, &t, &why)) {
        fail_msg("%s was taken for a time", s);
    }
    assert_non_null(why);
    assert_true(*why != '\0');
}

static void test_plain_times(void **state) {
    (void)state;
    is(NULL, "start", 0);
    is(NULL, "1.203s", 1203000000);
    is(NULL, "15ms", 15000000);
    is(NULL, "120us", 120000);
    is(NULL, "120\xc2\xb5s", 120000);
    is(NULL, "734ns", 734);
    is(NULL, "0", 0);
    is(NULL, "2", 2000000000);
    is(NULL, ".5", 500000000);
    is(NULL, "1.000000001", 1000000001);
    is(NULL, "0.1234567899s", 123456789);
    is(NULL, "1.5ns", 1);
    is(NULL, "2min", 120000000000);
    is(NULL, "9223372036854775807ns", INT64_MAX);
}

/* A time that the program has shown can be given back to it. */
static void test_times_as_shown(void **state) {
    (void)state;
    static const int64_t times[] = {0, 1, 999, 1203441640, 61000000001, INT64_MAX};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        char s[TIME_TEXT];
        is(NULL, time_text(times[i], s), times[i]);
    }
    is(NULL, "1.203 441 s", 1203441000);
    is(NULL, "15 ms", 15000000);
}

static void test_wrong_times(void **state) {
    (void)state;
    static const char *const wrong[] = {
        "",
        "x",
        "-1s",
        "1.2.3s",
        "1h",
        "s",
        ".",
        "9223372036854775808ns",
        "99999999999999999999s",
        "1s x",
        "ms",
        "starts",
        "@mark",
        "gc:1",
        "end",
        "50%",
        "0x10",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        is_wrong(NULL, wrong[i]);
    }
}

static void test_what_needs_no_reel(void **state) {
    (void)state;
    assert_true(when_is_plain("start") && when_is_plain("1.5s") && when_is_plain(".5"));
    assert_false(when_is_plain("end") || when_is_plain("50%") || when_is_plain("gc:1") || when_is_plain("@x"));
}

static void test_times_of_a_trace(void **state) {
    const reel *r = *state;
    int64_t d = reel_info(r)->duration;
    assert_true(d > 1000000);
    is(r, "end", d);
    is(r, "0%", 0);
    is(r, "100%", d);
    is(r, "50%", d / 2);
    is(r, "1.5s", 1500000000);
    is_wrong(r, "101%");
    is_wrong(r, "100.1%");
    is_wrong(r, "-1%");
    is_wrong(r, "@mark");
}

static void test_times_of_cycles(void **state) {
    const reel *r = *state;
    const struct cycle *c;
    size_t n = reel_cycles(r, &c);
    assert_true(n > 2);
    for (size_t i = 0; i < n; i++) {
        char s[32];
        snprintf(s, sizeof s, "gc:%u", c[i].gc);
        if (c[i].begin != NO_TIME) {
            is(r, s, c[i].begin);
        }
        for (int p = PHASE_SWEEPTERM; p < PHASE_LIMIT; p++) {
            snprintf(s, sizeof s, "gc:%u:%s", c[i].gc, gc_phase_name((enum gc_phase)p));
            if (c[i].phase[p][0] != NO_TIME) {
                is(r, s, c[i].phase[p][0]);
            } else {
                is_wrong(r, s);
            }
        }
        snprintf(s, sizeof s, "gc:%u:end", c[i].gc);
        if (c[i].end != NO_TIME) {
            is(r, s, c[i].end);
        }
    }
    static const char *const wrong[] = {
        "gc:", "gc:x", "gc:1x", "gc:1:", "gc:1:off", "gc:9999", "gc:99999999999", "gc:1:marks"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        is_wrong(r, wrong[i]);
    }
}

/* mapchurn's regions and logs: by the list of all of them. */
static void test_times_of_annotations(void **state) {
    const reel *r = *state;
    const struct note *notes;
    size_t n = reel_notes(r, &notes);
    uint64_t seen = 0;
    assert_true(n > 4);
    for (size_t i = 0; i < n; i++) {
        char s[320], name[128], value[128];
        snprintf(name, sizeof name, "%.*s", (int)notes[i].name.len, notes[i].name.ptr);
        snprintf(value, sizeof value, "%.*s", (int)notes[i].value.len, notes[i].value.len ? notes[i].value.ptr : "");
        size_t same = 1, same_both = 1;
        for (size_t k = 0; k < i; k++) {
            same += note_contains(&notes[k], name);
            same_both += text_same(notes[k].name, notes[i].name) && text_same(notes[k].value, notes[i].value);
        }
        snprintf(s, sizeof s, "note:%s#%zu", name, same);
        is(r, s, notes[i].begin);
        snprintf(s, sizeof s, "note:%s#%zu:end", name, same);
        if (notes[i].end != NO_TIME)
            is(r, s, notes[i].end);
        else
            is_wrong(r, s);
        if (same == 1) {
            snprintf(s, sizeof s, "note:%s", name);
            is(r, s, notes[i].begin);
        }
        if (notes[i].kind == NOTE_LOG && same_both == 1) {
            snprintf(s, sizeof s, "note:%s: %s", name, value);
            is(r, s, notes[i].begin);
            seen++;
        }
    }
    assert_true(seen > 1);
    static const char *const wrong[] = {"note:", "note:no such text", "note:#1", "note::end", "note:e#999999", "note"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        is_wrong(r, wrong[i]);
    is_wrong(NULL, "note:x");
    assert_false(when_is_plain("note:x"));
}

static int load(void **state) {
    *state = fixture_reel("mapchurn-1.26");
    return 0;
}

static int unload(void **state) {
    reel *r = *state;
    reel_close(&r);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_times),
        cmocka_unit_test(test_times_as_shown),
        cmocka_unit_test(test_wrong_times),
        cmocka_unit_test(test_what_needs_no_reel),
        cmocka_unit_test_setup_teardown(test_times_of_a_trace, load, unload),
        cmocka_unit_test_setup_teardown(test_times_of_cycles, load, unload),
        cmocka_unit_test_setup_teardown(test_times_of_annotations, load, unload),
    };
    return cmocka_run_group_tests_name("when", tests, NULL, NULL);
}
