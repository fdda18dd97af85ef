import type { Package } from '../../config/package.ts';
import { isObjDockerError } from '../../errors.ts';
import { sanitizeLine } from '../../lib/text/sanitize.ts';
import { type ProbeFinding, type ProbeReport, probeError } from '../../preflight/probe/report.ts';
import type { Colors } from '../../terminal/output-stream.ts';
import { wrap } from '../../terminal/wrap.ts';
import type { CommandBody, CommandContext } from '../framework/command.ts';
import { createDocker } from '../framework/docker.ts';
import { EXIT_CODES, ExitCode } from '../framework/exit-codes.ts';

/** `objdocker registry [HOST]`: probes a registry. The exit code is that of the most severe finding. */
export const run: CommandBody = async (context, [registryHost]) => {
  const { output } = context;
  const target = registryHost === undefined ? await context.selectPackage() : await findTarget(context, registryHost);
  const docker = createDocker(context);
  const report = await docker.connectRegistry(target, { signal: context.signal });
  output.print(wrap(renderReport(report, output.colors), output.columns));
  output.printJson('registry', report);
  const error = probeError(report);
  return error === undefined ? ExitCode.done : EXIT_CODES[error.code];
};

/** The package with this registry, whose credentials and CA then apply; else the host alone. */
async function findTarget(context: CommandContext, registryHost: string): Promise<Package | string> {
  if (context.globals.package !== undefined) {
    const pkg = await context.selectPackage();
    return pkg.registry.host === registryHost ? pkg : registryHost;
  }
  try {
    const config = await context.loadConfig();
    const packages = config.packages.map((name) => config.selectPackage(name));
    return packages.find((pkg) => pkg.registry.host === registryHost) ?? registryHost;
  } catch (error) {
    // A host can be probed without a config, unless --config names one.
    if (isObjDockerError(error) && error.code === 'CONFIG_NOT_FOUND' && context.globals.config === undefined)
      return registryHost;
    throw error;
  }
}

function renderReport(report: ProbeReport, colors: Colors): string {
  const kind = report.type === 'harbor' ? `Harbor ${report.version ?? ''}`.trim() : 'plain registry';
  const color = report.status === 'healthy' ? colors.green : colors.red;
  const lines = [`${sanitizeLine(`${report.url} (${kind})`)}: ${color(report.status)}`];
  for (const component of report.components ?? []) {
    const paint = component.status === 'healthy' ? colors.green : colors.red;
    const because = component.error === undefined ? '' : `: ${component.error}`;
    lines.push(`  ${paint('•')} ${sanitizeLine(`${component.name} ${component.status}${because}`)}`);
  }
  return [...lines, ...report.findings.map((finding) => renderFinding(finding, colors))].join('\n');
}

function renderFinding({ level, message, hint }: ProbeFinding, colors: Colors): string {
  const mark = { ok: colors.green('✓'), warning: colors.yellow('!'), error: colors.red('✗') }[level];
  const line = `${mark} ${sanitizeLine(message)}`;
  return hint === undefined || level === 'ok' ? line : `${line}\n    ${sanitizeLine(hint)}`;
}
