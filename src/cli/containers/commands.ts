import { INSTANCE_STATES } from '../../model/enums.ts';
import type { ArgumentSpec, CommandSpec, OptionSpec } from '../framework/command.ts';
import { ExitCode, execFailureCode } from '../framework/exit-codes.ts';
import { LISTS } from '../framework/options.ts';

const CONTAINER: ArgumentSpec = {
  name: 'NAME',
  description: "a container's name, id or id prefix",
  completes: 'container',
};
const CONTAINERS: ArgumentSpec = {
  name: 'NAME...',
  description: 'names, ids or id prefixes of containers',
  completes: 'container',
};

const STOP_TIMEOUT: OptionSpec = {
  flags: '-t, --timeout <seconds>',
  description: 'how long to wait before they are killed (default: as the container is configured, else 10)',
};

export const CONTAINER_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'list',
    aliases: ['ps'],
    summary: 'list all containers, running or not; with --package only those of its images',
    helpGroup: 'Containers',
    examples: [
      { command: 'objdocker list' },
      { command: 'objdocker list --package homechoice --status running' },
      { command: 'objdocker ps --label com.docker.compose.project=shop' },
    ],
    arguments: [],
    options: [
      { flags: '-a, --all', description: 'those that do not run, too: the default' },
      {
        flags: '--label <label>',
        description: 'only containers with this label, key or key=value; repeatable, all must match',
        repeatable: true,
      },
      {
        flags: '--status <state>',
        description: 'only containers in this state; repeatable, any may match',
        repeatable: true,
        choices: INSTANCE_STATES,
      },
      {
        flags: '--name <part>',
        description: 'only containers with this in their name; repeatable, any may match',
        repeatable: true,
      },
    ],
    ...LISTS,
    load: () => import('./list.ts'),
  },
  {
    name: 'get',
    aliases: ['inspect'],
    summary: 'show containers in detail: state, health, ports, mounts, networks, labels',
    helpGroup: 'Containers',
    examples: [{ command: 'objdocker get web' }, { command: 'objdocker get web worker --json' }],
    arguments: [CONTAINERS],
    options: [],
    ...LISTS,
    load: () => import('./get.ts'),
  },
  {
    name: 'start',
    summary: 'start containers in parallel, and wait until they run',
    helpGroup: 'Containers',
    examples: [{ command: 'objdocker start web' }, { command: 'objdocker start web worker' }],
    arguments: [CONTAINERS],
    options: [],
    load: () => import('./start.ts'),
  },
  {
    name: 'stop',
    summary: 'stop containers in parallel, and wait until they have stopped',
    helpGroup: 'Containers',
    examples: [
      { command: 'objdocker stop web worker' },
      { command: 'objdocker stop --timeout 60 web', comment: 'give it a minute to end by itself' },
    ],
    arguments: [CONTAINERS],
    options: [{ flags: '-f, --force', description: 'kill them at once' }, STOP_TIMEOUT],
    load: () => import('./stop.ts'),
  },
  {
    name: 'restart',
    summary: 'stop containers and start them again, and wait until they run',
    helpGroup: 'Containers',
    examples: [{ command: 'objdocker restart web' }, { command: 'objdocker restart --timeout 60 web worker' }],
    arguments: [CONTAINERS],
    options: [STOP_TIMEOUT],
    load: () => import('./restart.ts'),
  },
  {
    name: 'delete',
    aliases: ['rm'],
    summary: 'delete containers that do not run, or with --force any',
    helpGroup: 'Containers',
    examples: [{ command: 'objdocker delete web' }, { command: 'objdocker rm --force --volumes web worker' }],
    arguments: [CONTAINERS],
    options: [
      { flags: '-f, --force', description: 'kill containers that run' },
      { flags: '--volumes', description: 'also delete their anonymous volumes' },
    ],
    load: () => import('./delete.ts'),
  },
  {
    name: 'logs',
    summary: 'print the logs of containers',
    helpGroup: 'Containers',
    examples: [
      { command: 'objdocker logs web' },
      { command: 'objdocker logs --follow --tail 100 web worker' },
      { command: 'objdocker logs --since 10m --timestamps web' },
    ],
    arguments: [CONTAINERS],
    options: [
      { flags: '-f, --follow', description: 'keep printing until the containers stop' },
      {
        flags: '--since <time>',
        description: 'only lines since then: 10m, 2026-05-31T08:00:00Z, or seconds since 1970',
      },
      { flags: '-n, --tail <lines>', description: 'only this many lines from the end (default: all)' },
      { flags: '-t, --timestamps', description: 'print the time before each line' },
    ],
    endsWithReader: { streams: ['stdout', 'stderr'], code: ExitCode.done },
    load: () => import('./logs/logs.ts'),
  },
  {
    name: 'exec',
    summary: 'run a command in a running container, and exit with its exit code',
    helpGroup: 'Containers',
    examples: [
      { command: 'objdocker exec web ls -la /app' },
      { command: 'objdocker exec -it web sh', comment: 'a shell' },
      { command: 'objdocker exec --user 0 --timeout 30s web du -sh /app', comment: 'as root, for at most 30 seconds' },
    ],
    arguments: [
      CONTAINER,
      {
        name: 'CMD...',
        description: 'the program and its arguments: everything after NAME, options too; no shell is added',
      },
    ],
    options: [
      { flags: '-i, --interactive', description: 'connect standard input to the command' },
      { flags: '-t, --tty', description: 'give the command a terminal; -it for a shell' },
      { flags: '-u, --user <user>', description: "name or number, also user:group (default: the container's)" },
      { flags: '-w, --workdir <path>', description: "absolute path in the container (default: the container's)" },
      {
        flags: '-e, --env <variable>',
        description: 'NAME=VALUE, or NAME to pass the value that it has here; repeatable',
        repeatable: true,
      },
      {
        flags: '--timeout <time>',
        description: 'end the command after this time, in seconds or as 500ms, 1h30m; exit code 124',
      },
    ],
    passThrough: true,
    endsWithReader: { streams: ['stdout'], code: ExitCode.noReader },
    failureCode: execFailureCode,
    load: () => import('./exec.ts'),
  },
];
