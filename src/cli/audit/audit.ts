import { resolve } from 'node:path';
import { ObjDockerError } from '../../errors.ts';
import type { AuditReport } from '../../model/audit.ts';
import { ObjBuild } from '../../pipeline/obj-build.ts';
import { auditMarkdown } from '../../report/markdown/audit-markdown.ts';
import { appendSummary, summaryFile } from '../framework/ci/job-summary.ts';
import type { CommandBody, CommandContext } from '../framework/command.ts';
import { createDocker } from '../framework/docker.ts';
import { EXIT_CODES, ExitCode } from '../framework/exit-codes.ts';
import { type GivenOptions, isOn, textOf, textsOf } from '../framework/option-values.ts';
import { follow } from '../releases/follow.ts';
import { renderAudit } from './render-audit.ts';

/** `objdocker audit [PACKAGE]`: checks what is released. Exit code 1 for a difference, 3 when something could not be asked. */
export const run: CommandBody = async (context, [name], given) => {
  const { output, environment, signal } = context;
  const rescan = textOf(given, 'rescan');
  const summary = summaryFile(context, given);
  const site = siteOf(context, given);
  const packages = await selectPackages(context, name, given);
  const docker = createDocker(context);
  try {
    const audit = new ObjBuild(docker, { environment }).audit(packages, {
      tags: textsOf(given, 'tag'),
      ...(site === undefined ? {} : { history: TREND }),
      rescan: rescan === 'too-old' || rescan === 'force' ? rescan : undefined,
      signal,
    });
    const report = await follow(audit, output);
    const { columns, colors } = output;
    for (const line of renderAudit(report, { columns, colors, now: environment.now() })) output.print(line);
    output.printJson('audit', report);
    if (site !== undefined) {
      const { writeOverview } = await import('../../report/report.ts');
      const { index } = await writeOverview(report, site, { signal });
      output.info(`overview: ${index}`);
    }
    const failure = summary === undefined ? undefined : await appendSummary(summary, auditMarkdown(report));
    if (failure !== undefined) output.error(failure);
    const code = codeOf(report);
    return code === ExitCode.done && failure !== undefined ? EXIT_CODES[failure.code] : code;
  } finally {
    docker.close();
  }
};

/** The releases whose findings the overview shows. */
const TREND = 20;

/** The folder of the overview; undefined without `--format html`. */
function siteOf({ environment }: CommandContext, given: GivenOptions): string | undefined {
  const output = textOf(given, 'output');
  const isHtml = textOf(given, 'format') === 'html';
  if (isHtml === (output !== undefined)) return output === undefined ? undefined : resolve(environment.cwd, output);
  throw new ObjDockerError('USAGE', isHtml ? '--format html needs --output FOLDER' : '--output needs --format html', {
    hint: 'The overview is a folder of pages: --format html --output site',
  });
}

async function selectPackages(context: CommandContext, name: string | undefined, given: GivenOptions) {
  if (!isOn(given, 'all')) return [await context.selectPackage(name)];
  const named = name ?? context.globals.package;
  if (named !== undefined)
    throw new ObjDockerError('USAGE', `--all and the package ${JSON.stringify(named)} exclude each other`, {
      hint: 'Leave one of them out.',
    });
  const config = await context.loadConfig();
  const { formatIssue } = await import('../../config/validation/issues.ts');
  for (const issue of config.warnings) context.output.warn(formatIssue(issue));
  return config.packages.map((each) => config.selectPackage(each));
}

function codeOf({ packages }: AuditReport): ExitCode {
  if (packages.some(({ differences }) => differences.length > 0)) return ExitCode.no;
  return packages.some(({ unknown }) => unknown.length > 0) ? ExitCode.outside : ExitCode.done;
}
