// Command oracle prints BuildKit's result for a Dockerfile or a build context. README.md explains how to build and use it.
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
	if len(os.Args) > 1 {
		if err := answerAll(os.Args[1]); err != nil {
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

func answerAll(mode string) error {
	switch mode {
	case "--batch":
		return batch(os.Stdin, os.Stdout, func(r request) any { return read(r.Dockerfile, r.BuildArgs) })
	case "--context":
		return batch(os.Stdin, os.Stdout, func(r contextRequest) any { return takeContext(r) })
	default:
		return fmt.Errorf("unknown option %s", mode)
	}
}

func batch[Request any](in io.Reader, w io.Writer, answer func(Request) any) error {
	lines := bufio.NewReaderSize(in, 1<<20)
	buffered := bufio.NewWriterSize(w, 1<<20)
	defer buffered.Flush()
	out := json.NewEncoder(buffered)
	out.SetEscapeHTML(false)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var r Request
			if err := json.Unmarshal(line, &r); err != nil {
				return err
			}
			if err := out.Encode(safely(answer, r)); err != nil {
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

// safely reports a crash of BuildKit instead of ending the batch.
func safely[Request any](answer func(Request) any, r Request) (response any) {
	defer func() {
		if crash := recover(); crash != nil {
			response = map[string]string{"crash": fmt.Sprint(crash)}
		}
	}()
	return answer(r)
}
