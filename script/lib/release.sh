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

show_scans() {
  objdocker -c "$config" harbor-repos --scan
}
