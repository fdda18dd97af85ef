# shellcheck shell=bash
# Ending an engine, whatever state it is in, and taking away what it leaves.

# engine_down NAME: ends it and deletes its data. Fine when it is dead or half gone already.
engine_down() {
  check_name "$1"
  engine_exists "$1" || return 0
  need_root
  with_lock "engine-$1" engine_stop "$1"
}

engine_stop() {
  local name=$1 dir data range
  dir=$(engine_dir "$name")
  data=$(engine_setting "$name" data_root)
  range=$(engine_setting "$name" range)
  if engine_process_alive "$name"; then
    engine_kill_containers "$name"
    kill -TERM "$(cat "$(engine_run "$name")/docker.pid")" 2>/dev/null || true
    wait_until 20 not engine_process_alive "$name" || kill -KILL "$(cat "$(engine_run "$name")/docker.pid")" 2>/dev/null || true
  fi
  engine_clear_leftovers "$name"
  unmount_below "$data" "$(engine_run "$name")"
  if [ -n "$range" ]; then drop_bridge "$range"; fi
  remove_cgroups "$name"
  empty_data_root "$data" "$dir"
  rm -rf --one-file-system "$dir" "$(engine_run "$name")"
  if [ -z "$(engine_names)" ]; then restore_forwarding; fi
}

# Without it dockerd waits ten seconds for each container that does not react to SIGTERM.
engine_kill_containers() {
  local ids
  ids=$(engine_docker "$1" ps -q 2>/dev/null) || return 0
  if [ -n "$ids" ]; then
    # shellcheck disable=SC2086
    engine_docker "$1" kill $ids >/dev/null 2>&1 || true
  fi
}

# engine_kill NAME: SIGKILL to dockerd, as a fault test wants it. 'engine up NAME' brings it back with its data.
engine_kill() {
  check_name "$1"
  engine_process_alive "$1" || die "the engine '$1' is not up"
  kill -KILL "$(cat "$(engine_run "$1")/docker.pid")"
  wait_until 5 not engine_process_alive "$1"
}

# Processes that a killed dockerd left: its containerd, the shims and what runs below them.
engine_clear_leftovers() {
  local name=$1 run pids
  run=$(engine_run "$name")
  if engine_process_alive "$name"; then return; fi
  pids=$(engine_processes "$run")
  if [ -n "$pids" ]; then
    # shellcheck disable=SC2086
    kill -KILL $pids 2>/dev/null || true
    wait_until 5 engine_processes_gone "$run" || true
  fi
  rm -f "$run/docker.pid" "$run/docker.sock" "$run/exec/containerd/containerd.pid"
}

engine_processes_gone() { [ -z "$(engine_processes "$1")" ]; }

# Prints the pids of the processes that name the run folder (containerd and shims), and of all below the shims.
engine_processes() {
  local file pid
  for file in /proc/[0-9]*/cmdline; do
    pid=${file#/proc/}
    pid=${pid%/cmdline}
    if [ "$pid" != $$ ] && tr '\0' ' ' <"$file" 2>/dev/null | grep -qE "^[^ ]*(containerd|containerd-shim[^ ]*|docker-proxy|dockerd) .*$1/"; then
      echo "$pid"
      descendants "$pid"
    fi
  done
}

descendants() {
  local child
  for child in $(cat "/proc/$1"/task/*/children 2>/dev/null); do
    echo "$child"
    descendants "$child"
  done
}

# unmount_below FOLDER...: everything mounted at or below, the innermost first.
unmount_below() {
  local folder target
  for folder in "$@"; do
    [ -n "$folder" ] || continue
    while read -r target; do umount -l "$target" 2>/dev/null || true; done < <(
      awk -v f="$folder" '$5 == f || index($5, f "/") == 1 { print $5 }' /proc/self/mountinfo | sort -r
    )
  done
}

# A data root of ours goes; in a folder that the user named only what it holds.
empty_data_root() {
  [ -d "$1" ] || return 0
  case $1 in
    "$2"/*) rm -rf --one-file-system "$1" ;;
    *) find "$1" -xdev -mindepth 1 -delete ;;
  esac
}

remove_cgroups() {
  find /sys/fs/cgroup -depth -type d -path "*/objdocker-$SANDBOX_ID-$1*" -exec rmdir {} + 2>/dev/null || true
}
