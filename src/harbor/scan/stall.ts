import * as z from 'zod';
import { isObjDockerError, ObjDockerError } from '../../errors.ts';
import type { RequestOptions } from '../../lib/http/request-options.ts';
import type { HarborApi } from '../client/harbor-api.ts';

const infoSchema = z.looseObject({ read_only: z.boolean().nullish() });

const healthSchema = z.looseObject({
  components: z.array(z.looseObject({ name: z.string(), status: z.string().nullish() })).nullish(),
});

/**
 * Why a scan does not proceed, as far as every login may know: Harbor is in read-only mode, or its jobservice is down.
 *
 * @returns undefined when neither is so
 */
export async function findStall(api: HarborApi, options: RequestOptions = {}): Promise<ObjDockerError | undefined> {
  try {
    const [info, health] = await Promise.all([
      api.read(infoSchema, { path: '/systeminfo', doing: 'read the state of Harbor', permission: undefined }, options),
      api.read(healthSchema, { path: '/health', doing: 'read the health of Harbor', permission: undefined }, options),
    ]);
    if (info.read_only === true) {
      return new ObjDockerError('REGISTRY_READ_ONLY', `Harbor at ${api.host} is in read-only mode: scans do not end`, {
        hint: 'Ask its administrator to turn read-only mode off (Configuration, System Settings).',
      });
    }
    const jobservice = health.components?.find(({ name }) => name === 'jobservice');
    if (jobservice === undefined || jobservice.status === 'healthy') return undefined;
    return new ObjDockerError(
      'REGISTRY_UNHEALTHY',
      `the jobservice of Harbor at ${api.host}, which runs scans, is down`,
    );
  } catch (error) {
    if (!isObjDockerError(error) || error.code === 'CANCELLED') throw error;
    return undefined;
  }
}

/** The scan is queued, and Harbor works: others are before it. */
export function queued(api: HarborApi): ObjDockerError {
  return new ObjDockerError('SCAN_FAILED', `the scan waits in the queue of Harbor at ${api.host}`);
}
