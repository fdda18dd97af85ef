# shellcheck shell=bash
# An engine: dockerd without systemd, with its own socket, data root, bridge and control group.

engine_dir() { echo "$SANDBOX_DIR/engines/$1"; }
engine_run() { echo "$RUN_DIR/$1"; }
engine_socket() { echo "$RUN_DIR/$1/docker.sock"; }
engine_exists() { [ -e "$(engine_dir "$1")/settings" ]; }
engine_names() { (cd "$SANDBOX_DIR/engines" 2>/dev/null && ls) || true; }
engine_setting() { setting "$(engine_dir "$1")/settings" "$2"; }
engine_process_alive() { alive "$(engine_run "$1")/docker.pid" "$(engine_run "$1")"; }
engine_is_up() { engine_process_alive "$1" && engine_ping "$1"; }

engine_must_be_up() {
  check_name "$1"
  engine_is_up "$1" || die "the engine '$1' is not up" "Type: script/sandbox $([ "$1" = default ] && echo up || echo "engine up $1")"
}

engine_ping() { [ -S "$(engine_socket "$1")" ] && engine_docker "$1" version >/dev/null 2>&1; }

# engine_docker NAME ARGUMENTS...: runs docker on that engine, independent of the caller's environment.
engine_docker() {
  local name=$1 tree
  tree=$TREES_DIR/$(engine_setting "$name" flavour)
  shift
  env -i PATH="$PATH" HOME="$HOME" DOCKER_CONFIG="$(engine_dir "$name")/docker-config" \
    BUILDX_NO_DEFAULT_ATTESTATIONS="${BUILDX_NO_DEFAULT_ATTESTATIONS:-}" "$tree/usr/bin/docker" -H "unix://$(engine_socket "$name")" "$@"
}

# engine_up NAME [options]: starts an engine, unless it runs. A stopped engine keeps its options and its data.
engine_up() {
  local name=$1
  check_name "$name"
  if [ $# = 1 ] && engine_is_up "$name"; then return; fi
  need_root
  with_lock "engine-$name" engine_start "$@"
}

engine_start() {
  local name=$1 dir
  shift
  if engine_is_up "$name"; then
    if [ $# -gt 0 ]; then say "The engine '$name' is up already; its options stay as they are ('engine down $name' first)."; fi
    return
  fi
  dir=$(engine_dir "$name")
  if [ $# -gt 0 ] || [ ! -e "$dir/settings" ]; then with_lock ports engine_configure "$name" "$@"; fi
  need_tree tools
  need_tree "$(engine_setting "$name" flavour)"
  engine_clear_leftovers "$name"
  engine_prepare_folders "$name"
  with_lock network engine_take_range "$name"
  raise_bridge "$(engine_setting "$name" range)"
  engine_write_daemon_json "$name"
  remember_host_folders
  engine_launch "$name"
  engine_client_folder "$name"
}

engine_configure() {
  local name=$1 flavour=trixie data_root='' size='' tls='' tcp='' insecure='' mirror='' dir range
  shift
  while [ $# -gt 0 ]; do
    case $1 in
      --flavour | --data-root | --data-root-size | --insecure-registry | --registry-mirror | --listen)
        [ $# -ge 2 ] || usage_error "$1 needs a value"
        ;;
    esac
    case $1 in
      --flavour) flavour=$2 && shift ;;
      --data-root) data_root=$(realpath -m "$2") && shift ;;
      --data-root-size) size=$2 && shift ;;
      --insecure-registry) insecure+="$2 " && shift ;;
      --registry-mirror) mirror=$2 && shift ;;
      --listen)
        [ "$2" = tcp ] || usage_error "--listen knows 'tcp' only"
        tcp=yes && shift
        ;;
      --tls) tls=yes tcp=yes ;;
      *) usage_error "unknown option of 'engine up': $1" ;;
    esac
    shift
  done
  [[ $flavour = trixie || $flavour = bookworm ]] || usage_error "--flavour is trixie (Engine 26) or bookworm (20.10), not '$flavour'"
  [[ $size =~ ^([0-9]+[kmg]?)?$ ]] || usage_error "--data-root-size is a size such as 300m, not '$size'"
  dir=$(engine_dir "$name")
  range=$(engine_setting "$name" range)
  # 'down' empties it, so it must not contain anything else.
  if [ -n "$data_root" ] && [ "$data_root" != "$(engine_setting "$name" data_root)" ] && [ -n "$(ls -A "$data_root" 2>/dev/null)" ]; then
    die "the data root $data_root is not empty" "Name an empty folder: 'engine down' deletes its content." 2
  fi
  mkdir -p "$dir"
  {
    printf '%s\n' "flavour=$flavour" "data_root=${data_root:-$dir/data}" "size=$size" "tls=$tls" "insecure=$insecure" "mirror=$mirror" "range=$range"
    if [ -n "$tcp" ]; then echo "port=$(free_port 23760 23859)"; fi
  } >"$dir/settings.new"
  mv "$dir/settings.new" "$dir/settings"
}

engine_prepare_folders() {
  local name=$1 run data size
  run=$(engine_run "$name")
  data=$(engine_setting "$name" data_root)
  size=$(engine_setting "$name" size)
  mkdir -p "$run" "$data"
  if [ -n "$size" ] && ! mountpoint -q "$data"; then
    mount -t tmpfs -o "size=$size,mode=0710" "objdocker-$name" "$data" || die "no tmpfs of $size could be mounted on $data"
  fi
  if [ -n "$(engine_setting "$name" tls)" ]; then make_certificates "$(engine_dir "$name")/tls" "engine $name"; fi
}

engine_take_range() {
  local name=$1 range
  range=$(engine_setting "$name" range)
  if [ -n "$range" ] && [ ! -e "/sys/class/net/obj$range" ] && range_in_use "$range"; then range=''; fi
  [ -n "$range" ] || range=$(take_bridge)
  sed -i "s/^range=.*/range=$range/" "$(engine_dir "$name")/settings"
}

# Prints a JSON array of its arguments, which are host names, ports and URLs.
json_list() {
  local item out=''
  for item in "$@"; do
    [[ $item != *[\"\\]* ]] || usage_error "not a usable value: $item"
    out+="${out:+, }\"$item\""
  done
  echo "[$out]"
}

engine_write_daemon_json() {
  local name=$1 range snapshotter='' mtu insecure mirror
  range=$(engine_setting "$name" range)
  mtu=$(outer_mtu)
  read -ra insecure <<<"$(engine_setting "$name" insecure)"
  read -ra mirror <<<"$(engine_setting "$name" mirror)"
  if [ "$(engine_setting "$name" flavour)" = trixie ]; then snapshotter='"features": { "containerd-snapshotter": true },'; fi
  cat >"$(engine_dir "$name")/daemon.json" <<JSON
{
  $snapshotter
  "bridge": "obj$range",
  "default-address-pools": [{ "base": "10.$range.128.0/17", "size": 24 }],
  "mtu": $mtu,
  "iptables": false,
  "ip6tables": false,
  "ip-forward": false,
  "cgroup-parent": "/objdocker-$SANDBOX_ID-$name",
  "log-opts": { "max-size": "10m" },
  "insecure-registries": $(json_list "${insecure[@]}"),
  "registry-mirrors": $(json_list "${mirror[@]}")
}
JSON
}

# The PATH of an engine: its own programs, those of the machine, and the sandbox's iptables and other tools.
engine_path() {
  local tree=$TREES_DIR/$1 tools=$TREES_DIR/tools
  mkdir -p "$tools/fallback"
  ln -sf ../usr/sbin/iptables-nft "$tools/fallback/iptables"
  ln -sf ../usr/sbin/ip6tables-nft "$tools/fallback/ip6tables"
  echo "$tree/usr/sbin:$tree/usr/bin:$tools/usr/bin:$PATH:$tools/usr/sbin:$tools/fallback"
}

engine_launch() {
  local name=$1 dir run flavour libraries options
  dir=$(engine_dir "$name")
  run=$(engine_run "$name")
  flavour=$(engine_setting "$name" flavour)
  options=(--config-file "$dir/daemon.json" --data-root "$(engine_setting "$name" data_root)" --exec-root "$run/exec"
    --pidfile "$run/docker.pid" --init-path "$TREES_DIR/tools/usr/bin/tini-static" -H "unix://$run/docker.sock")
  if [ -n "$(engine_setting "$name" port)" ]; then options+=(-H "tcp://127.0.0.1:$(engine_setting "$name" port)"); fi
  if [ -n "$(engine_setting "$name" tls)" ]; then
    options+=(--tlsverify --tlscacert "$dir/tls/ca.pem" --tlscert "$dir/tls/server-cert.pem" --tlskey "$dir/tls/server-key.pem")
  elif [ -n "$(engine_setting "$name" port)" ]; then
    options+=(--tls=false)
  fi
  libraries=$(tree_libraries tools usr/sbin/iptables-nft)
  printf -- '--- start, %s\n' "$(date -Is)" >>"$dir/log"
  env -u DOCKER_HOST -u DOCKER_CONFIG -u DOCKER_TLS_VERIFY -u DOCKER_CERT_PATH -u NOTIFY_SOCKET \
    ${libraries:+"LD_LIBRARY_PATH=$libraries" "XTABLES_LIBDIR=$TREES_DIR/tools/usr/lib/$(gnu_triplet)/xtables"} PATH="$(engine_path "$flavour")" \
    setsid "$TREES_DIR/$flavour/usr/sbin/dockerd" "${options[@]}" </dev/null >>"$dir/log" 2>&1 9>&- &
  disown
  if ! wait_until 60 engine_ready_or_gone "$name" $! || ! engine_is_up "$name"; then
    last_lines "$dir/log"
    die "the engine '$name' did not start (log: $dir/log)" \
      "If the log mentions mounts, cgroups or permissions: the sandbox needs real root, in a container --privileged. To remove it: script/sandbox engine down $name"
  fi
}

engine_ready_or_gone() { engine_is_up "$1" || ! kill -0 "$2" 2>/dev/null; }

# Prepares a client of this engine: docker and, with trixie, the buildx plugin.
engine_client_folder() {
  local dir flavour
  dir=$(engine_dir "$1")
  flavour=$(engine_setting "$1" flavour)
  mkdir -p "$dir/bin" "$dir/docker-config"
  ln -sfn "$TREES_DIR/$flavour/usr/bin/docker" "$dir/bin/docker"
  [ ! -e "$dir/docker-config/config.json" ] || return 0
  if [ "$flavour" = trixie ]; then
    printf '{ "cliPluginsExtraDirs": ["%s"] }\n' "$TREES_DIR/$flavour/usr/libexec/docker/cli-plugins" >"$dir/docker-config/config.json"
  else
    echo '{}' >"$dir/docker-config/config.json"
  fi
}

# engine_env NAME: prints exports for a shell.
engine_env() {
  local name=$1 dir path
  engine_must_be_up "$name"
  dir=$(engine_dir "$name")
  path=$(without_sandbox_paths "${ORIGINAL_PATH:-$PATH}")
  if [ -n "$(engine_setting "$name" port)" ]; then
    export_line DOCKER_HOST "tcp://127.0.0.1:$(engine_setting "$name" port)"
  else
    export_line DOCKER_HOST "unix://$(engine_socket "$name")"
  fi
  if [ -n "$(engine_setting "$name" tls)" ]; then
    export_line DOCKER_TLS_VERIFY 1
    export_line DOCKER_CERT_PATH "$dir/tls"
  else
    echo 'unset DOCKER_TLS_VERIFY DOCKER_CERT_PATH'
  fi
  echo 'unset DOCKER_CONTEXT BUILDX_CONFIG BUILDX_BUILDER'
  export_line DOCKER_CONFIG "$dir/docker-config"
  export_line PATH "$dir/bin:$path"
}

# Without earlier entries, so that the output can be evaluated repeatedly.
without_sandbox_paths() {
  local part out=''
  while IFS= read -r -d : part; do
    if [[ $part != "$SANDBOX_DIR"/engines/*/bin ]]; then out+=$part:; fi
  done <<<"$1:"
  echo "${out%:}"
}
