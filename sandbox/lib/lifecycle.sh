# shellcheck shell=bash
# up, down and status of the whole sandbox.

sandbox_up() {
  local yes='' obstacle harbor='' harbor_options=()
  while [ $# -gt 0 ]; do
    case $1 in
      --yes | -y) yes=yes ;;
      --harbor-version)
        [ $# -ge 2 ] || usage_error "$1 needs a value"
        harbor_options=("$1" "$2")
        shift
        ;;
      *) usage_error "unknown option of 'up': $1" ;;
    esac
    shift
  done
  if engine_is_up default && registry_is_up default && { harbor_is_up default || [ -n "$(harbor_obstacle)" ]; }; then
    if [ ${#harbor_options[@]} -gt 0 ]; then harbor_up default "${harbor_options[@]}"; fi
    note "up already: eval \"\$(script/sandbox env)\""
    return
  fi
  need_root
  print_plan
  if [ -z "$yes" ]; then ask; fi
  say 'Starting'
  obstacle=$(harbor_obstacle)
  # In parallel with the engine: both take a second.
  if [ -z "$obstacle" ]; then
    harbor_up default "${harbor_options[@]}" &
    harbor=$!
  fi
  engine_up default
  note "engine    $(engine_docker default version --format '{{.Server.Version}}') on $(engine_socket default)"
  registry_up default
  note "registry  $(registry_address default)"
  if [ -n "$harbor" ]; then
    wait "$harbor"
    note "harbor    $(harbor_url default)"
  else
    note "no Harbor: $obstacle (then type 'script/sandbox up' again)"
  fi
  say "Up. Point a shell at it:  eval \"\$(script/sandbox env)\""
}

print_plan() {
  say 'This will'
  if ! tree_is_there trixie || ! tree_is_there tools; then
    note "download about 105 MB of Debian's signed packages (Docker Engine 26, buildx, containerd, a registry)"
    note '  from the Debian mirror that this machine uses'
    note "unpack them in $TREES_DIR (340 MB); nothing is installed, pinned or removed"
  fi
  note "start an engine on $(engine_socket default), with a network bridge, three firewall rules and IP forwarding"
  note 'start a plain registry on loopback, and a Harbor-compatible server that has one of its own'
  note "keep everything else in $SANDBOX_DIR"
  say "To remove it: script/sandbox down"
}

# Without a terminal there is no prompt.
ask() {
  local answer
  if [ ! -t 0 ] || [ ! -t 2 ]; then return; fi
  read -r -p 'Go on? [Y/n] ' answer
  case $answer in
    '' | y | Y | yes | Yes) ;;
    *) die 'nothing was done' ;;
  esac
}

sandbox_down() {
  local purge='' name
  case ${1:-} in
    '') ;;
    --purge) purge=yes ;;
    *) usage_error "unknown option of 'down': $1" ;;
  esac
  [ -d "$SANDBOX_DIR" ] || return 0
  need_root
  for name in $(engine_names); do
    engine_down "$name"
    note "engine '$name' is gone, with its containers and images"
  done
  for name in $(registry_names); do
    registry_down "$name"
    note "registry '$name' is gone, with its images"
  done
  for name in $(harbor_names); do
    harbor_down "$name"
    note "Harbor '$name' is gone, with its images"
  done
  binfmt_down
  rm -rf "$RUN_DIR"
  rmdir /run/objdocker-sandbox 2>/dev/null || true
  find "$SANDBOX_DIR" -mindepth 1 -maxdepth 1 ! -path "$CACHE_DIR" -exec rm -rf --one-file-system {} +
  if [ -n "$purge" ]; then
    rm -rf --one-file-system "$CACHE_DIR"
    rmdir "$SANDBOX_DIR" 2>/dev/null || true
    if [ -z "${OBJDOCKER_SANDBOX_DIR:-}" ]; then rmdir "${SANDBOX_DIR%/*}" 2>/dev/null || true; fi
  elif [ -d "$CACHE_DIR" ]; then
    note "kept for the next time: $CACHE_DIR, $(du -sh "$CACHE_DIR" | cut -f1) of packages and base images ('down --purge' removes them too)"
  fi
}

sandbox_status() {
  local name state
  for name in $(engine_names); do
    state=stopped
    if engine_is_up "$name"; then state="up, $(engine_docker "$name" version --format '{{.Server.Version}}')"; fi
    printf 'engine    %-12s %-12s %s\n' "$name" "$state" "$(engine_dir "$name")/log"
  done
  for name in $(registry_names); do
    state=stopped
    if registry_is_up "$name"; then state="up"; fi
    printf 'registry  %-12s %-12s %s\n' "$name" "$state" "$(registry_address "$name")"
  done
  for name in $(harbor_names); do
    state=stopped
    if harbor_is_up "$name"; then state="up"; fi
    printf 'harbor    %-12s %-12s %s\n' "$name" "$state" "$(harbor_url "$name")"
  done
  if binfmt_works; then printf 'platforms %s, and %s through qemu\n' "$(dpkg --print-architecture)" "$(foreign_arch)"; fi
  printf 'folder    %s (cache: %s)\n' "$SANDBOX_DIR" "$(du -sh "$CACHE_DIR" 2>/dev/null | cut -f1 || true)"
  engine_is_up default && registry_is_up default
}
