import { stringify } from 'yaml';

/** The values in a new config.yaml. */
export interface ConfigAnswers {
  readonly package: string;
  readonly type: 'harbor' | 'registry';
  readonly host: string;
  readonly project: string | undefined;
  readonly username: string | undefined;
  readonly passwordFile: string | undefined;
  readonly services: readonly string[];
  /** The base images. Undefined when the Dockerfile has them. */
  readonly baseImage: string | undefined;
  readonly baseRuntimeImage: string | undefined;
  readonly dockerfile: string;
  /** What Cython compiles. Undefined without a compile step. */
  readonly compile: CompileAnswers | undefined;
  /** The path of the JSON Schema, for editors. */
  readonly schema: string | undefined;
}

export interface CompileAnswers {
  readonly source: string;
  /** Globs of modules that stay source, relative to the source folder. */
  readonly exclude: readonly string[];
}

export const DOCKERFILE = 'resource.docker/dockerfile/axion.dockerfile';

/** Returns the text of a commented config.yaml. It contains no secret. */
export function configText(answers: ConfigAnswers): string {
  return `${[...heading(answers), '', `${key(answers.package)}:`, '  deployment:', ...registry(answers), ...image(answers), ...rest(answers)].join('\n')}\n`;
}

function heading({ schema }: ConfigAnswers): string[] {
  return [
    ...(schema === undefined ? [] : [`# yaml-language-server: $schema=${schema}`]),
    '# What ObjDocker builds, where it pushes the images, and which scan results let them be released.',
    '# "objdocker config check" finds mistakes in this file, and "objdocker config show" prints the resulting values.',
    '# Other tools can have their own keys in this file.',
    ...(schema === undefined
      ? [
          '# To complete and check this file in an editor with a YAML language server, run',
          '#   objdocker config schema > config.schema.json',
          '# and make this the first line:  # yaml-language-server: $schema=config.schema.json',
        ]
      : []),
  ];
}

function registry({ type, host, project, username, passwordFile }: ConfigAnswers): string[] {
  const isHarbor = type === 'harbor';
  return [
    '    registry:',
    `      type: ${type}`,
    '      # With a port if it is not the default. For plain HTTP, add an http:// endpoint under mirrors; loopback needs none.',
    `      host: ${value(host)}`,
    ...(project === undefined ? [] : [`      project: ${value(project)}`]),
    ...login(username, passwordFile),
    ...(isHarbor
      ? [
          '      # Harbor scans each pushed image. "objdocker pipeline" waits for the scan before it moves the public tag.',
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
      '      # Without a user name, the credentials of "docker login" are used. In CI, use a robot account:',
      '      # username: "robot$project+ci"',
      '      # password: "${HARBOR_PASSWORD}"',
    ];
  }
  return [
    `      username: ${value(username)}`,
    '      # Do not write the password here. Use an environment variable, or a passwordFile outside of this repository.',
    passwordFile === undefined ? '      password: "${HARBOR_PASSWORD}"' : `      passwordFile: ${value(passwordFile)}`,
  ];
}

function image({ package: name, services, baseImage, baseRuntimeImage, dockerfile }: ConfigAnswers): string[] {
  return [
    '    image:',
    ...(services.length === 0
      ? []
      : [
          '      # Only a Dockerfile without services uses this name. The image of a service is named <service>-<package>, unless image.name says otherwise.',
        ]),
    `      repository: ${value(name)}`,
    '      # The tag of every image, and the build argument VERSION. "--tag 1.4.0" replaces it for one run.',
    '      tag: latest',
    ...(baseImage === undefined ? [] : [`      baseImage: ${value(baseImage)}`]),
    ...(baseRuntimeImage === undefined ? [] : [`      baseRuntimeImage: ${value(baseRuntimeImage)}`]),
    `      dockerfile: ${value(dockerfile)}`,
    ...serviceList(services),
    '      # platforms: [linux/amd64, linux/arm64]',
    '      # For a Python package index with a password: a pip.conf in an environment variable, never a build argument.',
    '      # secrets:',
    '      #   pip: { env: PIP_CONF }',
  ];
}

function serviceList(services: readonly string[]): string[] {
  if (services.length === 0)
    return [
      '      # The Dockerfile makes one image. Name its stages here to make one image for each:',
      '      # services: [api, worker]',
    ];
  return [
    ...(services.length === 1
      ? ['      # Without this list, the only final stage would be an image without a service in its name.']
      : ['      # By default, all final stages of the Dockerfile are services. A list selects some of them.']),
    `      ${services.length === 1 ? '' : '# '}services: [${services.map(value).join(', ')}]`,
  ];
}

function compileBlock(answers: CompileAnswers | undefined): string[] {
  if (answers === undefined) return [];
  const { source, exclude } = answers;
  const what = source === '.' ? 'the Python packages' : `${source}/`;
  return [
    `    # Cython compiles everything in ${what}, except __init__.py and __main__.py. Exclude what does not compile:`,
    ...(exclude.length === 0
      ? ['    # compile:', '    #   exclude: ["app/models/**"]', '    #   directives: { boundscheck: false }']
      : [
          '    compile:',
          `      exclude: [${exclude.map((glob) => JSON.stringify(glob)).join(', ')}]`,
          '      # directives: { boundscheck: false }',
        ]),
  ];
}

function rest({ compile }: ConfigAnswers): string[] {
  return [
    ...compileBlock(compile),
    '    # The policy that rejects a release. An allowance needs a reason, and should have an end.',
    '    scan:',
    '      failOn: critical',
    '      # allow:',
    '      #   - { id: CVE-2026-1234, reason: "not reachable: no XML is read", until: 2026-12-31 }',
    '    # The registries.yaml with which k3s nodes pull these images, see "objdocker k3s-registries". It holds passwords: keep it out of',
    '    # version control.',
    '    # k3s:',
    '    #   output: registries.yaml',
  ];
}

function key(text: string): string {
  return stringify(text, { lineWidth: 0 }).trimEnd();
}

/** Returns a YAML scalar for a text, with "${" escaped. */
function value(text: string): string {
  return stringify(
    text.replaceAll('${', () => '$${'),
    { lineWidth: 0 },
  ).trimEnd();
}
