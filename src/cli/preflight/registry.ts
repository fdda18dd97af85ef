import type { Package } from '../../config/package.ts';
import { isObjDockerError } from '../../errors.ts';
import { sanitizeLine } from '../../lib/text/sanitize.ts';
import {
  findingsByWeight,
  type HarborComponent,
  type ProbeFinding,
  type ProbeReport,
  probeError,
} from '../../preflight/probe/report.ts';
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

/** What is wrong comes first. The components of a Harbor are listed when one of them is ill. */
function renderReport(report: ProbeReport, colors: Colors): string {
  const head = sanitizeLine(`${report.url}${kindOf(report)}`);
  const findings = findingsByWeight(report).map((finding) => renderFinding(finding, colors));
  const { components = [] } = report;
  const isIll = components.some(({ status }) => status !== 'healthy');
  return [
    report.status === 'healthy' ? `${head}: ${colors.green(report.status)}` : `${head}: ${colors.red(report.status)}`,
    ...findings,
    ...(isIll ? components.map((component) => renderComponent(component, colors)) : []),
  ].join('\n');
}

/** What answered; nothing for a server that does not show that it is of the configured type. */
function kindOf({ type, version, components, findings }: ProbeReport): string {
  if (type === 'harbor') return components === undefined ? '' : ` (${`Harbor ${version ?? ''}`.trim()})`;
  return findings.some(({ code }) => code === 'RESPONDS') ? ' (plain registry)' : '';
}

function renderComponent({ name, status, error }: HarborComponent, colors: Colors): string {
  const paint = status === 'healthy' ? colors.green : colors.red;
  return `  ${paint('•')} ${sanitizeLine(`${name} ${status}${error === undefined ? '' : `: ${error}`}`)}`;
}

function renderFinding({ level, message, hint }: ProbeFinding, colors: Colors): string {
  const mark = { ok: colors.green('✓'), warning: colors.yellow('!'), error: colors.red('✗') }[level];
  const line = `${mark} ${sanitizeLine(message)}`;
  return hint === undefined || level === 'ok' ? line : `${line}\n    ${sanitizeLine(hint)}`;
}
