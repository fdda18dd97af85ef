# shellcheck shell=bash
# Reads the machine's own apt sources: the Debian mirror and the keyring. Sources of other vendors are ignored.

HOST_SUITE=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
HOST_DISTRIBUTION=$(. /etc/os-release && echo "${ID:-}")

# Prints "URI SUITE KEYRING" for every binary source with the component main. Reads both file formats.
all_sources() {
  local file
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ -r "$file" ] || continue
    awk '$1 == "deb" {
      key = "-"; i = 2
      if ($i ~ /^\[/) {
        for (; i <= NF; i++) {
          if ($i ~ /signed-by=/) { key = $i; sub(/.*signed-by=/, "", key); sub(/\].*/, "", key) }
          if ($i ~ /\]$/) { i++; break }
        }
      }
      for (j = i + 2; j <= NF; j++) if ($j == "main") print $i, $(i + 1), key
    }' "$file"
  done
  for file in /etc/apt/sources.list.d/*.sources; do
    [ -r "$file" ] || continue
    awk '
      function flush(  u, s, nu, ns, i, j) {
        if (types ~ /(^| )deb( |$)/ && enabled != "no" && (" " components " ") ~ / main /) {
          nu = split(uris, u, " "); ns = split(suites, s, " ")
          for (i = 1; i <= nu; i++) for (j = 1; j <= ns; j++) print u[i], s[j], key == "" ? "-" : key
        }
        types = uris = suites = components = key = enabled = field = ""
      }
      /^#/ { next }
      /^[ \t]*$/ { flush(); next }
      { if ($0 !~ /^[ \t]/) { field = tolower($1); $1 = ""; }
        sub(/^ +/, "")
        if (field == "types:") types = types " " $0
        else if (field == "uris:") uris = uris " " $0
        else if (field == "suites:") suites = suites " " $0
        else if (field == "components:") components = components " " $0
        else if (field == "enabled:") enabled = $0
        else if (field == "signed-by:" && $0 ~ /^\//) key = $0 }
      END { flush() }' "$file"
  done
}

# The sources of Debian itself: suites of this release, signed by Debian's archive keys. A source that names no key counts
# when its address looks like Debian's, or when no source names Debian's keys.
debian_sources() {
  all_sources | awk -v suite="$HOST_SUITE" '
    $2 != suite && $2 != suite "-updates" && $2 != suite "-security" { next }
    $3 ~ /debian-archive/ { strong = 1; print; next }
    $3 == "-" && $1 ~ /\/debian(-security)?\/?$/ { print; strong = 1; next }
    $3 == "-" { weak[++n] = $0 }
    END { if (!strong) for (i = 1; i <= n; i++) print weak[i] }' | sort -u
}

# write_sources FILE SUITE...: a deb822 file with this machine's mirror for each SUITE, and for updates and security of its own.
write_sources() {
  local file=$1 uri suite key found='' wanted
  shift
  [ "$HOST_DISTRIBUTION" = debian ] || die 'this machine does not run Debian' \
    'The sandbox takes its packages from the mirror of a Debian 12 or 13. Elsewhere install Docker; ObjDocker uses the engine that it finds.'
  : >"$file"
  while read -r uri suite key; do
    if [ "$suite" = "$HOST_SUITE" ]; then
      for wanted in "$@"; do source_stanza "$uri" "$wanted" "$key" >>"$file"; done
      found=yes
    elif [[ " $* " == *" $HOST_SUITE "* ]]; then
      source_stanza "$uri" "$suite" "$key" >>"$file"
    fi
  done < <(debian_sources)
  [ -n "$found" ] || die "no apt source for Debian '$HOST_SUITE' found in /etc/apt" \
    'The sandbox takes its packages from the Debian mirror that this machine uses (Debian 12 or 13).'
}

source_stanza() {
  local key=$3
  if [ "$key" = - ] && [ -r /usr/share/keyrings/debian-archive-keyring.gpg ]; then
    key=/usr/share/keyrings/debian-archive-keyring.gpg
  fi
  printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\n' "$1" "$2"
  if [ "$key" != - ]; then printf 'Signed-By: %s\n' "$key"; fi
  printf '\n'
}
