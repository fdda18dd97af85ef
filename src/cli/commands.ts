import { INSTANCE_STATES } from '../model/instance.ts';
import { SHELLS } from './completion/completion.ts';
import type { ArgumentSpec, CommandSpec, OptionSpec } from './framework/command.ts';
import { execFailureCode } from './framework/exit-codes.ts';
import { SCAN_FORMATS } from './harbor/scan-formats.ts';

const PACKAGE_ARGUMENT: ArgumentSpec = {
  name: '[PACKAGE]',
  description: 'a package of config.yaml (default: the active one)',
};

const SERVICES: OptionSpec = {
  flags: '-s, --service <name>',
  description: 'only this service; may be given several times',
  repeatable: true,
};

const TAG: OptionSpec = { flags: '-t, --tag <tag>', description: 'this tag instead of the config’s' };

const PLATFORM: OptionSpec = { flags: '--platform <list>', description: 'os/arch[/variant], comma separated' };
const NO_CACHE: OptionSpec = { flags: '--no-cache', description: 'do not use the build cache' };
const PULL: OptionSpec = { flags: '--pull', description: 'ask for newer base images' };
const BUILDER: OptionSpec = { flags: '--builder <name>', description: 'this buildx builder' };
const PROGRESS: OptionSpec = {
  flags: '--progress <mode>',
  description: 'how progress is shown (default: auto)',
  choices: ['auto', 'tty', 'plain', 'quiet'],
};

const CONTAINER: ArgumentSpec = { name: 'NAME', description: 'a container’s name, its id, or the beginning of its id' };
const SEVERAL_CONTAINERS: ArgumentSpec = { name: 'NAME...', description: 'names, ids, or the beginnings of ids' };

const REPO: ArgumentSpec = {
  name: 'REPO',
  description: 'a repository of the project: services/api; with the project or as a full reference, too',
};
const REPO_REFERENCE: ArgumentSpec = {
  name: 'REPO',
  description: 'a repository, with :TAG or @DIGEST for another artifact than the one with the config’s tag',
};
const YES: OptionSpec = { flags: '-y, --yes', description: 'do it without asking' };
const WAIT_TIMEOUT: OptionSpec = {
  flags: '--timeout <time>',
  description: 'how long to wait: seconds, or 90s, 1h30m',
};

const BUILD = 'Build and push';
const HARBOR = 'Harbor';
const CONTAINERS = 'Containers';
const CHECK = 'Check';
const CONFIG = 'Configuration';

/** Every command of the CLI. The program, its help and the shell completion are made from this table. */
export const COMMANDS: readonly CommandSpec[] = [
  {
    name: 'preflight',
    summary: 'check engine, buildx, Dockerfile, base images, registry, credentials and disk space',
    group: CHECK,
    arguments: [PACKAGE_ARGUMENT],
    options: [],
    load: () => import('./preflight/preflight.ts'),
  },
  {
    name: 'build',
    summary: 'build the package’s images: all services in one solve',
    group: BUILD,
    arguments: [PACKAGE_ARGUMENT],
    options: [
      SERVICES,
      TAG,
      {
        ...PLATFORM,
        description: `${PLATFORM.description}; a platform that is not the engine’s own is built and pushed`,
      },
      NO_CACHE,
      PULL,
      BUILDER,
      PROGRESS,
      { flags: '--dry-run', description: 'show what would be built and how; needs no engine and no network' },
    ],
    load: () => import('./build/build.ts'),
  },
  {
    name: 'push',
    summary: 'push the package’s images, each shared layer once',
    group: BUILD,
    arguments: [PACKAGE_ARGUMENT],
    options: [SERVICES, TAG],
    load: () => import('./build/push.ts'),
  },
  {
    name: 'pipeline',
    summary: 'build, push, have Harbor scan, judge, and release the package’s images: all of them or none',
    group: BUILD,
    arguments: [PACKAGE_ARGUMENT],
    options: [
      SERVICES,
      { flags: '-t, --tag <tag>', description: 'this public tag instead of the config’s' },
      PLATFORM,
      NO_CACHE,
      PULL,
      BUILDER,
      { flags: '--no-scan', description: 'release without a scan; a registry that is no Harbor has none' },
      {
        flags: '--timeout <time>',
        description: 'how long to wait for the scans: seconds, or 90s, 1h30m (default: the config’s, else 15m)',
      },
      {
        flags: '--report <folder>',
        description: 'write the run’s reports there: index.html, results.sarif, junit.xml, result.json',
      },
      { flags: '--events <file>', description: 'write what happens there as JSON lines, as it happens; - for stdout' },
      PROGRESS,
      { flags: '--clean', description: 'run nothing, and take off the staging tags that earlier runs have left' },
      { flags: '--older-than <time>', description: 'of --clean: only those of runs this long ago (default: 24h)' },
      { flags: '--dry-run', description: 'of --clean: only say which' },
    ],
    load: () => import('./pipeline/pipeline.ts'),
  },
  {
    name: 'gate',
    summary: 'say whether images in Harbor pass the package’s policy',
    group: BUILD,
    arguments: [
      {
        name: 'REPO...',
        description: 'repositories, with :TAG or @DIGEST for another image than the one with the config’s tag',
      },
    ],
    options: [{ flags: '--wait', description: 'wait for scans that run or are about to' }, WAIT_TIMEOUT],
    load: () => import('./gate/gate.ts'),
  },
  {
    name: 'registry',
    summary: 'probe a registry and say what is wrong with it',
    group: CHECK,
    arguments: [{ name: '[HOST]', description: 'host[:port] (default: the active package’s registry)' }],
    options: [],
    load: () => import('./preflight/registry.ts'),
  },
  {
    name: 'harbor-repos',
    summary: 'list the repositories of the package’s Harbor project',
    group: HARBOR,
    arguments: [PACKAGE_ARGUMENT],
    options: [{ flags: '--scan', description: 'show the newest artifact of each, and what its scan says' }],
    load: () => import('./harbor/harbor-repos.ts'),
  },
  {
    name: 'harbor-artifacts',
    summary: 'list the artifacts of a repository: tags, platforms, and what their scans say',
    group: HARBOR,
    arguments: [REPO],
    options: [],
    load: () => import('./harbor/harbor-artifacts.ts'),
  },
  {
    name: 'harbor-scan',
    summary: 'show what Harbor’s scanner found in an image',
    group: HARBOR,
    arguments: [REPO_REFERENCE],
    options: [
      {
        flags: '--severity <list>',
        description: 'only findings of this severity or worse; several, comma separated, stand for themselves',
      },
      { flags: '--fixed-only', description: 'only findings with a version that mends them' },
      { flags: '--format <form>', description: 'the form of the report (default: table)', choices: SCAN_FORMATS },
      { flags: '-o, --output <file>', description: 'write the report to this file' },
      { flags: '--wait', description: 'wait for a scan that runs or is about to' },
      WAIT_TIMEOUT,
      { flags: '--fail-on <severity>', description: 'exit with 1 when there is a finding of this severity or worse' },
    ],
    load: () => import('./harbor/harbor-scan.ts'),
  },
  {
    name: 'harbor-trigger-scan',
    summary: 'have an image scanned by Harbor',
    group: HARBOR,
    arguments: [REPO_REFERENCE],
    options: [{ flags: '--wait', description: 'wait for the result of this scan' }, WAIT_TIMEOUT],
    load: () => import('./harbor/harbor-trigger-scan.ts'),
  },
  {
    name: 'harbor-delete',
    summary: 'delete an artifact, by its digest, with all its tags',
    group: HARBOR,
    arguments: [REPO, { name: '[DIGEST]', description: 'sha256:…; REPO@DIGEST will do, too' }],
    options: [YES, { flags: '--dry-run', description: 'show what would go with it, and delete nothing' }],
    load: () => import('./harbor/harbor-delete.ts'),
  },
  {
    name: 'harbor-untag',
    summary: 'take a tag off its artifact, which stays',
    group: HARBOR,
    arguments: [REPO, { name: '[TAG]', description: 'REPO:TAG will do, too' }],
    options: [],
    load: () => import('./harbor/harbor-untag.ts'),
  },
  {
    name: 'harbor-gc',
    summary: 'collect the garbage of the whole Harbor',
    group: HARBOR,
    arguments: [],
    options: [
      { flags: '--dry-run', description: 'delete nothing, and say what would be freed' },
      { flags: '--delete-untagged', description: 'delete artifacts without a tag, too, in every project' },
      { flags: '--workers <number>', description: 'how many blobs are deleted at once, 1 to 5 (default: 1)' },
      { flags: '--wait', description: 'wait until it is over' },
      WAIT_TIMEOUT,
      { flags: '--log', description: 'print its log when it is over' },
      YES,
      { flags: '--history', description: 'show the collections that there were' },
    ],
    load: () => import('./harbor/harbor-gc.ts'),
  },
  {
    name: 'list',
    aliases: ['ps'],
    summary: 'list all containers, running or not; with --package those of its images',
    group: CONTAINERS,
    arguments: [],
    options: [
      {
        flags: '--label <label>',
        description: 'only those with this label, key or key=value; may be given several times, for all of them',
        repeatable: true,
      },
      {
        flags: '--status <state>',
        description: 'only those in this state; may be given several times, for any of them',
        repeatable: true,
        choices: INSTANCE_STATES,
      },
      {
        flags: '--name <part>',
        description: 'only those with this in their name; may be given several times, for any of them',
        repeatable: true,
      },
    ],
    load: () => import('./containers/list.ts'),
  },
  {
    name: 'get',
    aliases: ['inspect'],
    summary: 'show a container in detail: state, health, ports, mounts, networks, labels',
    group: CONTAINERS,
    arguments: [CONTAINER],
    options: [],
    load: () => import('./containers/get.ts'),
  },
  {
    name: 'start',
    summary: 'start containers, side by side, and wait until they run',
    group: CONTAINERS,
    arguments: [SEVERAL_CONTAINERS],
    options: [],
    load: () => import('./containers/start.ts'),
  },
  {
    name: 'stop',
    summary: 'stop containers, side by side, and wait until they have stopped',
    group: CONTAINERS,
    arguments: [SEVERAL_CONTAINERS],
    options: [
      { flags: '-f, --force', description: 'kill them at once' },
      {
        flags: '-t, --timeout <seconds>',
        description: 'how long they may take before they are killed (default: what the container says, else 10)',
      },
    ],
    load: () => import('./containers/stop.ts'),
  },
  {
    name: 'delete',
    aliases: ['rm'],
    summary: 'delete containers that do not run, or with --force any',
    group: CONTAINERS,
    arguments: [SEVERAL_CONTAINERS],
    options: [
      { flags: '-f, --force', description: 'kill those that run' },
      { flags: '--volumes', description: 'delete their volumes that have no name, too' },
    ],
    load: () => import('./containers/delete.ts'),
  },
  {
    name: 'logs',
    summary: 'print what a container has written',
    group: CONTAINERS,
    arguments: [CONTAINER],
    options: [
      { flags: '-f, --follow', description: 'go on with what it writes from now, until it stops' },
      {
        flags: '--since <time>',
        description: 'only what was written since: 10m, 2026-05-31T08:00:00Z, or seconds since 1970',
      },
      { flags: '-n, --tail <lines>', description: 'only so many lines from the end (default: all)' },
      { flags: '-t, --timestamps', description: 'begin each line with its time' },
    ],
    load: () => import('./containers/logs.ts'),
  },
  {
    name: 'exec',
    summary: 'run a command in a running container; its exit code is passed on',
    group: CONTAINERS,
    arguments: [
      CONTAINER,
      { name: 'CMD...', description: 'the program and its arguments: all after NAME, flags too; no shell is added' },
    ],
    options: [
      { flags: '-i, --interactive', description: 'let the command read our standard input' },
      { flags: '-t, --tty', description: 'give the command a terminal; -it for a shell' },
      { flags: '-u, --user <user>', description: 'a name or number, user:group too (default: the container’s)' },
      { flags: '-w, --workdir <path>', description: 'an absolute path in the container (default: the container’s)' },
      {
        flags: '-e, --env <variable>',
        description: 'NAME=VALUE, or NAME for the value that it has here; may be given several times',
        repeatable: true,
      },
      {
        flags: '--timeout <time>',
        description: 'end the command after so many seconds, or 500ms, 1h30m; exit code 124',
      },
    ],
    passesOn: true,
    failureCode: execFailureCode,
    load: () => import('./containers/exec.ts'),
  },
  {
    name: 'init',
    summary: 'write config.yaml, the Dockerfile and the compile step for a project that has none',
    group: CONFIG,
    arguments: [],
    options: [
      {
        flags: '--type <type>',
        description: 'what the registry is (default: harbor)',
        choices: ['harbor', 'registry'],
      },
      { flags: '--registry <host>', description: 'the registry’s host, with its port where that is not the usual one' },
      { flags: '--project <name>', description: 'the project in Harbor' },
      { flags: '--username <name>', description: 'the user; its password comes from HARBOR_PASSWORD' },
      { flags: '--password-file <path>', description: 'a file that holds the password, instead' },
      {
        flags: '--service <name>',
        description:
          'a package with a __main__.py, or NAME=PACKAGE; may be given several times (default: all there are)',
        repeatable: true,
      },
      {
        flags: '--requirements <file>',
        description: 'what pip installs, or SERVICE=FILE for one service; may be given several times',
        repeatable: true,
      },
      { flags: '--source <folder>', description: 'the folder of the Python packages (default: src, else this folder)' },
      { flags: '--base-image <image>', description: 'what is built on (default: python:3.12-bookworm)' },
      { flags: '--base-runtime-image <image>', description: 'what is run on (default: python:3.12-slim-bookworm)' },
      { flags: '--port <number>', description: 'the port of the services (default: 8080)' },
      { flags: '--health-path <path>', description: 'the path that says whether a service is well: /healthz' },
      { flags: '-y, --yes', description: 'take what is found in the folder, without asking' },
    ],
    load: () => import('./init/init.ts'),
  },
  {
    name: 'k3s-registries',
    summary: 'print the registries.yaml of k3s nodes, write it, or compare with one; of all packages',
    group: CONFIG,
    arguments: [],
    options: [
      { flags: '-o, --output <path>', description: 'write it to this file, which only its owner may read' },
      { flags: '--check <path>', description: 'compare this file with it; exit with 1 when they differ' },
      { flags: '--explain <image>', description: 'show where a node with it would look for this image' },
    ],
    load: () => import('./k3s/k3s-registries.ts'),
  },
  {
    name: 'config check',
    summary: 'report every problem in config.yaml',
    group: CONFIG,
    arguments: [],
    options: [],
    load: () => import('./config/config-check.ts'),
  },
  {
    name: 'config show',
    summary: 'print the package as it was understood, secrets masked',
    group: CONFIG,
    arguments: [PACKAGE_ARGUMENT],
    options: [],
    load: () => import('./config/config-show.ts'),
  },
  {
    name: 'config schema',
    summary: 'print the JSON Schema of config.yaml, for editors',
    group: CONFIG,
    arguments: [],
    options: [],
    load: () => import('./config/config-schema.ts'),
  },
  {
    name: 'completion',
    summary: 'print a completion script for bash, zsh or fish',
    group: CONFIG,
    arguments: [{ name: 'SHELL', description: 'bash, zsh or fish', choices: SHELLS }],
    options: [],
    load: () => import('./completion/completion-command.ts'),
  },
];
