/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_theme.c - themes: every role has a style at every depth; what carries meaning can be read on its background; the
 * colour-blind themes stay apart for eyes without one kind of cones. Linked without curses.
 *
 * Contrast is that of WCAG 2 (3:1 is asked of signs and large letters). Missing cones: the matrices of Machado,
 * Oliveira and Fernandes (IEEE TVCG 15, 2009) at severity 1, in linear RGB. Distances: CIE 1976 L*a*b*, where 2.3 is
 * just seen.
 */
#include "tests/cmocka.h"
#include "tui/theme.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct rgb {
    double c[3]; /* linear, 0 to 1 */
};

static double linear(int v) {
    double s = v / 255.0;
    return s <= 0.04045 ? s / 12.92 : pow((s + 0.055) / 1.055, 2.4);
}

/* xterm's cube and greys. */
static struct rgb rgb_of(int n) {
    static const int step[6] = {0, 95, 135, 175, 215, 255};
    if (n >= 232)
        return (struct rgb){{linear(8 + 10 * (n - 232)), linear(8 + 10 * (n - 232)), linear(8 + 10 * (n - 232))}};
    assert_true(n >= 16);
    n -= 16;
    return (struct rgb){{linear(step[n / 36]), linear(step[n / 6 % 6]), linear(step[n % 6])}};
}

static double luminance(struct rgb c) {
    return 0.2126 * c.c[0] + 0.7152 * c.c[1] + 0.0722 * c.c[2];
}

static double contrast(struct rgb a, struct rgb b) {
    double x = luminance(a) + 0.05, y = luminance(b) + 0.05;
    return x > y ? x / y : y / x;
}

enum { EYES = 4 };
static const double eyes[EYES][3][3] = {
    {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
    {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
    {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
    {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
};

static double curve(double t) {
    return t > 0.008856 ? cbrt(t) : 7.787 * t + 16.0 / 116;
}

static void lab(struct rgb c, int eye, double out[3]) {
    double s[3];
    for (int i = 0; i < 3; i++) {
        double v = 0;
        for (int k = 0; k < 3; k++)
            v += eyes[eye][i][k] * c.c[k];
        s[i] = fmin(1, fmax(0, v));
    }
    double x = curve((0.4124 * s[0] + 0.3576 * s[1] + 0.1805 * s[2]) / 0.9505);
    double y = curve(0.2126 * s[0] + 0.7152 * s[1] + 0.0722 * s[2]);
    double z = curve((0.0193 * s[0] + 0.1192 * s[1] + 0.9505 * s[2]) / 1.0891);
    out[0] = 116 * y - 16;
    out[1] = 500 * (x - y);
    out[2] = 200 * (y - z);
}

static double distance(int a, int b, int eye) {
    double p[3], q[3], sum = 0;
    lab(rgb_of(a), eye, p);
    lab(rgb_of(b), eye, q);
    for (int i = 0; i < 3; i++)
        sum += (p[i] - q[i]) * (p[i] - q[i]);
    return sqrt(sum);
}

/* The least distance between two of the kinds that plots and the map tell apart, for the worst eye. */
static double least_distance(enum theme t) {
    static const enum role kinds[] = {ROLE_LIVE, ROLE_GOAL, ROLE_STOP, ROLE_MARKING, ROLE_SWEEP, ROLE_ASSIST};
    double least = 1000;
    for (size_t i = 0; i < 6; i++)
        for (size_t k = 0; k < i; k++)
            for (int eye = 0; eye < EYES; eye++)
                least = fmin(least, distance(theme_style(t, DEPTH_256, kinds[i]).fg,
                                             theme_style(t, DEPTH_256, kinds[k]).fg, eye));
    return least;
}

static void test_colour_blind_themes_stay_apart(void **state) {
    (void)state;
    assert_true(least_distance(THEME_SAFE) >= 14);
    assert_true(least_distance(THEME_SAFE_LIGHT) >= 14);
    assert_true(least_distance(THEME_AUTO) < 14); /* the measure can tell */
}

/* Each theme on what it is for: near black, or white. */
static void test_everything_can_be_read(void **state) {
    (void)state;
    static const struct {
        enum theme theme;
        int paper;
        double least;
    } tries[] = {{THEME_DARK, 234, 3},         {THEME_LIGHT, 231, 3}, {THEME_SAFE, 234, 3},
                 {THEME_SAFE_LIGHT, 231, 2.8}, {THEME_AUTO, 16, 2.4}, {THEME_AUTO, 231, 2.4}};
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++)
        for (int r = 0; r < ROLE_LIMIT; r++) {
            struct style s = theme_style(tries[i].theme, DEPTH_256, (enum role)r);
            /* Lines between panes, free pages and the curve's weaker part may stand back. */
            double least = r == ROLE_BORDER || r == ROLE_FREE || r == ROLE_RANGE ? 2.2 : tries[i].least;
            if (s.fg < 0)
                continue;
            double got = contrast(rgb_of(s.fg), rgb_of(s.bg < 0 ? tries[i].paper : s.bg));
            if (got < least)
                fail_msg("theme %s, role %d: %d on %d has %.2f", theme_words[tries[i].theme], r, s.fg,
                         s.bg < 0 ? tries[i].paper : s.bg, got);
        }
}

static void test_each_theme_at_each_depth(void **state) {
    (void)state;
    for (int t = 0; t < THEMES; t++)
        for (int d = 0; d < DEPTHS; d++)
            for (int r = 0; r < ROLE_LIMIT; r++) {
                struct style s = theme_style((enum theme)t, (enum depth)d, (enum role)r);
                int most = d == DEPTH_256 ? 256 : d == DEPTH_8 ? 8 : 0;
                assert_true(s.fg >= -1 && s.fg < most && s.bg >= -1 && s.bg < most);
                assert_true(t != THEME_MONO || (s.fg == -1 && s.bg == -1));
                assert_true(s.fg != s.bg || s.fg == -1);
            }
}

/* Without colours, and in the colour-blind themes, kinds of spans differ in their looks as well. */
static void test_kinds_differ_without_colour(void **state) {
    (void)state;
    static const enum theme themes[] = {THEME_MONO, THEME_SAFE, THEME_SAFE_LIGHT};
    for (size_t i = 0; i < 3; i++) {
        uint8_t scan = theme_style(themes[i], DEPTH_256, ROLE_SCAN).looks;
        uint8_t noscan = theme_style(themes[i], DEPTH_256, ROLE_NOSCAN).looks;
        uint8_t large = theme_style(themes[i], DEPTH_256, ROLE_LARGE).looks;
        assert_true(scan != noscan && scan != large && noscan != large);
    }
    for (int d = 0; d < DEPTHS; d++)
        assert_true(theme_style(THEME_MONO, (enum depth)d, ROLE_SELECT).looks & LOOK_REVERSE);
}

static void test_depths(void **state) {
    (void)state;
    assert_int_equal(theme_depth(256), DEPTH_256);
    assert_int_equal(theme_depth(16777216), DEPTH_256);
    assert_int_equal(theme_depth(88), DEPTH_8);
    assert_int_equal(theme_depth(16), DEPTH_8);
    assert_int_equal(theme_depth(8), DEPTH_8);
    assert_int_equal(theme_depth(0), DEPTH_NONE);
    assert_int_equal(theme_depth(-1), DEPTH_NONE);
}

static void test_auto(void **state) {
    (void)state;
    assert_int_equal(theme_auto(false, NULL), THEME_AUTO);
    assert_int_equal(theme_auto(true, "15;0"), THEME_MONO);
    assert_int_equal(theme_auto(false, "15;0"), THEME_DARK);
    assert_int_equal(theme_auto(false, "7;default;8"), THEME_DARK);
    assert_int_equal(theme_auto(false, "0;15"), THEME_LIGHT);
    assert_int_equal(theme_auto(false, "0;7"), THEME_LIGHT);
    assert_int_equal(theme_auto(false, "0;default"), THEME_AUTO);
    assert_int_equal(theme_auto(false, "0;15x"), THEME_AUTO);
    assert_int_equal(theme_auto(false, "0;99"), THEME_AUTO);
    assert_int_equal(theme_auto(false, ""), THEME_AUTO);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_colour_blind_themes_stay_apart),
        cmocka_unit_test(test_everything_can_be_read),
        cmocka_unit_test(test_each_theme_at_each_depth),
        cmocka_unit_test(test_kinds_differ_without_colour),
        cmocka_unit_test(test_depths),
        cmocka_unit_test(test_auto),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
