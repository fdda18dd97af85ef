import { cpus, loadavg } from 'node:os';
import Table from 'cli-table3';
import { median, type Row } from './measure.ts';

/** Renders the results as a table for a terminal. */
export function renderRows(rows: readonly Row[]): string {
  const table = new Table({
    head: ['what', 'against', 'ratio', 'target', '', 'seconds', 'seconds of the other'],
    style: { head: [], border: [] },
  });
  for (const { what, against, ratio, target, seconds, peerSeconds } of rows) {
    const limit = target === undefined ? '' : `≤ ${target.toFixed(2)}`;
    table.push([
      what,
      against,
      ratio.toFixed(2),
      limit,
      verdict({ ratio, target }),
      spread(seconds),
      spread(peerSeconds),
    ]);
  }
  return `${table}\n\nA ratio is the median of the ratios of all rounds. Seconds are the median (minimum–maximum).\n`;
}

/** Whether every row reached its target. */
export function allReached(rows: readonly Row[]): boolean {
  return rows.every(({ ratio, target }) => target === undefined || ratio <= target);
}

/** The JSON output: all rows with all times, and the environment of the run. */
export function toJson(rows: readonly Row[], { rounds }: { rounds: number }) {
  return {
    machine: { cpus: cpus().length, node: process.version },
    rounds,
    rows: rows.map(({ what, against, ratio, target, seconds, peerSeconds }) => ({
      what,
      against,
      ratio: round(ratio),
      ...(target === undefined ? {} : { target, reached: ratio <= target }),
      seconds: seconds.map(round),
      peerSeconds: peerSeconds.map(round),
    })),
  };
}

/** A warning when other load on the machine makes the results unreliable. */
export function loadWarning(): string | undefined {
  const [lastMinute = 0] = loadavg();
  if (lastMinute < 0.5) return undefined;
  return `the machine is busy (load ${lastMinute.toFixed(1)} on ${cpus().length} processors): the results will be noisy`;
}

function verdict({ ratio, target }: { ratio: number; target: number | undefined }): string {
  if (target === undefined) return '';
  return ratio <= target ? 'reached' : 'MISSED';
}

function spread(seconds: readonly number[]): string {
  const digits = median(seconds) < 1 ? 3 : 1;
  const [middle, least, most] = [median(seconds), Math.min(...seconds), Math.max(...seconds)];
  return `${middle.toFixed(digits)} (${least.toFixed(digits)}–${most.toFixed(digits)})`;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
