# shellcheck shell=bash
# The builder's base image for two platforms: the one of this machine, and Debian's packages of the other architecture.

PYTHON_BASE_IMAGE=localhost/python:3.11-bookworm-two-platforms

# python_base [--engine NAME]
python_base() {
  local name=default arch
  while [ $# -gt 0 ]; do
    case $1 in
      --engine)
        [ $# -ge 2 ] || usage_error '--engine needs a name'
        name=$2 && shift
        ;;
      *) usage_error "unknown option of 'python-base': $1" ;;
    esac
    shift
  done
  arch=$(foreign_arch)
  engine_must_be_two_platforms "$name"
  if [ ! -e "$ROOTFS_DIR/python/rootfs-$arch.tar" ]; then with_lock packages make_foreign_python_rootfs "$arch"; fi
  python_base_dockerfile "$arch" >"$ROOTFS_DIR/python/Dockerfile"
  build_two_platforms "$name" "$ROOTFS_DIR/python" -t "$PYTHON_BASE_IMAGE"
  note "$PYTHON_BASE_IMAGE"
}

python_base_dockerfile() {
  cat <<DOCKERFILE
FROM $BASE_FULL AS $(dpkg --print-architecture)
FROM scratch AS $1
ADD rootfs-$1.tar /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8
CMD ["python3"]
FROM \${TARGETARCH}
DOCKERFILE
}

make_foreign_python_rootfs() {
  local arch=$1 root=$ROOTFS_DIR/python-root-$1 debs=$ROOTFS_DIR/python-debs-$1
  if [ -e "$ROOTFS_DIR/python/rootfs-$arch.tar" ]; then return; fi
  need_root
  note "making a base image for $arch from Debian packages (about 80 MB to download)"
  rm -rf "$root" "$debs"
  mkdir -p "$ROOTFS_DIR/python"
  image_lists "$arch"
  image_download "$arch" "$debs" "${FULL_PACKAGES[@]}"
  (
    umask 022
    new_rootfs "$root"
    unpack_into "$root" "$debs"/*.deb
    finish_rootfs "$root" foreign
  )
  pack_rootfs "$root" >"$ROOTFS_DIR/python/rootfs-$arch.tar.new"
  mv "$ROOTFS_DIR/python/rootfs-$arch.tar.new" "$ROOTFS_DIR/python/rootfs-$arch.tar"
  rm -rf "$root" "$debs"
}
