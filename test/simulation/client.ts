import type { NodeState, NoticeSubscription } from "@redlock-kit/core";
import { Connection } from "./connection.js";
import type { Dice } from "./dice.js";
import type { Machine } from "./machine.js";
import { LONGEST_WAY_MS, type Path } from "./path.js";
import type { Server } from "./server.js";
import type { Question } from "./wire.js";
import type { World } from "./world.js";

/** What kind of client a process reaches its servers by. */
export interface ClientManners {
  /** What was unanswered when the connection broke is asked again on the next, as ioredis does. */
  readonly resends: boolean;
  /** The kit made the client, and may open the connection anew. */
  readonly reopens: boolean;
}

/** What a client connects. */
export interface ClientParts {
  readonly world: World;
  readonly machine: Machine;
  readonly server: Server;
  readonly path: Path;
  readonly dice: Dice;
  readonly manners: ClientManners;
}

interface Call {
  readonly send: (connection: Connection) => void;
  readonly reject: (error: Error) => void;
}

/** A process's client of one server, which has one connection after the other. */
export class Client {
  readonly parts: ClientParts;
  state: NodeState = "connecting";
  readonly watchers = new Set<() => void>();
  /** Settles when the first connection is there, or can't be made. */
  readonly first: Promise<void>;
  readonly #pending = new Set<Call>();
  #settleFirst: ((error?: Error) => void) | undefined;
  #connection: Connection | undefined;
  #hear: ((lock: string) => void) | undefined;
  /** The connection on which the server tells of releases. */
  #told: Connection | undefined;
  #closed = false;

  constructor(parts: ClientParts) {
    this.parts = parts;
    this.first = new Promise((resolve, reject) => {
      this.#settleFirst = (error) => (error === undefined ? resolve() : reject(error));
    });
    this.first.catch(() => {});
    this.#connect(0);
  }

  ask<Reply>({ text, ask }: Question<Reply>): Promise<Reply> {
    const connection = this.#connection;
    if (connection === undefined) return Promise.reject(new Error("disconnected"));
    const { world, machine, server } = this.parts;
    return new Promise((resolve, reject) => {
      const carryOut = async (on: Connection, refusal: Error | undefined): Promise<void> => {
        const reply = await (refusal ?? ask(server));
        world.note(() => `${server.name} for ${machine.name}: ${text()}: ${told(reply)}`);
        on.carry("down", () => {
          if (!on.open || !this.#pending.delete(call)) return;
          if (reply instanceof Error) reject(reply);
          else resolve(reply);
        });
      };
      const send = (on: Connection): void => {
        world.note(() => `${machine.name} asks ${server.name}: ${text()}`);
        on.carry("up", () => server.serve((refusal) => void carryOut(on, refusal)));
      };
      const call: Call = { send, reject };
      this.#pending.add(call);
      send(connection);
    });
  }

  listen(hear: (lock: string) => void): NoticeSubscription {
    this.#hear = hear;
    if (this.#connection !== undefined) this.#subscribe(this.#connection);
    const isActive = (): boolean => this.#told !== undefined && this.#told === this.#connection;
    return {
      get active() {
        return isActive();
      },
      stop: () => this.#stopListening(),
    };
  }

  close(): void {
    this.abandon();
    this.#rejectAll("closed");
  }

  /** The process gives its connection up, or has died. */
  abandon(): void {
    this.#closed = true;
    if (this.#connection !== undefined) this.#leave(this.#connection);
  }

  /** It finds its connection broken. */
  breakOff(why: string): void {
    const { world, machine, server, dice, manners } = this.parts;
    const connection = this.#connection;
    if (connection === undefined || this.#closed) return;
    world.note(() => `${machine.name} loses ${server.name}: ${why}`);
    connection.lost = dice.chance(0.5);
    this.#leave(connection);
    if (!manners.resends) this.#rejectAll("disconnected");
    this.#become("disconnected");
    this.#connect(dice.between(1, 60));
  }

  /** The server has died, which its machine says on the connection, soon or when somebody asks. */
  serverDied(tellsAfterMs: number): void {
    const connection = this.#connection;
    this.parts.machine.later(tellsAfterMs, () => this.#breakOffIf(connection, "its server died"));
  }

  #connect(inMs: number): void {
    const { machine, server, path, dice } = this.parts;
    machine.later(inMs + 2 * path.wayMs(), () => {
      if (this.#closed) return;
      if (server.up && path.isOpen) return this.#connected();
      this.#settleFirst?.(new Error("disconnected"));
      this.#settleFirst = undefined;
      if (this.state === "connecting") this.#become("disconnected");
      this.#connect(dice.between(10, 120));
    });
  }

  #connected(): void {
    const { world, machine, server, path, dice } = this.parts;
    const connection = new Connection(world, path, { machine, server }, () => {
      machine.later(dice.between(50, 1_000), () => this.#breakOffIf(connection, "something was lost"));
    });
    this.#connection = connection;
    world.note(() => `${machine.name} has a connection to ${server.name}`);
    for (const { send } of this.#pending) send(connection);
    if (this.#hear !== undefined) this.#subscribe(connection);
    this.#become("ready");
    this.#settleFirst?.();
    this.#settleFirst = undefined;
  }

  #become(state: NodeState): void {
    this.state = state;
    for (const watcher of this.watchers) watcher();
  }

  #breakOffIf(connection: Connection | undefined, why: string): void {
    if (connection === this.#connection) this.breakOff(why);
  }

  #rejectAll(why: string): void {
    for (const { reject } of this.#pending) reject(new Error(why));
    this.#pending.clear();
  }

  #subscribe(connection: Connection): void {
    const { world, machine, server, path } = this.parts;
    const hear = (lock: string): void => {
      world.note(() => `${server.name} calls ${machine.name} for ${lock}`);
      if (!path.deaf) connection.carry("down", () => connection.open && this.#hear?.(lock));
    };
    connection.carry("up", () => {
      server.subscribe(machine.name, hear, connection);
      connection.carry("down", () => connection.open && (this.#told = connection));
    });
  }

  #stopListening(): void {
    const { machine, server } = this.parts;
    const connection = this.#connection;
    this.#hear = undefined;
    this.#told = undefined;
    connection?.carry("up", () => server.unsubscribe(machine.name, connection));
  }

  /** The client leaves a connection; the server finds out some time. */
  #leave(connection: Connection): void {
    const { world, machine, server, dice } = this.parts;
    this.#connection = undefined;
    connection.open = false;
    world.after(dice.next() * LONGEST_WAY_MS, () => server.unsubscribe(machine.name, connection));
  }
}

function told(reply: unknown): string {
  return reply instanceof Error ? reply.message : JSON.stringify(reply);
}
