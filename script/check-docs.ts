import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Relative links of Markdown pages that are dead, or that leave the npm package from a page in it. */
export function docsProblems(): readonly string[] {
  const tracked = lines('git', ['ls-files', '--cached', '--others', '--exclude-standard']).filter((file) =>
    existsSync(join(ROOT, file)),
  );
  const packed = new Set(packedFiles());
  return tracked
    .filter((file) => file.endsWith('.md'))
    .flatMap((file) => {
      return linkProblems(file, readFileSync(join(ROOT, file), 'utf8'), packed);
    });
}

function linkProblems(file: string, text: string, packed: ReadonlySet<string>): readonly string[] {
  return [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link.replace(/#.*$/, ''))
    .filter((link) => link !== '' && !/^[a-z]+:/.test(link))
    .flatMap((link) => {
      const target = relative(ROOT, join(ROOT, dirname(file), link));
      if (!existsSync(join(ROOT, target))) return [`${file}: the link to ${link} is dead`];
      const isPacked =
        packed.has(target) || [...packed].some((each) => each.startsWith(`${target.replace(/\/$/, '')}/`));
      return packed.has(file) && !isPacked ? [`${file}: ${link} is not in the npm package (package.json, files)`] : [];
    });
}

function withoutCode(text: string): string {
  return text.replaceAll(/^( *)```.*?^\1```/gms, (block) => block.replaceAll(/[^\n]+/g, ''));
}

/** The files of the npm package. */
export function packedFiles(): readonly string[] {
  const printed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const [pack] = JSON.parse(printed) as { files: { path: string }[] }[];
  return pack?.files.map(({ path }) => path) ?? [];
}

function lines(file: string, args: readonly string[]): readonly string[] {
  return execFileSync(file, args, { cwd: ROOT, encoding: 'utf8' }).split('\n').filter(Boolean);
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const problems = docsProblems();
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
}
