# shellcheck shell=bash
# Finds the engine that this machine has already, for scripts that prefer it to one of the sandbox.

# machine_engine: prints one line, "STATE DETAIL".
#   running HOST          an engine responds on HOST (as the docker CLI finds it, or on the usual socket)
#   stopped PACKAGE       docker-ce, docker.io or podman-docker is installed and does not respond
#   none                  neither
machine_engine() {
  local host package
  if host=$(answering_host); then
    echo "running $host"
    return
  fi
  for package in docker-ce docker.io podman-docker; do
    if [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ]; then
      echo "stopped $package"
      return
    fi
  done
  echo none
}

answering_host() {
  local host=${DOCKER_HOST:-}
  if command -v docker >/dev/null && timeout 10 docker version --format '{{.Server.Version}}' >/dev/null 2>&1; then
    echo "${host:-$(docker context inspect --format '{{.Endpoints.docker.Host}}' 2>/dev/null || echo unix:///var/run/docker.sock)}"
    return
  fi
  if [ -z "$host" ] && command -v curl >/dev/null &&
    [ "$(curl -s --max-time 5 --unix-socket /var/run/docker.sock http://localhost/_ping 2>/dev/null)" = OK ]; then
    echo unix:///var/run/docker.sock
    return
  fi
  return 1
}

# how_to_start PACKAGE: prints the command that starts the engine, with or without systemd.
how_to_start() {
  case $1 in
    podman-docker)
      if [ -d /run/systemd/system ]; then
        echo 'systemctl start podman.socket'
      else
        echo 'podman system service --time=0 unix:///run/podman/podman.sock &'
      fi
      ;;
    *) if [ -d /run/systemd/system ]; then echo 'systemctl start docker'; else echo 'service docker start'; fi ;;
  esac
}
