# shellcheck shell=bash
# Takes away what the quickstart added: what that is gets noted before it is made. Sourced, from the repository's root.

ADDITIONS=$SANDBOX/quickstart

# One line a thing that was not there before; what an earlier run has added stays noted.
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

# record_images PATTERN...: notes those that no image of the engine has yet.
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
    say 'There is nothing of the quickstart to take away.'
    return
  fi
  say 'Taking away what the quickstart added …'
  # The containers go first: they need the engine.
  while read -r kind value; do
    if [ "$kind" = example ]; then (remove_example "$value" </dev/null); fi
  done <"$ADDITIONS"
  while read -r kind value; do
    case $kind in
      engine | registry | harbor)
        script/sandbox "$kind" down "$value" </dev/null
        say "removed the sandbox's $kind, with all that it held"
        ;;
      folder)
        rm -rf -- "${value:?}"
        say "removed $value"
        ;;
    esac
  done <"$ADDITIONS"
  remove_sandbox
}

# remove_example own|yours: nothing, where its engine goes with all that it holds.
remove_example() {
  local exports patterns=()
  if [ "$1" = own ]; then
    if grep -q '^engine ' "$ADDITIONS"; then return; fi
    exports=$(script/sandbox engine env default)
    eval "$exports"
  fi
  docker version >/dev/null 2>&1 ||
    fail 'The engine that runs the example does not answer, so nothing was taken away.' 'Start it, then run this again.'
  readarray -t patterns < <(sed -n 's/^images //p' "$ADDITIONS")
  example_remove "${patterns[@]}"
}

# The sandbox's own folder and its downloads, when the quickstart made them and nobody has put anything else there since.
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
