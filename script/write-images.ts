import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { SerializeAddon } from '@xterm/addon-serialize';
import headless from '@xterm/headless';
import { chromium } from 'playwright-core';
import { shellInTerminal } from '../test/harness/terminal.ts';

// Makes the README's pictures from a real run of the pipeline against the sandbox (`script/sandbox up` and `base-images`
// first): the live tree while images are scanned, and the HTML report.

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const IMAGES = join(ROOT, 'docs/images');
const COLUMNS = 100;

const run = promisify(execFile);

/** What the terminal shows, as HTML with its colors. */
interface Frame {
  readonly text: string;
  readonly html: string;
}

class RecordedTerminal {
  readonly frames: Frame[] = [];
  readonly #terminal = new headless.Terminal({ cols: COLUMNS, rows: 40, allowProposedApi: true, convertEol: true });
  readonly #serializer = new SerializeAddon();

  constructor() {
    this.#terminal.loadAddon(this.#serializer);
  }

  write(text: string): void {
    this.#terminal.write(text, () => this.frames.push(this.#frame()));
  }

  #frame(): Frame {
    const { buffer, rows } = this.#terminal;
    const lines = Array.from({ length: rows }, (_, y) => buffer.active.getLine(y)?.translateToString(true) ?? '');
    const text = lines.join('\n').trimEnd();
    const range = { startLine: 0, endLine: text.split('\n').length - 1, startCol: 0 };
    return { text, html: this.#serializer.serializeAsHTML({ range }) };
  }
}

async function recordPipeline(env: Record<string, string>, report: string): Promise<RecordedTerminal> {
  const terminal = new RecordedTerminal();
  const words = [
    process.execPath,
    join(ROOT, 'dist/cli/main.js'),
    '-c',
    join(ROOT, 'examples/axion/config.sandbox.yaml'),
  ];
  const command = [...words, 'pipeline', '--report', report].map((word) => `'${word}'`).join(' ');
  const { ended } = shellInTerminal(`exec ${command}`, {
    columns: COLUMNS,
    rows: 40,
    env: { ...env, FORCE_COLOR: '1' },
    onText: (text) => terminal.write(text),
  });
  const code = await ended;
  if (code !== 0) throw new Error(`the pipeline ended with ${code}:\n${terminal.frames.at(-1)?.text}`);
  return terminal;
}

/** The variables of the sandbox, on top of this process's own. */
async function sandboxEnvironment(): Promise<Record<string, string>> {
  const { stdout } = await run('bash', ['-c', 'eval "$(script/sandbox env)" && env -0'], { cwd: ROOT });
  const entries = stdout.split('\0').filter((entry) => entry.includes('='));
  return Object.fromEntries(
    entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  );
}

function terminalPage({ html }: Frame): string {
  return `<!doctype html><meta charset="utf-8"><style>
    body { margin: 0; background: #16191f; }
    main { display: inline-block; padding: 18px 22px; }
    pre { margin: 0; }
    pre, pre div { font: 15px/1.4 "DejaVu Sans Mono", monospace; background: transparent !important; color: #d7dae0; }
  </style><main>${html}</main>`;
}

const folder = await mkdtemp(join(tmpdir(), 'objdocker-images-'));
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
try {
  const env = await sandboxEnvironment();
  const { frames } = await recordPipeline(env, folder);
  await mkdir(IMAGES, { recursive: true });
  const live = frames.findLast(({ text }) => /^. scan\b/m.test(text) && text.includes('running'));
  if (live === undefined) throw new Error('the terminal never showed a running scan');
  const page = await browser.newPage({ viewport: { width: 1000, height: 800 }, deviceScaleFactor: 2 });
  await page.setContent(terminalPage(live));
  await page.locator('main').screenshot({ path: join(IMAGES, 'pipeline.png') });
  await page.setViewportSize({ width: 1200, height: 820 });
  await page.goto(pathToFileURL(join(folder, 'index.html')).href);
  await page.screenshot({ path: join(IMAGES, 'report.png') });
} finally {
  await browser.close();
  await rm(folder, { recursive: true, force: true });
}
