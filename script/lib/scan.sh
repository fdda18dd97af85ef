# shellcheck shell=bash
# What a Harbor adds to the example: its repositories, the scan of one image, and the report of it. Sourced; runs in the example's folder.

SCANNED=meridian-report-homechoice

# Sets REPORT to the file that was written: a new one each time.
scan_example() {
  REPORT=$PWD/reports/$SCANNED-$(date +%Y%m%d-%H%M%S).html
  mkdir -p reports
  objdocker -c "$config" harbor-repos
  objdocker -c "$config" harbor-trigger-scan "$SCANNED" --wait
  objdocker -c "$config" harbor-scan "$SCANNED" --severity high
  objdocker -c "$config" harbor-scan "$SCANNED" --format html --output "reports/${REPORT##*/}"
  say ''
  say 'These findings are samples: the sandbox has no scanner, and looks the names of the packages up in a list of its own.'
}
