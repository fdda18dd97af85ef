# shellcheck shell=bash
# Takes away what the quickstart added: what that was is noted when it starts. Sourced, from the repository's root.

SANDBOX=${OBJDOCKER_SANDBOX_DIR:-$HOME/.local/share/objdocker/sandbox}
ADDITIONS=$SANDBOX/quickstart

# One line a thing that was not there before. A second run adds nothing, so the first one's note stays.
record_additions() {
  if [ -e "$ADDITIONS" ]; then return; fi
  (umask 077 && mkdir -p "$SANDBOX")
  {
    echo "engine $ENGINE"
    for folder in node_modules dist; do
      if [ ! -e "$folder" ]; then echo "folder $PWD/$folder"; fi
    done
  } >"$ADDITIONS"
}

take_down() {
  if [ ! -e "$ADDITIONS" ]; then
    say 'There is nothing of the quickstart to take away.'
    return
  fi
  local kind value
  while read -r kind value; do
    case $kind in
      engine) if [ "$value" = yours ]; then example_remove; fi ;;
      folder) rm -rf -- "${value:?}" && say "removed $value" ;;
    esac
  done <"$ADDITIONS"
  rm -f "$ADDITIONS"
  script/sandbox down --purge
}
