# shellcheck shell=bash
# Root file systems from Debian's packages, without running their scripts: apt chooses and checks, tar unpacks,
# and finish_rootfs does what the scripts would have done.

IMAGE_SUITE=bookworm
IMAGE_TIME=2024-01-01T00:00:00Z
# shellcheck disable=SC2034 # base-images.sh uses them
SLIM_PACKAGES=(base-files base-passwd bash coreutils dash debianutils findutils grep gzip hostname libc-bin login mawk
  passwd sed tar ca-certificates netbase media-types tzdata python3 python3-venv)
# shellcheck disable=SC2034
FULL_PACKAGES=("${SLIM_PACKAGES[@]}" gcc libc6-dev python3-dev python3-pip python3-setuptools python3-wheel cython3
  apt debian-archive-keyring debconf diffutils perl-base util-linux)

# image_apt ARCH PROGRAM ARGUMENTS...: runs apt for an empty image of IMAGE_SUITE.
image_apt() {
  local arch=$1 program=$2 dir
  shift 2
  dir=$APT_DIR
  if [ "$arch" != "$(dpkg --print-architecture)" ]; then dir=$APT_DIR-$arch; fi
  private_apt "$program" -o APT::Architecture="$arch" -o APT::Architectures="$arch" -o APT::Install-Recommends=false \
    -o Dir::State="$dir/state" -o Dir::State::Lists="$dir/lists" -o Dir::Etc::sourcelist="$dir/image.sources" \
    -o Dir::State::status="$APT_DIR/status" -o Dir::Cache::pkgcache="image-$arch.bin" "$@"
}

# image_lists ARCH: reads the package lists. Those of this machine's architecture were read for the engine's packages.
image_lists() {
  local arch=$1 dir=$APT_DIR-$1
  lists_are_fresh || update_lists
  if [ "$arch" = "$(dpkg --print-architecture)" ]; then
    write_sources "$APT_DIR/image.sources" "$IMAGE_SUITE"
    return
  fi
  mkdir -p "$dir"/{lists/partial,state}
  write_sources "$dir/image.sources" "$IMAGE_SUITE"
  if [ -n "$(find "$dir/updated" -mmin -1440 2>/dev/null)" ]; then return; fi
  note "reading the package lists for $arch"
  image_apt "$arch" apt-get -c "$APT_DIR/apt.conf" update >"$APT_DIR/log" 2>&1 ||
    { last_lines "$APT_DIR/log" && die "the package lists for $arch could not be read" "Does the mirror that this machine uses carry $arch?"; }
  touch "$dir/updated"
}

# image_download ARCH FOLDER PACKAGE...: downloads the packages and their dependencies.
image_download() {
  local arch=$1 folder=$2
  shift 2
  mkdir -p "$folder/partial"
  image_apt "$arch" apt-get install -y --download-only -o Dir::Cache::archives="$folder" -o Debug::NoLocking=true "$@" \
    >"$APT_DIR/log" 2>&1 || { last_lines "$APT_DIR/log" && die "packages for the base images could not be downloaded: $*"; }
}

# image_files ARCH FOLDER PACKAGE...: prints the file names of the packages and their dependencies.
image_files() {
  local arch=$1 folder=$2
  shift 2
  image_apt "$arch" apt-get install -y --print-uris -o Dir::Cache::archives=/nonexistent -o Debug::NoLocking=true "$@" 2>/dev/null |
    awk -v folder="$folder" '/^\047/ { print folder "/" $2 }'
}

# new_rootfs FOLDER: links /bin, /sbin and /lib to /usr, as bookworm's packages expect.
new_rootfs() {
  local link
  mkdir -p "$1"/usr "$1"/var/lib/dpkg/info "$1"/etc
  for link in bin sbin lib lib64; do
    mkdir -p "$1/usr/$link"
    ln -s "usr/$link" "$1/$link"
  done
  : >"$1/var/lib/dpkg/status"
  : >"$1/var/lib/dpkg/available"
}

# unpack_into ROOT FILE...: unpacks the files and writes dpkg's database, which apt and image scanners read.
unpack_into() {
  local root=$1 file package multiarch part control
  shift
  control=$(mktemp -d "$CACHE_DIR/control.XXXXXX")
  for file in "$@"; do
    # Not dpkg-deb -x: it replaces the links to /usr by folders.
    dpkg-deb --fsys-tarfile "$file" | tar -x -p --numeric-owner --keep-directory-symlink -C "$root"
    rm -rf "${control:?}"/*
    dpkg-deb -e "$file" "$control"
    package=$(sed -n 's/^Package: //p' "$control/control")
    multiarch=$(sed -n 's/^Multi-Arch: //p' "$control/control")
    if [ "$multiarch" = same ]; then package+=:$(sed -n 's/^Architecture: //p' "$control/control"); fi
    sed '/^Package: /a Status: install ok installed' "$control/control" >>"$root/var/lib/dpkg/status"
    echo >>"$root/var/lib/dpkg/status"
    dpkg-deb --fsys-tarfile "$file" | tar -t | sed 's#^\./#/#; s#/$##; s#^$#/.#' >"$root/var/lib/dpkg/info/$package.list"
    rm "$control/control"
    for part in "$control"/*; do
      if [ -e "$part" ]; then mv "$part" "$root/var/lib/dpkg/info/$package.${part##*/}"; fi
    done
  done
  rm -rf "$control"
}

# finish_rootfs ROOT [foreign]: does what the packages' scripts would have done. Can run again after more was unpacked. Programs of a
# foreign architecture do not run here.
finish_rootfs() {
  local root=$1
  if [ ! -e "$root/etc/passwd" ]; then
    cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
    cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
    echo '_apt:*:42:65534::/nonexistent:/usr/sbin/nologin' >>"$root/etc/passwd"
    sed -i 's/^\([^:]*\):\*:/\1:x:/' "$root/etc/passwd"
    awk -F: '{ print $1 ":*:19000:0:99999:7:::" }' "$root/etc/passwd" >"$root/etc/shadow"
    chgrp 42 "$root/etc/shadow"
    chmod 0644 "$root/etc/passwd" "$root/etc/group"
    chmod 0640 "$root/etc/shadow"
  fi
  mkdir -p "$root"/usr/local/{bin,sbin,lib,share,include} "$root"/var/lib/apt/lists/partial "$root"/var/cache/apt/archives/partial \
    "$root"/run/lock "$root"/var/tmp "$root"/tmp "$root"/home "$root"/root
  chmod 1777 "$root/tmp" "$root/var/tmp" "$root/run/lock"
  install -m 0644 "$root/usr/share/libc-bin/nsswitch.conf" "$root/etc/nsswitch.conf"
  (cd "$root/usr/share/ca-certificates" && ls mozilla/*.crt) >"$root/etc/ca-certificates.conf"
  cat "$root"/usr/share/ca-certificates/mozilla/*.crt >"$root/etc/ssl/certs/ca-certificates.crt"
  ln -sf /usr/share/zoneinfo/Etc/UTC "$root/etc/localtime"
  link_in "$root" awk mawk
  link_in "$root" which which.debianutils
  link_in "$root" sh dash
  link_in "$root" python python3
  link_in "$root" cc gcc
  rm -f "$root"/usr/lib/python3*/EXTERNALLY-MANAGED
  ldconfig -r "$root" 2>/dev/null || true
  if [ "${2:-}" != foreign ]; then compile_python "$root"; fi
  trim_rootfs "$root"
}

# Compiles Python's library: a service then starts five times as fast. By hash and not by time, because packing sets all times.
compile_python() {
  if [ -e "$1/usr/bin/python3" ]; then
    chroot "$1" python3 -m compileall -q --invalidation-mode unchecked-hash /usr/lib/python3.11 /usr/lib/python3/dist-packages >/dev/null 2>&1 || true
  fi
}

link_in() {
  if [ ! -e "$1/usr/bin/$2" ] && [ -e "$1/usr/bin/$3" ]; then ln -s "$3" "$1/usr/bin/$2"; fi
}

# Removes documentation and keeps licences.
trim_rootfs() {
  find "$1/usr/share/doc" -depth \( -type f ! -name copyright -o -type l \) -delete
  find "$1/usr/share/doc" -depth -type d -empty -delete
  rm -rf "$1"/usr/share/{man,info,locale,lintian,bug,doc-base} "$1"/var/cache/ldconfig "$1"/var/log/*
}

# pack_rootfs ROOT: writes a reproducible tar to standard output.
pack_rootfs() {
  tar -C "$1" --numeric-owner --sort=name --mtime="$IMAGE_TIME" --format=posix --pax-option=delete=atime,delete=ctime -cf - .
}
