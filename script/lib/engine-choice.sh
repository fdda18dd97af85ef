# shellcheck shell=bash
# Which engine the quickstart uses: one that answers, else one of its own. Sourced, from the repository's root.

# Sets ENGINE to `own` (the sandbox's) or `yours` (one that answers already).
choose_engine() {
  if engine_version=$(timeout 20 docker version --format '{{.Server.Version}}' 2>/dev/null) && [ -n "$engine_version" ]; then
    ENGINE=yours
    return
  fi
  if [ -n "${DOCKER_HOST:-}" ]; then
    fail "The engine at DOCKER_HOST=$DOCKER_HOST does not answer." 'Start it, or unset DOCKER_HOST.'
  fi
  local package start
  for package in docker-ce docker.io podman-docker; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || continue
    start='systemctl start docker'
    if [ "$package" = podman-docker ]; then start='systemctl start podman.socket'; fi
    if [ ! -d /run/systemd/system ]; then start='service docker start'; fi
    fail "$package is installed, but its engine does not answer." "Start it with: $start (or give yourself access to its socket), then run this again."
  done
  ENGINE=own
  [ "$(id -u)" = 0 ] || fail 'No engine answers, and starting one needs root.' "Run this again as root: sudo -E $0" 4
}

announce() {
  say 'This will'
  if [ "$ENGINE" = yours ]; then
    say "  - use the engine that answers here (version $engine_version)"
    say '  - unpack a registry and, where Docker Hub cannot be reached, base images from Debian packages'
  else
    say '  - unpack an engine (Docker 26 with buildx) and a registry from Debian packages; nothing is installed'
    say '  - start both on sockets and loopback ports of their own, and make base images from Debian packages'
  fi
  say "    in ${OBJDOCKER_SANDBOX_DIR:-$HOME/.local/share/objdocker/sandbox} (about 1 GB)"
  say '  - install the npm packages of package-lock.json into node_modules/, and build the command line into dist/'
  say '  - build the six images of examples/axion, push them to that registry, and run a container of each'
}

# confirm YES: asks on a terminal only.
confirm() {
  if [ -n "$1" ] || [ ! -t 0 ] || [ ! -t 2 ]; then return; fi
  local answer
  read -r -p 'Go ahead? [Y/n] ' answer
  case $answer in '' | [Yy]*) ;; *) fail 'Nothing was done.' '' 1 ;; esac
}

prepare_engine() {
  if [ "$ENGINE" = own ]; then
    script/sandbox up --yes
    script/sandbox base-images
  else
    script/sandbox registry up default
    script/sandbox base-images --docker
  fi
  local exports
  exports=$(script/sandbox env)
  eval "$exports"
}

engine_hint() {
  # shellcheck disable=SC2016
  if [ "$ENGINE" = own ]; then echo '  eval "$(script/sandbox env)"        points this shell at the engine and the registry'; fi
}
