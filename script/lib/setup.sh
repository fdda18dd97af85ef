# shellcheck shell=bash
# The common start of script/quickstart and script/test. Sourced, from the repository's root.

say() { printf '%s\n' "$*" >&2; }

fail() {
  say "$1"
  if [ -n "${2:-}" ]; then say "hint: $2"; fi
  exit "${3:-3}"
}

check_node() {
  command -v node >/dev/null || fail 'Node.js is not installed.' 'ObjDocker needs Node 20.19 or newer.'
  node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' ||
    fail "Node $(node --version) is too old." 'ObjDocker needs Node 20.19 or newer.'
}

# Installs the programs that only the tests use. Most Debian machines have all but Chromium (a download of 110 MB).
install_test_programs() {
  local pair missing=()
  for pair in git:git openssl:openssl ps:procps script:bsdutils chromium:chromium; do
    command -v "${pair%%:*}" >/dev/null || missing+=("${pair#*:}")
  done
  if [ ${#missing[@]} = 0 ]; then return; fi
  say "Installing the Debian packages that the tests use: ${missing[*]}"
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >&2 ||
    fail "The tests need ${missing[*]}, which could not be installed." "Install them, as root: apt-get install ${missing[*]}"
}

# npm ci, unless node_modules matches the lock file.
install_dependencies() {
  local stamp=node_modules/.objdocker-lock
  check_node
  if cmp -s package-lock.json "$stamp"; then return; fi
  say 'Installing the npm packages that package-lock.json names …'
  npm ci --no-fund --no-audit --loglevel=error >&2
  cp package-lock.json "$stamp"
}

# Builds dist unless it is newer than every source that is compiled.
build_cli() {
  local newer=(-newer dist/cli/main.js ! -name '*.test.ts' ! -name '*.fixture.ts')
  if [ -e dist/cli/main.js ] && [ -z "$(find src package.json tsconfig.build.json "${newer[@]}" -print -quit)" ]; then return; fi
  say 'Building the command line …'
  npm run --silent build >&2
}
