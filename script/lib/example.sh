# shellcheck shell=bash
# The example's containers: one of each service, on a network of their own, published on loopback.

EXAMPLE_LABEL=objdocker.quickstart
EXAMPLE_NETWORK=objdocker-quickstart
# One request per service. What follows the path is the body of a POST.
EXAMPLE_QUESTIONS=(
  'api /quotes {"principal":1500000,"annual_rate":0.1175}'
  'report /report?format=csv'
  'scheduler /due?days=31'
  'worker /jobs {"scenarios":200}'
  'exporter /metrics'
  'gateway /api/schedule?principal=1500000&annual_rate=0.1175'
)

# Prints a line for each service: its name and its image.
example_services() {
  local images
  images=$(node ../../dist/cli/main.js -c "$config" build --dry-run --json)
  node -e 'for (const i of JSON.parse(process.argv[1]).images) console.log(i.service, i.reference)' "$images"
}

# Starts a container of every service from the image that was pushed; replaces older ones.
example_run() {
  local service image
  example_remove_containers
  docker network inspect "$EXAMPLE_NETWORK" >/dev/null 2>&1 ||
    docker network create --label "$EXAMPLE_LABEL" "$EXAMPLE_NETWORK" >/dev/null
  say ''
  while read -r service image; do
    example_start "$service" "$image"
    say "started quickstart-$service from $image"
  done < <(example_services)
}

example_start() {
  local service=$1 image=$2 other environment=()
  for other in api report scheduler worker exporter; do
    environment+=(--env "MERIDIAN_${other^^}_URL=http://meridian-$other:8080")
  done
  docker run --detach --label "$EXAMPLE_LABEL" --name "quickstart-$service" --network "$EXAMPLE_NETWORK" --network-alias "$service" \
    --publish 127.0.0.1::8080 "${environment[@]}" "$image" >/dev/null
}

# Replaces the containers whose image is no longer the one that was released.
example_update() {
  local service image running
  say ''
  while read -r service image; do
    running=$(docker inspect --format '{{.Image}}' "quickstart-$service")
    if [ "$running" = "$(docker image inspect --format '{{.Id}}' "$image")" ]; then
      say "quickstart-$service runs on: its image is the same"
      continue
    fi
    docker rm --force --volumes "quickstart-$service" >/dev/null
    example_start "$service" "$image"
    # The tag has moved to the new image, so that nothing names the old one. Where something else uses it, it stays.
    docker rmi "$running" >/dev/null 2>&1 || true
    say "replaced quickstart-$service: its image is new"
  done < <(example_services)
}

# Waits until every container is healthy, then sends each its request and prints the response.
example_ask() {
  local question
  say ''
  for question in "${EXAMPLE_QUESTIONS[@]}"; do example_ask_one "$question"; done
}

example_ask_one() {
  local service path body name address health deadline=$((SECONDS + 60))
  read -r service path body <<<"$1"
  name=quickstart-meridian-$service
  while health=$(docker inspect --format '{{.State.Health.Status}}' "$name") && [ "$health" != healthy ]; do
    if [ "$SECONDS" -ge "$deadline" ]; then
      docker logs --tail 20 "$name" >&2
      fail "$name did not become healthy (it is $health)." "Its last log lines are above."
    fi
    sleep 0.5
  done
  address=$(docker port "$name" 8080/tcp | head -n 1)
  printf '%-20s %s\n  %s\n' "meridian-$service" "$([ -z "$body" ] && echo "GET $path" || echo "POST $path $body")" "$(node ../../script/lib/ask.mjs "http://$address$path" ${body:+"$body"})"
}

example_remove_containers() {
  local ids
  ids=$(docker ps --all --quiet --filter "label=$EXAMPLE_LABEL")
  # shellcheck disable=SC2086
  if [ -n "$ids" ]; then docker rm --force --volumes $ids >/dev/null; fi
}

# The names of the example's images, as a pattern of `docker images`.
example_images() {
  if [ "$REGISTRY" = harbor ]; then
    echo "$OBJDOCKER_SANDBOX_HARBOR/axion/meridian-*-homechoice"
  else
    echo "$OBJDOCKER_SANDBOX_REGISTRY/meridian-*-homechoice"
  fi
}

# example_remove PATTERN...: removes the example's containers, network and images from the machine's own engine. The build
# cache stays.
example_remove() {
  local images=() pattern
  example_remove_containers
  docker network rm "$EXAMPLE_NETWORK" >/dev/null 2>&1 || true
  readarray -t images < <(for pattern; do docker images --format '{{.Repository}}:{{.Tag}}' --filter "reference=$pattern"; done)
  if [ ${#images[@]} -gt 0 ]; then docker rmi --force "${images[@]}" >/dev/null; fi
  say "removed the example's containers, network and ${#images[@]} images (their build cache stays: docker builder prune)"
}
