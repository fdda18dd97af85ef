// This file is copied into BuildKit's converter before the oracle is built (see ../build.sh). It reports what the
// converter knows and does not export: per stage its base, sources, context paths, arguments and environment.
package dockerfile2llb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/containerd/platforms"
	"github.com/distribution/reference"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// Report is the converter's result for a Dockerfile with one stage as the target.
type Report struct {
	// Phase is the phase of Err: lint, parse, instruction, graph, resolve or dispatch.
	Phase  string
	Err    error
	Escape rune
	// GlobalValues holds the value of every global ARG once all of them were read.
	GlobalValues map[string]string
	Stages       []StageReport
	Target       int
}

// StageReport describes one FROM. Sources and everything below it are only complete for stages that the target needs.
type StageReport struct {
	Base      string
	BaseStage int
	Image     string
	Platform  string
	Sources   []Source
	Paths     []string
	Args      []instructions.KeyValuePairOptional
	Env       []string
	Commands  []instructions.Command
}

// Source is a stage or an image that a command reads from.
type Source struct {
	Stage   int
	Image   string
	Via     string
	Line    int
	OnBuild bool
}

// Normalise returns the full name of an image, or the name as it is when it is not a valid reference.
func Normalise(name string) string {
	ref, err := reference.ParseNormalizedNamed(name)
	if err != nil {
		return name
	}
	return reference.TagNameOnly(ref).String()
}

// Inspect converts a Dockerfile with the stage of that index as the target (a negative index: the last one).
func Inspect(ctx context.Context, dt []byte, opt ConvertOpt, index int) *Report {
	r := &Report{Target: -1, GlobalValues: map[string]string{}}
	r.Phase, r.Err = r.run(ctx, dt, opt, index)
	return r
}

func (r *Report) run(ctx context.Context, dt []byte, opt ConvertOpt, index int) (string, error) {
	if len(dt) == 0 {
		return "parse", errors.New("the Dockerfile cannot be empty")
	}
	lint, err := newRuleLinter(dt, &opt)
	if err != nil {
		return "lint", err
	}
	file, err := parser.Parse(bytes.NewReader(dt))
	if err != nil {
		return "parse", err
	}
	r.Escape = file.EscapeToken
	for _, warning := range file.Warnings {
		lint.Run(&linter.RuleNoEmptyContinuation, []parser.Range{*warning.Location}, warning.Short)
	}
	stages, args, err := instructions.Parse(file.AST, lint)
	if err != nil {
		return "instruction", err
	}
	if len(stages) == 0 {
		return "graph", errors.New("dockerfile contains no stages to build")
	}
	if index < 0 {
		index = len(stages) - 1
	}
	r.Target = index
	validateStageNames(stages, lint)
	validateCommandCasing(stages, lint)

	po := buildPlatformOpt(&opt)
	lex := shell.NewLex(file.EscapeToken)
	global := defaultArgs(po, opt.BuildArgs, stages[index].Name)
	captured := newOutlineCapture()
	validateBaseImagesWithDefaultArgs(stages, lex, global, args, lint)
	global, captured.allArgs, err = buildMetaArgs(global, lex, args, opt.BuildArgs)
	if err != nil {
		return "graph", err
	}
	for _, cmd := range args {
		for _, arg := range cmd.Args {
			if v, ok := global.Get(arg.Key); ok {
				r.GlobalValues[arg.Key] = v
			}
		}
	}
	dctx := &dispatchContext{
		opt:               opt,
		platformOpt:       po,
		shlex:             lex,
		outline:           captured,
		lint:              lint,
		metaResolver:      opt.MetaResolver,
		allDispatchStates: newDispatchStates(),
		proxyEnv:          proxyEnvFromBuildArgs(opt.BuildArgs),
		namedContext:      namedContextFunc(opt),
	}
	if epoch, ok := getBuildArgValue(opt.BuildArgs, global, "SOURCE_DATE_EPOCH"); ok {
		dctx.epoch, err = resolveSourceDateEpochValue(ctx, epoch, opt, stages, global, lex)
		if err != nil {
			return "graph", err
		}
		global = setBuildArgValue(opt.BuildArgs, global, "SOURCE_DATE_EPOCH", formatSourceDateEpochValue(dctx.epoch))
	}
	dctx.globalArgs = global

	if err := dctx.buildDispatchStates(stages); err != nil {
		return "graph", err
	}
	// Sources of commands are appended to this list later, so the stages are its beginning.
	registered := append([]*dispatchState(nil), dctx.allDispatchStates.states...)
	position := map[*dispatchState]int{}
	for i, d := range registered {
		position[d] = i
	}
	bases := make([]string, len(registered))
	for i, d := range registered {
		bases[i] = d.stage.BaseName
	}
	if err := dctx.buildStageDependencyGraph(); err != nil {
		if strings.HasPrefix(err.Error(), "circular dependency") {
			err = firstCircle(dctx.allDispatchStates.states, err)
		}
		return "graph", err
	}

	reachable, resolveErr := dctx.resolveStages(ctx, registered[index])
	for i, d := range registered {
		s := StageReport{Base: bases[i], BaseStage: -1}
		if d.base != nil {
			s.BaseStage = position[d.base]
		} else if bases[i] != emptyImageName {
			s.Image = Normalise(bases[i])
		}
		if written := d.stage.Platform; written != "" {
			if match, err := lex.ProcessWordWithMatches(written, global); err == nil {
				if p, err := platforms.Parse(match.Result); err == nil {
					s.Platform = platforms.FormatAll(p)
				}
			}
		}
		s.Sources = sourcesOf(d, position, dctx.allDispatchStates)
		r.Stages = append(r.Stages, s)
	}
	if resolveErr != nil {
		return "resolve", firstBadImage(dctx.allDispatchStates.states, resolveErr)
	}
	paths, buildContext, err := dctx.dispatchStages(ctx, reachable, registered[index])
	if err != nil {
		return "dispatch", err
	}
	if err := dctx.finalizeResultImage(ctx, registered[index], paths, buildContext); err != nil {
		return "lint", err
	}
	for i, d := range registered {
		s := &r.Stages[i]
		for p := range d.ctxPaths {
			s.Paths = append(s.Paths, p)
		}
		s.Args = d.buildArgs
		s.Env = d.image.Config.Env
		for _, c := range d.commands {
			if !c.isOnBuild {
				s.Commands = append(s.Commands, c.Command)
			}
		}
	}
	return "", nil
}

func sourcesOf(d *dispatchState, position map[*dispatchState]int, all *dispatchStates) []Source {
	var out []Source
	for _, c := range d.commands {
		for i, src := range c.sources {
			if src == nil {
				continue
			}
			line, _ := rangeStartEnd(c.Location())
			s := Source{Stage: -1, Via: strings.ToUpper(c.Name()), Line: line, OnBuild: c.isOnBuild}
			if at, ok := position[src]; ok {
				s.Stage = at
			} else {
				s.Image = writtenFrom(c, i)
				if s.Image == "" || s.Image == emptyImageName {
					continue
				}
			}
			out = append(out, s)
		}
	}
	return out
}

func writtenFrom(c command, i int) string {
	switch cmd := c.Command.(type) {
	case *instructions.CopyCommand:
		return cmd.From
	case *instructions.RunCommand:
		return instructions.GetMounts(cmd)[i].From
	}
	return ""
}

// firstBadImage replaces the error of whichever image was parsed first by that of the first one in the file: BuildKit
// resolves all of them at the same time.
func firstBadImage(states []*dispatchState, err error) error {
	if !strings.HasPrefix(err.Error(), "failed to parse stage name") {
		return err
	}
	for _, d := range states {
		if d.base != nil || d.stage.BaseName == emptyImageName {
			continue
		}
		if _, bad := reference.ParseNormalizedNamed(d.stage.BaseName); bad != nil {
			return parser.WithLocation(fmt.Errorf("failed to parse stage name %q: %w", d.stage.BaseName, bad), d.stage.Location)
		}
	}
	return err
}

// firstCircle finds a circle in the order of the file: BuildKit goes through a map, so that it may name another one.
func firstCircle(states []*dispatchState, fallback error) error {
	visited := map[*dispatchState]bool{}
	onPath := map[*dispatchState]bool{}
	var visit func(*dispatchState, []instructions.Command) []instructions.Command
	visit = func(d *dispatchState, path []instructions.Command) []instructions.Command {
		if visited[d] {
			return nil
		}
		visited[d], onPath[d] = true, true
		seen := map[*dispatchState]bool{}
		for _, c := range d.commands {
			for _, src := range c.sources {
				if src == nil || seen[src] {
					continue
				}
				seen[src] = true
				next := append(append([]instructions.Command(nil), path...), d.deps[src])
				if onPath[src] {
					return next
				}
				if found := visit(src, next); found != nil {
					return found
				}
			}
		}
		delete(onPath, d)
		return nil
	}
	for _, d := range states {
		if cmds := visit(d, nil); cmds != nil {
			err := fmt.Errorf("circular dependency detected on stage: %s", d.stageName)
			for _, c := range cmds {
				err = parser.WithLocation(err, c.Location())
			}
			return err
		}
	}
	return fallback
}
