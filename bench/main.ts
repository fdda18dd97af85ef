import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { benchBuild } from './build.ts';
import { benchChanges } from './changes.ts';
import { benchContext } from './context.ts';
import { benchDockerfile } from './dockerfile.ts';
import { benchHarbor } from './harbor.ts';
import { benchList } from './list.ts';
import type { MeasureOptions, Row } from './measure.ts';
import { benchPage } from './page.ts';
import { run } from './process.ts';
import { benchPush } from './push.ts';
import { allReached, loadWarning, renderRows, toJson } from './report.ts';
import { FLAVOURS, type Flavour } from './sandbox.ts';
import { benchStart } from './start.ts';

const USAGE = `usage: npm run bench -- [build | changes | push | list | harbor | start | dockerfile | context | page]... [options]

  --rounds N        number of rounds (default: 5)
  --engine FLAVOUR  trixie (Engine 26) or bookworm (20.10); may be given twice
                    (default: builds on trixie, pushes and lists on both)
  --json FILE       write all times as JSON
`;

const BENCHES = ['build', 'changes', 'push', 'list', 'harbor', 'start', 'dockerfile', 'context', 'page'] as const;

interface Wanted {
  readonly benches: readonly string[];
  readonly rounds: number;
  readonly engines: readonly Flavour[] | undefined;
  readonly json: string | undefined;
}

function readArguments(): Wanted {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '5' },
      engine: { type: 'string', multiple: true },
      json: { type: 'string' },
    },
  });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new TypeError(`--rounds must be a whole number from 1, not ${values.rounds}`);
  const unknown = positionals.find((name) => !BENCHES.some((bench) => bench === name));
  if (unknown !== undefined) throw new TypeError(`unknown bench '${unknown}'`);
  const engines = values.engine?.map((name) => {
    const flavour = FLAVOURS.find((known) => known === name);
    if (flavour === undefined) throw new TypeError(`--engine must be trixie or bookworm, not ${name}`);
    return flavour;
  });
  return { benches: positionals.length === 0 ? BENCHES : positionals, rounds, engines, json: values.json };
}

async function runBenches({ benches, rounds, engines }: Wanted, signal: AbortSignal): Promise<Row[]> {
  const rows: Row[] = [];
  const options = (title: string): MeasureOptions => ({
    rounds,
    signal,
    onRun: (name, round, seconds) => console.error(`${title} ${round + 1}/${rounds}  ${seconds.toFixed(2)} s  ${name}`),
  });
  await run(['bash', '-c', '. script/lib/setup.sh && build_cli'], { signal });
  for (const flavour of benches.includes('build') ? (engines ?? (['trixie'] as const)) : [])
    rows.push(...(await benchBuild(flavour, options(`build on ${flavour}`))));
  if (benches.includes('changes')) rows.push(...(await benchChanges(options('changes'))));
  for (const flavour of benches.includes('push') ? (engines ?? FLAVOURS) : [])
    rows.push(...(await benchPush(flavour, options(`push on ${flavour}`))));
  for (const flavour of benches.includes('list') ? (engines ?? FLAVOURS) : [])
    rows.push(...(await benchList(flavour, options(`list on ${flavour}`))));
  if (benches.includes('harbor')) rows.push(...(await benchHarbor(options('harbor'))));
  if (benches.includes('start')) rows.push(...(await benchStart(options('start'))));
  if (benches.includes('dockerfile')) rows.push(...(await benchDockerfile(options('dockerfile'))));
  if (benches.includes('context')) rows.push(...(await benchContext(options('context'))));
  if (benches.includes('page')) rows.push(...(await benchPage(options('page'))));
  return rows;
}

async function main(): Promise<number> {
  let wanted: Wanted;
  try {
    wanted = readArguments();
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    return 2;
  }
  const interrupt = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (!interrupt.signal.aborted) console.error('interrupted: removing the engine and the registry');
      interrupt.abort(new Error(`ended by ${name}`));
    });
  }
  const warning = loadWarning();
  if (warning !== undefined) console.error(`warning: ${warning}`);
  try {
    const rows = await runBenches(wanted, interrupt.signal);
    process.stdout.write(renderRows(rows));
    if (wanted.json !== undefined) await writeFile(wanted.json, `${JSON.stringify(toJson(rows, wanted), null, 2)}\n`);
    return allReached(rows) ? 0 : 1;
  } catch (error) {
    if (interrupt.signal.aborted) return 130;
    console.error(error instanceof Error ? error.message : error);
    return 3;
  }
}

process.exitCode = await main();
