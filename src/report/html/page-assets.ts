// Made by `npm run report-page` from src/report/html/browser/: change it there.

/** The style of every page. */
export const PAGE_STYLE = `:root {
  color-scheme: light dark;
  --paper: #ffffff;
  --raised: #f5f6f8;
  --line: #dfe2e7;
  --strong-line: #8a929d;
  --ink: #1a1e24;
  --soft: #57606b;
  --link: #0a55a5;
  --focus: #0a55a5;
  --critical: #86104a;
  --high: #c2410c;
  --medium: #b97f00;
  --low: #3f84bd;
  --negligible: #78828d;
  --unknown: #78828d;
  --warn-paper: #fff4e5;
  --warn-line: #b45309;
  --found-line: #86104a;
  --clean-line: #1f7a4d;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "Liberation Mono", monospace;
}

@media (prefers-color-scheme: dark) {
  :root {
    --paper: #12161b;
    --raised: #1b2027;
    --line: #2d343d;
    --strong-line: #77818d;
    --ink: #e7eaee;
    --soft: #a3adb8;
    --link: #86bcff;
    --focus: #86bcff;
    --critical: #f2578f;
    --high: #ff8a4c;
    --medium: #ecc04a;
    --low: #6aaee6;
    --negligible: #8b96a2;
    --unknown: #8b96a2;
    --warn-paper: #33240f;
    --warn-line: #f0a63a;
    --found-line: #f2578f;
    --clean-line: #4cc38a;
  }
}

* {
  box-sizing: border-box;
}

html {
  font: 100% / 1.5 var(--sans);
  color: var(--ink);
  background: var(--paper);
  -webkit-text-size-adjust: 100%;
  text-size-adjust: 100%;
}

body {
  max-width: 78rem;
  margin: 0 auto;
  padding: 2rem 1.5rem 4rem;
}

h1,
h2,
h3,
p,
ul,
ol,
dl,
dd,
fieldset {
  margin: 0;
  padding: 0;
}

h1 {
  font-size: 1.25rem;
  font-weight: 600;
  line-height: 1.3;
  overflow-wrap: anywhere;
}

h2 {
  font-size: 1.125rem;
  font-weight: 600;
  line-height: 1.3;
  margin-bottom: 0.75rem;
}

caption {
  text-align: left;
}

h3,
.chart caption {
  font-size: 0.875rem;
  font-weight: 600;
  color: var(--soft);
  margin-bottom: 0.5rem;
}

section {
  margin-top: 2.75rem;
}

a {
  color: var(--link);
  text-underline-offset: 0.15em;
}

:focus-visible {
  outline: 2px solid var(--focus);
  outline-offset: 2px;
  border-radius: 3px;
}

section:focus {
  outline: none;
}

.skip {
  position: absolute;
  left: 1rem;
  top: -4rem;
  padding: 0.5rem 0.75rem;
  background: var(--paper);
  border: 1px solid var(--strong-line);
}

.skip:focus {
  top: 0.5rem;
}

.about,
.aside,
.absent {
  color: var(--soft);
}

.about {
  font-size: 0.875rem;
}

.number {
  text-align: right;
  font-variant-numeric: tabular-nums;
}

.id {
  font-weight: 600;
  overflow-wrap: anywhere;
}

/* The verdict: what a reader came for. */

.verdict {
  margin-top: 1.5rem;
  padding: 1.25rem 1.5rem;
  background: var(--raised);
  border-left: 5px solid var(--found-line);
  border-radius: 0 6px 6px 0;
}

.verdict h2 {
  font-size: 1.75rem;
  letter-spacing: -0.01em;
  line-height: 1.2;
  margin: 0;
}

.verdict p {
  margin-top: 0.5rem;
}

.verdict.clean {
  border-color: var(--clean-line);
}

.verdict.unknown {
  background: var(--warn-paper);
  border-color: var(--warn-line);
}

.missing {
  margin-top: 0.75rem;
  padding-left: 1.1rem;
}

.missing span {
  font-weight: inherit;
}

.missing > * + * {
  margin-top: 0.25rem;
}

/* Severities: a colour beside a word, never alone. */

.severity {
  display: inline-flex;
  align-items: baseline;
  gap: 0.45em;
  white-space: nowrap;
}

.severity::before {
  content: "";
  flex: none;
  width: 0.7em;
  height: 0.7em;
  border: 2px solid var(--negligible);
  border-radius: 2px;
  background: var(--negligible);
  forced-color-adjust: none;
}

.severity.critical::before {
  border-color: var(--critical);
  background: var(--critical);
}

.severity.high::before {
  border-color: var(--high);
  background: var(--high);
}

.severity.medium::before {
  border-color: var(--medium);
  background: var(--medium);
}

.severity.low::before {
  border-color: var(--low);
  background: var(--low);
}

.severity.unknown::before {
  background: none;
}

.severity.critical,
.severity.high {
  font-weight: 600;
}

/* Bars. */

.bar {
  display: block;
  width: 100%;
  height: 0.75rem;
  forced-color-adjust: none;
}

.fill {
  fill: var(--negligible);
  stroke: var(--paper);
  stroke-width: 1;
}

.fill.critical {
  fill: var(--critical);
}

.fill.high {
  fill: var(--high);
}

.fill.medium {
  fill: var(--medium);
}

.fill.low {
  fill: var(--low);
}

.fill.unknown {
  fill-opacity: 0.55;
}

.fill.faint {
  fill-opacity: 0.35;
}

/* Tables. */

table {
  width: 100%;
  border-collapse: collapse;
  font-size: 0.9375rem;
}

.rows caption {
  position: absolute;
  width: 1px;
  height: 1px;
  overflow: hidden;
  clip-path: inset(50%);
}

th,
td {
  padding: 0.5rem 0.75rem 0.5rem 0;
  text-align: left;
  vertical-align: top;
  font-weight: inherit;
  border-bottom: 1px solid var(--line);
  unicode-bidi: isolate;
  overflow-wrap: anywhere;
}

thead th {
  font-size: 0.8125rem;
  font-weight: 600;
  color: var(--soft);
  vertical-align: bottom;
  border-bottom-color: var(--strong-line);
  overflow-wrap: normal;
}

th.number,
td.number {
  text-align: right;
}

.columns {
  display: grid;
  grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
  gap: 2rem 3.5rem;
}

.chart th,
.chart td {
  padding: 0.3rem 1rem 0.3rem 0;
  border: 0;
  vertical-align: middle;
}

@media screen and (max-width: 46rem) {
  .chart th,
  .chart td {
    padding-right: 0.5rem;
  }
}

.chart tr > :last-child {
  padding-right: 0;
}

.chart .drawing {
  width: 100%;
}

.chart th.number {
  white-space: nowrap;
}

.legend {
  font-size: 0.8125rem;
  color: var(--soft);
}

.key {
  white-space: nowrap;
}

.key + .key {
  margin-left: 1rem;
}

.key::before {
  content: "";
  display: inline-block;
  width: 1.25em;
  height: 0.7em;
  margin-right: 0.4em;
  background: var(--soft);
  forced-color-adjust: none;
}

.key.faint::before {
  opacity: 0.35;
}

.fixable {
  margin-top: 0.75rem;
}

.fixable strong {
  margin-right: 0.15em;
  font-size: 1.5rem;
  letter-spacing: -0.01em;
}

.upgrades ol {
  list-style: none;
}

.upgrades li {
  display: grid;
  grid-template-columns: minmax(0, 1fr) auto;
  gap: 0 1.5rem;
  padding: 0.4rem 0;
  border-bottom: 1px solid var(--line);
}

.upgrades .versions {
  grid-column: 1 / -1;
  font-size: 0.8125rem;
  color: var(--soft);
  overflow-wrap: anywhere;
}

.upgrades .aside {
  margin-top: 0.5rem;
}

.digest,
.scanner,
.tally {
  display: block;
  font-size: 0.8125rem;
  color: var(--soft);
}

/* All of it is there to be copied. */
.digest {
  max-width: 30ch;
  font-family: var(--mono);
  font-size: 0.75rem;
  white-space: nowrap;
  overflow: hidden;
  text-overflow: ellipsis;
}

.cell-platform,
.cell-result,
.cell-fixable,
.image-table time {
  white-space: nowrap;
}

.tally {
  margin-bottom: 0.25rem;
}

.state.missing {
  font-weight: 600;
  padding: 0.1rem 0.4rem;
  margin-left: -0.4rem;
  background: var(--warn-paper);
  border: 1px solid var(--warn-line);
  border-radius: 3px;
  white-space: nowrap;
}

/* Filters. */

#controls {
  display: flex;
  flex-wrap: wrap;
  align-items: flex-end;
  gap: 0.875rem 1.5rem;
  padding: 1rem 1.25rem;
  background: var(--raised);
  border-radius: 6px;
}

fieldset {
  border: 0;
  min-width: 0;
  display: flex;
  flex-wrap: wrap;
  gap: 0.25rem 1rem;
}

legend,
.field label {
  padding: 0;
  margin-bottom: 0.2rem;
  font-size: 0.8125rem;
  font-weight: 600;
  color: var(--soft);
}

.field {
  display: flex;
  flex-direction: column;
}

.field-text {
  flex: 1 1 16rem;
}

.choice {
  display: inline-flex;
  align-items: center;
  gap: 0.4rem;
  min-height: 2.25rem;
}

.last {
  display: flex;
  align-items: center;
  gap: 1.25rem;
}

input,
select,
button {
  font: inherit;
  font-size: 0.9375rem;
  color: inherit;
}

input[type="checkbox"],
input[type="radio"] {
  width: 1.05rem;
  height: 1.05rem;
  margin: 0;
  accent-color: var(--link);
}

input[type="search"],
select,
button {
  min-height: 2.25rem;
  padding: 0.25rem 0.625rem;
  background: var(--paper);
  border: 1px solid var(--strong-line);
  border-radius: 4px;
}

select {
  max-width: 22rem;
}

::placeholder {
  color: var(--soft);
  opacity: 1;
}

button {
  cursor: pointer;
}

button:hover {
  border-color: var(--ink);
}

button[aria-disabled="true"] {
  color: var(--soft);
  border-color: var(--line);
  cursor: default;
}

#shown {
  margin: 1rem 0 0.5rem;
  font-weight: 600;
  font-variant-numeric: tabular-nums;
}

.view + .view {
  margin-top: 2.5rem;
}

.cut {
  margin: 0.75rem 0;
  color: var(--soft);
}

.rows thead th {
  padding-top: 0.25rem;
}

.rows thead button {
  min-height: 2rem;
  margin: 0 0 0 -0.5rem;
  padding: 0 0.5rem;
  font-size: inherit;
  font-weight: inherit;
  text-align: inherit;
  background: none;
  border-color: transparent;
}

.rows thead .number button {
  margin: 0 -0.5rem 0 0;
}

.rows thead button:hover {
  border-color: var(--strong-line);
}

.rows thead [aria-sort] {
  color: var(--ink);
}

.rows thead [aria-sort="ascending"] button::after {
  content: " \\2191" / "";
}

.rows thead [aria-sort="descending"] button::after {
  content: " \\2193" / "";
}

.rows tbody .cell-version,
.rows tbody .cell-fix {
  font-variant-numeric: tabular-nums;
}

#package-table tbody .cell-package {
  font-weight: 600;
}

.share {
  color: var(--soft);
}

details {
  min-width: 0;
}

summary {
  cursor: pointer;
  list-style: none;
}

summary::-webkit-details-marker {
  display: none;
}

summary .id {
  display: block;
}

summary .id::after {
  content: "\\203a" / "";
  display: inline-block;
  margin-left: 0.4em;
  color: var(--soft);
  font-weight: 400;
}

@media (prefers-reduced-motion: no-preference) {
  summary .id::after {
    transition: transform 0.12s;
  }
}

details[open] summary .id::after {
  transform: rotate(90deg);
}

summary:hover .id {
  text-decoration: underline;
  text-underline-offset: 0.15em;
}

.gist {
  display: -webkit-box;
  -webkit-box-orient: vertical;
  -webkit-line-clamp: 1;
  line-clamp: 1;
  overflow: hidden;
  font-size: 0.8125rem;
  color: var(--soft);
}

details[open] .gist {
  display: none;
}

.detail {
  padding: 0.25rem 0 0.5rem;
  font-size: 0.875rem;
}

.description {
  white-space: pre-line;
}

.detail dl {
  margin-top: 0.5rem;
}

.detail dl > div {
  display: grid;
  grid-template-columns: 5rem minmax(0, 1fr);
  gap: 0 0.75rem;
}

.detail dd {
  grid-column: 2;
  overflow-wrap: anywhere;
}

.detail dt {
  grid-row: 1;
  color: var(--soft);
}

#pager {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  justify-content: center;
  gap: 0.5rem;
  margin-top: 1.25rem;
}

#pager[hidden] {
  display: none;
}

#pager span {
  padding: 0 0.75rem;
  font-variant-numeric: tabular-nums;
}

/* What the script is about to hide is not shown for a moment first. */
@media (scripting: enabled) {
  html:not(.ready) .cut,
  html:not(.ready) #view-packages,
  html:not(.ready) .rows tbody tr:nth-child(n + 101) {
    display: none;
  }
}

html.ready .cut {
  display: none;
}

html.ready .view {
  margin-top: 0;
}

@media screen and (max-width: 60rem) {
  .columns {
    grid-template-columns: minmax(0, 1fr);
  }
}

/* Widths of the columns, where there are columns. */
@media (min-width: 46.01rem), print {
  .rows .cell-severity {
    width: 7rem;
  }

  .rows .cell-package,
  .rows .cell-version {
    width: 14%;
  }

  .rows .cell-fix {
    width: 16%;
  }

  .rows .cell-score {
    width: 4.5rem;
  }

  .rows .cell-images {
    width: 6rem;
  }

  #package-table .cell-fix {
    width: 28%;
  }

  .image-table .cell-tally {
    width: 36%;
  }
}

/* Narrow: each row of the big tables becomes a card, its headings a line of buttons. */
@media screen and (max-width: 46rem) {
  body {
    padding: 1.25rem 1rem 3rem;
  }

  .verdict {
    padding: 1rem;
  }

  .verdict h2 {
    font-size: 1.375rem;
  }

  .upgrades li {
    grid-template-columns: minmax(0, 1fr);
  }

  #controls {
    padding: 0.875rem;
  }

  .rows,
  .rows tbody,
  .rows tr,
  .rows th,
  .rows td {
    display: block;
  }

  .rows thead {
    display: block;
    border-bottom: 1px solid var(--strong-line);
  }

  .rows thead tr {
    display: flex;
    flex-wrap: wrap;
  }

  .rows thead th,
  .rows thead th.number {
    width: auto;
    padding: 0 1rem 0 0;
    border: 0;
    text-align: left;
  }

  .rows thead .number button {
    margin: 0 0 0 -0.5rem;
  }

  .rows tbody tr {
    padding: 0.75rem 0;
    border-bottom: 1px solid var(--line);
  }

  .rows tbody th,
  .rows tbody td {
    width: auto;
    padding: 0.1rem 0;
    border: 0;
    text-align: left;
  }

  .key + .key {
    margin-left: 0;
  }

  .state.missing {
    margin-left: 0;
  }

  .image-table thead {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
  }

  .rows tbody td:not(.cell-severity)::before {
    content: attr(data-label) " ";
    color: var(--soft);
    font-weight: 400;
  }
}

@media print {
  :root {
    color-scheme: light;
    --paper: #ffffff;
    --raised: #ffffff;
    --line: #cccccc;
    --ink: #000000;
    --soft: #444444;
    --link: #000000;
    --critical: #86104a;
    --high: #c2410c;
    --medium: #b97f00;
    --low: #3f84bd;
    --negligible: #78828d;
    --unknown: #78828d;
    --warn-paper: #ffffff;
    --warn-line: #b45309;
    --found-line: #86104a;
    --clean-line: #1f7a4d;
  }

  html {
    font-size: 75%;
    print-color-adjust: exact;
    -webkit-print-color-adjust: exact;
  }

  body {
    max-width: none;
    padding: 0;
  }

  .columns {
    gap: 1.5rem 2rem;
  }

  .skip,
  #controls,
  #pager {
    display: none;
  }

  .verdict {
    border: 1px solid var(--line);
    border-left: 5px solid var(--found-line);
  }

  section {
    margin-top: 1.5rem;
  }

  tr,
  .verdict,
  .upgrades li {
    break-inside: avoid;
  }

  h2,
  thead {
    break-after: avoid;
  }

  .gist {
    -webkit-line-clamp: 2;
    line-clamp: 2;
  }
}

/* The page of a run of the pipeline. */

.heard {
  position: absolute;
  width: 1px;
  height: 1px;
  overflow: hidden;
  clip-path: inset(50%);
}

.mono,
.code,
.run-id {
  font-family: var(--mono);
  font-size: 0.875em;
}

.run-id {
  display: block;
  overflow-wrap: anywhere;
}

.line {
  display: block;
}

.line.aside,
.line .aside {
  font-size: 0.8125rem;
}

/* Why it came to that. */

.objections,
.failure,
.expired,
.note ul {
  overflow-wrap: anywhere;
}

.objections {
  margin-top: 0.75rem;
  padding-left: 1.1rem;
}

.objections > li + li {
  margin-top: 0.5rem;
}

.objections ul {
  list-style: none;
  margin-top: 0.25rem;
}

.objections ul .severity {
  min-width: 5.5rem;
}

.verdict .failure {
  margin-top: 0.75rem;
  white-space: pre-line;
  font-weight: 600;
}

.failure .code {
  color: var(--soft);
  font-weight: 400;
}

.decision > p + p {
  margin-top: 0.25rem;
}

.allowances {
  margin-top: 1.25rem;
}

.expired,
.note ul {
  padding-left: 1.1rem;
}

.note li + li {
  margin-top: 0.25rem;
}

.decision > .aside {
  margin-top: 1rem;
}

/* Stages on a line of time. */

.gantt caption {
  margin-bottom: 0.25rem;
  font-size: 0.875rem;
  color: var(--soft);
}

.gantt th,
.gantt td {
  padding: 0 1rem 0 0;
  border: 0;
  vertical-align: middle;
}

.matrix th,
.matrix td {
  padding: 0.35rem 0.75rem;
  border: 0;
  border-radius: 3px;
}

.gantt thead th {
  padding-bottom: 0.25rem;
  vertical-align: bottom;
}

.gantt .name {
  width: 9rem;
  white-space: nowrap;
}

.gantt .took {
  width: 6.5rem;
  white-space: nowrap;
}

.gantt .came {
  width: 30%;
  padding-right: 0;
}

.gantt td.came {
  font-size: 0.875rem;
  color: var(--soft);
}

.gantt tbody th,
.gantt tbody .took,
.gantt tbody .came {
  padding-top: 0.3rem;
  padding-bottom: 0.3rem;
}

/* As high as its row, so that the lines go through. */
.gantt tbody .drawing {
  position: relative;
  height: 2rem;
}

.lane {
  position: absolute;
  top: 0;
  left: 0;
  width: calc(100% - 1rem);
  height: 100%;
  overflow: visible;
  forced-color-adjust: none;
}

.axis {
  display: block;
  width: 100%;
  height: 1.25rem;
  overflow: visible;
}

.axis text {
  font-size: 0.75rem;
  font-weight: 400;
  fill: var(--soft);
}

.lane line {
  stroke: var(--line);
  stroke-width: 1;
}

.lane rect {
  fill: var(--low);
  stroke: var(--low);
  stroke-width: 2;
  stroke-linejoin: round;
}

.lane rect.failed {
  fill: var(--found-line);
  stroke: var(--found-line);
}

.gantt .failed .name {
  font-weight: 600;
}

.gantt .status {
  font-size: 0.8125rem;
  color: var(--soft);
}

.gantt .failed .status {
  color: var(--found-line);
}

.gantt .skipped .name {
  color: var(--soft);
}

/* Images. */

.state.rejected,
.mark.rejects {
  font-weight: 600;
  color: var(--found-line);
}

.state.passed {
  color: var(--clean-line);
  font-weight: 600;
}

.mark {
  white-space: nowrap;
}

.mark.allowed {
  color: var(--soft);
}

#image-table .cell-size,
#image-table .cell-platforms .line,
#allowed-table .cell-until {
  white-space: nowrap;
}

/* Findings by service and severity: the deeper the colour, the nearer to the most of its column. */

.by-service .about {
  margin: -0.5rem 0 0.75rem;
}

.matrix {
  border-collapse: separate;
  border-spacing: 2px;
}

.matrix tbody th,
.matrix tfoot th,
.matrix thead th:first-child {
  padding-left: 0;
  width: 30%;
}

.matrix thead th {
  padding-top: 0;
  padding-bottom: 0.25rem;
}

.matrix tbody .number {
  background: var(--raised);
  print-color-adjust: exact;
  -webkit-print-color-adjust: exact;
}

.matrix .zero {
  color: var(--soft);
}

.matrix .nothing {
  background: var(--warn-paper);
  text-align: center;
}

.matrix tfoot td,
.matrix tfoot th {
  color: var(--soft);
}

.matrix .rejects {
  font-weight: 600;
  color: var(--found-line);
}

.heat {
  --deep: var(--negligible);
}

.heat.critical {
  --deep: var(--critical);
}

.heat.high {
  --deep: var(--high);
}

.heat.medium {
  --deep: var(--medium);
}

.heat.low {
  --deep: var(--low);
}

.matrix tbody .heat-1 {
  background: color-mix(in srgb, var(--deep) 10%, var(--paper));
}

.matrix tbody .heat-2 {
  background: color-mix(in srgb, var(--deep) 18%, var(--paper));
}

.matrix tbody .heat-3 {
  background: color-mix(in srgb, var(--deep) 26%, var(--paper));
}

.matrix tbody .heat-4 {
  background: color-mix(in srgb, var(--deep) 34%, var(--paper));
}

@media (min-width: 46.01rem), print {
  .matrix {
    table-layout: fixed;
  }

  #finding-table .cell-gate {
    width: 5.5rem;
  }
}

@media screen and (max-width: 60rem) {
  .gantt .came {
    width: 26%;
  }
}

@media screen and (max-width: 46rem) {
  .gantt,
  .gantt caption,
  .gantt tbody,
  .gantt thead,
  .gantt tr {
    display: block;
  }

  .matrix tr {
    display: flex;
    flex-wrap: wrap;
    gap: 2px;
  }

  .gantt tbody tr {
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    padding: 0.5rem 0;
    border-bottom: 1px solid var(--line);
  }

  .gantt th,
  .gantt td,
  .gantt tbody th,
  .gantt tbody .took,
  .gantt tbody .came {
    width: auto;
    padding: 0;
  }

  .gantt tbody .drawing,
  .gantt tbody .came {
    grid-column: 1 / -1;
  }

  .gantt thead .name,
  .gantt thead .took,
  .gantt thead .came,
  .card-table thead {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
  }

  .gantt thead .drawing {
    display: block;
  }

  .gantt tbody .took {
    grid-row: 1;
    grid-column: 2;
  }

  .gantt tbody .drawing {
    height: auto;
  }

  .lane {
    position: static;
    display: block;
    width: 100%;
    height: 1.25rem;
  }

  .gantt .skipped .drawing {
    display: none;
  }

  .objections ul .severity {
    min-width: 0;
  }

  .matrix,
  .matrix thead,
  .matrix tbody,
  .matrix tfoot {
    display: block;
  }

  .matrix tbody th,
  .matrix tfoot th,
  .matrix thead th:first-child {
    flex: 1 0 100%;
    width: auto;
    padding: 0.5rem 0 0.1rem;
  }

  .matrix thead th:first-child {
    display: none;
  }

  .matrix td,
  .matrix thead th {
    flex: 1 1 0;
    min-width: 0;
    padding: 0.2rem 0.3rem;
  }

  /* The cards of the images say it, too. */
  .matrix .gate:last-child {
    display: none;
  }

  .matrix thead th {
    padding: 0 0.1rem;
    font-size: 0.625rem;
    overflow-wrap: anywhere;
  }
}

@media print {
  /* Nothing can be copied from paper but what is on it. */
  .digest {
    max-width: none;
    white-space: normal;
    overflow-wrap: anywhere;
  }

  .stages,
  .by-service,
  .allowances {
    break-inside: avoid;
  }

  .lane rect,
  .lane line {
    print-color-adjust: exact;
    -webkit-print-color-adjust: exact;
  }
}
`;

/** The script of a page with findings: it reads the page's data and takes over its tables. */
export const PAGE_SCRIPT = `"use strict";
(() => {
  // src/report/text.ts
  function safeLink(text) {
    if (!/^https?:\\/\\//i.test(text)) return void 0;
    try {
      const url = new URL(text);
      return url.username === "" && url.password === "" ? url.href : void 0;
    } catch {
      return void 0;
    }
  }
  function formatNumber(value) {
    return String(value).replace(/\\B(?=(\\d{3})+$)/g, ",");
  }
  function count(value, singular, plural = \`\${singular}s\`) {
    return \`\${formatNumber(value)} \${value === 1 ? singular : plural}\`;
  }
  function list(parts) {
    return parts.length < 2 ? parts[0] ?? "" : \`\${parts.slice(0, -1).join(", ")} and \${parts[parts.length - 1]}\`;
  }

  // src/model/scan-report.ts
  var FINDING_SEVERITIES = ["critical", "high", "medium", "low", "negligible", "unknown"];

  // src/report/severity.ts
  var SEVERITY_LABELS = {
    critical: "Critical",
    high: "High",
    medium: "Medium",
    low: "Low",
    negligible: "Negligible",
    unknown: "Unknown"
  };
  function severityRank(severity) {
    return FINDING_SEVERITIES.indexOf(severity);
  }
  function noCounts() {
    return { critical: 0, high: 0, medium: 0, low: 0, negligible: 0, unknown: 0 };
  }
  function total(counts) {
    return FINDING_SEVERITIES.reduce((sum, severity) => sum + counts[severity], 0);
  }
  function describeCounts(counts) {
    const present = FINDING_SEVERITIES.filter((severity) => counts[severity] > 0);
    return list(
      present.map((severity) => \`\${formatNumber(counts[severity])} \${SEVERITY_LABELS[severity].toLowerCase()}\`)
    );
  }

  // src/report/html/node.ts
  function h(tag, attributes = {}, ...children) {
    return { tag, attributes, children: children.flat() };
  }

  // src/report/html/severity-name.ts
  function severityName(severity) {
    return h("span", { class: \`severity \${severity}\` }, SEVERITY_LABELS[severity]);
  }

  // src/report/html/finding-columns.ts
  function findingColumns(images, gated) {
    const columns = [
      {
        key: "severity",
        label: "Severity",
        value: ({ finding }) => -severityRank(finding.severity),
        descending: true,
        cell: ({ finding }) => severityName(finding.severity)
      },
      {
        key: "id",
        label: "Vulnerability",
        heading: true,
        value: ({ finding }) => finding.id,
        cell: (row) => vulnerability(row, images)
      },
      { key: "package", label: "Package", value: ({ finding }) => finding.package, cell: (row) => row.finding.package },
      { key: "version", label: "Installed", value: ({ finding }) => finding.version, cell: (row) => row.finding.version },
      {
        key: "fix",
        label: "Fixed in",
        value: ({ finding }) => finding.fixVersion ?? "",
        cell: ({ finding }) => finding.fixVersion ?? h("span", { class: "absent" }, "no fix yet")
      },
      {
        key: "score",
        label: "CVSS",
        numeric: true,
        descending: true,
        value: ({ finding }) => finding.score ?? -1,
        cell: ({ finding }) => finding.score?.toFixed(1) ?? h("span", { class: "absent" }, "none")
      }
    ];
    if (gated) columns.push(GATE_COLUMN);
    if (images.length > 1) columns.push(imagesColumn(images));
    return columns;
  }
  var GATE_COLUMN = {
    key: "gate",
    label: "Gate",
    descending: true,
    value: ({ gate }) => gate === "rejects" ? 2 : gate === "allowed" ? 1 : 0,
    cell: ({ gate }) => gate === void 0 ? "" : h("span", { class: \`mark \${gate}\` }, gate)
  };
  function isGated(rows) {
    return rows.some(({ gate }) => gate !== void 0);
  }
  function imagesColumn(names) {
    return {
      key: "images",
      label: "Images",
      numeric: true,
      descending: true,
      value: (row) => row.images.length,
      cell: (row) => row.images.length === names.length ? "all" : \`\${row.images.length} of \${names.length}\`
    };
  }
  function vulnerability({ finding, images }, names) {
    const { description, cwes, links } = finding;
    const where = names.length > 1 ? images.map((image) => names[image] ?? "") : [];
    return h(
      "details",
      {},
      h("summary", {}, h("span", { class: "id" }, finding.id), description && h("span", { class: "gist" }, description)),
      h(
        "div",
        { class: "detail" },
        h("p", { class: "description" }, description || "The scanner gives no description."),
        h("dl", {}, entry("Weakness", cwes), entry("In", where), entry("Links", links.map(link)))
      )
    );
  }
  function entry(name, values) {
    if (values.length === 0) return void 0;
    return h("div", {}, h("dt", {}, name), ...values.map((value) => h("dd", {}, value)));
  }
  function link(text) {
    const href = safeLink(text);
    return href === void 0 ? text : h("a", { href, rel: "noopener noreferrer" }, href);
  }

  // src/report/html/bar.ts
  function bar(parts, whole, label) {
    const rectangles = [];
    let x = 0;
    for (const part of parts) {
      if (part.value === 0 || whole === 0) continue;
      const width = part.value / whole * 100;
      rectangles.push(
        h("rect", { class: part.class, x: \`\${x.toFixed(3)}%\`, y: "0", width: \`\${width.toFixed(3)}%\`, height: "100%" })
      );
      x += width;
    }
    return h("svg", { class: "bar", role: "img", "aria-label": label }, h("title", {}, label), ...rectangles);
  }
  function severityBar(counts, whole = total(counts)) {
    const parts = FINDING_SEVERITIES.map((severity) => ({ class: \`fill \${severity}\`, value: counts[severity] }));
    return bar(parts, whole, describeCounts(counts) || "no findings");
  }

  // src/report/html/package-columns.ts
  function packageColumns(images) {
    const columns = [
      {
        key: "severity",
        label: "Worst",
        descending: true,
        value: (group) => -severityRank(group.worst) * 1e6 + group.counts[group.worst],
        cell: (group) => severityName(group.worst)
      },
      {
        key: "package",
        label: "Package",
        heading: true,
        value: (group) => group.package,
        cell: (group) => group.package
      },
      { key: "version", label: "Installed", value: (group) => group.version, cell: (group) => group.version },
      {
        key: "fix",
        label: "One upgrade mends",
        descending: true,
        value: (group) => group.fixable,
        cell: upgrade
      },
      {
        key: "findings",
        label: "Findings",
        descending: true,
        value: (group) => group.total,
        cell: (group) => [
          h("span", { class: "tally" }, \`\${formatNumber(group.total)}: \${describeCounts(group.counts)}\`),
          severityBar(group.counts)
        ]
      }
    ];
    if (images.length > 1) columns.push(imagesColumn(images));
    return columns;
  }
  var SHOWN_FIXES = 3;
  function upgrade({ fixes, fixable, total: total2 }) {
    const [first] = fixes;
    if (first === void 0) return h("span", { class: "absent" }, "no fix yet");
    const share = fixable === total2 ? \`all \${formatNumber(total2)}\` : \`\${formatNumber(fixable)} of \${formatNumber(total2)}\`;
    if (fixes.length === 1) {
      return [
        h("span", { class: "share" }, total2 === 1 ? "it" : share),
        " → ",
        h("span", { class: "to" }, first.version)
      ];
    }
    const shown2 = fixes.slice(0, SHOWN_FIXES).map(({ version, mends }) => \`\${version} (\${count(mends, "finding")})\`);
    const more = fixes.length - shown2.length;
    return [
      h("span", { class: "share" }, share),
      \` → \${shown2.join(", ")}\${more > 0 ? \` and \${more} more versions\` : ""}\`
    ];
  }

  // src/report/html/package-groups.ts
  function groupByPackage(rows) {
    const tallies = /* @__PURE__ */ new Map();
    for (const { finding, images } of rows) {
      const key = \`\${finding.package}\\0\${finding.version}\`;
      const tally = tallies.get(key) ?? emptyTally(finding);
      tallies.set(key, tally);
      tally.counts[finding.severity]++;
      if (finding.fixVersion !== void 0) {
        tally.fixes.set(finding.fixVersion, (tally.fixes.get(finding.fixVersion) ?? 0) + 1);
        tally.fixable[finding.severity]++;
      }
      for (const image of images) tally.images.add(image);
    }
    return Array.from(tallies.values(), summarise).sort(byWorst);
  }
  function emptyTally(finding) {
    return { finding, counts: noCounts(), fixable: noCounts(), fixes: /* @__PURE__ */ new Map(), images: /* @__PURE__ */ new Set() };
  }
  function summarise({ finding, counts, fixable, fixes, images }) {
    const worstFixable = worstOf(fixable);
    return {
      package: finding.package,
      version: finding.version,
      worst: worstOf(counts) ?? "unknown",
      ...worstFixable === void 0 ? {} : { worstFixable },
      total: total(counts),
      counts,
      fixable: total(fixable),
      fixes: [...fixes].map(([version, mends]) => ({ version, mends })).sort((a, b) => b.mends - a.mends),
      images: [...images].sort((a, b) => a - b)
    };
  }
  function worstOf(counts) {
    return FINDING_SEVERITIES.find((severity) => counts[severity] > 0);
  }
  function byWorst(a, b) {
    return severityRank(a.worst) - severityRank(b.worst) || b.counts[a.worst] - a.counts[b.worst] || b.total - a.total;
  }

  // src/report/html/page-data.ts
  var GATES = ["rejects", "allowed"];
  function readPageData(text) {
    const data2 = JSON.parse(text);
    const details = [];
    const rows = data2.rows.map(
      ([id, severity, package_, version, fixVersion, images, detail, gate], index) => {
        const found = typeof detail === "number" ? details[detail] : detail;
        const [description, links, score, cwes] = found ?? ["", [], null, []];
        details[index] = [description, links, score, cwes];
        const finding = {
          id,
          severity: FINDING_SEVERITIES[severity] ?? "unknown",
          package: package_,
          version,
          ...fixVersion === 0 ? {} : { fixVersion },
          description,
          links,
          ...score === null ? {} : { score },
          cwes
        };
        const said = gate === void 0 ? void 0 : GATES[gate];
        return { finding, images: images === 0 ? [0] : images, ...said === void 0 ? {} : { gate: said } };
      }
    );
    return { images: data2.images, rows };
  }

  // src/report/html/browser/controls.ts
  function pageControls(root, onChange, onReset) {
    const inputs = (name) => [...root.querySelectorAll(\`input[name="\${name}"]\`)];
    const views2 = inputs("view");
    const severities = inputs("severity");
    const [fixable] = inputs("fixable");
    const text = root.querySelector("#text");
    const image = root.querySelector("#image");
    root.addEventListener("input", onChange);
    root.querySelector("#reset")?.addEventListener("click", onReset);
    return {
      read() {
        const chosen = severities.filter(({ checked }) => checked).map(({ value }) => value);
        return {
          view: views2.some(({ checked, value }) => checked && value === "packages") ? "packages" : "findings",
          severities: FINDING_SEVERITIES.filter((severity) => chosen.includes(severity)),
          fixableOnly: fixable?.checked === true,
          text: text?.value ?? "",
          image: image === null || image.value === "" ? void 0 : Number(image.value)
        };
      },
      write(filter) {
        for (const input of views2) input.checked = input.value === filter.view;
        for (const input of severities) input.checked = filter.severities.some((severity) => severity === input.value);
        if (fixable !== void 0) fixable.checked = filter.fixableOnly;
        if (text !== null && text.value !== filter.text) text.value = filter.text;
        if (image !== null) image.value = filter.image === void 0 ? "" : String(filter.image);
      }
    };
  }

  // src/report/html/table.ts
  function tableRow(row, columns) {
    return h(
      "tr",
      {},
      ...columns.map((column) => {
        const attributes = { class: cellClass(column), "data-label": column.label };
        return column.heading ? h("th", { scope: "row", ...attributes }, column.cell(row)) : h("td", attributes, column.cell(row));
      })
    );
  }
  function cellClass({ key, numeric }) {
    return numeric ? \`cell-\${key} number\` : \`cell-\${key}\`;
  }

  // src/report/html/browser/sort.ts
  function sortRows(rows, column, descending) {
    const keyed = rows.map((row) => [keyOf(column.value(row)), row]);
    const direction = descending ? -1 : 1;
    keyed.sort(([a], [b]) => a < b ? -direction : a > b ? direction : 0);
    return keyed.map(([, row]) => row);
  }
  function keyOf(value) {
    return typeof value === "number" ? value : value.toLowerCase().replace(/\\d+/g, (digits) => digits.padStart(12, "0"));
  }

  // src/report/html/browser/to-dom.ts
  var SVG = "http://www.w3.org/2000/svg";
  function toDom(node, svg = false) {
    const inSvg = svg || node.tag === "svg";
    const element = inSvg ? document.createElementNS(SVG, node.tag) : document.createElement(node.tag);
    for (const [name, value] of Object.entries(node.attributes)) {
      if (value !== void 0) element.setAttribute(name, value);
    }
    element.append(
      ...node.children.filter(isPresent).map((child) => typeof child === "string" ? child : toDom(child, inSvg))
    );
    return element;
  }
  function isPresent(child) {
    return child !== void 0;
  }

  // src/report/html/browser/data-table.ts
  function dataTable(element, columns, onSort2) {
    const [body] = element.tBodies;
    const columnOf = (key) => columns.find((column) => column.key === key) ?? columns[0];
    const headings = [...element.querySelectorAll("th[data-key]")];
    for (const heading of headings) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...heading.childNodes);
      const column = columnOf(heading.dataset.key ?? "");
      button.addEventListener("click", () => column && onSort2(column.key, column.descending === true));
      heading.append(button);
    }
    return {
      sortKey: (key) => columnOf(key)?.key ?? key,
      sort(rows, key, descending) {
        const column = columnOf(key);
        return column === void 0 ? rows : sortRows(rows, column, descending);
      },
      show(rows, key, descending) {
        for (const heading of headings) {
          if (heading.dataset.key === key) heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
          else heading.removeAttribute("aria-sort");
        }
        body?.replaceChildren(...rows.map((row) => toDom(tableRow(row, columns))));
      }
    };
  }

  // src/report/html/browser/pager.ts
  function pager(root, onPage) {
    const button = (text) => {
      const element = document.createElement("button");
      element.type = "button";
      element.textContent = text;
      return element;
    };
    const first = button("First");
    const previous = button("Previous");
    const next = button("Next");
    const last = button("Last");
    const where = document.createElement("span");
    let current = 0;
    let count2 = 1;
    first.addEventListener("click", () => onPage(0));
    previous.addEventListener("click", () => onPage(current - 1));
    next.addEventListener("click", () => onPage(current + 1));
    last.addEventListener("click", () => onPage(count2 - 1));
    root.replaceChildren(first, previous, where, next, last);
    return (page, pages) => {
      current = page;
      count2 = pages;
      root.hidden = pages < 2;
      where.textContent = \`Page \${page + 1} of \${pages}\`;
      for (const element of [first, previous]) element.setAttribute("aria-disabled", String(page === 0));
      for (const element of [next, last]) element.setAttribute("aria-disabled", String(page >= pages - 1));
    };
  }

  // src/report/html/browser/query.ts
  var DEFAULT_QUERY = {
    view: "findings",
    severities: [],
    fixableOnly: false,
    text: "",
    image: void 0,
    sort: "severity",
    descending: true,
    page: 0
  };
  function parseQuery(hash) {
    const values = new URLSearchParams(hash.replace(/^#/, ""));
    const asked = (values.get("severity") ?? "").split(",");
    const sort = values.get("sort") ?? DEFAULT_QUERY.sort;
    const order = values.get("order");
    return {
      view: values.get("view") === "packages" ? "packages" : "findings",
      severities: FINDING_SEVERITIES.filter((severity) => asked.includes(severity)),
      fixableOnly: values.get("fixable") === "yes",
      text: values.get("text") ?? "",
      image: wholeNumber(values.get("image")),
      sort,
      descending: order === null ? sort === DEFAULT_QUERY.sort : order === "descending",
      page: Math.max(0, (wholeNumber(values.get("page")) ?? 1) - 1)
    };
  }
  function formatQuery(query2) {
    const values = new URLSearchParams();
    if (query2.view !== "findings") values.set("view", query2.view);
    if (query2.severities.length > 0) values.set("severity", query2.severities.join(","));
    if (query2.fixableOnly) values.set("fixable", "yes");
    if (query2.text !== "") values.set("text", query2.text);
    if (query2.image !== void 0) values.set("image", String(query2.image));
    if (query2.sort !== DEFAULT_QUERY.sort || !query2.descending) {
      values.set("sort", query2.sort);
      values.set("order", query2.descending ? "descending" : "ascending");
    }
    if (query2.page > 0) values.set("page", String(query2.page + 1));
    const text = values.toString().replaceAll("%2C", ",");
    return text === "" ? "" : \`#\${text}\`;
  }
  function isFiltered({ severities, fixableOnly, text, image }) {
    return severities.length > 0 || fixableOnly || text.trim() !== "" || image !== void 0;
  }
  function filterRows(rows, query2, textOf2) {
    const severities = new Set(query2.severities);
    const words = query2.text.toLowerCase().split(/\\s+/).filter(Boolean);
    return rows.filter((row) => {
      if (severities.size > 0 && !severities.has(row.finding.severity)) return false;
      if (query2.fixableOnly && row.finding.fixVersion === void 0) return false;
      if (query2.image !== void 0 && !row.images.includes(query2.image)) return false;
      if (words.length === 0) return true;
      const text = textOf2(row);
      return words.every((word) => text.includes(word));
    });
  }
  function wholeNumber(text) {
    return text !== null && /^\\d{1,9}$/.test(text) ? Number(text) : void 0;
  }

  // src/report/html/browser/main.ts
  var PAGE_ROWS = 100;
  var PRINTED_ROWS = 2e3;
  function byId(id) {
    const element = document.getElementById(id);
    if (element === null) throw new Error(\`the page has no #\${id}\`);
    return element;
  }
  var data = readPageData(byId("data").textContent ?? "");
  var texts = /* @__PURE__ */ new Map();
  var shown = byId("shown");
  var views = { findings: byId("view-findings"), packages: byId("view-packages") };
  var query = parseQuery(location.hash);
  var rowsPerPage = PAGE_ROWS;
  var sorted;
  var onSort = (key, descending) => update({ sort: key, descending: query.sort === key ? !query.descending : descending, page: 0 });
  var findings = dataTable(
    byId("finding-table"),
    findingColumns(data.images, isGated(data.rows)),
    onSort
  );
  var packages = dataTable(byId("package-table"), packageColumns(data.images), onSort);
  var controls = pageControls(
    byId("controls"),
    () => update({ ...controls.read(), page: 0 }),
    () => update({ ...DEFAULT_QUERY, view: query.view, sort: query.sort, descending: query.descending })
  );
  var showPager = pager(byId("pager"), (page) => {
    update({ page });
    byId("findings").scrollIntoView();
  });
  function update(change) {
    query = { ...query, ...change };
    show();
    const address = formatQuery(query);
    if (address !== location.hash) history.replaceState(null, "", address || location.pathname + location.search);
  }
  function show() {
    performance.mark("objdocker:start");
    const { findings: foundRows, packages: groups } = ordered();
    const isPackages = query.view === "packages";
    const all = isPackages ? groups.length : foundRows.length;
    const pages = Math.max(1, Math.ceil(all / rowsPerPage));
    const page = Math.min(query.page, pages - 1);
    query = { ...query, page };
    const from = page * rowsPerPage;
    const to = Math.min(all, from + rowsPerPage);
    views.findings.hidden = isPackages;
    views.packages.hidden = !isPackages;
    if (isPackages) packages.show(groups.slice(from, to), packages.sortKey(query.sort), query.descending);
    else findings.show(foundRows.slice(from, to), findings.sortKey(query.sort), query.descending);
    shown.textContent = describe(all, from, to, foundRows.length);
    showPager(page, pages);
    controls.write(query);
    performance.measure("objdocker:show", "objdocker:start");
  }
  function ordered() {
    const of = formatQuery({ ...query, page: 0 });
    if (sorted?.of === of) return sorted;
    const rows = filterRows(data.rows, query, textOf);
    const isPackages = query.view === "packages";
    sorted = {
      of,
      findings: isPackages ? rows : findings.sort(rows, query.sort, query.descending),
      packages: isPackages ? packages.sort(groupByPackage(rows), query.sort, query.descending) : []
    };
    return sorted;
  }
  function describe(all, from, to, found) {
    const filtered = isFiltered(query) ? \` of \${formatNumber(data.rows.length)}\` : "";
    const what = query.view === "packages" ? \`\${count(all, "package")} with \${formatNumber(found)}\${filtered} \${found === 1 ? "finding" : "findings"}\` : \`\${formatNumber(all)}\${filtered} \${all === 1 && filtered === "" ? "finding" : "findings"}\`;
    if (all === 0) return \`Nothing matches: 0\${filtered} findings.\`;
    return to - from === all ? \`\${what}.\` : \`\${what}; rows \${formatNumber(from + 1)} to \${formatNumber(to)}.\`;
  }
  function textOf(row) {
    let text = texts.get(row);
    if (text === void 0) {
      const { id, package: name, version, fixVersion = "", description, cwes } = row.finding;
      text = [id, name, version, fixVersion, description, ...cwes].join("\\n").toLowerCase();
      texts.set(row, text);
    }
    return text;
  }
  addEventListener("hashchange", () => {
    if (document.getElementById(location.hash.slice(1)) !== null) return;
    query = parseQuery(location.hash);
    show();
  });
  addEventListener("beforeprint", () => {
    rowsPerPage = PRINTED_ROWS;
    show();
  });
  addEventListener("afterprint", () => {
    rowsPerPage = PAGE_ROWS;
    show();
  });
  show();
  document.documentElement.classList.add("ready");
  performance.mark("objdocker:ready");
})();
`;
