package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	rootfs "github.com/containerd/continuity/fs"
	"github.com/moby/patternmatcher/ignorefile"
	"github.com/tonistiigi/fsutil"
	copyfs "github.com/tonistiigi/fsutil/copy"
	"github.com/tonistiigi/fsutil/types"
	"golang.org/x/sync/errgroup"
)

// contextRequest asks what sources take from a build context.
type contextRequest struct {
	Folder string `json:"folder"`
	// Ignore is the text of the ignore file.
	Ignore  []byte          `json:"ignore"`
	Sources []contextSource `json:"sources"`
}

type contextSource struct {
	Path      string   `json:"path"`
	Exclude   []string `json:"exclude"`
	Parents   bool     `json:"parents"`
	Wildcards bool     `json:"wildcards"`
}

type contextResponse struct {
	// Error is set when BuildKit cannot read the context at all.
	Error   string        `json:"error,omitempty"`
	Sources []takenSource `json:"sources,omitempty"`
}

type takenSource struct {
	// Error is set when BuildKit fails at this source.
	Error string `json:"error,omitempty"`
	// Paths are where the copied files are in the context.
	Paths []string `json:"paths"`
	// Result is a digest over what is copied or mounted, with names, types, permissions, contents and hard links.
	Result string `json:"result"`
}

// takeContext sends the context as a client does, to a folder, and copies from there as the daemon does.
func takeContext(r contextRequest) contextResponse {
	work, err := os.MkdirTemp("", "oracle-context-")
	if err != nil {
		return contextResponse{Error: err.Error()}
	}
	defer os.RemoveAll(work)
	sent := filepath.Join(work, "sent")
	if err := os.Mkdir(sent, 0o755); err != nil {
		return contextResponse{Error: err.Error()}
	}
	if err := send(r, sent); err != nil {
		return contextResponse{Error: err.Error()}
	}
	response := contextResponse{Sources: []takenSource{}}
	for i, source := range r.Sources {
		taken := takenSource{Paths: []string{}}
		sum := sha256.New()
		dest := filepath.Join(work, fmt.Sprint(i))
		var err error
		if source.Wildcards {
			taken.Paths, err = copySource(source, sent, dest)
			if err == nil {
				err = describeTree(dest, "", sum, nil)
			}
		} else {
			taken.Paths, err = mountSource(source, sent, sum)
		}
		if err != nil {
			taken = takenSource{Error: err.Error(), Paths: []string{}}
		}
		slices.Sort(taken.Paths)
		taken.Paths = slices.Compact(taken.Paths)
		taken.Result = hex.EncodeToString(sum.Sum(nil))
		response.Sources = append(response.Sources, taken)
	}
	return response
}

// send is the transfer of the client, with the patterns that the frontend asks for.
func send(r contextRequest, dest string) error {
	excludes, err := ignorefile.ReadAll(bytes.NewReader(r.Ignore))
	if err != nil {
		return err
	}
	followed := []string{}
	for _, source := range r.Sources {
		p := path.Join("/", source.Path)
		if p == "/" {
			followed = nil
			break
		}
		followed = append(followed, path.Join(".", p))
	}
	slices.Sort(followed)
	fs, err := fsutil.NewFS(r.Folder)
	if err != nil {
		return err
	}
	fs, err = fsutil.NewFilterFS(fs, &fsutil.FilterOpt{ExcludePatterns: excludes, FollowPaths: followed})
	if err != nil {
		return err
	}
	sent, asked := make(chan []byte), make(chan []byte)
	group, ctx := errgroup.WithContext(context.Background())
	group.Go(func() error {
		defer close(sent)
		return fsutil.Send(ctx, packets{ctx, asked, sent}, fs, nil)
	})
	group.Go(func() error {
		return fsutil.Receive(ctx, packets{ctx, sent, asked}, dest, fsutil.ReceiveOpt{
			Filter: func(_ string, stat *types.Stat) bool {
				stat.Uid, stat.Gid = uint32(os.Getuid()), uint32(os.Getgid())
				return true
			},
		})
	})
	return group.Wait()
}

// packets is one end of a connection between client and daemon.
type packets struct {
	ctx context.Context
	in  <-chan []byte
	out chan<- []byte
}

func (p packets) Context() context.Context { return p.ctx }

func (p packets) SendMsg(m any) error {
	bytes, err := m.(*types.Packet).MarshalVT()
	if err != nil {
		return err
	}
	select {
	case p.out <- bytes:
		return nil
	case <-p.ctx.Done():
		return p.ctx.Err()
	}
}

func (p packets) RecvMsg(m any) error {
	select {
	case bytes, ok := <-p.in:
		if !ok {
			return io.EOF
		}
		return m.(*types.Packet).UnmarshalVT(bytes)
	case <-p.ctx.Done():
		return p.ctx.Err()
	}
}

// copySource is dispatchCopy of the frontend and docopy of the solver, each source in a folder of its own.
func copySource(source contextSource, sent, dest string) ([]string, error) {
	from, patterns := source.Path, []string(nil)
	if source.Parents {
		parent, pattern, ok := strings.Cut(from, "/./")
		if ok {
			from = parent
		} else {
			from, pattern = "/", from
		}
		if !path.IsAbs(pattern) {
			pattern = path.Join("/", pattern)
		}
		patterns = []string{strings.TrimPrefix(pattern, "/")}
	}
	from = filepath.Join("/", from)
	found, err := copyfs.ResolveWildcards(sent, from, true)
	if err != nil {
		return nil, err
	}
	option := func(info *copyfs.CopyInfo) {
		info.IncludePatterns, info.ExcludePatterns = patterns, source.Exclude
		info.CopyDirContents, info.FollowLinks = true, true
	}
	paths := []string{}
	for i, each := range found {
		if err := copyfs.Copy(context.Background(), sent, each, dest, "/out/", option); err != nil {
			return nil, err
		}
		// Once more, alone, to see what came from where.
		alone := fmt.Sprintf("%s-%d", dest, i)
		if err := copyfs.Copy(context.Background(), sent, each, alone, "/out/", option); err != nil {
			return nil, err
		}
		at, err := rootfs.RootPath(sent, each)
		if err != nil {
			return nil, err
		}
		origin, err := filepath.Rel(sent, at)
		if err != nil {
			return nil, err
		}
		info, err := os.Lstat(at)
		if err != nil {
			return nil, err
		}
		paths = append(paths, origin)
		if !info.IsDir() {
			continue
		}
		if err := describeTree(filepath.Join(alone, "out"), origin, nil, &paths); err != nil {
			return nil, err
		}
	}
	return paths, nil
}

func mountSource(source contextSource, sent string, sum hash.Hash) ([]string, error) {
	at, err := rootfs.RootPath(sent, path.Join("/", source.Path))
	if err != nil {
		return nil, err
	}
	info, err := os.Lstat(at)
	if err != nil {
		return nil, err
	}
	origin, err := filepath.Rel(sent, at)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(sum, "%o\n", info.Mode())
	paths := []string{origin}
	if !info.IsDir() {
		return paths, describeFile(at, "", info, sum, map[uint64]string{})
	}
	return paths, describeTree(at, origin, sum, &paths)
}

// describeTree adds what is in a folder to the digest and to the paths.
func describeTree(folder, prefix string, sum hash.Hash, paths *[]string) error {
	inodes := map[uint64]string{}
	return filepath.Walk(folder, func(at string, info os.FileInfo, err error) error {
		if errors.Is(err, os.ErrNotExist) && at == folder {
			return nil
		}
		if err != nil || at == folder {
			return err
		}
		relative, err := filepath.Rel(folder, at)
		if err != nil {
			return err
		}
		if paths != nil {
			*paths = append(*paths, filepath.Join(prefix, relative))
		}
		if sum == nil {
			return nil
		}
		fmt.Fprintf(sum, "%q %o\n", relative, info.Mode())
		return describeFile(at, relative, info, sum, inodes)
	})
}

func describeFile(at, name string, info os.FileInfo, sum hash.Hash, inodes map[uint64]string) error {
	switch {
	case info.Mode()&os.ModeSymlink != 0:
		target, err := os.Readlink(at)
		if err != nil {
			return err
		}
		fmt.Fprintf(sum, "%q\n", target)
	case info.Mode().IsRegular():
		inode := info.Sys().(*syscall.Stat_t).Ino
		fmt.Fprintf(sum, "%q\n", inodes[inode])
		inodes[inode] = name
		file, err := os.Open(at)
		if err != nil {
			return err
		}
		defer file.Close()
		_, err = io.Copy(sum, file)
		return err
	}
	return nil
}
