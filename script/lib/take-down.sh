# shellcheck shell=bash
# Removes what the quickstart added. Everything is recorded before it is created. Sourced, from the repository's root.

ADDITIONS=$SANDBOX/quickstart

# One line for each thing that did not exist before. Records of an earlier run stay.
record_additions() {
  local server folder added=("example $ENGINE")
  if [ ! -d "$SANDBOX/locks" ]; then added+=(sandbox); fi
  if [ ! -e "${OBJDOCKER_SANDBOX_CACHE:-$SANDBOX/cache}" ]; then added+=(cache); fi
  for server in "${SERVERS[@]}"; do
    if [ ! -d "$(server_folder "$server")" ]; then added+=("$server default"); fi
  done
  for folder in node_modules dist examples/axion/reports; do
    if [ ! -e "$folder" ]; then added+=("folder $PWD/$folder"); fi
  done
  (umask 077 && mkdir -p "$SANDBOX")
  record "${added[@]}"
}

# record_images PATTERN...: records the patterns that match no image of the engine yet.
record_images() {
  local pattern
  for pattern; do
    if [ -z "$(docker images --quiet --filter "reference=$pattern")" ]; then record "images $pattern"; fi
  done
}

record() {
  local line
  for line; do grep -qsxF -- "$line" "$ADDITIONS" || printf '%s\n' "$line" >>"$ADDITIONS"; done
}

server_folder() {
  case $1 in
    registry) echo "$SANDBOX/registries/default" ;;
    *) echo "$SANDBOX/${1}s/default" ;;
  esac
}

take_down() {
  local kind value
  if [ ! -e "$ADDITIONS" ]; then
    say 'The quickstart has added nothing: nothing to remove.'
    return
  fi
  say 'Removing what the quickstart added …'
  # Containers first: removing them needs the engine.
  while read -r kind value; do
    if [ "$kind" = example ]; then (remove_example "$value" </dev/null); fi
  done <"$ADDITIONS"
  while read -r kind value; do
    case $kind in
      engine | registry | harbor)
        script/sandbox "$kind" down "$value" </dev/null
        say "removed the sandbox's $kind, with everything in it"
        ;;
      folder)
        rm -rf -- "${value:?}"
        say "removed $value"
        ;;
    esac
  done <"$ADDITIONS"
  remove_sandbox
}

# remove_example own|yours: does nothing for the sandbox's own engine, which is removed as a whole.
remove_example() {
  local exports patterns=()
  if [ "$1" = own ]; then
    if grep -q '^engine ' "$ADDITIONS"; then return; fi
    exports=$(script/sandbox engine env default)
    eval "$exports"
  fi
  docker version >/dev/null 2>&1 ||
    fail 'The engine that runs the example does not respond, so nothing was removed.' 'Start it, then run this again.'
  readarray -t patterns < <(sed -n 's/^images //p' "$ADDITIONS")
  example_remove "${patterns[@]}"
}

# Removes the sandbox's folder and downloads when the quickstart created them and nothing else was added since.
remove_sandbox() {
  local purge=() was_made=''
  if grep -qx cache "$ADDITIONS"; then purge=(--purge); fi
  if grep -qx 'sandbox\|cache' "$ADDITIONS"; then was_made=yes; fi
  rm -f "$ADDITIONS"
  if [ -z "$was_made" ]; then return; fi
  if compgen -G "$SANDBOX/engines/*" >/dev/null || compgen -G "$SANDBOX/registries/*" >/dev/null || compgen -G "$SANDBOX/harbors/*" >/dev/null; then
    say "kept, because other servers use it: $SANDBOX (script/sandbox down --purge)"
    return
  fi
  script/sandbox down "${purge[@]}"
  rmdir "$SANDBOX" 2>/dev/null || true
}
