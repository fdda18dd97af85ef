import type { CommandSpec } from '../framework/command.ts';
import {
  BUILDER,
  IGNORE_RECORD,
  NO_CACHE,
  PACKAGE,
  PLATFORM,
  PROGRESS,
  PULL,
  REBUILD,
  REBUILD_OLDER,
  RELEASE_WITHDRAWN,
  SERVICE,
  SUMMARY,
  THROUGH_HOLD,
} from '../framework/options.ts';

export const PIPELINE_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'pipeline',
    summary: "build, push, scan, evaluate and release the package's images: all of them or none",
    helpGroup: 'Build and push',
    examples: [
      { command: 'objdocker pipeline' },
      { command: 'objdocker pipeline --tag 1.4.0 --report reports', comment: 'release as 1.4.0 and write reports' },
      { command: 'objdocker pipeline --clean --dry-run', comment: 'list staging tags that earlier runs left' },
    ],
    arguments: [PACKAGE],
    options: [
      SERVICE,
      {
        flags: '-t, --tag <tag>',
        description: 'public tag to release (default: those in config.yaml); repeatable, the first is VERSION',
        repeatable: true,
      },
      PLATFORM,
      NO_CACHE,
      PULL,
      BUILDER,
      REBUILD,
      REBUILD_OLDER,
      { flags: '--no-scan', description: 'release without a scan, as for a registry other than Harbor' },
      {
        flags: '--timeout <time>',
        description:
          'how long to wait for scans, in seconds or as 90s, 1h30m (default: the one in config.yaml, else 15m)',
      },
      {
        flags: '--report <folder>',
        dash: 'nothing',
        description: 'write reports there: index.html, results.sarif, junit.xml, result.json',
      },
      {
        flags: '--events <file>',
        description: 'write events as JSON lines while it runs; - for stdout',
        dash: 'stdout',
      },
      SUMMARY,
      PROGRESS,
      { flags: '--backwards', description: 'release a commit that is older than that of the current release' },
      { flags: '--adopt', description: 'release on top of what somebody has moved a public tag to by hand' },
      { flags: '--reset', description: 'first move such a tag back to what the current release says' },
      THROUGH_HOLD,
      RELEASE_WITHDRAWN,
      IGNORE_RECORD,
      { flags: '--clean', description: 'only remove staging tags that earlier runs left' },
      { flags: '--older-than <time>', description: 'with --clean: only those of runs this long ago (default: 24h)' },
      {
        flags: '--dry-run',
        description: 'say what would be built and why, as objdocker plan does; with --clean: list the staging tags',
      },
    ],
    load: () => import('./pipeline.ts'),
  },
];
