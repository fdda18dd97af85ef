import type { CommandSpec } from '../framework/command.ts';

export const INIT_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'init',
    summary: 'write config.yaml, the Dockerfile and the compile step for a new project',
    helpGroup: 'Configuration',
    examples: [
      { command: 'objdocker init', comment: 'ask for what the folder does not tell' },
      {
        command: 'objdocker init --yes --registry registry.example.com --project axion',
        comment: 'without questions, as in a script',
      },
      {
        command: 'objdocker init --service api=shop.main:app',
        comment: 'one service, which uvicorn or gunicorn runs',
      },
    ],
    arguments: [],
    options: [
      {
        flags: '--type <type>',
        description: 'type of the registry (default: harbor)',
        choices: ['harbor', 'registry'],
      },
      { flags: '--registry <host>', description: 'host of the registry, with its port unless it is the default' },
      { flags: '--project <name>', description: 'project in Harbor' },
      { flags: '--username <name>', description: 'user name for the registry; HARBOR_PASSWORD holds the password' },
      {
        flags: '--password-file <path>',
        description: 'file that holds the password, instead of HARBOR_PASSWORD',
        dash: 'nothing',
      },
      {
        flags: '--service <name>',
        description:
          'service that is found, or NAME=ENTRY: a package with a __main__.py, an application (shop.main:app), a script or a module; repeatable (default: all that are found)',
        repeatable: true,
      },
      {
        flags: '--requirements <file>',
        dash: 'nothing',
        description: 'requirements file for pip, or SERVICE=FILE for one service; repeatable',
        repeatable: true,
      },
      {
        flags: '--source <folder>',
        description: 'folder of the Python packages (default: src, else this folder)',
        dash: 'nothing',
      },
      {
        flags: '--dockerfile <file>',
        description: 'existing Dockerfile: only config.yaml is written (default: the one that is found)',
        dash: 'nothing',
      },
      { flags: '--new-dockerfile', description: 'write a new Dockerfile beside the existing one' },
      { flags: '--no-compile', description: 'keep the Python source in the images, without Cython' },
      { flags: '--base-image <image>', description: 'image to build on (default: python:3.12-bookworm)' },
      { flags: '--base-runtime-image <image>', description: 'image to run on (default: python:3.12-slim-bookworm)' },
      { flags: '--port <number>', description: 'port of the services (default: 8080)' },
      { flags: '--health-path <path>', description: 'URL path of the health check, such as /healthz' },
      { flags: '-y, --yes', description: 'use what is found in the folder, and ask nothing' },
    ],
    load: () => import('./init.ts'),
  },
];
