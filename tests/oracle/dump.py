# SPDX-License-Identifier: GPL-3.0-or-later
#
# dump.py - the truth about a Go heap, read out of the running process by gdb at the last instant of its trace.
#
# gdb runs it (truth starts gdb) with ORACLE_LINE, the place in the runtime where tracing is switched off, and ORACLE_OUT,
# the file to write. All threads stop there; then one thread alone goes on, instruction by instruction, until tracing is
# off. So what is read belongs to exactly the events that are in the trace, bar those a frozen thread has yet to write.
# The program asks for more in the middle of the trace in main.atMark, up to main.lastStop; packages has a function of another
# name for that, ORACLE_MARK, up to the trace's end.
#
# The file: one JSON object a line; the first says when it was (sweepgen, gcphase, procs), each other one is a span.

import json
import os
import struct
import time

import gdb


def word(addr, size=8):
    return int.from_bytes(gdb.selected_inferior().read_memory(addr, size).tobytes(), "little")


def block(addr, size):
    return gdb.selected_inferior().read_memory(addr, size).tobytes()


def value(name):
    return gdb.parse_and_eval("'" + name + "'")


def field(typ, path):
    """Offset and size in bytes of a field, given as a dotted path; "[1]" steps into an array."""
    off = 0
    for part in path.split("."):
        name, _, index = part.partition("[")
        for f in typ.fields():
            if f.name == name:
                off += f.bitpos // 8
                typ = f.type.strip_typedefs()
                break
        else:
            raise KeyError(path + ": no field " + name + " in " + str(typ))
        if index:
            typ = typ.target().strip_typedefs()
            off += int(index.rstrip("]")) * typ.sizeof
    return off, typ.sizeof


def struct_type(name):
    return gdb.lookup_type(name).strip_typedefs()


class Reader:
    """Reads fields of one struct type out of raw bytes."""

    def __init__(self, name, fields):
        self.type = struct_type(name)
        self.size = self.type.sizeof
        self.at = {f: field(self.type, f) for f in fields}

    def read(self, addr):
        raw = block(addr, self.size)
        return {f: int.from_bytes(raw[o:o + n], "little") for f, (o, n) in self.at.items()}


def span_set(addr, reader):
    """The spans in one of mcentral's sets, oldest first."""
    s = reader.read(addr)
    head, tail = s["index.u.value"] >> 32, s["index.u.value"] & 0xFFFFFFFF
    spine, spans = s["spine.a.value"], []
    header = struct_type("runtime.spanSetBlock")
    first = field(header, "spans")[0]
    for i in range(head, tail):
        blk = word(spine + 8 * (i // 512))
        if blk:
            spans.append(word(blk + first + 8 * (i % 512)))
    return [s for s in spans if s]


def central_sets(mheap, sweepgen):
    """span address -> each (list, swept set or not, position in it) that has it: mostly one. What was swept out of turn stays
    on its unswept list as well, until somebody takes it from there and finds it done."""
    reader = Reader("runtime.spanSet", ["spine.a.value", "index.u.value"])
    where = {}
    base = int(mheap.address)
    central = mheap.type.strip_typedefs()
    for spc in range(136):
        for name, word_ in (("partial", "nonempty"), ("full", "empty")):
            for half in (0, 1):
                off = field(central, "central[%d].mcentral.%s[%d]" % (spc, name, half))[0]
                swept = half == sweepgen // 2 % 2
                for at, span in enumerate(span_set(base + off, reader)):
                    where.setdefault(span, []).append((word_, swept, at))
    return where


def mcaches():
    """span address -> P; and the number of Ps"""
    allp = value("runtime.allp")
    n, array = int(allp["len"]), int(allp["array"])
    p_type, cache = struct_type("runtime.p"), struct_type("runtime.mcache")
    at, alloc = field(p_type, "mcache")[0], field(cache, "alloc")[0]
    owner = {}
    for i in range(n):
        c = word(word(array + 8 * i) + at)
        if c:
            for span in struct.unpack("<136Q", block(c + alloc, 136 * 8)):
                owner[span] = i
    return owner, n


def dump(out, instant=None):
    mheap = value("runtime.mheap_")
    sweepgen = int(mheap["sweepgen"])
    owner, procs = mcaches()
    sets = central_sets(mheap, sweepgen)
    reader = Reader("runtime.mspan", ["state.s.value", "startAddr", "npages", "nelems", "freeindex", "allocCount",
                                      "spanclass", "sweepgen", "elemsize"])
    head = {"truth": 1, "sweepgen": sweepgen, "gcphase": int(value("runtime.gcphase")), "procs": procs}
    if instant is not None:
        head["clock"] = instant
    print(json.dumps(head), file=out)
    spans = mheap["allspans"]
    n, array = int(spans["len"]), int(spans["array"])
    for addr in struct.unpack("<%dQ" % n, block(array, 8 * n)):
        s = reader.read(addr)
        state = s["state.s.value"]
        if state not in (1, 2):
            continue
        row = {"base": hex(s["startAddr"]), "pages": s["npages"]}
        if state == 2:
            row["kind"] = "manual"
        else:
            delta = (s["sweepgen"] - sweepgen) & 0xFFFFFFFF
            row.update(kind="heap", **{"class": s["spanclass"] >> 1}, noscan=bool(s["spanclass"] & 1),
                       elem=s["elemsize"], slots=s["nelems"], live=s["allocCount"], freeindex=s["freeindex"],
                       swept=delta in (0, 3), sweeping=delta == 0xFFFFFFFF)
            if addr in owner:
                row.update(where="mcache", p=owner[addr])
            elif addr in sets:
                true = next((s for s in sets[addr] if s[1] == row["swept"]), sets[addr][0])
                row.update(where=true[0], at=true[2])
            else:  # in nobody's hands: being swept or handed over at this instant
                row.update(where="empty" if s["allocCount"] == s["nelems"] else "nonempty", moving=True)
        print(json.dumps(row), file=out)


def write(name, instant=None):
    with open(name + ".new", "w") as out:
        dump(out, instant)
    os.rename(name + ".new", name)


def read_marks(out, mark, last):
    """Read the heap wherever the program asks for it in the middle of its trace, until it is about to end the trace. Threads
    stop one after the other, and their clocks may run ahead: the instant is a while after the last one stood still."""
    gdb.execute("break '" + mark + "'")
    gdb.execute("break " + last)
    gdb.execute("run")
    n = 0
    while gdb.selected_frame().name() == mark:
        time.sleep(0.002)
        instant = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
        n += 1
        write("%s-%d.jsonl" % (out[:-len(".jsonl")], n), instant)
        gdb.execute("continue")


def main():
    out = os.environ["ORACLE_OUT"]
    line = os.environ["ORACLE_LINE"]
    mark = os.environ.get("ORACLE_MARK")
    last = line if mark else "main.lastStop"
    gdb.execute("set pagination off")
    gdb.execute("set confirm off")
    gdb.execute("handle SIGURG SIGPROF SIGPIPE SIGCHLD SIGHUP SIGALRM SIGTERM SIGUSR1 SIGUSR2 SIGSEGV SIGBUS SIGFPE nostop "
                "noprint pass")
    read_marks(out, mark or "main.atMark", last)
    gdb.execute("delete")  # a goroutine that is preempted there meets the same breakpoint again
    if last != line:
        gdb.execute("break " + line)
        gdb.execute("continue")
    gen = int(value("runtime.trace")["gen"]["value"].address)
    gdb.execute("set scheduler-locking on")
    steps = 0
    while word(gen) != 0:
        gdb.execute("stepi", to_string=True)
        steps += 1
        if steps > 1000:
            raise RuntimeError("tracing does not end here")
    write(out)
    gdb.execute("set scheduler-locking off")
    gdb.execute("delete")
    gdb.execute("continue")


try:
    main()
except Exception as e:  # gdb would go on without a word
    print("dump.py:", e)
    gdb.execute("kill")
    gdb.execute("quit 3")
