# shellcheck shell=bash
# The smallest base image for two platforms, from Debian's busybox-static.

BUSYBOX_IMAGE=localhost/busybox:bookworm

# busybox_base [--engine NAME] [--push HOST:PORT/NAME:TAG]
busybox_base() {
  local name=default target='' arch
  while [ $# -gt 0 ]; do
    case $1 in
      --engine | --push) [ $# -ge 2 ] || usage_error "$1 needs a value" ;;
    esac
    case $1 in
      --engine) name=$2 && shift ;;
      --push) target=$2 && shift ;;
      *) usage_error "unknown option of 'busybox-base': $1" ;;
    esac
    shift
  done
  engine_must_be_two_platforms "$name"
  for arch in amd64 arm64; do
    if [ ! -e "$ROOTFS_DIR/busybox/rootfs-$arch.tar" ]; then with_lock packages make_busybox_rootfs "$arch"; fi
  done
  busybox_dockerfile >"$ROOTFS_DIR/busybox/Dockerfile"
  build_two_platforms "$name" "$ROOTFS_DIR/busybox" -t "$BUSYBOX_IMAGE"
  note "$BUSYBOX_IMAGE"
  if [ -n "$target" ]; then
    build_two_platforms "$name" "$ROOTFS_DIR/busybox" -t "$target" --push
    note "$target"
  fi
}

engine_must_be_two_platforms() {
  engine_must_be_up "$1"
  if [ "$(engine_setting "$1" flavour)" != trixie ]; then
    die "the engine '$1' holds images of one platform only" 'Two platforms in one image need Engine 26 with the containerd store (--flavour trixie).'
  fi
}

# build_two_platforms ENGINE CONTEXT OPTION...
build_two_platforms() {
  local name=$1 context=$2
  shift 2
  if ! BUILDX_NO_DEFAULT_ATTESTATIONS=1 engine_docker "$name" buildx build --platform linux/amd64,linux/arm64 --progress plain "$@" "$context" >"$CACHE_DIR/image.log" 2>&1; then
    last_lines "$CACHE_DIR/image.log"
    die 'a base image for two platforms could not be built or pushed' "log: $CACHE_DIR/image.log"
  fi
}

# Not 'docker import': it labels the image with the engine's platform, also when the content is for another one.
busybox_dockerfile() {
  cat <<'DOCKERFILE'
FROM scratch
ARG TARGETARCH
ADD rootfs-${TARGETARCH}.tar /
ENV PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
CMD ["sh"]
DOCKERFILE
}

make_busybox_rootfs() {
  local arch=$1 root=$ROOTFS_DIR/busybox-root-$1 debs=$ROOTFS_DIR/busybox-debs-$1 applet
  if [ -e "$ROOTFS_DIR/busybox/rootfs-$arch.tar" ]; then return; fi
  rm -rf "$root" "$debs"
  mkdir -p "$ROOTFS_DIR/busybox" "$debs"
  image_lists "$arch"
  image_download "$arch" "$debs" busybox-static
  (
    umask 022
    mkdir -p "$root"/{bin,etc,tmp,root,usr/bin,usr/local/bin}
    chmod 1777 "$root/tmp"
    dpkg-deb --fsys-tarfile "$debs"/busybox-static_*.deb | tar -x -C "$root" ./bin/busybox
    while read -r applet; do
      if [ "$applet" != busybox ]; then ln -s busybox "$root/bin/$applet"; fi
    done <<<"$BUSYBOX_APPLETS"
    echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
    echo 'root:x:0:' >"$root/etc/group"
  )
  pack_rootfs "$root" >"$ROOTFS_DIR/busybox/rootfs-$arch.tar.new"
  mv "$ROOTFS_DIR/busybox/rootfs-$arch.tar.new" "$ROOTFS_DIR/busybox/rootfs-$arch.tar"
  rm -rf "$root" "$debs"
}

# The same list for both: the program of the other platform cannot run here.
BUSYBOX_APPLETS=$(printf '%s\n' adduser addgroup awk basename cat chgrp chmod chown cp cut date dd df dirname du echo egrep env expr false \
  find grep gunzip gzip head hostname httpd id kill ln ls md5sum mkdir mktemp mv nc nslookup od ping printf ps pwd readlink realpath rm rmdir \
  sed seq sh sha256sum sleep sort stat sync tail tar tee test timeout touch tr true uname uniq vi wc wget which whoami xargs yes '[')
