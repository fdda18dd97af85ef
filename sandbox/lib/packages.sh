# shellcheck shell=bash
# Debian's signed packages, unpacked into folders of ours. Nothing is installed, pinned or removed on the machine.

APT_DIR=$CACHE_DIR/apt
TREES_DIR=$CACHE_DIR/trees

# bookworm's runc and registry go with trixie's engine on bookworm's libc; trixie's runc needs a newer one.
PACKAGES_trixie=(docker.io/trixie docker-cli/trixie docker-buildx/trixie containerd/trixie)
PACKAGES_bookworm=(docker.io/bookworm containerd/bookworm)
PACKAGES_tools=(runc/bookworm tini/bookworm docker-registry/bookworm iptables/bookworm libip4tc2/bookworm
  libip6tc2/bookworm libxtables12/bookworm libnetfilter-conntrack3/bookworm libmnl0/bookworm libnfnetlink0/bookworm
  libnftnl11/bookworm libseccomp2/bookworm libsystemd0/bookworm)
PACKAGES_qemu=(qemu-user-static/bookworm)
PACKAGES_htpasswd=(apache2-utils/bookworm libapr1/bookworm libaprutil1/bookworm libexpat1/bookworm libcrypt1/bookworm)
# shellcheck disable=SC2034
PACKAGES_iproute=(iproute2/bookworm libbpf1/bookworm libelf1/bookworm libcap2/bookworm libdb5.3/bookworm
  libxtables12/bookworm libmnl0/bookworm libtirpc3/bookworm libgssapi-krb5-2/bookworm)

# apt with lists, state, cache and sources of ours. Signatures are checked as ever.
private_apt() {
  local program=$1
  shift
  "$program" -q \
    -o Dir::State="$APT_DIR/state" -o Dir::State::Lists="$APT_DIR/lists" -o Dir::State::status="$APT_DIR/status" \
    -o Dir::Cache="$APT_DIR/cache" -o Dir::Cache::pkgcache=pkgcache.bin -o Dir::Etc::sourcelist="$APT_DIR/debian.sources" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
    -o APT::Sandbox::User=root -o Acquire::Languages=none -o Acquire::Retries=3 -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false \
    -o APT::Get::AllowUnauthenticated=false -o Acquire::AllowInsecureRepositories=false \
    "$@"
}

# Removes the hooks that the machine's apt runs after an update: they are about the machine's lists, not about ours.
quiet_apt_config() {
  printf '%s\n' '#clear APT::Update::Post-Invoke;' '#clear APT::Update::Post-Invoke-Success;' \
    '#clear DPkg::Post-Invoke;' >"$APT_DIR/apt.conf"
}

update_lists() {
  mkdir -p "$APT_DIR"/{lists/partial,state,cache/archives/partial}
  : >"$APT_DIR/status"
  quiet_apt_config
  write_sources "$APT_DIR/debian.sources" bookworm trixie
  note 'reading the package lists of the Debian mirror that this machine uses'
  if ! private_apt apt-get -c "$APT_DIR/apt.conf" update >"$APT_DIR/log" 2>&1; then
    last_lines "$APT_DIR/log"
    die 'the package lists could not be read' 'Does apt-get update work on this machine? A proxy belongs in /etc/apt/apt.conf.d.'
  fi
  touch "$APT_DIR/updated"
}

lists_are_fresh() { [ -n "$(find "$APT_DIR/updated" -mmin -1440 2>/dev/null)" ]; }

# download_packages FOLDER NAME/SUITE...: a list that is out of date is read again once.
download_packages() {
  lists_are_fresh || update_lists
  try_download "$@" && return
  update_lists
  try_download "$@" && return
  last_lines "$APT_DIR/log"
  shift
  die "packages could not be downloaded: $*" 'Does apt-get download work on this machine?'
}

try_download() {
  local folder=$1
  shift
  (cd "$folder" && private_apt apt-get download "$@" >"$APT_DIR/log" 2>&1)
}

# need_tree TREE: the packages of PACKAGES_TREE, unpacked in TREES_DIR/TREE. Does nothing when they are there.
need_tree() {
  local -n list=PACKAGES_$1
  if [ "$(cat "$TREES_DIR/$1/.complete" 2>/dev/null)" = "${list[*]}" ]; then return; fi
  with_lock packages unpack_tree "$1" "${list[@]}"
}

unpack_tree() {
  local name=$1 tree=$TREES_DIR/$1 file
  shift
  if [ "$(cat "$tree/.complete" 2>/dev/null)" = "$*" ]; then return; fi
  need_command dpkg-deb dpkg
  note "getting Debian's packages: ${*%%/*}"
  rm -rf "$tree" "$tree.new" "$tree.debs"
  mkdir -p "$tree.new" "$tree.debs"
  download_packages "$tree.debs" "$@"
  for file in "$tree.debs"/*.deb; do dpkg-deb -x "$file" "$tree.new"; done
  printf '%s' "$*" >"$tree.new/.complete"
  chmod 0755 "$tree.new"
  mv "$tree.new" "$tree"
  rm -rf "$tree.debs"
}

# The library folders of a tree, for LD_LIBRARY_PATH; empty when the machine has all libraries that PROGRAM needs.
missing_library_path() {
  local tree=$1 program=$2
  if ldd "$program" 2>/dev/null | grep -q 'not found'; then
    printf '%s:' "$tree"/usr/lib/*-linux-gnu "$tree"/lib/*-linux-gnu
  fi
}
