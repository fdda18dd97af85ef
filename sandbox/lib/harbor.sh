# shellcheck shell=bash
# A Harbor-compatible server on loopback: sandbox/harbor, run by node, with Debian's docker-registry behind it.

HARBOR_SOURCE=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)

HARBOR_VERSIONS='2.9 2.15'

harbor_dir() { echo "$SANDBOX_DIR/harbors/$1"; }
harbor_names() { (cd "$SANDBOX_DIR/harbors" 2>/dev/null && ls) || true; }
harbor_setting() { setting "$(harbor_dir "$1")/settings" "$2"; }
harbor_credential() { setting "$(harbor_dir "$1")/credentials" "$2"; }
harbor_alive() { alive "$RUN_DIR/harbor-$1.pid" "$(harbor_dir "$1")"; }
harbor_address() { echo "localhost:$(harbor_setting "$1" port)"; }
harbor_url() { echo "http$([ -n "$(harbor_setting "$1" tls)" ] && echo s)://$(harbor_address "$1")"; }
harbor_is_up() { harbor_alive "$1" && ! port_is_free "$(harbor_setting "$1" port)"; }

# Prints why the server cannot run here; nothing when it can.
harbor_obstacle() {
  if ! command -v node >/dev/null; then
    echo "the program 'node' is missing"
  elif [ ! -e "$HARBOR_SOURCE/node_modules/tsx" ] || [ ! -e "$HARBOR_SOURCE/node_modules/hono" ]; then
    echo "it needs what 'npm ci' installs"
  fi
}

harbor_up() {
  local obstacle
  check_name "$1"
  if [ $# = 1 ] && harbor_is_up "$1"; then return; fi
  obstacle=$(harbor_obstacle)
  [ -z "$obstacle" ] || die "the Harbor-compatible server cannot start: $obstacle" "Type: (cd $HARBOR_SOURCE && npm ci)"
  with_lock "harbor-$1" harbor_start "$@"
}

harbor_start() {
  local name=$1 dir
  shift
  if harbor_is_up "$name"; then
    if [ $# -gt 0 ]; then say "The Harbor '$name' is up already; its options stay as they are ('harbor down $name' first)."; fi
    return
  fi
  dir=$(harbor_dir "$name")
  need_openssl
  need_tree tools
  if [ $# -gt 0 ] || [ ! -e "$dir/settings" ]; then with_lock ports harbor_configure "$name" "$@"; fi
  if [ -n "$(harbor_setting "$name" tls)" ]; then make_certificates "$dir/tls" "harbor $name"; fi
  harbor_launch "$name"
}

harbor_configure() {
  local name=$1 port='' tls='' options=() dir
  shift
  while [ $# -gt 0 ]; do
    case $1 in
      --tls | --durable) ;;
      --*) [ $# -ge 2 ] || usage_error "$1 needs a value" ;;
    esac
    case $1 in
      --port) port=$2 && shift ;;
      --tls) tls=yes ;;
      --durable) options+=("$1") ;;
      --harbor-version)
        [[ " $HARBOR_VERSIONS " == *" $2 "* ]] || usage_error "--harbor-version is one of $HARBOR_VERSIONS, not '$2'"
        options+=("$1" "$2")
        shift
        ;;
      --latency | --scan-time | --gc-time | --gc-lag | --gc-window | --password-cost | --health-lag)
        if [ "$1" = --gc-window ]; then
          [[ $2 =~ ^[0-9]+$ ]] || usage_error "--gc-window is a number of hours, not '$2'"
        else
          [[ $2 =~ ^[0-9]+(ms|s|m)?$ ]] || usage_error "$1 is a time such as 300ms or 2s, not '$2'"
        fi
        options+=("$1" "$2")
        shift
        ;;
      *) usage_error "unknown option of 'harbor up': $1" ;;
    esac
    shift
  done
  [[ $port =~ ^[0-9]*$ ]] || usage_error "--port is a number, not '$port'"
  dir=$(harbor_dir "$name")
  mkdir -p "$dir"
  if [ -z "$port" ]; then port=$(harbor_setting "$name" port); fi
  if [ -z "$port" ]; then port=$(free_port 5150 5249); fi
  printf '%s\n' "port=$port" "tls=$tls" "options=${options[*]}" >"$dir/settings"
}

harbor_launch() {
  local name=$1 dir port pid options=()
  dir=$(harbor_dir "$name")
  port=$(harbor_setting "$name" port)
  read -ra options <<<"$(harbor_setting "$name" options)"
  if [ -n "$(harbor_setting "$name" tls)" ]; then options+=(--tls); fi
  port_is_free "$port" || die "port $port of the Harbor '$name' is in use by another program" \
    "End that program, or: script/sandbox harbor down $name, and up again (its images are lost)."
  cd "$HARBOR_SOURCE" || exit
  env -i PATH="$PATH" HOME="$dir" OBJDOCKER_SANDBOX_PASSWORD="${OBJDOCKER_SANDBOX_PASSWORD:-}" \
    setsid node --import tsx sandbox/harbor/main.ts --folder "$dir" --registry "$TREES_DIR/tools/usr/bin/docker-registry" \
    --socket "$RUN_DIR/harbor-$name.sock" --port "$port" "${options[@]}" </dev/null >>"$dir/log" 2>&1 9>&- &
  pid=$!
  echo "$pid" >"$RUN_DIR/harbor-$name.pid"
  disown
  if ! wait_until 30 harbor_ready_or_gone "$name" "$pid" || ! harbor_is_up "$name"; then
    last_lines "$dir/log"
    die "the Harbor '$name' did not start (log: $dir/log)" "To remove it: script/sandbox harbor down $name"
  fi
}

# harbor_alive recognizes the process only after its exec.
harbor_ready_or_gone() { harbor_is_up "$1" || ! kill -0 "$2" 2>/dev/null; }

harbor_down() {
  check_name "$1"
  [ -d "$(harbor_dir "$1")" ] || return 0
  with_lock "harbor-$1" harbor_stop "$1"
}

harbor_stop() {
  local dir
  dir=$(harbor_dir "$1")
  if harbor_alive "$1"; then
    kill -TERM "$(cat "$RUN_DIR/harbor-$1.pid")" 2>/dev/null || true
    wait_until 8 not harbor_alive "$1" || kill -KILL "$(cat "$RUN_DIR/harbor-$1.pid")" 2>/dev/null || true
  fi
  # When killed, it leaves its registry running.
  if alive "$dir/registry.pid" "$dir/registry.yml"; then kill -KILL "$(cat "$dir/registry.pid")" 2>/dev/null || true; fi
  rm -rf "$dir" "$RUN_DIR/harbor-$1.pid" "$RUN_DIR/harbor-$1.sock"
}

harbor_kill() {
  harbor_alive "$1" || die "the Harbor '$1' is not up"
  kill -KILL "$(cat "$RUN_DIR/harbor-$1.pid")"
  wait_until 5 not harbor_alive "$1"
}

harbor_env() {
  harbor_is_up "$1" || die "the Harbor '$1' is not up" "Type: script/sandbox $([ "$1" = default ] && echo up || echo "harbor up $1")"
  export_line OBJDOCKER_SANDBOX_HARBOR "$(harbor_address "$1")"
  export_line OBJDOCKER_SANDBOX_HARBOR_URL "$(harbor_url "$1")"
  export_line OBJDOCKER_SANDBOX_HARBOR_USERNAME admin
  export_line OBJDOCKER_SANDBOX_HARBOR_PASSWORD "$(harbor_credential "$1" admin)"
  # shellcheck disable=SC2016
  export_line OBJDOCKER_SANDBOX_HARBOR_ROBOT 'robot$axion+ci'
  export_line OBJDOCKER_SANDBOX_HARBOR_ROBOT_PASSWORD "$(harbor_credential "$1" robot)"
  export_line OBJDOCKER_SANDBOX_HARBOR_OUTSIDER dev
  export_line OBJDOCKER_SANDBOX_HARBOR_OUTSIDER_PASSWORD "$(harbor_credential "$1" dev)"
  if [ -n "$(harbor_setting "$1" tls)" ]; then export_line OBJDOCKER_SANDBOX_HARBOR_CA "$(harbor_dir "$1")/tls/ca.pem"; fi
}
