# shellcheck shell=bash
# Other versions of Node, from the npm registry. Sourced, from the repository's root.

# The oldest that package.json's engines allow, and the newest that the tests pass on.
OLDEST_NODE=20.19.0
NEWEST_NODE=26.12.1

# Prints the path of a version's node, which the user's cache keeps.
node_binary() {
  local version=$1 arch folder
  case $(uname -m) in
    x86_64) arch=x64 ;;
    aarch64) arch=arm64 ;;
    *) fail "There is no npm package of Node for $(uname -m)." 'Run script/test without --all-nodes.' ;;
  esac
  folder=${XDG_CACHE_HOME:-$HOME/.cache}/objdocker/node/$version
  if [ ! -x "$folder/node_modules/node-linux-$arch/bin/node" ]; then
    say "Downloading Node $version from the npm registry …"
    npm install --prefix "$folder" --no-save --no-fund --no-audit --loglevel=error "node-linux-$arch@$version" >&2 ||
      fail "Node $version could not be downloaded." 'Run script/test without --all-nodes.'
  fi
  printf '%s\n' "$folder/node_modules/node-linux-$arch/bin/node"
}
