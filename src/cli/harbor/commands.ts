import type { ArgumentSpec, CommandSpec } from '../framework/command.ts';
import { LISTS, PACKAGE, WAIT_TIMEOUT, YES } from '../framework/options.ts';
import { SBOM_FORMATS, SCAN_FORMATS } from './scan-formats.ts';

const REPO: ArgumentSpec = {
  name: 'REPO',
  description:
    'a service of the package, or a repository of its project; also with the project, or as a full reference',
  completes: 'repository',
};

const REPO_REFERENCE: ArgumentSpec = {
  name: 'REPO',
  description:
    'a service or a repository; add :TAG or @DIGEST for another artifact than the one with the tag in config.yaml',
  completes: 'image',
};

export const HARBOR_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'harbor-repos',
    summary: "list the repositories of the package's Harbor project",
    helpGroup: 'Harbor',
    examples: [
      { command: 'objdocker harbor-repos' },
      { command: 'objdocker harbor-repos --scan', comment: 'with the newest artifact of each and its scan' },
    ],
    arguments: [PACKAGE],
    options: [{ flags: '--scan', description: 'show the newest artifact of each repository and its scan' }],
    ...LISTS,
    load: () => import('./harbor-repos.ts'),
  },
  {
    name: 'harbor-artifacts',
    summary: 'list the artifacts of a repository: tags, platforms and scans',
    helpGroup: 'Harbor',
    examples: [
      { command: 'objdocker harbor-artifacts api-homechoice' },
      { command: 'objdocker harbor-artifacts api-homechoice --json' },
    ],
    arguments: [REPO],
    options: [],
    ...LISTS,
    load: () => import('./harbor-artifacts.ts'),
  },
  {
    name: 'harbor-scan',
    summary: "show what Harbor's scanner found in an image",
    helpGroup: 'Harbor',
    examples: [
      { command: 'objdocker harbor-scan api-homechoice' },
      {
        command: 'objdocker harbor-scan api-homechoice:1.4.0 --severity high --fixed-only',
        comment: 'what an update would fix',
      },
      {
        command: 'objdocker harbor-scan api-homechoice --format sarif --output scan.sarif',
        comment: 'for code scanning',
      },
    ],
    arguments: [REPO_REFERENCE],
    options: [
      {
        flags: '--severity <list>',
        description: 'only findings of this severity or worse; of several, comma-separated, exactly those; repeatable',
        repeatable: true,
      },
      { flags: '--fixed-only', description: 'only findings that a newer version fixes' },
      { flags: '--format <format>', description: 'format of the report (default: table)', choices: SCAN_FORMATS },
      { flags: '-o, --output <file>', description: 'write the report to this file; - for stdout', dash: 'stdout' },
      { flags: '--wait', description: 'wait for a scan that is running or queued' },
      WAIT_TIMEOUT,
      { flags: '--fail-on <severity>', description: 'exit with 1 on a finding of this severity or worse' },
    ],
    load: () => import('./harbor-scan.ts'),
  },
  {
    name: 'harbor-trigger-scan',
    summary: 'have Harbor scan images',
    helpGroup: 'Harbor',
    examples: [
      { command: 'objdocker harbor-trigger-scan api-homechoice worker-homechoice' },
      { command: 'objdocker harbor-trigger-scan api-homechoice:1.4.0 --wait', comment: 'wait and print the findings' },
    ],
    arguments: [{ ...REPO_REFERENCE, name: 'REPO...' }],
    options: [{ flags: '--wait', description: 'wait for the results of these scans' }, WAIT_TIMEOUT],
    load: () => import('./harbor-trigger-scan.ts'),
  },
  {
    name: 'harbor-sbom',
    summary: 'show the packages in an image: its SBOM, from Harbor 2.11 on',
    helpGroup: 'Harbor',
    examples: [
      { command: 'objdocker harbor-sbom api-homechoice:1.4.0 --trigger', comment: 'generate it, and wait' },
      { command: 'objdocker harbor-sbom api-homechoice:1.4.0', comment: 'from then on' },
      {
        command: 'objdocker harbor-sbom api-homechoice:1.4.0 --format spdx -o api.json',
        comment: "the scanner's document",
      },
    ],
    arguments: [REPO_REFERENCE],
    options: [
      { flags: '--format <format>', description: 'format of the SBOM (default: table)', choices: SBOM_FORMATS },
      { flags: '-o, --output <file>', description: 'write the SBOM to this file; - for stdout', dash: 'stdout' },
      { flags: '--platform <platform>', description: 'only the image for this platform: os/arch[/variant]' },
      { flags: '--trigger', description: 'have the scanner generate the SBOM anew, and wait for it' },
      {
        flags: '--timeout <time>',
        description: 'with --trigger: how long to wait, in seconds or as 90s, 1h30m',
      },
    ],
    load: () => import('./harbor-sbom.ts'),
  },
  {
    name: 'harbor-delete',
    summary: 'delete an artifact by its digest, with all its tags',
    helpGroup: 'Harbor',
    examples: [
      {
        command: `objdocker harbor-delete api-homechoice sha256:${'4fc5'.repeat(16)} --dry-run`,
        comment: 'show what would be deleted',
      },
      { command: 'objdocker harbor-delete api-homechoice@4fc54fc' },
    ],
    arguments: [
      REPO,
      {
        name: '[DIGEST]',
        description: 'sha256:…, or its first 7 hexadecimal digits or more; may also be given as REPO@DIGEST',
      },
    ],
    options: [YES, { flags: '--dry-run', description: 'show what would be deleted, and delete nothing' }],
    load: () => import('./harbor-delete.ts'),
  },
  {
    name: 'harbor-untag',
    summary: 'remove a tag and keep the artifact that it points to',
    helpGroup: 'Harbor',
    examples: [
      { command: 'objdocker harbor-untag api-homechoice 1.4.0-rc1' },
      { command: 'objdocker harbor-untag api-homechoice:1.4.0-rc1', comment: 'the same' },
    ],
    arguments: [REPO, { name: '[TAG]', description: 'the tag; may also be given as REPO:TAG', completes: 'tag' }],
    options: [],
    load: () => import('./harbor-untag.ts'),
  },
  {
    name: 'harbor-gc',
    summary: 'run garbage collection (gc) for the whole Harbor',
    helpGroup: 'Harbor',
    examples: [
      { command: 'objdocker harbor-gc --dry-run --wait', comment: 'how much would be freed' },
      { command: 'objdocker harbor-gc --delete-untagged --wait', comment: 'artifacts without a tag, too' },
      { command: 'objdocker harbor-gc --history' },
    ],
    arguments: [],
    options: [
      { flags: '--dry-run', description: 'delete nothing, and report what would be freed' },
      { flags: '--delete-untagged', description: 'also delete artifacts without a tag, in every project' },
      { flags: '--workers <number>', description: 'how many blobs to delete at once, 1 to 5 (default: 1)' },
      { flags: '--wait', description: 'wait until it has finished' },
      WAIT_TIMEOUT,
      { flags: '--log', description: 'print its log when it has finished' },
      YES,
      { flags: '--history', description: 'list earlier runs' },
    ],
    load: () => import('./gc/harbor-gc.ts'),
  },
];
