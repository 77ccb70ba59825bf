// SPDX-License-Identifier: GPL-3.0-or-later

// Package unpack opens a trace that may be packed by gzip or zstd; the latter needs the zstd command.
package unpack

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"os/exec"
)

// Open returns the bytes of the trace itself. The caller closes what it gets.
func Open(path string) (io.ReadCloser, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	buf := bufio.NewReaderSize(file, 1<<18)
	head, _ := buf.Peek(4)
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(buf)
		if err != nil {
			file.Close()
			return nil, err
		}
		return closer{z, file.Close}, nil
	case bytes.Equal(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		cmd := exec.Command("zstd", "-dcq")
		cmd.Stdin = buf
		cmd.Stderr = os.Stderr
		pipe, err := cmd.StdoutPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			file.Close()
			return nil, err
		}
		return closer{pipe, func() error { pipe.Close(); cmd.Wait(); return file.Close() }}, nil
	}
	return closer{buf, file.Close}, nil
}

type closer struct {
	io.Reader
	close func() error
}

func (c closer) Close() error { return c.close() }
