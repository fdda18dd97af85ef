#!/usr/bin/env bash
# Builds the oracle once into the user's cache and prints where it is. Needs Go, and the Go module proxy the first time.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")"
command -v go >/dev/null || { echo "oracle: Go is not installed" >&2; exit 3; }
key=$(cat build.sh go.mod go.sum ./*.go _inspect/*.go | sha256sum | cut -c1-16)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/objdocker/dockerfile-oracle
if [[ ! -x $cache/oracle-$key ]]; then
  mkdir -p "$cache"
  work=$(mktemp -d "$cache/build.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  cp go.mod go.sum ./*.go "$work"
  # Go takes no file into a package of its module cache, but into a vendored one.
  (cd "$work" && go mod vendor)
  cp _inspect/inspect.go "$work/vendor/github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb/objdocker_inspect.go"
  (cd "$work" && go build -mod=vendor -trimpath -o oracle .)
  mv "$work/oracle" "$cache/oracle-$key"
fi
echo "$cache/oracle-$key"
