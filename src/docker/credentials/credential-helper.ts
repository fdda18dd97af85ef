import { isObjDockerError, ObjDockerError } from '../../errors.ts';
import type { Environment } from '../../lib/environment.ts';
import { asText, parseObject } from '../../lib/json.ts';
import { fromUserAndPassword } from './auth-store.ts';
import type { RegistryCredentials } from './registry-auth.ts';

/**
 * Reads a server's credentials with `docker-credential-NAME get`; undefined when it has none.
 * The helper reads the server from standard input and prints JSON.
 *
 * @throws {ObjDockerError} COMMAND_NOT_FOUND when the helper is not installed, CREDENTIAL_HELPER_FAILED when it fails.
 */
export async function runCredentialHelper(
  name: string,
  server: string,
  environment: Pick<Environment, 'env' | 'exec'>,
  signal?: AbortSignal,
): Promise<RegistryCredentials | undefined> {
  const program = `docker-credential-${name}`;
  // A name with a slash would run a program outside PATH.
  if (!/^[\w.-]+$/.test(name))
    throw failed(
      program,
      server,
      'the name is not valid',
      "Correct credsStore or credHelpers in docker's config.json.",
    );
  const result = await environment
    .exec(program, ['get'], { env: environment.env, input: server, signal })
    .catch((error) => {
      if (isObjDockerError(error) && error.code === 'COMMAND_NOT_FOUND') {
        throw new ObjDockerError('COMMAND_NOT_FOUND', `${program} is not on PATH`, { cause: error });
      }
      throw error;
    });
  if (result.exitCode !== 0) {
    // The text of docker-credential-helpers. Every helper prints it to standard output.
    const output = `${result.stdout}\n${result.stderr}`.trim();
    if (/credentials not found/i.test(output)) return undefined;
    const reason = (result.stderr.trim() || result.stdout.trim()).split('\n').at(-1)?.slice(0, 300);
    throw failed(
      program,
      server,
      reason || `exit code ${result.exitCode}`,
      `Try it by hand: echo ${server} | ${program} get`,
    );
  }
  const parsed = parseObject(result.stdout);
  const username = asText(parsed?.Username);
  const secret = asText(parsed?.Secret);
  if (parsed === undefined) throw failed(program, server, 'its output is not a JSON object', `Update ${program}.`);
  return username === undefined || secret === undefined ? undefined : fromUserAndPassword(username, secret);
}

function failed(program: string, server: string, reason: string, hint: string): ObjDockerError {
  return new ObjDockerError(
    'CREDENTIAL_HELPER_FAILED',
    `cannot read the credentials of ${server} from ${program}: ${reason}`,
    {
      hint: `${hint} Or set username and password in deployment.registry.`,
      details: { helper: program },
    },
  );
}
