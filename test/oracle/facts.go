package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// facts has the fields of the cases in ../fixtures/dockerfile-cases; its README says what each means.
type facts struct {
	OK            bool        `json:"ok"`
	Error         *problem    `json:"error"`
	Directives    directives  `json:"directives"`
	GlobalArgs    []globalArg `json:"globalArgs"`
	Targets       []string    `json:"targets"`
	DefaultTarget *int        `json:"defaultTarget"`
	Leaves        []int       `json:"leaves"`
	Stages        []stage     `json:"stages"`
}

// MarshalJSON leaves most of the fields out where a file has many stages.
func (s stage) MarshalJSON() ([]byte, error) {
	type whole stage
	if !s.brief {
		return json.Marshal(whole(s))
	}
	return json.Marshal(struct {
		Index     int       `json:"index"`
		Name      *string   `json:"name"`
		Line      int       `json:"line"`
		EndLine   int       `json:"endLine"`
		Base      *string   `json:"base"`
		Kind      string    `json:"kind"`
		BaseStage *int      `json:"baseStage,omitempty"`
		DependsOn []int     `json:"dependsOn"`
		AsTarget  *asTarget `json:"asTarget,omitempty"`
	}{s.Index, s.Name, s.Line, s.EndLine, s.Base, s.Kind, s.BaseStage, s.DependsOn, s.AsTarget})
}

type problem struct {
	Phase   string `json:"phase"`
	Message string `json:"message"`
	Line    int    `json:"line"`
	EndLine int    `json:"endLine"`
}

type directives struct {
	Escape string     `json:"escape"`
	Syntax *directive `json:"syntax"`
	Check  *directive `json:"check"`
}

type directive struct {
	Value string `json:"value"`
	Full  string `json:"full,omitempty"`
	Line  int    `json:"line"`
}

type globalArg struct {
	Name    string  `json:"name"`
	Line    int     `json:"line"`
	Default *string `json:"default"`
	Value   *string `json:"value"`
}

type stage struct {
	Index           int            `json:"index"`
	Name            *string        `json:"name"`
	Line            int            `json:"line"`
	EndLine         int            `json:"endLine"`
	BaseWritten     string         `json:"baseWritten"`
	Base            *string        `json:"base"`
	Kind            string         `json:"kind"`
	BaseStage       *int           `json:"baseStage"`
	Image           *string        `json:"image"`
	PlatformWritten *string        `json:"platformWritten"`
	Platform        *string        `json:"platform"`
	DependsOn       []int          `json:"dependsOn"`
	Dependencies    []dependency   `json:"dependencies"`
	ExternalImages  []external     `json:"externalImages"`
	ContextPaths    []string       `json:"contextPaths"`
	Args            []nameAndValue `json:"args"`
	Env             []nameAndValue `json:"env"`
	AsTarget        *asTarget      `json:"asTarget"`
	Instructions    []instruction  `json:"instructions"`
	brief           bool
}

type dependency struct {
	Stage   int    `json:"stage"`
	Via     string `json:"via"`
	Line    int    `json:"line"`
	OnBuild bool   `json:"onbuild,omitempty"`
}

type external struct {
	Image      string `json:"image"`
	Normalised string `json:"normalised"`
	Via        string `json:"via"`
	Line       int    `json:"line"`
	OnBuild    bool   `json:"onbuild,omitempty"`
}

type nameAndValue struct {
	Name  string  `json:"name"`
	Value *string `json:"value"`
}

type asTarget struct {
	OK    bool     `json:"ok"`
	Error *problem `json:"error,omitempty"`
}

// In a file of more stages only the first, the middle and the last one are tried as the target.
const manyStages = 200

// quiet is there because BuildKit fails without a linter on a comment that begins with "check=".
var quiet = linter.New(&linter.Config{})

var linuxAmd64 = ocispecs.Platform{OS: "linux", Architecture: "amd64"}

// emptyImages is a registry that has every image, empty and for linux/amd64.
type emptyImages struct{}

func (emptyImages) ResolveImageConfig(_ context.Context, ref string, _ sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	return ref, "", []byte(`{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers"}}`), nil
}

func inspect(dockerfile []byte, buildArgs map[string]string, index int) *dockerfile2llb.Report {
	caps := pb.Caps.CapSet(pb.Caps.All())
	opt := dockerfile2llb.ConvertOpt{
		LLBCaps:        &caps,
		TargetPlatform: &linuxAmd64,
		MetaResolver:   emptyImages{},
		// Rules count only where BuildKit reports them.
		Warn: func(string, string, string, string, []parser.Range) {},
	}
	opt.BuildArgs = maps.Clone(buildArgs)
	return dockerfile2llb.Inspect(context.Background(), dockerfile, opt, index)
}

func read(dockerfile []byte, buildArgs map[string]string) *facts {
	f := &facts{
		Directives: readDirectives(dockerfile),
		GlobalArgs: []globalArg{}, Targets: []string{}, Leaves: []int{}, Stages: []stage{},
	}
	first := inspect(dockerfile, buildArgs, -1)
	if first.Escape != 0 {
		f.Directives.Escape = string(first.Escape)
	}
	if first.Phase == "lint" && first.Stages == nil || first.Phase == "parse" || first.Phase == "instruction" {
		f.Error = describe(first.Phase, first.Err)
		return f
	}
	ast, _ := parser.Parse(bytes.NewReader(dockerfile))
	stages, globals, _ := instructions.Parse(ast.AST, quiet)
	for _, cmd := range globals {
		for _, arg := range cmd.Args {
			g := globalArg{Name: arg.Key, Line: cmd.Location()[0].Start.Line, Default: arg.Value}
			if v, ok := first.GlobalValues[arg.Key]; ok {
				g.Value = &v
			}
			f.GlobalArgs = append(f.GlobalArgs, g)
		}
	}
	if len(stages) > 0 {
		last := len(stages) - 1
		f.DefaultTarget = &last
	}
	nodes := nodesByStage(ast.AST)
	for i, st := range stages {
		f.Stages = append(f.Stages, written(i, st, nodes[i]))
		if st.Name != "" {
			f.Targets = append(f.Targets, st.Name)
		}
	}
	if first.Phase == "graph" {
		f.Error = describe(first.Phase, first.Err)
		return f
	}
	used := map[int]bool{}
	for i := range f.Stages {
		f.resolve(i, dockerfile, buildArgs, first, used)
	}
	for i := range f.Stages {
		f.Stages[i].brief = len(f.Stages) > manyStages
		if !used[i] {
			f.Leaves = append(f.Leaves, i)
		}
	}
	f.OK = f.Stages[len(stages)-1].AsTarget.OK
	f.Error = sharedProblem(f.Stages)
	return f
}

// sharedProblem is the error that keeps every target from being built.
func sharedProblem(stages []stage) *problem {
	var shared *problem
	for _, s := range stages {
		if s.AsTarget == nil {
			continue
		}
		if s.AsTarget.OK || s.AsTarget.Error.Phase == "dispatch" || shared != nil && *s.AsTarget.Error != *shared {
			return nil
		}
		shared = s.AsTarget.Error
	}
	return shared
}

func written(index int, st instructions.Stage, nodes []*parser.Node) stage {
	s := stage{
		Index: index, Line: st.Location[0].Start.Line, EndLine: nodes[len(nodes)-1].EndLine,
		BaseWritten: st.BaseName, Kind: "unknown",
		DependsOn: []int{}, Dependencies: []dependency{}, ExternalImages: []external{}, ContextPaths: []string{},
		Args: []nameAndValue{}, Env: []nameAndValue{},
	}
	if st.Name != "" {
		s.Name = &st.Name
	}
	if st.Platform != "" {
		s.PlatformWritten = &st.Platform
	}
	for _, n := range nodes {
		s.Instructions = append(s.Instructions, describeInstruction(n))
	}
	return s
}

func (f *facts) resolve(i int, dockerfile []byte, buildArgs map[string]string, last *dockerfile2llb.Report, used map[int]bool) {
	s := &f.Stages[i]
	r := last
	n := len(f.Stages)
	tried := n <= manyStages || i == 0 || i == n/2 || i == n-1
	if tried && i != n-1 {
		r = inspect(dockerfile, buildArgs, i)
	}
	if tried {
		s.AsTarget = &asTarget{OK: r.Err == nil}
		if r.Err != nil {
			s.AsTarget.Error = describe(r.Phase, r.Err)
		}
	}
	if len(r.Stages) <= i {
		return
	}
	at := r.Stages[i]
	s.Base = &at.Base
	switch {
	case at.BaseStage >= 0:
		s.Kind, s.BaseStage = "stage", &at.BaseStage
	case at.Image == "":
		s.Kind = "scratch"
	default:
		s.Kind, s.Image = "image", &at.Image
	}
	if at.Platform != "" {
		s.Platform = &at.Platform
	}
	needs := map[int]bool{}
	if at.BaseStage >= 0 {
		needs[at.BaseStage] = true
		s.Dependencies = append(s.Dependencies, dependency{Stage: at.BaseStage, Via: "FROM", Line: s.Line})
	}
	for _, src := range at.Sources {
		if src.Stage >= 0 {
			needs[src.Stage] = true
			s.Dependencies = append(s.Dependencies, dependency{src.Stage, src.Via, src.Line, src.OnBuild})
			continue
		}
		s.ExternalImages = append(s.ExternalImages, external{src.Image, dockerfile2llb.Normalise(src.Image), src.Via, src.Line, src.OnBuild})
	}
	s.DependsOn = append(s.DependsOn, slices.Sorted(maps.Keys(needs))...)
	for need := range needs {
		if need != i {
			used[need] = true
		}
	}
	if s.AsTarget == nil || !s.AsTarget.OK {
		return
	}
	slices.Sort(at.Paths)
	s.ContextPaths = append(s.ContextPaths, at.Paths...)
	seen := map[string]int{}
	for _, arg := range at.Args {
		if p, ok := seen[arg.Key]; ok {
			// Without a default of its own it keeps the value that it has.
			if arg.Value != nil {
				s.Args[p].Value = arg.Value
			}
			continue
		}
		seen[arg.Key] = len(s.Args)
		s.Args = append(s.Args, nameAndValue{arg.Key, arg.Value})
	}
	for _, pair := range at.Env {
		if name, value, _ := strings.Cut(pair, "="); name != "PATH" {
			s.Env = append(s.Env, nameAndValue{name, &value})
		}
	}
	for n, cmd := range at.Commands {
		if run, ok := cmd.(*instructions.RunCommand); ok {
			filled := describeMounts(run)
			for m, raw := range s.Instructions[n+1].Run.Mounts {
				if raw.From == "" {
					// BuildKit puts "scratch" here for a cache.
					filled[m].From = ""
				}
			}
			s.Instructions[n+1].Run.Mounts = filled
		}
	}
}

func describe(phase string, err error) *problem {
	p := &problem{Phase: phase, Message: err.Error()}
	var located *parser.LocationError
	if errors.As(err, &located) && len(located.Locations) > 0 && len(located.Locations[0]) > 0 {
		ranges := located.Locations[0]
		p.Line, p.EndLine = ranges[0].Start.Line, ranges[len(ranges)-1].End.Line
	}
	if strings.HasPrefix(p.Message, "lint violation found") {
		// The rules come from a map.
		names := strings.Split(strings.TrimPrefix(p.Message, "lint violation found for rules: "), ", ")
		slices.Sort(names)
		p.Message = fmt.Sprintf("lint violation found for rules: %s", strings.Join(names, ", "))
	}
	return p
}

func readDirectives(dockerfile []byte) directives {
	d := directives{Escape: `\`}
	if value, full, at, ok := parser.DetectSyntax(dockerfile); ok {
		d.Syntax = &directive{Value: value, Full: full, Line: at[0].Start.Line}
	}
	if _, full, at, ok := parser.ParseDirective("check", dockerfile); ok {
		d.Check = &directive{Value: full, Line: at[0].Start.Line}
	}
	return d
}
