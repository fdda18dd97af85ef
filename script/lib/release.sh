# shellcheck shell=bash
# What a Harbor adds to the example: images are released when their scans pass the policy. Sourced; runs in the example's folder.

# Sets REPORT to the page that was written: a new one each time.
release_example() {
  local folder
  folder=reports/$(date +%Y%m%d-%H%M%S)
  REPORT=$PWD/$folder/index.html
  objdocker -c "$config" pipeline --report "$folder"
  say ''
  say 'These findings are samples: the sandbox has no scanner, and looks the names of the packages up in a list of its own.'
}

show_scans() {
  objdocker -c "$config" harbor-repos --scan
}
