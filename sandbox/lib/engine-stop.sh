# shellcheck shell=bash
# Stops an engine in any state, and removes what it leaves.

# engine_down NAME: stops an engine and deletes its data. Works also for a dead or partly removed one.
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
  if [ -z "$(engine_names)" ]; then
    restore_forwarding
    remove_made_folders
  fi
}

# Kills the containers first: dockerd waits ten seconds for each one that does not react to SIGTERM.
engine_kill_containers() {
  local ids
  ids=$(engine_docker "$1" ps -q 2>/dev/null) || return 0
  if [ -n "$ids" ]; then
    # shellcheck disable=SC2086
    engine_docker "$1" kill $ids >/dev/null 2>&1 || true
  fi
}

# engine_kill NAME: kills dockerd with SIGKILL, for tests of failures. 'engine up NAME' starts it again with its data.
engine_kill() {
  check_name "$1"
  engine_process_alive "$1" || die "the engine '$1' is not up"
  kill -KILL "$(cat "$(engine_run "$1")/docker.pid")"
  wait_until 5 not engine_process_alive "$1"
}

# Ends the processes that a killed dockerd leaves: its containerd, the shims, and those in its control groups.
engine_clear_leftovers() {
  local name=$1 run pids
  run=$(engine_run "$name")
  if engine_process_alive "$name"; then return; fi
  pids=$(engine_processes "$name")
  if [ -n "$pids" ]; then
    # shellcheck disable=SC2086
    kill -KILL $pids 2>/dev/null || true
    wait_until 5 engine_processes_gone "$name" || true
  fi
  rm -f "$run/docker.pid" "$run/docker.sock" "$run/exec/containerd/containerd.pid"
}

engine_processes_gone() { [ -z "$(engine_processes "$1")" ]; }

# Prints the pids of an engine's processes: those in its control groups, and its programs, which name its folders.
engine_processes() {
  local pid file run data state
  run=$(engine_run "$1")
  data=$(engine_setting "$1" data_root)
  {
    while read -r file; do cat "$file/cgroup.procs" 2>/dev/null || true; done < <(engine_cgroups "$1")
    while read -r file; do
      pid=${file#/proc/}
      pid=${pid%/cmdline}
      case $(cat "/proc/$pid/comm" 2>/dev/null) in dockerd | containerd* | runc*) echo "$pid" ;; esac
    done < <(grep -laF -e "$run/" -e "$data/" /proc/[0-9]*/cmdline 2>/dev/null)
  } | sort -un | while read -r pid; do
    state=$(sed 's/.*) \(.\).*/\1/' "/proc/$pid/stat" 2>/dev/null) || continue
    if [[ $state != [ZX] ]]; then echo "$pid"; fi
  done
}

engine_cgroups() {
  local group=objdocker-$SANDBOX_ID-$1
  find /sys/fs/cgroup -depth -type d \( -path "*/$group" -o -path "*/$group/*" \) 2>/dev/null || true
}

# unmount_below FOLDER...: unmounts everything at or below, the innermost first.
unmount_below() {
  local folder target
  for folder in "$@"; do
    [ -n "$folder" ] || continue
    while read -r target; do umount -l "$target" 2>/dev/null || true; done < <(
      awk -v f="$folder" '$5 == f || index($5, f "/") == 1 { print $5 }' /proc/self/mountinfo | sort -r
    )
  done
}

# Deletes the data root. A folder that the user named is emptied only.
empty_data_root() {
  [ -d "$1" ] || return 0
  case $1 in
    "$2"/*) rm -rf --one-file-system "$1" ;;
    *) find "$1" -xdev -mindepth 1 -delete ;;
  esac
}

# dockerd and containerd always create these folders. Record those that did not exist before, to remove them in the end.
HOST_FOLDERS=(/run/containerd /run/docker /opt/containerd /etc/docker /etc/docker/key.json)

remember_host_folders() {
  local folder
  for folder in "${HOST_FOLDERS[@]}"; do
    if [ ! -e "$folder" ]; then echo "$folder" >>"$SANDBOX_DIR/made-folders"; fi
  done
}

# Removes empty folders, and sockets of shims without a listener.
remove_made_folders() {
  local folder socket
  [ -e "$SANDBOX_DIR/made-folders" ] || return 0
  while read -r folder; do
    if [ -f "$folder" ]; then rm -f "$folder"; fi
    [ -d "$folder" ] || continue
    while read -r socket; do
      if ! grep -qF "$socket" /proc/net/unix; then rm -f "$socket"; fi
    done < <(find "$folder" -type s)
    find "$folder" -depth -type d -empty -delete
  done < <(sort -ur "$SANDBOX_DIR/made-folders")
  rm -f "$SANDBOX_DIR/made-folders"
}

remove_cgroups() {
  local group
  while read -r group; do rmdir "$group" 2>/dev/null || true; done < <(engine_cgroups "$1")
}
