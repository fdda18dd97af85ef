# shellcheck shell=bash
# Shared by all parts of the sandbox: folders, messages, locks, processes, ports.

set -euo pipefail
umask 077

SANDBOX_DIR=${OBJDOCKER_SANDBOX_DIR:-${HOME:?HOME is not set}/.local/share/objdocker/sandbox}
case $SANDBOX_DIR in /*) ;; *) SANDBOX_DIR=$PWD/$SANDBOX_DIR ;; esac
CACHE_DIR=${OBJDOCKER_SANDBOX_CACHE:-$SANDBOX_DIR/cache}
SANDBOX_ID=$(printf %s "$SANDBOX_DIR" | sha256sum | cut -c1-8)
# Sockets are here and not in SANDBOX_DIR: the path of a unix socket has at most 107 characters.
RUN_DIR=/run/objdocker-sandbox/$SANDBOX_ID

PATH=$PATH:/usr/sbin:/sbin

say() { printf '%s\n' "$*" >&2; }
note() { printf '  %s\n' "$*" >&2; }

# die MESSAGE [HINT]: prints what failed and what to do, and exits.
die() {
  printf 'sandbox: %s\n' "$1" >&2
  if [ -n "${2:-}" ]; then printf '  %s\n' "$2" >&2; fi
  exit "${3:-1}"
}

usage_error() { die "$1" "See 'script/sandbox help'." 2; }

need_root() {
  [ "$(id -u)" = 0 ] || die 'starting a container engine needs root' \
    'Run this as root (sudo -E script/sandbox ...), or use an engine that you already have.'
}

need_command() {
  command -v "$1" >/dev/null || die "the program '$1' is missing" "Install it: apt-get install $2"
}

# Checks a name, which becomes part of paths, of a bridge and of a control group.
check_name() {
  [[ $1 =~ ^[a-z0-9][a-z0-9-]{0,23}$ ]] ||
    usage_error "not a usable name: '$1' (lower-case letters, digits and '-', at most 24)"
}

make_folders() {
  mkdir -p "$SANDBOX_DIR" "$CACHE_DIR" "$SANDBOX_DIR/locks" "$RUN_DIR"
  chmod 0700 "$SANDBOX_DIR" /run/objdocker-sandbox "$RUN_DIR"
}

# with_lock NAME COMMAND...: runs one command at a time. Daemons are started with 9>&-, so that they do not inherit the lock.
with_lock() {
  local name=$1
  shift
  make_folders
  (
    flock -w 300 9 || die "another run has held the lock '$name' for five minutes" "See what holds $SANDBOX_DIR/locks/$name"
    "$@"
  ) 9>"$SANDBOX_DIR/locks/$name"
}

# alive PIDFILE WORD: whether the process runs and has WORD in its command line; another process with the same id has not.
alive() {
  local pid state
  [ -s "$1" ] || return 1
  read -r pid <"$1" || [ -n "$pid" ] || return 1
  [[ $pid =~ ^[0-9]+$ ]] || return 1
  { state=$(sed 's/.*) //' "/proc/$pid/stat"); } 2>/dev/null || return 1
  [[ $state != Z* && $state != X* ]] || return 1
  [[ $(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null) == *"$2"* ]]
}

# wait_until SECONDS COMMAND...: polls ten times a second.
wait_until() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.1
  done
}

not() { ! "$@"; }

port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# free_port FIRST LAST: prints the first free loopback port that no stopped server of the sandbox uses.
free_port() {
  local port first=$1
  # Another sandbox of this machine may look for a port at the same moment, so each begins at a place of its own.
  if [ -n "${OBJDOCKER_SANDBOX_DIR:-}" ]; then first=$(($1 + 50 + $(cksum <<<"$SANDBOX_DIR" | cut -d ' ' -f 1) % 40)); fi
  for port in $(seq "$first" "$2") $(seq "$1" "$((first - 1))"); do
    if grep -qsx "port=$port" "$SANDBOX_DIR"/*/*/settings; then continue; fi
    if port_is_free "$port"; then
      echo "$port"
      return
    fi
  done
  die "no free port between $1 and $2"
}

# setting FILE KEY: prints a value of a key=value file; nothing when there is none.
setting() {
  if [ -e "$1" ]; then sed -n "s/^$2=//p" "$1" | tail -n 1; fi
}

# export_line NAME VALUE: prints a line for eval, quoted for any POSIX shell.
export_line() {
  local quoted=${2//\'/\'\\\'\'}
  printf "export %s='%s'\n" "$1" "$quoted"
}

last_lines() { tail -n "${2:-15}" "$1" 2>/dev/null | cut -c1-400 | sed 's/^/  | /' >&2; }
