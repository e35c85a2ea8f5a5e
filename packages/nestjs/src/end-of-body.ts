import { finished, Readable } from "node:stream";
import { StreamableFile } from "@nestjs/common";
import { onAbort } from "./on-abort.js";

/**
 * When a body that is sent piece by piece has ended, in whatever way: a `StreamableFile`; where it answers a request, a
 * stream of Node or of the web and the stream of a `Response` as well, which other methods may well give for something
 * else than to be read. `undefined` for everything else.
 *
 * @param over when nobody will read it any more, so that it is destroyed. Only where it answers a request
 */
export function endOfBody(body: unknown, over: AbortSignal | undefined): Promise<void> | undefined {
  const stream = streamOf(body, over !== undefined);
  if (stream === undefined) return undefined;
  return new Promise((resolve) => {
    // Node takes streams of the web here as well, and so does not lock them.
    finished(stream as NodeJS.ReadableStream, () => resolve());
    onAbort(over, () => destroy(stream));
  });
}

/** Ends such a body before it is sent. */
export function destroyBody(body: unknown, over: AbortSignal | undefined): void {
  const stream = streamOf(body, over !== undefined);
  if (stream !== undefined) destroy(stream);
}

function streamOf(body: unknown, isAnswer: boolean): Readable | ReadableStream | undefined {
  if (body instanceof StreamableFile) return body.getStream();
  if (!isAnswer) return undefined;
  if (body instanceof Response) return body.body ?? undefined;
  return body instanceof Readable || body instanceof ReadableStream ? body : undefined;
}

function destroy(stream: Readable | ReadableStream): void {
  if (stream instanceof Readable) stream.destroy();
  // One that is being read is in its reader's hands.
  else if (!stream.locked) stream.cancel().catch(() => {});
}
