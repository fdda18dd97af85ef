import * as z from 'zod';
import { formatBytes } from '../../lib/text/bytes.ts';
import { formatDuration } from '../../lib/text/duration.ts';
import { count } from '../../lib/text/words.ts';
import type { CommandBody } from '../framework/command.ts';
import { createDocker } from '../framework/docker.ts';
import { ExitCode } from '../framework/exit-codes.ts';
import { renderImages } from './render-images.ts';
import { renderPush } from './render-push.ts';

const Options = z.object({ service: z.array(z.string()).optional(), tag: z.string().optional() });

/** `objdocker push [PACKAGE]`: pushes the package's images. */
export const run: CommandBody = async (context, [name], given) => {
  const { output } = context;
  const options = Options.parse(given);
  const pkg = await context.selectPackage(name);
  const docker = createDocker(context);
  try {
    const push = docker.push(pkg, { services: options.service, tag: options.tag, signal: context.signal });
    await renderPush(push, context);
    const { images, bytesSent, durationMs, warnings } = await push.result;
    output.print(renderImages(images, { heading: 'DIGEST', columns: output.columns, whole: true }));
    // The containerd image store reports no size for a layer that is sent in one piece.
    const bytes = bytesSent > 0 ? `, ${formatBytes(bytesSent)}` : '';
    output.info(
      `pushed ${count(images.length, 'image')}${bytes} in ${formatDuration(durationMs)}; no scan, no policy check`,
    );
    output.printJson('push', { images, bytesSent, durationMs, warnings });
    return ExitCode.done;
  } finally {
    docker.close();
  }
};
