import type { Socket } from "node:net";

/** Called when a connection can carry no response any more. `byClient`: the client or a timeout ended it. */
export type SocketEndListener = (byClient: boolean) => void;

const watched = new WeakMap<Socket, Set<SocketEndListener>>();

/**
 * Tells `listener`, perhaps more than once, that the connection has ended. One set per socket, since many pipelined requests
 * share a socket and Node warns of a leak above ten listeners.
 *
 * @returns takes the listener off
 */
export function onSocketEnd(socket: Socket, listener: SocketEndListener): () => void {
  const listeners = watched.get(socket) ?? watch(socket);
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function watch(socket: Socket): Set<SocketEndListener> {
  const listeners = new Set<SocketEndListener>();
  watched.set(socket, listeners);
  const tell = (byClient: boolean): void => {
    for (const listener of listeners) listener(byClient);
  };
  // Node's own listener stands before this one: it ends our side of the connection, unless the server allows
  // half-open connections, in which the client may still be waiting for its answer.
  socket.on("end", () => {
    if (socket.writableEnded) tell(true);
  });
  // Again behind Node's own listener, which destroys the socket unless the program listens for timeouts itself.
  socket.on("timeout", () => {
    if (socket.destroyed) tell(true);
  });
  // Before Node's own listener, so that responses are not yet marked as destroyed for the client's sake.
  socket.prependListener("close", () => tell(Boolean(socket.errored) || socket.writableEnded));
  return listeners;
}
