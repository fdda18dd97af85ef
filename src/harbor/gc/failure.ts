import type { Explained } from '../../registry/failure.ts';
import type { HarborProblem } from '../client/failure.ts';

/** What Harbor's answers mean for garbage collection, which takes a permission of the whole system. */
export function explainGc({ status, message }: HarborProblem): Explained | undefined {
  // Harbor's message is the user's name, and nothing else (captures 222, 245).
  if (status === 403 && !/read.?only/i.test(message)) {
    return {
      code: 'REGISTRY_FORBIDDEN',
      message: `${message || 'this login'} may not manage garbage collection`,
      hint: 'It concerns every project of that Harbor: its administrator may, and a robot of the system level with the permission Garbage Collection; administrators and robots of a project may not.',
    };
  }
  if (status === 500) {
    return {
      code: 'REGISTRY_ERROR',
      message: 'Harbor answers HTTP 500, as it does while its jobservice is down',
      hint: 'See which component is not healthy: objdocker registry. Then look at the log of harbor-core for the request id.',
    };
  }
  return undefined;
}
