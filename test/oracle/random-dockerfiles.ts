import { readdirSync, readFileSync } from 'node:fs';
import { readCases } from './cases.ts';
import type { Question } from './oracle.ts';

/** Numbers that follow from a seed (mulberry32). */
class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** At least 0 and less than 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let value = this.#state;
    value = Math.imul(value ^ (value >>> 15), value | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(values: readonly [T, ...T[]] | readonly T[]): T {
    const value = values[this.below(values.length)];
    if (value === undefined) throw new RangeError('nothing to pick from');
    return value;
  }
}

const LARGEST_SOURCE = 6_000;
const EXAMPLES = new URL('../../examples/', import.meta.url);

/** The files that mutations start from: the cases and the examples. Text as Latin-1, one character for each byte. */
export function readSources(): string[] {
  const examples = readdirSync(EXAMPLES, { recursive: true, encoding: 'utf8' })
    .filter((name) => /(?:^|\/)Dockerfile$|\.dockerfile$/.test(name))
    .map((name) => readFileSync(new URL(name, EXAMPLES)));
  const cases = readCases().map(({ dockerfile }) => dockerfile);
  return [...cases, ...examples]
    .filter(({ length }) => length <= LARGEST_SOURCE)
    .map((bytes) => Buffer.from(bytes).toString('latin1'));
}

/** The Dockerfile of a seed: always the same for the same sources. */
export function randomQuestion(seed: number, sources: readonly string[]): Question {
  const random = new Random(seed);
  const isWritten = random.chance(0.55);
  let text = isWritten ? fromGrammar(random) : random.pick(sources);
  if (random.chance(isWritten ? 0.35 : 0.9)) {
    const count = 1 + random.below(random.chance(0.2) ? 12 : 3);
    for (let done = 0; done < count; done++) text = mutate(text, random, sources);
  }
  const buildArgs: Record<string, string> = {};
  if (random.chance(0.25))
    for (let count = 1 + random.below(3); count > 0; count--) buildArgs[random.pick(ARG_NAMES)] = random.pick(VALUES);
  return { dockerfile: Buffer.from(text, 'latin1'), buildArgs };
}

function latin1(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

const ARG_NAMES = [
  'A',
  'B',
  'TAG',
  'BASE',
  'DIR',
  'TARGETARCH',
  'BUILDPLATFORM',
  'TARGETSTAGE',
  'SOURCE_DATE_EPOCH',
  'http_proxy',
  'PATH',
  'é',
];
const VALUES = [
  '',
  '1',
  'one',
  'a b',
  'alpine:3.20',
  'base',
  'scratch',
  '/x/y',
  'linux/arm64',
  '$A',
  '"q"',
  'x=y',
  '0',
  '+7',
  'context',
  'é',
  'a.b/c',
  'UPPER',
];
const NAMES = ['base', 'build', 'web', 'Web', 'a', 'b', 'scratch', 'api-amd64', 'x.y_z', 'context', '0a', 'one'];
const IMAGES = [
  'alpine:3.20',
  'busybox',
  'scratch',
  'registry.test:5000/team/app:1',
  `python@sha256:${'a'.repeat(64)}`,
  'Alpine',
  'a:b:c',
  'base',
  'build',
  'web',
  '${BASE}',
  '$TAG',
  '${BASE:-alpine}',
  'api-${TARGETARCH}',
  'r.test/${TARGETSTAGE}',
  '""',
  'x/Y',
  '0',
  'localhost/x',
  'a'.repeat(64),
  '${A}${B}',
  'index.docker.io/x',
  'Up/x',
];
const WORDS = [
  'a',
  'b.txt',
  '/x',
  './y/',
  '../z',
  '*.txt',
  '.',
  'C:\\dir',
  '$A',
  '${DIR}',
  '${A:-b}',
  '${A:+c}',
  '${A?no}',
  '${B:?why}',
  '${A#a*}',
  '${A##*/}',
  '${A%b}',
  '${A%%?}',
  '${A/o/x}',
  '${A//o/$0}',
  '${A//*/z}',
  '"q u"',
  "'s q'",
  'x\\ y',
  '\\$A',
  '$$',
  '$1',
  '${',
  '${}',
  '${A',
  '"open',
  "'open",
  'https://x.test/a.tgz',
  'https://g.test/r.git#v1:sub',
  'git@g.test:o/r.git',
  'git@g.test:o/r.git?ref=a&tag=b',
  'github.com/o/r',
  'ssh://git@g.test/r',
  'http://[::1/x',
  '<<EOF',
  '<<-EOF',
  "<<'E F'",
  '3<<EOF',
  '<<<EOF',
  '<<',
  'a<<b',
  '<< EOF',
  'é',
  '\u212a',
  '\u00a0',
  '\u0085',
  '#x',
  '--',
  '--x',
  '%41',
  '`',
  '\\',
  '|',
  '&&',
  ';',
  '0',
  '-1',
  '+1',
  '8080',
  '53/udp',
  '1-3',
  '::1:80:80',
  'SIGTERM',
  '$A:$B',
];
const KEYS = [
  'type',
  'from',
  'source',
  'src',
  'target',
  'dst',
  'destination',
  'ro',
  'rw',
  'readonly',
  'required',
  'id',
  'sharing',
  'mode',
  'uid',
  'gid',
  'size',
  'env',
  'Type',
  'x',
  '',
];
const MOUNT_VALUES = [
  'bind',
  'cache',
  'tmpfs',
  'secret',
  'ssh',
  'volume',
  'Cache',
  'base',
  'build',
  'web',
  'alpine',
  '$A',
  '${DIR}',
  '/x',
  'x',
  '',
  'true',
  'false',
  '0',
  '1',
  'T',
  'locked',
  'shared',
  '0644',
  '9',
  '64m',
  '1.5GiB',
  '"',
  '"a',
  'a b',
  '/',
  'Tools/Bin',
  'a$',
  '-1',
];
const FLAGS = [
  '--from=base',
  '--from=0',
  '--from=1',
  '--from=5',
  '--from=-1',
  '--from=+0',
  '--from=alpine',
  '--from=Web',
  '--from=$A',
  '--from=',
  '--from="base"',
  '--from=Up/x',
  '--chown=1:1',
  '--chown=$A',
  '--chmod=0644',
  '--chmod=u=rw,go+r',
  '--chmod=99999',
  '--chmod=abc',
  '--chmod=u',
  '--link',
  '--link=false',
  '--link=',
  '--link=maybe',
  '--parents',
  '--exclude=*.md',
  '--exclude=a',
  '--keep-git-dir=true',
  `--checksum=sha256:${'b'.repeat(64)}`,
  '--checksum=x',
  '--unpack',
  '--network=host',
  '--network=x',
  '--security=sandbox',
  '--security=x',
  '--device=a,required',
  '--device=a,b=c',
  '--platform=linux/arm64',
  '--platform=$BUILDPLATFORM',
  '--platform=$NONE',
  '--platform=windows/amd64',
  '--platform=windows',
  '--platform=arm',
  '--platform=a/b/c/d',
  '--platform=linux',
  '--platform=x',
  '--interval=3s',
  '--interval=1',
  '--timeout=1h2m',
  '--retries=3',
  '--retries=-1',
  '--start-period=1.5ms',
  '--x',
  '--',
  '--form=base',
  "--chown='a b'",
  '--chmod',
  '--é=1',
  '--from=à',
];
const KEYWORDS = [
  'FROM',
  'RUN',
  'COPY',
  'ADD',
  'ARG',
  'ENV',
  'LABEL',
  'WORKDIR',
  'USER',
  'CMD',
  'ENTRYPOINT',
  'EXPOSE',
  'VOLUME',
  'STOPSIGNAL',
  'SHELL',
  'HEALTHCHECK',
  'MAINTAINER',
  'ONBUILD',
];
const DIRECTIVES = [
  '# escape=`',
  '# escape=\\',
  '# escape=x',
  '# syntax=docker/dockerfile:1',
  '#syntax = a b',
  '# check=skip=all',
  '# check=error=true',
  '# check=skip=JSONArgsRecommended;error=true',
  '# check=x',
  '# comment',
  '#',
  '#!/bin/sh',
  '// syntax=x',
  '{"syntax":"y"}',
  '',
  ' # escape=`',
];
const JSON_FORMS = [
  '["a", "b"]',
  '["a b", "/x/"]',
  '[]',
  '["a", 1]',
  '["a"',
  '[a, b]',
  '["\\u00e9", "x"]',
  '[ "a" ,"b" ]  ',
  '[["a"]]',
  '["<<EOF", "/x"]',
  '["a", null]',
  '[1e999]',
  '["$A", "/${DIR}/"]',
  '[""]',
  '["\\ud800"]',
  '["a",]',
];
const PIECES = [
  ...WORDS,
  ...FLAGS,
  ...JSON_FORMS,
  '\n',
  '\\\n',
  ' \\ \n',
  '`\n',
  '\r\n',
  '\t',
  ' ',
  '  ',
  '"',
  "'",
  '$',
  '{',
  '}',
  '=',
  ',',
  ':',
  '/',
  '<<',
  'EOF\n',
  '\nEOF\n',
  '#',
  '\u00a0',
  '\u2003',
  '\ufeff',
  '\0',
  '\v',
  '\f',
  'ONBUILD ',
  ' AS ',
  ' as x',
  'RUN ',
  'FROM ',
  'COPY ',
  '\u0130',
  '\u017f',
  '\u{1f600}',
].map(latin1);
const BYTES = ['\x00', '\x80', '\xa0', '\x85', '\xff', '\xc3', '\xe2\x82', '\xed\xa0\x80', '\xf0\x9f', '\xc0\xaf'];

function words(random: Random, most: number): string {
  return Array.from({ length: random.below(most + 1) }, () => random.pick(WORDS)).join(' ');
}

function mount(random: Random): string {
  const fields = Array.from({ length: 1 + random.below(4) }, () =>
    random.chance(0.15) ? random.pick(KEYS) : `${random.pick(KEYS)}=${random.pick(MOUNT_VALUES)}`,
  );
  const usual = random.chance(0.6) ? [`type=${random.pick(['bind', 'cache', 'secret', 'ssh', 'tmpfs'])}`] : [];
  const target = random.chance(0.6) ? ['target=/t'] : [];
  return `--mount=${[...usual, ...fields, ...target].join(',')}`;
}

function pairs(random: Random): string {
  if (random.chance(0.15)) return `${random.pick(ARG_NAMES)} ${words(random, 2)}`;
  return Array.from(
    { length: 1 + random.below(3) },
    () => `${random.pick(ARG_NAMES)}=${random.pick([...WORDS, ...VALUES])}`,
  ).join(' ');
}

function heredoc(random: Random): string {
  const name = random.pick(['EOF', 'E', 'f.txt', '$A', 'a"b"']);
  const sign = random.pick(['<<', '<<-', '<< ', '2<<', '<<-\t']);
  const quote = random.pick(['', '', "'", '"']);
  const plain = name.replaceAll('"', '');
  const body = Array.from({ length: random.below(4) }, () => `${random.pick(['', '\t'])}${words(random, 3)}\n`).join(
    '',
  );
  return `${sign}${quote}${name}${quote} ${words(random, 1)}\n${body}${random.pick(['', '\t'])}${random.chance(0.9) ? plain : 'X'}`;
}

function instruction(random: Random, depth = 0): string {
  const keyword = random.chance(0.02) ? random.pick(['RUNN', 'wor\u212adir', 'FR0M', 'ı']) : random.pick(KEYWORDS);
  const written = random.chance(0.1) ? keyword.toLowerCase() : keyword;
  const flags = random.chance(0.25) ? `${random.pick(FLAGS)} ` : '';
  switch (keyword) {
    case 'FROM':
      return `${written} ${random.chance(0.15) ? `${random.pick(FLAGS.filter((flag) => flag.startsWith('--platform')))} ` : ''}${random.pick(IMAGES)}${random.chance(0.7) ? ` AS ${random.pick(NAMES)}` : ''}`;
    case 'RUN': {
      const mounts = random.chance(0.4) ? `${mount(random)} ` : '';
      const rest = random.chance(0.2)
        ? heredoc(random)
        : random.chance(0.15)
          ? random.pick(JSON_FORMS)
          : words(random, 4);
      return `${written} ${random.chance(0.1) ? flags : ''}${mounts}${rest}`;
    }
    case 'COPY':
    case 'ADD': {
      const rest = random.chance(0.15)
        ? heredoc(random)
        : random.chance(0.15)
          ? random.pick(JSON_FORMS)
          : `${words(random, 2)} ${random.pick(WORDS)} /d/`;
      return `${written} ${flags}${rest}`;
    }
    case 'ARG':
      return `${written} ${Array.from({ length: 1 + random.below(3) }, () => `${random.pick(ARG_NAMES)}${random.chance(0.6) ? `=${random.pick([...WORDS, ...VALUES])}` : ''}`).join(' ')}`;
    case 'ENV':
    case 'LABEL':
      return `${written} ${pairs(random)}`;
    case 'ONBUILD':
      return `${written} ${depth > 1 ? 'RUN x' : instruction(random, depth + 1)}`;
    case 'HEALTHCHECK':
      return `${written} ${random.chance(0.5) ? `${random.pick(FLAGS.filter((flag) => /interval|timeout|retries|period/.test(flag)))} ` : ''}${random.pick(['CMD', 'NONE', 'cmd', 'X', ''])} ${words(random, 2)}`;
    case 'SHELL':
    case 'CMD':
    case 'ENTRYPOINT':
    case 'VOLUME':
      return `${written} ${random.chance(0.6) ? random.pick(JSON_FORMS) : words(random, 3)}`;
    default:
      return `${written} ${random.chance(0.05) ? flags : ''}${words(random, 2)}`;
  }
}

/** A file of likely instructions: most are right, many name each other. */
function fromGrammar(random: Random): string {
  const lines: string[] = [];
  for (let count = random.below(3); count > 0 && random.chance(0.5); count--) lines.push(random.pick(DIRECTIVES));
  for (let count = random.below(3); count > 0; count--)
    lines.push(`ARG ${random.pick(ARG_NAMES)}${random.chance(0.8) ? `=${random.pick([...VALUES, ...IMAGES])}` : ''}`);
  for (let stages = 1 + random.below(4); stages > 0; stages--) {
    const image = random.chance(0.7)
      ? random.pick(['alpine:3.20', 'scratch', 'busybox', 'base', 'build'])
      : random.pick(IMAGES);
    const name = random.chance(0.75) ? ` AS ${random.pick(['base', 'build', 'web', 'a', 'b'])}` : '';
    lines.push(
      `FROM ${random.chance(0.1) ? `${random.pick(FLAGS.filter((flag) => flag.startsWith('--platform')))} ` : ''}${image}${name}`,
    );
    for (let count = random.below(5); count > 0; count--)
      lines.push(random.chance(0.95) ? tame(random) : instruction(random));
  }
  return latin1(`${lines.join('\n')}${random.chance(0.9) ? '\n' : ''}`);
}

const COPY_FLAGS = [
  '',
  '--chmod=0644',
  '--chmod=$A',
  '--chmod=u=rwX,g-w',
  '--chmod=u',
  '--chmod=8',
  '--chown=$A',
  '--from=base',
  '--from=build',
  '--from=2',
  '--from=3',
  '--link',
  '--parents',
  '--exclude=*.md',
];
const DIGEST = `sha256:${'c'.repeat(64)}`;
const ADD_FLAGS = [
  '',
  `--checksum=${DIGEST}`,
  '--checksum=$A',
  '--checksum=sha256:1',
  '--keep-git-dir',
  '--keep-git-dir=false',
  '--unpack',
  '--chmod=755',
];
const REMOTES = [
  'https://x.test/a.tgz',
  'http://x.test',
  'https://g.test/r.git',
  'https://g.test/r.git?ref=v1',
  'https://g.test/r.git?ref=v1#v1',
  'https://g.test/r.git?tag=1&branch=2',
  'https://g.test/r.git?keep-git-dir=true',
  'https://g.test/r.git?keep-git-dir=maybe',
  'https://g.test/r.git?x=1',
  'https://g.test/r.git?commit=abc',
  'https://g.test/r.git?ref=',
  'https://g.test/r.git?submodules',
  'https://g.test/r.git?mtime=commit',
  'https://g.test/r.git#a:b/../c',
  'https://g.test/r.git?subdir=x#:y',
  'HTTPS://g.test/R.git',
  'git@g.test:r',
  'git@g.test:r?subdir=x#main',
  'git@g.test:r?x',
  'user@host:',
  'git://g.test/r',
  'ssh://git@g.test:22/r.git',
  'ssh://g.test:x/r',
  'git://[::1]/r',
  'git://g .test/r',
  'git://g.test/%zz',
  'ftp://x/y',
  'github.com/o/r',
  'github.com/o/r?x=1',
  'https://x.test/%2egit',
  './git@g.test:r',
  '$A',
  'https://u:p@g.test/r.git',
  'https://g.test/r.git?ref=a&ref=b',
  'https://g.test/r.git?ref=%2',
  'https://g.test/r.git?a;b',
];
const PORTS = [
  '80',
  '53/udp',
  '$A',
  '1-5',
  '80:90',
  '127.0.0.1:80:80',
  '[::1]:80:80',
  '::1:80:80',
  '1.2.3:80:80',
  '80/TCP',
  '80/x',
  '5-1',
  '70000',
  '80-',
  '-80',
  '+80',
  '1-2:3-4',
  '1-2:3-5',
  '1:3-5',
  '"80"',
  '80-80',
  '/tcp',
  '${A:-80 81}',
];
const MOUNT_FIELDS = [
  'from=base',
  'from=build',
  'from=alpine',
  'from=0',
  'source=/x',
  'source=$A',
  'target=/m',
  'target=m',
  'id=x',
  'required',
  'required=false',
  'ro',
  'rw=false',
  'ro=x',
  'sharing=locked',
  'sharing=X',
  'mode=0400',
  'mode=9',
  'uid=1',
  'gid=-1',
  'size=64m',
  'size=1 GiB',
  'size=x',
  'env=E',
  'dst=/d',
  'SRC=s',
  'type=bind',
  '"source=a,b"',
  'x=y',
  'target=${NOPE:?why}',
];

/** An instruction that most likely is right. */
function tame(random: Random): string {
  const name = random.pick(['base', 'build', 'web', 'a', 'b', '0', '1', 'alpine']);
  const path = random.pick(['x', './a/b', '/etc/x', '$A/y', '${DIR:-conf}/z', '*.py', '.']);
  return random.pick([
    `RUN ${words(random, 2)}`,
    `COPY --from=${name} /x /y`,
    `COPY ${path} /d/`,
    `ADD ${path} ${random.pick(WORDS)} /d/`,
    `ARG ${random.pick(ARG_NAMES)}=${random.pick(VALUES)}`,
    `ARG ${random.pick(ARG_NAMES)}`,
    `ENV ${random.pick(ARG_NAMES)}=${random.pick(VALUES)}`,
    `RUN --mount=type=bind,from=${name},target=/m true`,
    `RUN --mount=type=cache,target=/c --mount=type=secret,id=s true`,
    `RUN ${heredoc(random)}`,
    `COPY ${heredoc(random)} /d/`,
    `ONBUILD COPY --from=${name} ${path} /o`,
    `ONBUILD ARG ${random.pick(ARG_NAMES)}=${random.pick(VALUES)}`,
    `ONBUILD RUN ${mount(random)} x`,
    `WORKDIR ${path}`,
    `ENV ${random.pick(ARG_NAMES)}=${random.pick(WORDS)}`,
    `LABEL ${random.pick(ARG_NAMES)}=${random.pick(WORDS)}`,
    `ARG ${random.pick(ARG_NAMES)}=${random.pick(WORDS)}`,
    `COPY ${random.pick(COPY_FLAGS)} ${random.pick(WORDS)} ${path}`,
    `COPY ["${random.pick(ARG_NAMES)}", "$A/x y", "/d/"]`,
    `ADD ${random.pick(ADD_FLAGS)} ${random.pick(REMOTES)} /d/`,
    `ADD ${random.pick(REMOTES)} ${path} /d/`,
    `STOPSIGNAL ${random.pick(['SIGTERM', 'term', '9', '0', '$A', 'RTMIN+3', 'SIGRTMAX-14', 'RTMAX-15', '+5', '-1', 'sigsig'])}`,
    `VOLUME ${random.pick(WORDS)} /v`,
    `USER ${random.pick(WORDS)}`,
    `EXPOSE ${random.pick(PORTS)} ${random.pick(PORTS)}`,
    `RUN --mount=type=${random.pick(['bind', 'cache', 'tmpfs', 'secret', 'ssh', '$A'])},${random.pick(MOUNT_FIELDS)},${random.pick(MOUNT_FIELDS)} x`,
    `RUN --mount=${random.pick(MOUNT_FIELDS)},target=${random.pick(['/m', 'm', '.', '/', '$A', '../..'])} x`,
    `CMD ${random.pick(JSON_FORMS)}`,
    `ENTRYPOINT ${words(random, 2)}`,
    `HEALTHCHECK --interval=${random.pick(['3s', '1m30s', '0', '1.5h', '.5s', '1ns', '1', '-3s', '1us', '2µs', '999999h', '9999999h'])} CMD x`,
    `# check=skip=${random.pick(['all', 'UndefinedVar', 'JSONArgsRecommended'])}\nCMD x $NOPE`,
    `EXPOSE ${random.pick(['80', '53/udp', '$A', '1-5', '80:90'])}`,
    `RUN ${mount(random)} \\\n  # a comment\n  true`,
  ]);
}

function mutate(text: string, random: Random, sources: readonly string[]): string {
  const at = random.below(text.length + 1);
  switch (random.below(9)) {
    case 0:
      return text.slice(0, at) + random.pick(PIECES) + text.slice(at);
    case 1:
      return text.slice(0, at) + text.slice(Math.min(text.length, at + 1 + random.below(6)));
    case 2:
      return text.slice(0, at) + random.pick(PIECES) + text.slice(Math.min(text.length, at + 1 + random.below(4)));
    case 3: {
      const lines = text.split('\n');
      const line = random.below(lines.length);
      const change = random.below(5);
      if (change === 0) lines.splice(line, 1);
      else if (change === 1) lines.splice(random.below(lines.length), 0, lines[line] ?? '');
      else if (change === 2) lines.splice(line, 0, latin1(instruction(random)));
      else if (change === 3) lines.splice(line, 0, random.pick(random.pick(sources).split('\n')));
      else lines[line] = `${lines[line]}${random.pick([' \\', '\\', ' `', ' #', '\r', ' AS x', ' <<EOF', '\t'])}`;
      return lines.join('\n');
    }
    case 4: {
      const words = text.split(' ');
      words[random.below(words.length)] = random.pick(PIECES);
      return words.join(' ');
    }
    case 5:
      return random.chance(0.15) ? text.slice(0, at) + random.pick(BYTES) + text.slice(at) : text;
    case 6:
      return random.chance(0.2) ? text.replaceAll('\n', '\r\n') : `${random.pick(DIRECTIVES)}\n${text}`;
    case 7: {
      const keyword = random.pick(KEYWORDS);
      return text.replace(random.pick(KEYWORDS), keyword);
    }
    default: {
      const other = random.pick(sources);
      return text.slice(0, at) + other.slice(random.below(other.length));
    }
  }
}
