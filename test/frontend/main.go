// A frontend that is not Docker's. Each line of its file that is no comment is `TARGET [BASE]`, and an image is one file that
// holds the name of its target.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	"github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/frontend/gateway/grpcclient"
	"github.com/moby/buildkit/frontend/subrequests/targets"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/moby/buildkit/util/appcontext"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

func main() {
	if err := grpcclient.RunFromEnvironment(appcontext.Context(), build); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func build(ctx context.Context, c client.Client) (*client.Result, error) {
	opts := c.BuildOpts().Opts
	list, err := readTargets(ctx, c, opts["filename"])
	if err != nil {
		return nil, err
	}
	switch id := opts["requestid"]; id {
	case "":
		return image(ctx, c, list, opts["target"])
	case targets.RequestTargets:
		return targets.List{Targets: list}.ToResult()
	default:
		return nil, errdefs.NewUnsupportedSubrequestError(id)
	}
}

func readTargets(ctx context.Context, c client.Client, file string) ([]targets.Target, error) {
	source := llb.Local("dockerfile", llb.IncludePatterns([]string{file}), llb.SessionID(c.BuildOpts().SessionID))
	ref, err := solve(ctx, c, source)
	if err != nil {
		return nil, err
	}
	text, err := ref.ReadFile(ctx, client.ReadRequest{Filename: file})
	if err != nil {
		return nil, err
	}
	var list []targets.Target
	for _, line := range strings.Split(string(text), "\n") {
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		target := targets.Target{Name: words[0]}
		if len(words) > 1 {
			target.Base = words[1]
		}
		list = append(list, target)
	}
	return list, nil
}

func image(ctx context.Context, c client.Client, list []targets.Target, name string) (*client.Result, error) {
	known := false
	for _, target := range list {
		known = known || target.Name == name
	}
	if !known {
		return nil, fmt.Errorf("there is no target %q", name)
	}
	ref, err := solve(ctx, c, llb.Scratch().File(llb.Mkfile("/target", 0o644, []byte(name))))
	if err != nil {
		return nil, err
	}
	config, err := json.Marshal(ocispec.Image{Platform: ocispec.Platform{OS: "linux", Architecture: "amd64"}})
	if err != nil {
		return nil, err
	}
	result := client.NewResult()
	result.SetRef(ref)
	result.AddMeta(exptypes.ExporterImageConfigKey, config)
	return result, nil
}

func solve(ctx context.Context, c client.Client, state llb.State) (client.Reference, error) {
	definition, err := state.Marshal(ctx)
	if err != nil {
		return nil, err
	}
	result, err := c.Solve(ctx, client.SolveRequest{Definition: definition.ToPB()})
	if err != nil {
		return nil, err
	}
	return result.SingleRef()
}
