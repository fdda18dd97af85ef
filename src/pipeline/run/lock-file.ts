import { randomUUID } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { connect } from 'node:net';

/**
 * Removes the file of a socket that nobody listens on any more, which its process left when it was killed. Several may find it
 * so at once: each moves it away first, and puts back what turns out to be alive.
 */
export async function removeStale(path: string): Promise<void> {
  const aside = `${path}.${randomUUID().slice(0, 8)}`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  if (await isAlive(aside)) await rename(aside, path).catch(() => {});
  else await rm(aside, { force: true });
}

function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
