# shellcheck shell=bash
# Releases the example through the pipeline. Sourced; runs in the example's folder.

# Sets REPORT to the path of the run's HTML page.
release_example() {
  local folder
  folder=reports/$(date +%Y%m%d-%H%M%S)
  REPORT=$PWD/$folder/index.html
  objdocker -c "$config" pipeline --report "$folder"
  say ''
  say 'These findings are samples: the sandbox has no scanner, and looks up package names in a list of its own.'
}

# Changes one service in a copy of the example, because the checkout belongs to the user, and releases the copy. The copy is in a folder
# that Git ignores, so its images have the same revision.
release_change() {
  local copy=$PWD/reports/changed file=src/meridian/api/app.py
  rm -rf "$copy"
  mkdir -p "$copy"
  cp -Rp .dockerignore "$config" packages requirements resource.docker src "$copy"
  sed -i 's/^\( *\)"months": len(plain),$/&\n\1"currency": "ZAR",/' "$copy/$file"
  say ''
  say "Now one service changes: quotes of meridian-api get a currency, in a copy of the example in $copy:"
  if diff -U 1 --label "a/$file" --label "b/$file" "$file" "$copy/$file" >&2; then
    fail "$file has no line to change." 'Restore the example: git checkout examples/axion'
  fi
  REPORT=$PWD/reports/$(date +%Y%m%d-%H%M%S)-changed/index.html
  objdocker -c "$copy/$config" pipeline --report "$(dirname "$REPORT")"
  example_update
  example_ask_one "${EXAMPLE_QUESTIONS[0]}"
}

show_scans() {
  objdocker -c "$config" harbor-repos --scan
}
