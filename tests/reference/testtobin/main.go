// SPDX-License-Identifier: GPL-3.0-or-later

// Testtobin turns the text traces of Go's own tests (internal/trace/testdata/tests/*.test) into binary ones.
//
//	testtobin IN.test OUT.trace
//
// A text trace has one event a line: a name, then its arguments as name=number in the order of the wire format. Lines of
// a stack's frames, and of the data of strings and experimental batches, follow theirs. Prints "success" or "failure":
// what the test expects of a reader.
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// types numbers the names of the wire format.
var types = numbers()

func numbers() map[string]byte {
	m := map[string]byte{}
	for i, name := range strings.Fields(`EventBatch Stacks Stack Strings String CPUSamples CPUSample Frequency
		ProcsChange ProcStart ProcStop ProcSteal ProcStatus GoCreate GoCreateSyscall GoStart GoDestroy GoDestroySyscall
		GoStop GoBlock GoUnblock GoSyscallBegin GoSyscallEnd GoSyscallEndBlocked GoStatus STWBegin STWEnd GCActive GCBegin
		GCEnd GCSweepActive GCSweepBegin GCSweepEnd GCMarkAssistActive GCMarkAssistBegin GCMarkAssistEnd HeapAlloc HeapGoal
		GoLabel UserTaskBegin UserTaskEnd UserRegionBegin UserRegionEnd UserLog GoSwitch GoSwitchDestroy GoCreateBlocked
		GoStatusStack ExperimentalBatch Sync ClockSnapshot EndOfGeneration`) {
		m[name] = byte(i + 1)
	}
	for i, name := range strings.Fields(`Span SpanAlloc SpanFree HeapObject HeapObjectAlloc HeapObjectFree GoroutineStack
		GoroutineStackAlloc GoroutineStackFree`) {
		m[name] = byte(i + 128)
	}
	return m
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: testtobin IN.test OUT.trace")
		os.Exit(2)
	}
	text, err := os.ReadFile(os.Args[1])
	if err == nil {
		var bin []byte
		expect, trace := sections(string(text))
		if bin, err = convert(trace); err == nil {
			err = os.WriteFile(os.Args[2], bin, 0o666)
		}
		if err == nil {
			fmt.Println(strings.ToLower(strings.Fields(expect + " none")[0]))
		}
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "testtobin: %s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}

// sections splits the two files "expect" and "trace" out of the archive.
func sections(text string) (expect, trace string) {
	var to *string
	for _, line := range strings.SplitAfter(text, "\n") {
		switch strings.TrimSpace(line) {
		case "-- expect --":
			to = &expect
		case "-- trace --":
			to = &trace
		default:
			if to != nil {
				*to += line
			}
		}
	}
	return expect, trace
}

// convert writes the events of the text one after the other.
func convert(text string) ([]byte, error) {
	var lines []string
	for _, line := range strings.Split(text, "\n") {
		if i := strings.IndexByte(line, '#'); i >= 0 && !strings.Contains(line, "data=") {
			line = line[:i]
		}
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 || !strings.HasPrefix(lines[0], "Trace Go1.") {
		return nil, fmt.Errorf("no trace in it")
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "go 1.%s trace\x00\x00\x00", strings.TrimPrefix(lines[0], "Trace Go1."))
	for i := 1; i < len(lines); i++ {
		fields := strings.Fields(lines[i])
		kind, ok := types[fields[0]]
		if !ok {
			return nil, fmt.Errorf("no such event: %s", lines[i])
		}
		out.WriteByte(kind)
		more, err := arguments(&out, fields)
		if err != nil {
			return nil, err
		}
		switch fields[0] {
		case "Stack":
			for ; more > 0 && i+1 < len(lines); more-- {
				i++
				if _, err := arguments(&out, append([]string{""}, strings.Fields(lines[i])...)); err != nil {
					return nil, err
				}
			}
		case "String", "ExperimentalBatch":
			i++
			if i >= len(lines) || !strings.HasPrefix(lines[i], "data=") {
				return nil, fmt.Errorf("no data after %s", lines[i-1])
			}
			data, err := strconv.Unquote(strings.TrimPrefix(lines[i], "data="))
			if err != nil {
				return nil, err
			}
			out.Write(binary.AppendUvarint(nil, uint64(len(data))))
			out.WriteString(data)
		}
	}
	return out.Bytes(), nil
}

// arguments writes name=number pairs and returns the last number: the count of frames, for a stack.
func arguments(out *bytes.Buffer, fields []string) (last uint64, err error) {
	for _, f := range fields[1:] {
		_, digits, _ := strings.Cut(f, "=")
		if last, err = strconv.ParseUint(digits, 10, 64); err != nil {
			return 0, fmt.Errorf("%s: %w", strings.Join(fields, " "), err)
		}
		if fields[0] == "ExperimentalBatch" && strings.HasPrefix(f, "exp=") {
			out.WriteByte(byte(last))
			continue
		}
		out.Write(binary.AppendUvarint(nil, last))
	}
	return last, nil
}
