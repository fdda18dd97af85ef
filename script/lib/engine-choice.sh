# shellcheck shell=bash
# Chooses the engine of the quickstart: the machine's when it responds, otherwise the sandbox's. Sourced, from the repository's root.

# shellcheck source=sandbox/lib/detect.sh
. sandbox/lib/detect.sh

# Sets ENGINE to `own` (the sandbox's) or `yours` (the machine's).
choose_engine() {
  local state detail
  read -r state detail < <(script/sandbox detect)
  case $state in
    running)
      ENGINE=yours
      command -v docker >/dev/null || fail "An engine runs at $detail, but the docker command is missing." \
        'Install the docker client and its buildx plugin, then run this again.'
      case $detail in
        unix://*) ;;
        *) fail "The engine at $detail is not on this machine, so it cannot reach a registry on loopback here." \
          'Unset DOCKER_HOST (and the docker context) to use an engine that the quickstart starts.' ;;
      esac
      engine_version=$(docker version --format '{{.Server.Version}}')
      ;;
    stopped)
      fail "$detail is installed, but its engine does not respond." \
        "Start it with: $(how_to_start "$detail")   (or give yourself access to its socket), then run this again."
      ;;
    none)
      if [ -n "${DOCKER_HOST:-}" ]; then fail "The engine at DOCKER_HOST=$DOCKER_HOST does not respond." 'Start it, or unset DOCKER_HOST.'; fi
      ENGINE=own
      [ "$(id -u)" = 0 ] || fail 'No engine runs, and starting one needs root.' "Run this again as root: sudo -E $0" 4
      ;;
  esac
}

announce() {
  local registry='a Harbor-compatible server'
  if [ "$REGISTRY" = plain ]; then registry='a plain registry'; fi
  say 'This will'
  if [ "$ENGINE" = yours ]; then
    say "  - use the engine of this machine (version $engine_version)"
    say "  - start $registry on loopback and, where Docker Hub cannot be reached, make base images, from Debian packages"
  else
    say "  - start an engine (Docker 26 with buildx) and $registry on sockets and loopback ports of their own,"
    say '    and make base images, all from Debian packages that are unpacked; nothing is installed'
  fi
  say "    in $SANDBOX (about 2 GB)"
  say '  - install the npm packages of package-lock.json into node_modules/, and build the command line into dist/'
  say "  - build the six images of examples/axion, push them to that $([ "$REGISTRY" = plain ] && echo registry || echo server), and run a container of each"
  if [ "$REGISTRY" = harbor ]; then say '  - scan one of them, and write the report into examples/axion/reports/'; fi
}

# confirm YES: asks on a terminal only.
confirm() {
  if [ -n "$1" ] || [ ! -t 0 ] || [ ! -t 2 ]; then return; fi
  local answer
  read -r -p 'Go ahead? [Y/n] ' answer
  case $answer in '' | [Yy]*) ;; *) fail 'Nothing was done.' '' 1 ;; esac
}
