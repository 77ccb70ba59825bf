/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sort.c - heap and sort of (time, index) pairs.
 *
 * Times between threads are equal now and then, and then it is these algorithms that decide who comes first. So
 * they compare and swap in the order in which the reference does: heapUpdate and its kin in internal/trace
 * (batchcursor.go, Go 1.26), and slices.SortFunc. Tests compare them with recorded orders.
 */
#include "traces/sort.h"

#include <stdbool.h>

static void swap(struct sort_key *a, size_t i, size_t j) {
    struct sort_key k = a[i];
    a[i] = a[j];
    a[j] = k;
}

static bool less(const struct sort_key *a, size_t i, size_t j) {
    return a[i].time < a[j].time;
}

/* ---- heap */

static bool sift_up(struct sort_key *h, size_t i) {
    size_t start = i;
    while (i > 0 && less(h, i, (i - 1) / 2)) {
        swap(h, i, (i - 1) / 2);
        i = (i - 1) / 2;
    }
    return i != start;
}

void heap_push(struct sort_key *h, size_t *n, struct sort_key k) {
    h[*n] = k;
    sift_up(h, (*n)++);
}

void heap_update(struct sort_key *h, size_t n, size_t i) {
    if (!sift_up(h, i)) {
        heap_settle(h, n, i);
    }
}

void heap_remove(struct sort_key *h, size_t *n, size_t i) {
    while (i > 0) {
        swap(h, i, (i - 1) / 2);
        i = (i - 1) / 2;
    }
    swap(h, 0, --*n);
    heap_settle(h, *n, 0);
}

/* ---- sort: every range is [a, b) of d */

static unsigned bit_length(size_t n) {
    unsigned bits = 0;
    for (; n > 0; n >>= 1) {
        bits++;
    }
    return bits;
}

static void insertion_sort(struct sort_key *d, size_t a, size_t b) {
    for (size_t i = a + 1; i < b; i++) {
        for (size_t j = i; j > a && less(d, j, j - 1); j--) {
            swap(d, j, j - 1);
        }
    }
}

/* The heap sort's heap has its greatest at the root, and prefers the left of two equal children. */
static void heap_sort_sift(struct sort_key *d, size_t lo, size_t hi, size_t first) {
    for (size_t root = lo;;) {
        size_t child = 2 * root + 1;
        if (child >= hi) {
            return;
        }
        if (child + 1 < hi && less(d, first + child, first + child + 1)) {
            child++;
        }
        if (!less(d, first + root, first + child)) {
            return;
        }
        swap(d, first + root, first + child);
        root = child;
    }
}

static void heap_sort(struct sort_key *d, size_t a, size_t b) {
    size_t n = b - a;
    for (size_t i = (n - 1) / 2 + 1; i-- > 0;) {
        heap_sort_sift(d, i, n, a);
    }
    for (size_t i = n; i-- > 0;) {
        swap(d, a, a + i);
        heap_sort_sift(d, 0, i, a);
    }
}

/* After a badly balanced split: scatter three elements about the middle, so that no pattern survives. */
static void scatter(struct sort_key *d, size_t a, size_t b) {
    size_t n = b - a;
    if (n < 8) {
        return;
    }
    uint64_t x = n;
    uint64_t span = (uint64_t)1 << bit_length(n);
    size_t at = a + 2 * (n / 4) - 1;
    for (size_t i = 0; i < 3; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        size_t other = (size_t)(x & (span - 1));
        if (other >= n) {
            other -= n;
        }
        swap(d, at + i, a + other);
    }
}

static void order_two(const struct sort_key *d, size_t *x, size_t *y, unsigned *swaps) {
    if (less(d, *y, *x)) {
        size_t t = *x;
        *x = *y;
        *y = t;
        ++*swaps;
    }
}

static size_t median(const struct sort_key *d, size_t x, size_t y, size_t z, unsigned *swaps) {
    order_two(d, &x, &y, swaps);
    order_two(d, &y, &z, swaps);
    order_two(d, &x, &y, swaps);
    return y;
}

enum hint { HINT_NONE, HINT_ASCENDING, HINT_DESCENDING };

static size_t choose_pivot(const struct sort_key *d, size_t a, size_t b, enum hint *hint) {
    size_t n = b - a;
    size_t i = a + n / 4, j = a + 2 * (n / 4), k = a + 3 * (n / 4);
    unsigned swaps = 0;
    if (n >= 8) {
        if (n >= 50) {
            i = median(d, i - 1, i, i + 1, &swaps);
            j = median(d, j - 1, j, j + 1, &swaps);
            k = median(d, k - 1, k, k + 1, &swaps);
        }
        j = median(d, i, j, k, &swaps);
    }
    *hint = swaps == 0 ? HINT_ASCENDING : swaps == 12 ? HINT_DESCENDING : HINT_NONE;
    return j;
}

static void reverse(struct sort_key *d, size_t a, size_t b) {
    for (size_t i = a, j = b - 1; i < j; i++, j--) {
        swap(d, i, j);
    }
}

/* Finish a range that looks sorted with a few shifts. True: it is sorted now. */
static bool nearly_sorted(struct sort_key *d, size_t a, size_t b) {
    size_t i = a + 1;
    for (int step = 0; step < 5; step++) {
        while (i < b && !less(d, i, i - 1)) {
            i++;
        }
        if (i == b) {
            return true;
        }
        if (b - a < 50) {
            return false;
        }
        swap(d, i, i - 1);
        if (i - a >= 2) {
            for (size_t j = i - 1; j >= 1 && less(d, j, j - 1); j--) {
                swap(d, j, j - 1);
            }
        }
        if (b - i >= 2) {
            for (size_t j = i + 1; j < b && less(d, j, j - 1); j++) {
                swap(d, j, j - 1);
            }
        }
    }
    return false;
}

/* The pivot equals the element before the range: put all equal ones first; returns where the greater begin. */
static size_t split_equal(struct sort_key *d, size_t a, size_t b, size_t pivot) {
    swap(d, a, pivot);
    size_t i = a + 1, j = b - 1;
    for (;;) {
        while (i <= j && !less(d, a, i)) {
            i++;
        }
        while (i <= j && less(d, a, j)) {
            j--;
        }
        if (i > j) {
            return i;
        }
        swap(d, i++, j--);
    }
}

static size_t split(struct sort_key *d, size_t a, size_t b, size_t pivot, bool *untouched) {
    swap(d, a, pivot);
    size_t i = a + 1, j = b - 1;
    *untouched = true;
    for (;;) {
        while (i <= j && less(d, i, a)) {
            i++;
        }
        while (i <= j && !less(d, j, a)) {
            j--;
        }
        if (i > j) {
            break;
        }
        *untouched = false;
        swap(d, i++, j--);
    }
    swap(d, j, a);
    return j;
}

static void quick_sort(struct sort_key *d, size_t a, size_t b, unsigned limit) {
    bool balanced = true, untouched = true;
    for (;;) {
        size_t n = b - a;
        if (n <= 12) {
            insertion_sort(d, a, b);
            return;
        }
        if (limit == 0) {
            heap_sort(d, a, b);
            return;
        }
        if (!balanced) {
            scatter(d, a, b);
            limit--;
        }
        enum hint hint;
        size_t pivot = choose_pivot(d, a, b, &hint);
        if (hint == HINT_DESCENDING) {
            reverse(d, a, b);
            pivot = (b - 1) - (pivot - a);
            hint = HINT_ASCENDING;
        }
        if (balanced && untouched && hint == HINT_ASCENDING && nearly_sorted(d, a, b)) {
            return;
        }
        if (a > 0 && !less(d, a - 1, pivot)) {
            a = split_equal(d, a, b, pivot);
            continue;
        }
        size_t mid = split(d, a, b, pivot, &untouched);
        size_t left = mid - a, right = b - mid;
        if (left < right) {
            balanced = left >= n / 8;
            quick_sort(d, a, mid, limit);
            a = mid + 1;
        } else {
            balanced = right >= n / 8;
            quick_sort(d, mid + 1, b, limit);
            b = mid;
        }
    }
}

void sort_by_time(struct sort_key *a, size_t n) {
    quick_sort(a, 0, n, bit_length(n));
}
