import type { LockError, LockErrorCode } from "@redlock-kit/core";
import { httpAnswer } from "@redlock-kit/core/adapter";

/** What the clients of microservices and WebSockets are told of a `LockError`: never a key, a token or an owner. */
export interface LockErrorMessage {
  readonly status: "error";
  readonly code: LockErrorCode;
  readonly message: string;
  /** Milliseconds after which another try makes sense, where that is known. */
  readonly retryAfterMs?: number;
}

export function errorMessage(error: LockError): LockErrorMessage {
  const { detail } = httpAnswer(error, { url: "" }).body;
  const { retryAfterMs = Number.NaN } = error;
  const isKnown = Number.isFinite(retryAfterMs);
  return {
    status: "error",
    code: error.code,
    message: detail,
    ...(isKnown && { retryAfterMs: Math.ceil(retryAfterMs) }),
  };
}

/** What is used of the sockets of both platforms. */
type Socket =
  | { readonly readyState: number; send(message: string): unknown }
  | { emit(event: string, message: unknown): unknown };

/** Sends an `exception`, as Nest does: socket.io emits events, the sockets of `ws` send text. */
export function sendToSocket(error: LockError, socket: Socket): void {
  const message = errorMessage(error);
  if ("readyState" in socket) socket.send(JSON.stringify({ event: "exception", data: message }));
  else socket.emit("exception", message);
}

/** An error that GraphQL servers show with its extensions; a resolver may return an error in place of throwing it. */
export function errorOfGraphQL(error: LockError): Error {
  const { message, ...extensions } = errorMessage(error);
  return Object.assign(new Error(message, { cause: error }), { extensions });
}
