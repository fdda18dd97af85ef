# shellcheck shell=bash
# Base images for machines that cannot reach Docker Hub. Their names say that they are local.

BASE_SLIM=localhost/python:3.11-slim-bookworm
BASE_FULL=localhost/python:3.11-bookworm
ROOTFS_DIR=$CACHE_DIR/rootfs

# base_images [--engine NAME | --here]
base_images() {
  local name=default here='' image
  while [ $# -gt 0 ]; do
    case $1 in
      --engine)
        [ $# -ge 2 ] || usage_error '--engine needs a name'
        name=$2 && shift
        ;;
      --here) here=yes ;;
      *) usage_error "unknown option of 'base-images': $1" ;;
    esac
    shift
  done
  if [ -z "$here" ]; then engine_must_be_up "$name"; fi
  if [ ! -e "$ROOTFS_DIR/full.tar" ] || [ ! -e "$ROOTFS_DIR/slim.tar" ]; then with_lock packages make_python_rootfs; fi
  for image in slim full; do
    if [ -n "$here" ]; then load_image "$ROOTFS_DIR/$image.tar" docker; else load_image "$ROOTFS_DIR/$image.tar" engine_docker "$name"; fi
  done
}

base_images_env() {
  export_line OBJDOCKER_SANDBOX_BASE_IMAGE "$BASE_FULL"
  export_line OBJDOCKER_SANDBOX_BASE_RUNTIME_IMAGE "$BASE_SLIM"
}

make_python_rootfs() {
  local arch root debs file slim=() full=()
  if [ -e "$ROOTFS_DIR/full.tar" ] && [ -e "$ROOTFS_DIR/slim.tar" ]; then return; fi
  need_root
  note 'making the base images from Debian packages (about 80 MB to download)'
  arch=$(dpkg --print-architecture)
  root=$ROOTFS_DIR/root
  debs=$ROOTFS_DIR/debs
  rm -rf "$root" "$debs"
  mkdir -p "$ROOTFS_DIR"
  image_lists "$arch"
  image_download "$arch" "$debs" "${FULL_PACKAGES[@]}"
  readarray -t slim < <(image_files "$arch" "$debs" "${SLIM_PACKAGES[@]}")
  (
    umask 022
    new_rootfs "$root"
    unpack_into "$root" "${slim[@]}"
    finish_rootfs "$root"
  )
  pack_image "$root" "$BASE_SLIM" "$ROOTFS_DIR/slim.tar"
  for file in "$debs"/*.deb; do
    if [[ " ${slim[*]} " != *" $file "* ]]; then full+=("$file"); fi
  done
  (
    umask 022
    unpack_into "$root" "${full[@]}"
    finish_rootfs "$root"
    image_sources "$root"
  )
  pack_image "$root" "$BASE_FULL" "$ROOTFS_DIR/full.tar"
  rm -rf "$root" "$debs"
}

# apt inside the image uses the mirror of this machine, without the password in its address.
image_sources() {
  local file=$1/etc/apt/sources.list.d/debian.sources
  write_sources "$file.new" "$IMAGE_SUITE"
  sed -e 's#//[^/@]*@#//#' -e 's#^Signed-By: .*#Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg#' "$file.new" >"$file"
  rm "$file.new"
}

# pack_image ROOT IMAGE FILE: a one-layer image for 'docker load'. The layer is compressed here, so that engines need not do it.
# The same packages give the same bytes, so that an engine's build cache stays valid.
pack_image() {
  local root=$1 image=$2 file=$3 work diff_id packer
  work=$(mktemp -d "$CACHE_DIR/image.XXXXXX")
  mkfifo "$work/pipe"
  gzip -1 -n <"$work/pipe" >"$work/layer.tar.gz" &
  packer=$!
  diff_id=$(pack_rootfs "$root" | tee "$work/pipe" | sha256sum | cut -d' ' -f1)
  wait "$packer" || die "the layer of $image could not be packed" 'Is the disk full? df -h'
  cat >"$work/config.json" <<JSON
{
  "architecture": "$(dpkg --print-architecture)", "os": "linux", "created": "$IMAGE_TIME",
  "config": {
    "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"],
    "Cmd": ["python3"],
    "Labels": {
      "org.opencontainers.image.title": "Python on Debian, for development without Docker Hub",
      "org.opencontainers.image.description": "Made from Debian packages by ObjDocker's sandbox. Not Docker's python image."
    }
  },
  "rootfs": { "type": "layers", "diff_ids": ["sha256:$diff_id"] },
  "history": [{ "created": "$IMAGE_TIME", "created_by": "objdocker sandbox: packages of Debian $IMAGE_SUITE" }]
}
JSON
  printf '[{"Config":"config.json","RepoTags":["%s"],"Layers":["layer.tar.gz"]}]\n' "$image" >"$work/manifest.json"
  tar -C "$work" --mtime="$IMAGE_TIME" -cf "$file.new" manifest.json config.json layer.tar.gz
  mv "$file.new" "$file"
  rm -rf "$work"
}

# load_image FILE DOCKER...: with that docker.
load_image() {
  local file=$1 output
  shift
  output=$("$@" load -q -i "$file" 2>&1) || die "the base image in $file could not be loaded into the engine: $output" 'Is the disk full? df -h'
  note "${output#Loaded image: }"
}
