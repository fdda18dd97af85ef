# shellcheck shell=bash
# A bridge and an address range for each engine, and the three firewall rules for the traffic of its containers.
#
# dockerd's own firewall handling is off: starting it would flush the DOCKER chains of another engine on the machine
# and set the FORWARD policy to DROP. Published ports go through docker-proxy.

ip_number() {
  local a b c d
  IFS=. read -r a b c d <<<"$1"
  echo $(((a << 24) + (b << 16) + (c << 8) + d))
}

# Whether 10.$1.0.0/16 overlaps with an address or a route of the machine.
range_in_use() {
  local first last net bits start
  first=$(ip_number "10.$1.0.0")
  last=$((first + 65535))
  while IFS=/ read -r net bits; do
    start=$(ip_number "$net")
    if ((start <= last && start + (1 << (32 - ${bits:-32})) - 1 >= first)); then return 0; fi
  done < <({ ip -4 -o addr show | awk '{print $4}'; ip -4 route show table all | awk '{print ($1 ~ /^[0-9]/) ? $1 : $2}'; } |
    grep -E '^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+(/[0-9]+)?$' | grep -v '^0\.0\.0\.0')
  return 1
}

# Prints the second number of a free 10.N.0.0/16. Creates its bridge, so that two starts cannot choose the same.
take_bridge() {
  local n
  for ((n = 201; n < 255; n++)); do
    if [ -e "/sys/class/net/obj$n" ] || grep -qsx "range=$n" "$SANDBOX_DIR"/engines/*/settings || range_in_use "$n"; then continue; fi
    if ip link add "obj$n" type bridge 2>/dev/null; then
      echo "$n"
      return
    fi
  done
  die 'no bridge could be created' 'Does "ip link add obj201 type bridge" work? In a container it needs --privileged.'
}

firewall_rules() {
  local range=10.$1.0.0/16
  echo "nat POSTROUTING -s $range ! -d $range -j MASQUERADE"
  echo "filter FORWARD -s $range -j ACCEPT"
  echo "filter FORWARD -d $range -j ACCEPT"
}

# change_firewall -I|-D N
change_firewall() {
  local table rule failed=0
  while read -r table rule; do
    # shellcheck disable=SC2086
    run_iptables -w -t "$table" "$1" $rule 2>>"$SANDBOX_DIR/network.log" || failed=1
  done < <(firewall_rules "$2")
  return "$failed"
}

run_iptables() {
  if command -v iptables >/dev/null; then
    iptables "$@"
  else
    LD_LIBRARY_PATH=$(tree_libraries tools usr/sbin/iptables-nft) XTABLES_LIBDIR=$TREES_DIR/tools/usr/lib/$(gnu_triplet)/xtables \
      "$TREES_DIR/tools/usr/sbin/iptables-nft" "$@"
  fi
}

# The ip program of the machine, or that of the sandbox.
ip() {
  if type -P ip >/dev/null; then
    command ip "$@"
  else
    need_tree iproute
    LD_LIBRARY_PATH=$(tree_libraries iproute bin/ip) "$TREES_DIR/iproute/bin/ip" "$@"
  fi
}

raise_bridge() {
  local n=$1
  [ -e "/sys/class/net/obj$n" ] || ip link add "obj$n" type bridge
  ip addr replace "10.$n.0.1/24" dev "obj$n"
  ip link set "obj$n" up
  if [ "$(cat /proc/sys/net/ipv4/ip_forward)" = 0 ]; then
    : >"$SANDBOX_DIR/ip_forward-was-off"
    echo 1 >/proc/sys/net/ipv4/ip_forward
  fi
  change_firewall -D "$n" || true
  change_firewall -I "$n" || note "no firewall rules could be made: containers of this engine may not reach the network ($SANDBOX_DIR/network.log)"
}

drop_bridge() {
  change_firewall -D "$1" || true
  ip link del "obj$1" 2>/dev/null || true
}

# Runs after the last engine, also of other sandboxes on this machine, was removed.
restore_forwarding() {
  if compgen -G '/sys/class/net/obj2[0-9][0-9]' >/dev/null; then return; fi
  if [ -e "$SANDBOX_DIR/ip_forward-was-off" ]; then
    echo 0 >/proc/sys/net/ipv4/ip_forward
    rm -f "$SANDBOX_DIR/ip_forward-was-off"
  fi
}

# The MTU of the default route: a bridge with a larger one loses packets in tunnels.
outer_mtu() {
  local device
  device=$(ip -4 route show default | sed -n 's/.* dev \([^ ]*\).*/\1/p' | head -n 1)
  cat "/sys/class/net/${device:-none}/mtu" 2>/dev/null || echo 1400
}
