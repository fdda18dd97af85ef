import { ObjDockerError } from '../errors.ts';
import { makeFolders } from '../lib/files/files.ts';

/**
 * Creates the folder of reports, when it does not exist.
 *
 * @throws {ObjDockerError} OUTPUT_FAILED
 */
export async function createFolder(directory: string): Promise<void> {
  await makeFolders(directory).catch((cause) => {
    throw new ObjDockerError('OUTPUT_FAILED', `cannot create the folder ${directory}: ${cause.code ?? cause}`, {
      hint: 'Name an existing folder, or one in a folder that you may write to.',
      cause,
    });
  });
}
