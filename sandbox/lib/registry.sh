# shellcheck shell=bash
# A plain registry on loopback: Debian's docker-registry, with delete enabled.

registry_dir() { echo "$SANDBOX_DIR/registries/$1"; }
registry_names() { (cd "$SANDBOX_DIR/registries" 2>/dev/null && ls) || true; }
registry_setting() { setting "$(registry_dir "$1")/settings" "$2"; }
registry_alive() { alive "$RUN_DIR/registry-$1.pid" "$(registry_dir "$1")"; }
registry_address() { echo "localhost:$(registry_setting "$1" port)"; }
registry_is_up() { registry_alive "$1" && ! port_is_free "$(registry_setting "$1" port)"; }

registry_up() {
  check_name "$1"
  if [ $# = 1 ] && registry_is_up "$1"; then return; fi
  with_lock "registry-$1" registry_start "$@"
}

registry_start() {
  local name=$1 dir
  shift
  if registry_is_up "$name"; then
    if [ $# -gt 0 ]; then say "The registry '$name' is up already; its options stay as they are ('registry down $name' first)."; fi
    return
  fi
  dir=$(registry_dir "$name")
  need_tree tools
  if [ $# -gt 0 ] || [ ! -e "$dir/settings" ]; then with_lock ports registry_configure "$name" "$@"; fi
  if [ -n "$(registry_setting "$name" tls)" ]; then make_certificates "$dir/tls" "registry $name"; fi
  registry_write_config "$name"
  registry_launch "$name"
}

registry_configure() {
  local name=$1 user='' tls='' port='' dir
  shift
  while [ $# -gt 0 ]; do
    case $1 in
      --auth | --port) [ $# -ge 2 ] || usage_error "$1 needs a value" ;;
    esac
    case $1 in
      --auth) user=$2 && shift ;;
      --tls) tls=yes ;;
      --port) port=$2 && shift ;;
      *) usage_error "unknown option of 'registry up': $1" ;;
    esac
    shift
  done
  [[ $port =~ ^[0-9]*$ ]] || usage_error "--port is a number, not '$port'"
  [[ $user != *:* && $user != *$'\n'* ]] || usage_error 'a user name has no colon'
  dir=$(registry_dir "$name")
  if [ -n "$user" ]; then
    [ -n "${OBJDOCKER_SANDBOX_PASSWORD:-}" ] || die '--auth needs a password' 'Put it into the environment variable OBJDOCKER_SANDBOX_PASSWORD.' 2
    need_tree htpasswd
  fi
  mkdir -p "$dir/data"
  if [ -n "$user" ]; then registry_write_password "$user" "$dir/htpasswd"; fi
  if [ -z "$port" ]; then port=$(registry_setting "$name" port); fi
  if [ -z "$port" ]; then port=$(free_port 5050 5149); fi
  printf '%s\n' "port=$port" "tls=$tls" "user=$user" >"$dir/settings"
}

# The password comes from the environment and goes through standard input: it is never an argument.
registry_write_password() {
  printf '%s' "$OBJDOCKER_SANDBOX_PASSWORD" |
    LD_LIBRARY_PATH=$(tree_libraries htpasswd usr/bin/htpasswd) "$TREES_DIR/htpasswd/usr/bin/htpasswd" -n -i -B -C 5 "$1" >"$2"
}

registry_write_config() {
  local name=$1 dir
  dir=$(registry_dir "$name")
  {
    printf 'version: 0.1\nlog:\n  level: info\n  accesslog:\n    disabled: true\n'
    printf 'storage:\n  filesystem:\n    rootdirectory: "%s"\n  delete:\n    enabled: true\n' "$dir/data"
    printf 'http:\n  addr: 127.0.0.1:%s\n' "$(registry_setting "$name" port)"
    if [ -n "$(registry_setting "$name" tls)" ]; then
      printf '  tls:\n    certificate: "%s"\n    key: "%s"\n' "$dir/tls/server-cert.pem" "$dir/tls/server-key.pem"
    fi
    if [ -n "$(registry_setting "$name" user)" ]; then
      printf 'auth:\n  htpasswd:\n    realm: sandbox\n    path: "%s"\n' "$dir/htpasswd"
    fi
  } >"$dir/config.yml"
}

registry_launch() {
  local name=$1 dir port pid
  dir=$(registry_dir "$name")
  port=$(registry_setting "$name" port)
  port_is_free "$port" || die "port $port of the registry '$name' is in use by another program" \
    "End that program, or: script/sandbox registry down $name, and up again (its images are lost)."
  env -i PATH="$PATH" HOME="$dir" OTEL_TRACES_EXPORTER=none \
    setsid "$TREES_DIR/tools/usr/bin/docker-registry" serve "$dir/config.yml" </dev/null >>"$dir/log" 2>&1 9>&- &
  pid=$!
  echo "$pid" >"$RUN_DIR/registry-$name.pid"
  disown
  if ! wait_until 15 registry_ready_or_gone "$name" "$pid" || ! registry_is_up "$name"; then
    last_lines "$dir/log"
    die "the registry '$name' did not start (log: $dir/log)" "To remove it: script/sandbox registry down $name"
  fi
}

# registry_alive recognizes the process only after its exec.
registry_ready_or_gone() { registry_is_up "$1" || ! kill -0 "$2" 2>/dev/null; }

registry_down() {
  check_name "$1"
  [ -d "$(registry_dir "$1")" ] || return 0
  with_lock "registry-$1" registry_stop "$1"
}

registry_stop() {
  if registry_alive "$1"; then
    kill -TERM "$(cat "$RUN_DIR/registry-$1.pid")" 2>/dev/null || true
    wait_until 5 not registry_alive "$1" || kill -KILL "$(cat "$RUN_DIR/registry-$1.pid")" 2>/dev/null || true
  fi
  rm -rf "$(registry_dir "$1")" "$RUN_DIR/registry-$1.pid"
}

registry_kill() {
  registry_alive "$1" || die "the registry '$1' is not up"
  kill -KILL "$(cat "$RUN_DIR/registry-$1.pid")"
  wait_until 5 not registry_alive "$1"
}

registry_env() {
  registry_is_up "$1" || die "the registry '$1' is not up" "Type: script/sandbox $([ "$1" = default ] && echo up || echo "registry up $1")"
  export_line OBJDOCKER_SANDBOX_REGISTRY "$(registry_address "$1")"
  if [ -n "$(registry_setting "$1" tls)" ]; then export_line OBJDOCKER_SANDBOX_REGISTRY_CA "$(registry_dir "$1")/tls/ca.pem"; fi
}
