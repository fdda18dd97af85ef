package main

import (
	"bytes"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

type instruction struct {
	Keyword  string       `json:"keyword"`
	Line     int          `json:"line"`
	EndLine  int          `json:"endLine"`
	Flags    []string     `json:"flags,omitempty"`
	JSON     bool         `json:"json,omitempty"`
	Args     []string     `json:"args,omitempty"`
	Pairs    []pair       `json:"pairs,omitempty"`
	Heredocs []heredoc    `json:"heredocs,omitempty"`
	Copy     *copyFiles   `json:"copy,omitempty"`
	Run      *run         `json:"run,omitempty"`
	Trigger  *instruction `json:"trigger,omitempty"`
}

type pair struct {
	Name   string  `json:"name"`
	Value  *string `json:"value"`
	Legacy bool    `json:"legacy,omitempty"`
}

type heredoc struct {
	Name   string `json:"name"`
	Lines  int    `json:"lines"`
	Expand bool   `json:"expand"`
	Chomp  bool   `json:"chomp"`
	FD     uint   `json:"fd"`
}

type copyFiles struct {
	From     string   `json:"from,omitempty"`
	Sources  []string `json:"sources"`
	Heredocs []string `json:"heredocs,omitempty"`
	Dest     string   `json:"dest"`
}

type run struct {
	Shell  bool    `json:"shell"`
	Mounts []mount `json:"mounts"`
}

type mount struct {
	Type   string `json:"type"`
	From   string `json:"from,omitempty"`
	Source string `json:"source,omitempty"`
	Target string `json:"target,omitempty"`
	ID     string `json:"id,omitempty"`
}

// nodesByStage groups the instructions of a file, FROM first; those before the first FROM are left out.
func nodesByStage(ast *parser.Node) [][]*parser.Node {
	var out [][]*parser.Node
	for _, n := range ast.Children {
		if strings.ToUpper(n.Value) == "FROM" {
			out = append(out, nil)
		}
		if len(out) > 0 {
			out[len(out)-1] = append(out[len(out)-1], n)
		}
	}
	return out
}

func describeInstruction(n *parser.Node) instruction {
	i := instruction{Keyword: strings.ToUpper(n.Value), Line: n.StartLine, EndLine: n.EndLine, Flags: n.Flags, JSON: n.Attributes["json"]}
	for _, h := range n.Heredocs {
		i.Heredocs = append(i.Heredocs, heredoc{h.Name, strings.Count(h.Content, "\n"), h.Expand, h.Chomp, h.FileDescriptor})
	}
	cmd, err := instructions.ParseInstructionWithLinter(n, quiet)
	if err != nil {
		return i
	}
	switch c := cmd.(type) {
	case *instructions.ArgCommand:
		for _, arg := range c.Args {
			i.Pairs = append(i.Pairs, pair{Name: arg.Key, Value: arg.Value})
		}
	case *instructions.EnvCommand:
		i.Pairs = describePairs(c.Env)
	case *instructions.LabelCommand:
		i.Pairs = describePairs(c.Labels)
	case *instructions.CopyCommand:
		i.Copy = describeCopy(c.From, c.SourcesAndDest)
	case *instructions.AddCommand:
		i.Copy = describeCopy("", c.SourcesAndDest)
	case *instructions.RunCommand:
		i.Args = words(n)
		i.Run = &run{Shell: c.PrependShell, Mounts: describeMounts(c)}
		// Most keys of a mount are only read when it is expanded, which a wrong mount does not survive.
		if c.Expand(func(word string) (string, error) { return word, nil }) == nil {
			i.Run.Mounts = describeMounts(c)
		}
	case *instructions.OnbuildCommand:
		i.Trigger = describeTrigger(c.Expression, n)
	default:
		i.Args = words(n)
	}
	return i
}

func describeTrigger(expression string, onbuild *parser.Node) *instruction {
	ast, err := parser.Parse(bytes.NewReader([]byte(expression)))
	if err != nil || len(ast.AST.Children) != 1 {
		return nil
	}
	n := ast.AST.Children[0]
	n.StartLine, n.EndLine = onbuild.StartLine, onbuild.EndLine
	i := describeInstruction(n)
	return &i
}

func words(n *parser.Node) []string {
	var out []string
	for next := n.Next; next != nil; next = next.Next {
		out = append(out, next.Value)
	}
	return out
}

func describePairs(pairs instructions.KeyValuePairs) []pair {
	var out []pair
	for _, p := range pairs {
		out = append(out, pair{p.Key, &p.Value, p.NoDelim})
	}
	return out
}

func describeCopy(from string, files instructions.SourcesAndDest) *copyFiles {
	c := &copyFiles{From: from, Sources: append([]string{}, files.SourcePaths...), Dest: files.DestPath}
	for _, h := range files.SourceContents {
		c.Heredocs = append(c.Heredocs, h.Path)
	}
	return c
}

func describeMounts(c *instructions.RunCommand) []mount {
	out := []mount{}
	for _, m := range instructions.GetMounts(c) {
		out = append(out, mount{string(m.Type), m.From, m.Source, m.Target, m.CacheID})
	}
	return out
}
