// Command oracle prints BuildKit's result for a Dockerfile. README.md explains how to build and use it.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
)

// A request is one line of JSON on standard input; the response is one line on standard output.
type request struct {
	// Dockerfile is base64: a Dockerfile may hold any bytes.
	Dockerfile []byte            `json:"dockerfile"`
	BuildArgs  map[string]string `json:"buildArgs"`
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "--batch" {
		if err := batch(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "oracle:", err)
			os.Exit(1)
		}
		return
	}
	dockerfile, err := io.ReadAll(os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, "oracle:", err)
		os.Exit(1)
	}
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	_ = out.Encode(read(dockerfile, nil))
}

func batch(in io.Reader, w io.Writer) error {
	lines := bufio.NewReaderSize(in, 1<<20)
	buffered := bufio.NewWriterSize(w, 1<<20)
	defer buffered.Flush()
	out := json.NewEncoder(buffered)
	out.SetEscapeHTML(false)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var r request
			if err := json.Unmarshal(line, &r); err != nil {
				return err
			}
			if err := out.Encode(readSafely(r)); err != nil {
				return err
			}
			if err := buffered.Flush(); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// readSafely reports a crash of BuildKit instead of ending the batch.
func readSafely(r request) (response any) {
	defer func() {
		if crash := recover(); crash != nil {
			response = map[string]string{"crash": fmt.Sprint(crash)}
		}
	}()
	return read(r.Dockerfile, r.BuildArgs)
}
