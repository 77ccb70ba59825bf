#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""
replay.py PROGRAM TRACE... - what the commands say, against a replay of the events that is slow and simple.

The events are those that `events` prints. They are applied one after the other: an allocation takes a slot, a free
clears it, spans come and go; late frees are told by the two rules of the manual's section WHAT IS INFERRED. At random
instants `summary`, `spans`, `types` and `bucket` must say the same. An object that was only concluded may be there as
well: its span is marked "sure": false, and no more than that is accepted. Output is TAP, a case for each trace.
"""
import collections
import json
import random
import subprocess
import sys

PAGE = 8192
INSTANTS = 9  # a program runs at most 64 commands
BUCKETS = 3
OWED = 20_000_000  # ns in which the frees of a span that had to give way come
SIZES = [  # Go's runtime/sizeclasses.go
    0, 8, 16, 24, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 288, 320, 352, 384, 416, 448,
    480, 512, 576, 640, 704, 768, 896, 1024, 1152, 1280, 1408, 1536, 1792, 2048, 2304, 2688, 3072, 3200, 3456, 4096,
    4864, 5376, 6144, 6528, 6784, 6912, 8192, 9472, 9728, 10240, 10880, 12288, 13568, 14336, 16384, 18432, 19072,
    20480, 21760, 24576, 27264, 28672, 32768]


class Span:
    def __init__(self, event):
        self.page, self.pages, kind = event["id"], event["npages_value"], event["kindclass"]
        self.heap, self.noscan, self.size_class = kind & 1 == 0, bool(kind & 2), kind >> 2
        self.elem = SIZES[self.size_class] if self.heap and self.size_class else self.pages * PAGE
        self.before = event["ev"] == "Span"
        self.slots = {}  # slot -> (type, time)


class Replay:
    def __init__(self):
        self.spans = {}  # by first page
        self.owner = {}  # page -> first page of the span there
        self.owed = {}  # page of a heap span that had to give way -> when
        self.gone = {}  # first page of such a span -> how many pages
        self.again = {}  # (first page, slot) that was taken, and was allocated since the last mark ended -> that event
        self.live, self.allocs, self.frees, self.bytes = (collections.Counter() for _ in range(4))

    def come(self, event):
        new = Span(event)
        pages = range(new.page, new.page + new.pages)
        for page in pages:
            if page in self.owner:  # that span's free is late; up to Go 1.23 a stack's may be missing
                first = self.owner[page]
                if self.spans[first].heap:
                    self.owe(self.spans[first], event["t"])
                self.go(first)
        self.spans[new.page] = new
        for page in pages:
            self.owner[page] = new.page

    def owe(self, span, t):
        self.gone[span.page] = span.pages
        for page in range(span.page, span.page + span.pages):
            self.owed[page] = t

    def is_owed(self, page, t):
        return t - self.owed.get(page, -OWED - 1) <= OWED

    def settle(self, first):
        for page in range(first, first + self.gone.pop(first)):
            self.owed.pop(page, None)

    def go(self, page):
        old = self.spans.pop(page, None)
        if old:
            for slot in list(old.slots):
                self.release(old, slot)
                self.again.pop((page, slot), None)
            for page in range(old.page, old.page + old.pages):
                del self.owner[page]

    def release(self, span, slot):
        kind, _ = span.slots.pop(slot)
        self.live[kind] -= 1
        self.frees[kind] += 1
        self.bytes[kind] -= span.elem

    def take(self, span, slot, event):
        kind = event.get("type_name")
        span.slots[slot] = (kind, event["t"])
        self.live[kind] += 1
        self.allocs[kind] += event["ev"] == "HeapObjectAlloc"
        self.bytes[kind] += span.elem

    def step(self, event):
        what = event["ev"]
        if what in ("Span", "SpanAlloc"):
            self.come(event)
        elif what == "SpanFree":
            if event["id"] in self.gone and self.is_owed(event["id"], event["t"]):
                self.settle(event["id"])
            else:
                self.go(event["id"])
        elif what == "GCEnd":
            self.again.clear()
        else:
            address = event["id"] * 8
            if what == "HeapObjectFree" and self.is_owed(address // PAGE, event["t"]):
                return
            span = self.spans.get(self.owner.get(address // PAGE))
            if span is None or not span.heap:
                return
            slot = (address - span.page * PAGE) // span.elem
            if what == "HeapObjectFree":
                self.free(span, slot, event)
            elif slot not in span.slots:
                self.take(span, slot, event)
            elif what == "HeapObjectAlloc":
                self.again[span.page, slot] = event

    def free(self, span, slot, event):
        """What was allocated since the mark ended isn't freed by its sweep: that is its former object's free, late."""
        if slot in span.slots:
            self.release(span, slot)
        new = self.again.pop((span.page, slot), None)
        if new:
            self.take(span, slot, {**new, "t": event["t"]})


def rows(*args):
    out = subprocess.run([*args, "--format", "jsonl"], stdout=subprocess.PIPE).stdout
    return [json.loads(line) for line in out.splitlines()]


def events(program, path):
    run = subprocess.Popen([program, path, "events", "--format", "jsonl"], stdout=subprocess.PIPE)
    words = b'"Span', b'"HeapObject', b'"GCEnd'
    wanted = [json.loads(line) for line in run.stdout if any(word in line for word in words)]
    run.wait()  # 1 where something was lost
    return wanted


class Frame:
    """What the commands say at one instant."""

    def __init__(self, summary):
        self.summary, self.spans, self.types = summary, {}, collections.defaultdict(collections.Counter)


def frames(program, path, times):
    args = [program, path]
    for t in times:
        args += ["-e", f"summary --at {t}ns", "-e", f"spans --at {t}ns", "-e", f"types --at {t}ns"]
    found = []
    for row in rows(*args):
        if "heap_goal" in row:
            found.append(Frame(row))
        elif "base" in row:
            found[-1].spans[int(row["base"], 16)] = row
        else:
            found[-1].types[row["type"]].update({k: row[k] for k in ("live", "bytes", "allocs", "frees")})
    assert [f.summary["t"] for f in found] == times
    return found


def compare_spans(frame, replay, base):
    """The objects and bytes that the frame has more, in spans that are marked as guesses."""
    more = more_bytes = 0
    have = {(address - base) // PAGE: row for address, row in frame.spans.items()}
    assert have.keys() == replay.spans.keys(), f"spans at pages {sorted(have.keys() ^ replay.spans.keys())}"
    for page, row in have.items():
        span = replay.spans[page]
        assert row["pages"] == span.pages and (row["kind"] == "heap") == span.heap and row["before"] == span.before, row
        if span.heap:
            assert (row["class"], row["noscan"], row["elem"]) == (span.size_class, span.noscan, span.elem), row
            late = row["live"] - len(span.slots)
            assert late == 0 or (late > 0 and row["sure"] is False), f"{row}: {len(span.slots)} in the replay"
            more += late
            more_bytes += late * span.elem
    return more, more_bytes


def compare_sums(frame, replay, more, more_bytes):
    s, heap = frame.summary, [x for x in replay.spans.values() if x.heap]
    assert s["objects"] == sum(replay.live.values()) + more, s
    assert s["object_bytes"] == sum(replay.bytes.values()) + more_bytes, s
    assert s["spans"] == len(heap) and s["span_bytes"] == sum(x.pages for x in heap) * PAGE, s
    assert s["stack_bytes"] == sum(x.pages for x in replay.spans.values() if not x.heap) * PAGE, s
    for kind in frame.types.keys() | replay.live.keys():
        have = frame.types[kind]
        want = (replay.live[kind] + (more if kind is None else 0), replay.allocs[kind], replay.frees[kind],
                replay.bytes[kind] + (more_bytes if kind is None else 0))
        assert (have["live"], have["allocs"], have["frees"], have["bytes"]) == want, f"{kind}: {have}, {want}"


def choose_slots(replay, base, choice, relative):
    """Random slots: their address, and what the replay has in them."""
    heap = [x for x in replay.spans.values() if x.heap]
    for span in choice.sample(heap, min(BUCKETS, len(heap))):
        slot = choice.choice(list(span.slots) or [0])
        address = base + span.page * PAGE + slot * span.elem
        yield ("+" if relative else "") + hex(address), span.slots.get(slot)


def compare_buckets(program, path, asked):
    args = [program, path]
    for t, address, _ in asked:
        args += ["-e", f"bucket {address} --at {t}ns", "-e", "summary"]  # a row of another sort between two lives
    lives = [[]]
    for row in rows(*args) if asked else []:
        if "ev" in row:
            lives[-1].append(row)
        else:
            lives.append([])
    for (t, address, want), life in zip(asked, lives):
        until = [x for x in life if x["t"] <= t and x["ev"] in ("exists", "alloc", "free", "span-alloc", "span-exists")]
        if not until or not until[-1]["sure"]:
            continue
        last = until[-1]
        taken = last["ev"] in ("exists", "alloc")
        assert taken == (want is not None), f"{address} at {t}: {last}, {want}"
        assert not taken or (last["type"], last["t"]) == want, f"{address} at {t}: {last}, {want}"


def check(program, path, choice):
    """How many instants were compared."""
    end = rows(program, path, "summary")[0]["t"]  # of several traces in one file the first one is shown
    found = [e for e in events(program, path) if e["t"] <= end]
    if all(e["ev"] == "GCEnd" for e in found):
        return 0
    begin = max((i for i, e in enumerate(found) if e["ev"] in ("Span", "HeapObject")), default=0)
    chosen = {found[choice.randrange(begin, len(found))]["t"] for _ in range(INSTANTS)}
    times = sorted(chosen | {found[-1]["t"]})
    replay, at, asked = Replay(), 0, []
    for t, frame in zip(times, frames(program, path, times)):
        while at < len(found) and found[at]["t"] <= t:
            replay.step(found[at])
            at += 1
        relative = any(row["base"].startswith("+") for row in frame.spans.values())
        base = min(frame.spans, default=0) - min(replay.spans, default=0) * PAGE
        compare_sums(frame, replay, *compare_spans(frame, replay, base))
        if len(asked) < 30:
            asked += [(t, *slot) for slot in choose_slots(replay, base, choice, relative)]
    compare_buckets(program, path, asked)
    return len(times)


def main():
    failed = 0
    for i, path in enumerate(sys.argv[2:], 1):
        name = path.rsplit("/", 1)[-1]
        try:
            print(f"ok {i} - {name}: {check(sys.argv[1], path, random.Random(i))} instants")
        except AssertionError as wrong:
            failed += 1
            print(f"not ok {i} - {name}\n# {wrong}")
        sys.stdout.flush()
    print(f"1..{len(sys.argv) - 2}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
