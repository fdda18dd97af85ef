import { isObjDockerError, ObjDockerError } from '../../errors.ts';
import type { Environment } from '../../lib/environment.ts';
import { asText, parseObject } from '../../lib/json.ts';
import { fromUserAndPassword } from './auth-store.ts';
import type { RegistryCredentials } from './registry-auth.ts';

/**
 * Asks `docker-credential-NAME get` for the credentials of a server; undefined when it has none.
 * The server goes in through standard input, the answer comes as JSON on standard output.
 *
 * @throws {ObjDockerError} CREDENTIAL_HELPER_FAILED when the helper is absent or fails.
 */
export async function askCredentialHelper(
  name: string,
  server: string,
  environment: Pick<Environment, 'env' | 'exec'>,
  signal?: AbortSignal,
): Promise<RegistryCredentials | undefined> {
  const program = `docker-credential-${name}`;
  // A name with a slash would run a program from any folder.
  if (!/^[\w.-]+$/.test(name))
    throw failed(program, server, 'that is no name of a helper', 'Correct credsStore or credHelpers.');
  const result = await environment
    .exec(program, ['get'], { env: environment.env, input: server, signal })
    .catch((error) => {
      if (isObjDockerError(error) && error.code === 'COMMAND_NOT_FOUND') {
        throw failed(
          program,
          server,
          'there is no such program on PATH',
          `Install ${program}, or take it out of docker's config.json.`,
        );
      }
      throw error;
    });
  if (result.exitCode !== 0) {
    // docker-credential-helpers' own words; every helper prints them, on standard output.
    const said = `${result.stdout}\n${result.stderr}`.trim();
    if (/credentials not found/i.test(said)) return undefined;
    const reason = (result.stderr.trim() || result.stdout.trim()).split('\n').at(-1)?.slice(0, 300);
    throw failed(
      program,
      server,
      reason || `exit code ${result.exitCode}`,
      `Try by hand: echo ${server} | ${program} get`,
    );
  }
  const answer = parseObject(result.stdout);
  const username = asText(answer?.Username);
  const secret = asText(answer?.Secret);
  if (answer === undefined) throw failed(program, server, 'its answer is no JSON object', `Update ${program}.`);
  return username === undefined || secret === undefined ? undefined : fromUserAndPassword(username, secret);
}

function failed(program: string, server: string, reason: string, hint: string): ObjDockerError {
  return new ObjDockerError(
    'CREDENTIAL_HELPER_FAILED',
    `${program} cannot give the credentials of ${server}: ${reason}`,
    {
      hint: `${hint} Or put username and password into deployment.registry.`,
      details: { helper: program },
    },
  );
}
