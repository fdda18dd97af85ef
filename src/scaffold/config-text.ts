import { stringify } from 'yaml';

/** What config.yaml says of a project. */
export interface ConfigAnswers {
  readonly package: string;
  readonly type: 'harbor' | 'registry';
  readonly host: string;
  readonly project: string | undefined;
  readonly username: string | undefined;
  readonly passwordFile: string | undefined;
  readonly services: readonly string[];
  readonly baseImage: string;
  readonly baseRuntimeImage: string;
  readonly pythonSource: string;
  /** Where the JSON Schema lies, for editors. */
  readonly schema: string | undefined;
}

export const DOCKERFILE = 'resource.docker/dockerfile/axion.dockerfile';

/** A config.yaml that says what it is for; it holds no secret. */
export function configText(answers: ConfigAnswers): string {
  return `${[...heading(answers), '', `${key(answers.package)}:`, '  deployment:', ...registry(answers), ...image(answers), ...rest(answers)].join('\n')}\n`;
}

function heading({ schema }: ConfigAnswers): string[] {
  return [
    ...(schema === undefined ? [] : [`# yaml-language-server: $schema=${schema}`]),
    '# What ObjDocker builds, where it pushes it, and what may be released. "objdocker config check" finds what is wrong in here,',
    '# "objdocker config show" prints what was understood. Other tools may keep keys of their own in this file.',
    ...(schema === undefined
      ? [
          '# An editor with a YAML language server completes and checks it, once it has the schema:',
          '#   objdocker config schema > config.schema.json, and as the first line here:  # yaml-language-server: $schema=config.schema.json',
        ]
      : []),
  ];
}

function registry({ type, host, project, username, passwordFile }: ConfigAnswers): string[] {
  const isHarbor = type === 'harbor';
  return [
    '    registry:',
    `      type: ${type}`,
    '      # The port, too, where it is not the usual one. Plain HTTP needs an entry below mirrors; on loopback it needs none.',
    `      host: ${value(host)}`,
    ...(project === undefined ? [] : [`      project: ${value(project)}`]),
    ...login(username, passwordFile),
    ...(isHarbor
      ? [
          '      # Harbor scans each image when it is pushed; "objdocker pipeline" waits for that before an image gets its public tag.',
          '      auto_scan: true',
        ]
      : []),
    '      # mirrors:',
    `      #   ${value(host)}: { endpoint: ${value(`https://${host}`)} }`,
  ];
}

function login(username: string | undefined, passwordFile: string | undefined): string[] {
  if (username === undefined) {
    return [
      '      # Without a user name here, what "docker login" has stored is used. In CI, a robot account:',
      '      # username: "robot$project+ci"',
      '      # password: "${HARBOR_PASSWORD}"',
    ];
  }
  return [
    `      username: ${value(username)}`,
    '      # Never the password itself: a variable of the environment, or a passwordFile outside of this repository.',
    passwordFile === undefined ? '      password: "${HARBOR_PASSWORD}"' : `      passwordFile: ${value(passwordFile)}`,
  ];
}

function image({ package: name, services, baseImage, baseRuntimeImage }: ConfigAnswers): string[] {
  return [
    '    image:',
    "      # The name of the one image of a Dockerfile without services; a service's image is named <service>-<package>.",
    `      repository: ${value(name)}`,
    '      # Every image\'s tag, and the build argument VERSION; "--tag 1.4.0" says another for one run.',
    '      tag: latest',
    `      baseImage: ${value(baseImage)}`,
    `      baseRuntimeImage: ${value(baseRuntimeImage)}`,
    `      dockerfile: ${DOCKERFILE}`,
    ...(services.length === 1
      ? ['      # The last stage of a Dockerfile alone would be the one image, without a service in its name.']
      : ["      # The Dockerfile's last stages are the services; with a list here, only these."]),
    `      ${services.length === 1 ? '' : '# '}services: [${services.map(value).join(', ')}]`,
    '      # platforms: [linux/amd64, linux/arm64]',
    '      # An index of Python packages that asks for a password: a pip.conf in a variable, never a build argument.',
    '      # secrets:',
    '      #   pip: { env: PIP_CONF }',
  ];
}

function rest({ pythonSource }: ConfigAnswers): string[] {
  return [
    `    # ${pythonSource === '.' ? 'Python code' : `What lies below ${pythonSource}`} is compiled by Cython, but __init__.py and __main__.py. What does not compile can stay source:`,
    '    # compile:',
    '    #   exclude: ["app/models/**"]',
    '    #   directives: { boundscheck: false }',
    '    # What may be released. A finding that is accepted has a reason and, best, an end:',
    '    scan:',
    '      failOn: critical',
    '      # allow:',
    '      #   - { id: CVE-2026-1234, reason: "not reachable: no XML is read", until: 2026-12-31 }',
    '    # What k3s nodes are given to pull these images, see "objdocker k3s-registries":',
    '    # k3s:',
    '    #   output: registries.yaml',
  ];
}

function key(text: string): string {
  return stringify(text, { lineWidth: 0 }).trimEnd();
}

/** A scalar that config.yaml takes for this very text: what would be a variable is none. */
function value(text: string): string {
  return stringify(
    text.replaceAll('${', () => '$${'),
    { lineWidth: 0 },
  ).trimEnd();
}
