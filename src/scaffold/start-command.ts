import type { Application, EntryPoint } from './code/entry-points.ts';

/** How the image of a service starts it. */
export interface StartCommand {
  readonly command: readonly string[];
  /** The requirement that runs the application; undefined when the service starts itself. */
  readonly server?: 'uvicorn' | 'gunicorn';
}

/** Packages that bring uvicorn along. */
const WITH_UVICORN = /^(uvicorn|fastapi\[(.*,)?(standard|all)(,.*)?\])$/;

/**
 * Chooses the command that starts a service.
 *
 * @param requirements the names of its requirements, lower case, with their extras
 */
export function startCommand(entry: EntryPoint, requirements: readonly string[]): StartCommand {
  const { application, module, target } = entry;
  if (application !== undefined) return serve(module, application, requirements);
  if (entry.kind !== 'function') return { command: ['python', '-m', module] };
  const call = `${target.replace(':', '.')}()`;
  return { command: ['python', '-c', `import sys, ${module}; sys.exit(${call})`] };
}

function serve(module: string, application: Application, requirements: readonly string[]): StartCommand {
  const { protocol, attribute, isFactory } = application;
  const hasUvicorn = requirements.some((name) => WITH_UVICORN.test(name));
  const hasGunicorn = requirements.includes('gunicorn');
  if (protocol === 'asgi' || (hasUvicorn && !hasGunicorn)) {
    const flags = [...(isFactory ? ['--factory'] : []), ...(protocol === 'wsgi' ? ['--interface wsgi'] : [])];
    const words = ['python -m uvicorn', ...flags, '--host 0.0.0.0 --port "$PORT"', `${module}:${attribute}`];
    // uvicorn does not read PORT, so a shell has to.
    return { command: ['sh', '-c', `exec ${words.join(' ')}`], server: 'uvicorn' };
  }
  // gunicorn listens on 0.0.0.0:$PORT when PORT is set. Its default folder for heartbeats is on a disk.
  const made = isFactory ? `${module}:${attribute}()` : `${module}:${attribute}`;
  return { command: ['python', '-m', 'gunicorn', '--worker-tmp-dir', '/dev/shm', made], server: 'gunicorn' };
}
