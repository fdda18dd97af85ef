# shellcheck shell=bash
# Debian's signed packages, unpacked into the sandbox's folders. Nothing is installed, pinned or removed on the machine.

APT_DIR=$CACHE_DIR/apt
TREES_DIR=$CACHE_DIR/trees

# The packages of a tree, NAME/SUITE each.
tree_packages() {
  case $1 in
    trixie) echo docker.io/trixie docker-cli/trixie docker-buildx/trixie containerd/trixie ;;
    bookworm) echo docker.io/bookworm containerd/bookworm ;;
    # With bookworm's libc, trixie's engine uses bookworm's runc: trixie's needs a newer libc.
    tools)
      echo {runc,tini,docker-registry,iptables,libip4tc2,libip6tc2,libxtables12,libnetfilter-conntrack3}/bookworm \
        {libmnl0,libnfnetlink0,libnftnl11,libseccomp2,libsystemd0}/bookworm
      ;;
    iproute) echo {iproute2,libbpf1,libelf1,libcap2,libdb5.3,libmnl0,libtirpc3,libbsd0,libmd0,libxtables12}/bookworm ;;
    qemu) echo qemu-user-static/bookworm ;;
    docker-py) echo python3-{docker,requests,urllib3,websocket,idna,chardet,certifi,packaging,distutils,six}/bookworm ;;
    openssl) echo {openssl,libssl3}/bookworm ;;
    htpasswd) echo {apache2-utils,libapr1,libaprutil1,libexpat1,libcrypt1}/bookworm ;;
  esac
}

# apt with the sandbox's own lists, state, cache and sources. It checks signatures.
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

# Removes the hooks that the machine's apt runs after an update: they are for the machine's lists.
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

# download_packages FOLDER NAME/SUITE...: updates an outdated list once.
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

# need_tree TREE: unpacks its packages in TREES_DIR/TREE, unless that was done before.
need_tree() {
  local packages
  read -ra packages <<<"$(tree_packages "$1")"
  tree_is_there "$1" || with_lock packages unpack_tree "$1" "${packages[@]}"
}

tree_is_there() { [ "$(cat "$TREES_DIR/$1/.complete" 2>/dev/null)" = "$(tree_packages "$1")" ]; }

unpack_tree() {
  local name=$1 tree=$TREES_DIR/$1 file
  shift
  if tree_is_there "$name"; then return; fi
  need_command dpkg-deb dpkg
  note "getting Debian's packages: ${*%%/*}"
  rm -rf "$tree" "$tree.new" "$tree.debs"
  mkdir -p "$tree.new" "$tree.debs"
  download_packages "$tree.debs" "$@"
  for file in "$tree.debs"/*.deb; do dpkg-deb -x "$file" "$tree.new"; done
  trim_tree "$name" "$tree.new"
  printf '%s' "$*" >"$tree.new/.complete"
  chmod 0755 "$tree.new"
  mv "$tree.new" "$tree"
  rm -rf "$tree.debs"
}

# Removes the documentation, and qemu's programs for other architectures than the needed one.
trim_tree() {
  rm -rf "$2"/usr/share/{doc,man,lintian}
  if [ "$1" = qemu ]; then find "$2/usr/bin" -type f ! -name "qemu-$(foreign_machine)-static" -delete; fi
}

# tree_libraries TREE PROGRAM: for LD_LIBRARY_PATH; empty when the machine has all libraries that PROGRAM needs.
tree_libraries() {
  local tree=$TREES_DIR/$1
  if [[ $(ldd "$tree/$2" 2>/dev/null) == *'not found'* ]]; then echo "$tree/usr/lib/$(gnu_triplet):$tree/lib/$(gnu_triplet)"; fi
}

# The openssl of the machine, or that of the sandbox.
need_openssl() {
  local tree=$TREES_DIR/openssl wrapper=$TREES_DIR/openssl/bin/openssl.$BASHPID
  if command -v openssl >/dev/null; then return; fi
  need_tree openssl
  mkdir -p "$tree/bin"
  cat >"$wrapper" <<SH
#!/bin/sh
LD_LIBRARY_PATH='$tree/usr/lib/$(gnu_triplet)' OPENSSL_CONF='$tree/etc/ssl/openssl.cnf' exec '$tree/usr/bin/openssl' "\$@"
SH
  chmod +x "$wrapper"
  mv "$wrapper" "$tree/bin/openssl"
  PATH=$PATH:$tree/bin
}

gnu_triplet() { echo "$(uname -m)-linux-gnu"; }

# runc_program: prints the runc for a BuildKit without an engine.
runc_program() {
  need_tree tools
  echo "$TREES_DIR/tools/usr/sbin/runc"
}

# docker_py: prints the folder of Debian's Python modules for docker, with which the benchmarks compare.
docker_py() {
  need_tree docker-py
  echo "$TREES_DIR/docker-py/usr/lib/python3/dist-packages"
}
