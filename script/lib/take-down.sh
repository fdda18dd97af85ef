# shellcheck shell=bash
# Takes away what the quickstart added: what that was is noted before it starts. Sourced, from the repository's root.

SANDBOX=${OBJDOCKER_SANDBOX_DIR:-$HOME/.local/share/objdocker/sandbox}
ADDITIONS=$SANDBOX/quickstart

# One line a thing that was not there before. A second run adds nothing, so the first one's note stays.
record_additions() {
  local added=() folder
  if [ -e "$ADDITIONS" ]; then return; fi
  if [ "$ENGINE" = own ] && ! script/sandbox engine env default >/dev/null 2>&1; then added+=('engine default'); fi
  if ! script/sandbox registry env default >/dev/null 2>&1; then added+=('registry default'); fi
  if [ ! -e "${OBJDOCKER_SANDBOX_CACHE:-$SANDBOX/cache}" ]; then added+=('cache'); fi
  for folder in node_modules dist; do
    if [ ! -e "$folder" ]; then added+=("folder $PWD/$folder"); fi
  done
  (umask 077 && mkdir -p "$SANDBOX")
  printf '%s\n' "example $ENGINE" "${added[@]}" >"$ADDITIONS"
}

take_down() {
  local kind value
  if [ ! -e "$ADDITIONS" ]; then
    say 'There is nothing of the quickstart to take away.'
    return
  fi
  # The containers go first: they need the engine.
  if ! grep -q '^engine ' "$ADDITIONS"; then remove_example "$(sed -n 's/^example //p' "$ADDITIONS")"; fi
  while read -r kind value; do
    case $kind in
      engine | registry) script/sandbox "$kind" down "$value" ;;
      folder) rm -rf -- "${value:?}" && say "removed $value" ;;
    esac
  done <"$ADDITIONS"
  if grep -q '^cache' "$ADDITIONS"; then
    rm -f "$ADDITIONS"
    script/sandbox down --purge
  else
    rm -f "$ADDITIONS"
    rmdir "$SANDBOX" 2>/dev/null || true
  fi
}

# remove_example own|yours: from an engine that was there before.
remove_example() {
  local exports
  exports=$(if [ "$1" = own ]; then script/sandbox env; else script/sandbox registry env default; fi)
  eval "$exports"
  example_remove
}
