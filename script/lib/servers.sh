# shellcheck shell=bash
# shellcheck disable=SC2153
# Starts the sandbox's servers that the quickstart needs, and sets the variables that the example's configs use. Sourced, from
# the repository's root.

SANDBOX=${OBJDOCKER_SANDBOX_DIR:-$HOME/.local/share/objdocker/sandbox}

# Sets SERVERS: what to start, in this order, each under the name 'default'.
choose_servers() {
  SERVERS=()
  # With the sandbox's own engine, `script/sandbox env` covers all servers.
  if [ "$ENGINE" = own ]; then SERVERS+=(engine registry); elif [ "$REGISTRY" = plain ]; then SERVERS+=(registry); fi
  if [ "$REGISTRY" = harbor ]; then SERVERS+=(harbor); fi
}

start_servers() {
  local server exports
  say 'Starting the servers …'
  for server in "${SERVERS[@]}"; do script/sandbox "$server" up default; done
  exports=$(print_environment)
  eval "$exports"
}

# Prints the servers' addresses and passwords for eval, so that they are in the environment only.
print_environment() {
  if [ "$ENGINE" = own ]; then script/sandbox env; else script/sandbox "${SERVERS[0]}" env default; fi
}

prepare_base_images() {
  if hub_has python:3.11-bookworm && hub_has python:3.11-slim-bookworm; then
    export OBJDOCKER_SANDBOX_BASE_IMAGE=python:3.11-bookworm OBJDOCKER_SANDBOX_BASE_RUNTIME_IMAGE=python:3.11-slim-bookworm
    return
  fi
  say 'Docker Hub cannot be reached: the base images are made from Debian packages.'
  export OBJDOCKER_SANDBOX_BASE_IMAGE=localhost/python:3.11-bookworm OBJDOCKER_SANDBOX_BASE_RUNTIME_IMAGE=localhost/python:3.11-slim-bookworm
  record_images "$OBJDOCKER_SANDBOX_BASE_IMAGE" "$OBJDOCKER_SANDBOX_BASE_RUNTIME_IMAGE"
  script/sandbox base-images --here
}

hub_has() { timeout 20 docker manifest inspect "$1" >/dev/null 2>&1; }

# Prints what runs, and what to do next.
what_next() {
  local way='script/sandbox env' there='the engine and the registry'
  if [ "$ENGINE" = yours ]; then way="script/sandbox ${SERVERS[0]} env default" there='the registry'; fi
  say ''
  say "Six services of the package 'homechoice' are running. What to do next, in $(cd ../.. && pwd):"
  if [ -n "${REPORT:-}" ]; then hint_line "$REPORT" 'the report: open it in a browser'; fi
  hint_line "eval \"\$($way)\"" "points this shell at $there"
  hint_line "docker ps --filter label=$EXAMPLE_LABEL" 'the containers and their ports'
  if [ "$REGISTRY" = harbor ]; then hint_line "node dist/cli/main.js -c examples/axion/$config harbor-repos --scan" 'the images and their scans'; fi
  hint_line 'script/quickstart --down' 'removes all of it again'
}

hint_line() { printf '  %s\n      %s\n' "$1" "$2" >&2; }
