import type { Random } from '../../random.ts';

/** A small project: what is in its context, its Dockerfile and its build arguments. */
export interface RandomProject {
  readonly files: ReadonlyMap<string, ProjectFile>;
  /** Lines of `.dockerignore`. */
  readonly ignore: readonly string[];
  readonly stages: readonly ProjectStage[];
  /** `image.buildArgs` */
  readonly buildArgs: Readonly<Record<string, string>>;
}

export type ProjectFile = { readonly content: string; readonly mode: number } | { readonly link: string };

interface ProjectStage {
  readonly name: string;
  /** The name of a stage above, or an image. */
  readonly from: string;
  readonly lines: readonly string[];
}

const FOLDERS = ['', 'dir/', 'dir/sub/', 'src/'];
const NAMES = ['a.txt', 'b.txt', 'm.py', 'n.py', '.hidden'];
const LINKS: readonly (readonly [string, string])[] = [
  ['link', 'a.txt'],
  ['dirlink', 'dir'],
  ['dir/up', '../src/m.py'],
  ['src/broken', 'nowhere'],
];
const IGNORED = ['**/*.md', 'dir/sub', '!dir/sub/a.txt', '*.py', 'src/.hidden', '# a comment', 'b.txt', '!b.txt'];
const MODES = [0o644, 0o755, 0o600, 0o4755];
const ARGS = ['COLOR', 'SIZE', 'LABEL'];

function pick<T>(random: Random, items: readonly T[]): T {
  return items[random.below(items.length)] as T;
}

/** @param image what its first stage starts from; it needs a shell */
export function randomProject(random: Random, image: string): RandomProject {
  const files = new Map<string, ProjectFile>([['a.txt', { content: 'a', mode: 0o644 }]]);
  for (const folder of FOLDERS)
    for (const name of random.some(NAMES)) files.set(`${folder}${name}`, randomFile(random));
  for (const [path, link] of LINKS) if (random.below(2) === 0) files.set(path, { link });
  const stages: ProjectStage[] = [];
  for (const name of ['base', 'app', 'last'].slice(0, 1 + random.below(3))) {
    const from = stages.length === 0 ? image : pick(random, [image, ...stages.map((stage) => stage.name)]);
    const lines = Array.from({ length: 1 + random.below(5) }, () => randomLine(random, stages));
    stages.push({ name, from, lines });
  }
  // So that most files matter.
  const last = stages.at(-1);
  if (last !== undefined && random.below(3) > 0)
    stages[stages.length - 1] = { ...last, lines: [...last.lines, 'COPY . /all/'] };
  return {
    files,
    ignore: random.below(2) === 0 ? [] : random.some(IGNORED).slice(0, 3),
    stages,
    buildArgs: Object.fromEntries(random.some(ARGS).map((name) => [name, `${name}-${random.below(3)}`])),
  };
}

function randomFile(random: Random): ProjectFile {
  return { content: `text ${random.below(1000)}\n`, mode: pick(random, MODES) };
}

let steps = 0;

function randomLine(random: Random, above: readonly ProjectStage[]): string {
  const step = ++steps;
  const source = pick(random, ['.', 'a.txt', '*.txt', 'dir', 'dir/', 'dir/*', '[ab].txt', 'src/*.py', './dir/../src']);
  const argument = pick(random, ARGS);
  const lines = [
    `COPY ${source} /copy-${step}/`,
    `COPY --chmod=0${pick(random, ['644', '755', '4711'])} a.txt /mode-${step}`,
    `COPY link* dirlink* /links-${step}/`,
    `ADD a.txt /add-${step}/`,
    `ARG ${argument}${pick(random, ['', '=red', '=blue'])}`,
    `ENV E${step}=$${argument}`,
    `RUN echo "$${argument}" > /run-${step}`,
    `RUN env | grep -E '^(${ARGS.join('|')})=' | sort > /env-${step}; true`,
    `RUN --mount=type=bind,source=${pick(random, ['dir', 'src', '.'])},target=/mnt cd /mnt && find . | sort > /list-${step} && find . -type f -perm -u=r -exec cat {} + | wc > /size-${step}`,
    `RUN <<END\necho heredoc ${random.below(3)} > /heredoc-${step}\nEND`,
    `COPY <<END /written-${step}\nwritten \${${argument}}\nEND`,
    `WORKDIR /work-${random.below(3)}/$${argument}`,
    `USER ${random.below(2)}`,
    `USER 0`,
    `LABEL built="$${argument}"`,
    `CMD ["echo", "${random.below(3)}"]`,
    `EXPOSE ${8000 + random.below(3)}`,
    `SHELL ["/bin/sh", "-${pick(random, ['c', 'ec'])}"]`,
    '# a comment',
    ...above.flatMap(({ name }) => [
      `COPY --from=${name} / /from-${step}/`,
      `RUN --mount=from=${name},target=/from ls -R /from | wc > /count-${step}`,
    ]),
  ];
  return pick(random, lines);
}

export interface Edit {
  readonly name: string;
  readonly project: RandomProject;
}

/** Changes one thing of a project, which may or may not matter to its images. */
export function randomEdit(random: Random, project: RandomProject): Edit {
  const edits = Object.entries(EDITS);
  for (;;) {
    const [name, edit] = pick(random, edits);
    const edited = edit(random, project);
    if (edited !== undefined) return { name, project: edited };
  }
}

type MakeEdit = (random: Random, project: RandomProject) => RandomProject | undefined;

const EDITS: Readonly<Record<string, MakeEdit>> = {
  'a new content': (random, project) =>
    withFile(random, project, (file) => ({ ...file, content: `new ${random.next()}` })),
  'a new mode': (random, project) =>
    withFile(random, project, (file) => ({
      ...file,
      mode: pick(
        random,
        MODES.filter((mode) => mode !== file.mode),
      ),
    })),
  'a new file': (random, { files, ...project }) => ({
    ...project,
    files: new Map([...files, [`${pick(random, FOLDERS)}new-${random.below(100)}.txt`, randomFile(random)]]),
  }),
  'a file less': (random, project) => without(project, pick(random, [...project.files.keys()])),
  'another name': (random, project) => {
    const path = pick(random, [...project.files.keys()]);
    const file = project.files.get(path);
    const rest = without(project, path);
    return rest === undefined || file === undefined
      ? undefined
      : { ...rest, files: new Map([...rest.files, [`${path}.renamed`, file]]) };
  },
  'another link target': (random, { files, ...project }) => {
    const links = [...files].filter(([, file]) => 'link' in file);
    if (links.length === 0) return undefined;
    const [path] = pick(random, links);
    return { ...project, files: new Map([...files, [path, { link: pick(random, ['b.txt', 'src', 'dir/sub']) }]]) };
  },
  'another ignore file': (random, project) => ({
    ...project,
    ignore: random.below(2) === 0 ? [...project.ignore, pick(random, IGNORED)] : project.ignore.slice(1),
  }),
  'a new line': (random, project) =>
    withStage(random, project, (stage, index) => ({
      ...stage,
      lines: insert(random, stage.lines, randomLine(random, project.stages.slice(0, index))),
    })),
  'a line less': (random, project) =>
    withStage(random, project, (stage) => {
      const gone = random.below(stage.lines.length);
      return { ...stage, lines: stage.lines.filter((_, index) => index !== gone) };
    }),
  'another order of lines': (random, project) =>
    withStage(random, project, (stage) => ({ ...stage, lines: [...stage.lines.slice(1), ...stage.lines.slice(0, 1)] })),
  'white space and comments': (random, project) =>
    withStage(random, project, (stage) => ({
      ...stage,
      lines: stage.lines.flatMap((line) => ['# another comment', line.replace(/^(COPY|ARG|ENV) /, '$1   ')]),
    })),
  'another default': (random, project) =>
    withStage(random, project, (stage) => ({
      ...stage,
      lines: stage.lines.map((line) => (line.startsWith('ARG ') ? `${line.split('=')[0]}=green` : line)),
    })),
  'another argument': (random, { buildArgs, ...project }) => ({
    ...project,
    buildArgs: { ...buildArgs, [pick(random, ARGS)]: `value-${random.below(100)}` },
  }),
};

function withFile(
  random: Random,
  { files, ...project }: RandomProject,
  change: (file: Extract<ProjectFile, { content: string }>) => ProjectFile,
): RandomProject | undefined {
  const plain = [...files].filter(([, file]) => 'content' in file);
  if (plain.length === 0) return undefined;
  const [path, file] = pick(random, plain);
  return 'content' in file ? { ...project, files: new Map([...files, [path, change(file)]]) } : undefined;
}

function without({ files, ...project }: RandomProject, path: string): RandomProject | undefined {
  if (path === 'a.txt') return undefined;
  return { ...project, files: new Map([...files].filter(([each]) => each !== path)) };
}

function withStage(
  random: Random,
  { stages, ...project }: RandomProject,
  change: (stage: ProjectStage, index: number) => ProjectStage,
): RandomProject {
  const changed = random.below(stages.length);
  return { ...project, stages: stages.map((stage, index) => (index === changed ? change(stage, index) : stage)) };
}

function insert(random: Random, lines: readonly string[], line: string): string[] {
  const at = random.below(lines.length + 1);
  return [...lines.slice(0, at), line, ...lines.slice(at)];
}

export function dockerfileOf({ stages }: RandomProject): string {
  return `${stages.map(({ name, from, lines }) => [`FROM ${from} AS ${name}`, ...lines].join('\n')).join('\n')}\n`;
}
