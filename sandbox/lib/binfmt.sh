# shellcheck shell=bash
# Runs programs of the other architecture (arm64 on amd64, amd64 on arm64) with qemu.

BINFMT=/proc/sys/fs/binfmt_misc
BINFMT_STATE=$SANDBOX_DIR/binfmt

foreign_arch() { if [ "$(uname -m)" = aarch64 ]; then echo amd64; else echo arm64; fi; }
foreign_machine() { if [ "$(uname -m)" = aarch64 ]; then echo x86_64; else echo aarch64; fi; }

# Whether an interpreter for the other architecture is registered, with the flag F that makes it work inside containers.
binfmt_works() {
  local file magic
  case $(foreign_machine) in
    aarch64) magic=7f454c460201010000000000000000000200b700 ;;
    *) magic=7f454c4602010100000000000000000002003e00 ;;
  esac
  for file in "$BINFMT"/*; do
    if grep -q '^enabled' "$file" 2>/dev/null && grep -q '^flags:.*F' "$file" && grep -q "^magic $magic" "$file"; then return 0; fi
  done
  return 1
}

binfmt_up() {
  binfmt_works && return
  need_root
  need_tree qemu
  with_lock binfmt binfmt_register
}

binfmt_register() {
  local machine tree name line interpreter
  binfmt_works && return
  machine=$(foreign_machine)
  tree=$TREES_DIR/qemu
  name=objdocker-$machine
  interpreter=$tree/usr/libexec/qemu-binfmt/$machine-binfmt-P
  mkdir -p "$BINFMT_STATE"
  if [ ! -e "$BINFMT/register" ]; then
    mount -t binfmt_misc binfmt_misc "$BINFMT" || die 'binfmt_misc cannot be mounted' 'The kernel needs CONFIG_BINFMT_MISC (modprobe binfmt_misc).'
    : >"$BINFMT_STATE/mounted"
  fi
  [[ $interpreter != *:* && ${#interpreter} -lt 127 ]] || interpreter=$(binfmt_short_interpreter "$interpreter")
  # Debian's line with our interpreter: O and P show programs their own name, F makes it work in containers.
  line=$(sed "s#^:qemu-$machine:\(.*:\)[^:]*:\([A-Z]*\)\$#:$name:\1$interpreter:\2#" "$tree/usr/lib/binfmt.d/qemu-$machine.conf")
  if ! printf '%s' "$line" 2>/dev/null >"$BINFMT/register"; then
    die "the kernel refused to register qemu for $machine" "See $tree/usr/lib/binfmt.d/qemu-$machine.conf and $BINFMT."
  fi
  echo "$name" >"$BINFMT_STATE/registered"
}

# The kernel takes 127 characters at most, and a colon ends the field.
binfmt_short_interpreter() {
  ln -sfn "$1" "$RUN_DIR/${1##*/}"
  echo "$RUN_DIR/${1##*/}"
}

# Undoes binfmt_up.
binfmt_down() {
  [ -d "$BINFMT_STATE" ] || return 0
  with_lock binfmt binfmt_unregister
}

binfmt_unregister() {
  local name
  if [ -e "$BINFMT_STATE/registered" ]; then
    name=$(cat "$BINFMT_STATE/registered")
    if [ -e "$BINFMT/$name" ]; then echo -1 >"$BINFMT/$name"; fi
  fi
  if [ -e "$BINFMT_STATE/mounted" ]; then umount "$BINFMT" 2>/dev/null || true; fi
  rm -rf "$BINFMT_STATE"
}
