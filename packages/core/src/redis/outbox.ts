import { hashTagOf } from "../keys/lock-key.js";
import type { LockKey } from "../node/lock-node.js";
import { Batch, failureIn } from "./batch.js";
import type { NameOfLock, Question } from "./questions.js";
import type { RedisClient } from "./redis-client.js";

/** One request that has not left yet. */
interface Letter {
  readonly keys: readonly LockKey[];
  /** How many locks a call with it may be for. */
  readonly mostLocks: number;
  /** Sends it alone. */
  send(client: RedisClient): void;
  /** Adds it to a batch. */
  write(batch: Batch): void;
  /** What the batch answered to it. */
  answer(reply: unknown): void;
  reject(error: unknown): void;
}

/**
 * What is asked of a server in one tick leaves in one call: when the tick ends, all its promise callbacks included. A
 * request that is alone leaves as it is. Requests keep their order, and none waits for the answer to another, so that
 * a server which does not answer holds nothing back.
 */
export class Outbox {
  readonly #client: RedisClient;
  #letters: Letter[] = [];
  #dividesBySlot: boolean;

  constructor(client: RedisClient) {
    this.#client = client;
    this.#dividesBySlot = client.clustered;
  }

  put<Request extends { readonly keys: readonly LockKey[] }, Reply>(
    question: Question<Request, Reply>,
    request: Request,
  ): Promise<Reply> {
    return new Promise((resolve, reject) => {
      this.#letters.push(new Sealed(question, request, resolve, reject));
      if (this.#letters.length === 1) process.nextTick(this.flush);
    });
  }

  /** Sends what has not left yet. */
  readonly flush = (): void => {
    const letters = this.#letters;
    if (letters.length === 0) return;
    this.#letters = [];
    if (letters.length === 1) letters[0]?.send(this.#client);
    else if (this.#dividesBySlot) for (const those of bySlot(letters)) this.#send(those);
    else this.#send(letters);
  };

  #send(letters: readonly Letter[]): void {
    let first = 0;
    let locks = 0;
    let most = Infinity;
    for (const [i, { keys, mostLocks }] of letters.entries()) {
      most = Math.min(most, mostLocks);
      if (i > first && locks + keys.length > most) {
        this.#call(letters.slice(first, i));
        first = i;
        locks = 0;
        most = mostLocks;
      }
      locks += keys.length;
    }
    this.#call(first === 0 ? letters : letters.slice(first));
  }

  #call(letters: readonly Letter[]): void {
    const [only] = letters;
    if (letters.length === 1) return only?.send(this.#client);
    const batch = new Batch();
    for (const letter of letters) letter.write(batch);
    batch.run(this.#client).then(
      (replies) => {
        let i = 0;
        for (const letter of letters) letter.answer(replies[i++]);
      },
      (error: unknown) => this.#failed(letters, error),
    );
  }

  /** What a server refuses because of the keys of one request, it has not begun, and each is asked alone. */
  #failed(letters: readonly Letter[], error: unknown): void {
    const reason = error instanceof Error ? error.message : "";
    // A service can be a Cluster without its client knowing.
    if (reason.startsWith("CROSSSLOT")) this.#dividesBySlot = true;
    const refused = reason.startsWith("CROSSSLOT") || reason.startsWith("NOPERM");
    for (const letter of letters) {
      if (refused) letter.send(this.#client);
      else letter.reject(error);
    }
  }
}

/** One request that has not left yet, and who waits for the answer. */
class Sealed<Request extends { readonly keys: readonly LockKey[] }, Reply> implements Letter {
  readonly #question: Question<Request, Reply>;
  readonly #request: Request;
  readonly #resolve: (reply: Reply) => void;
  readonly reject: (error: unknown) => void;

  constructor(
    question: Question<Request, Reply>,
    request: Request,
    resolve: (reply: Reply) => void,
    reject: (error: unknown) => void,
  ) {
    this.#question = question;
    this.#request = request;
    this.#resolve = resolve;
    this.reject = reject;
  }

  get keys(): readonly LockKey[] {
    return this.#request.keys;
  }

  get mostLocks(): number {
    return this.#question.mostLocks;
  }

  send(client: RedisClient): void {
    const { script, names } = this.#question;
    const keys: string[] = [];
    addNames(this.keys, names, keys);
    const args = this.#question.argsOf(this.#request, client.clustered);
    script.run(client, keys, args, (reply) => this.#read(reply)).then(this.#resolve, this.reject);
  }

  write(batch: Batch): void {
    this.#question.write(this.#request, batch);
    addNames(this.keys, this.#question.names, batch.keys);
  }

  answer(reply: unknown): void {
    const failure = failureIn(reply);
    if (failure !== undefined) return this.reject(failure);
    try {
      this.#resolve(this.#read(reply));
    } catch (error) {
      this.reject(error);
    }
  }

  #read(reply: unknown): Reply {
    return this.#question.read(reply, this.#request);
  }
}

/** The names that a script needs, lock by lock. */
function addNames(keys: readonly LockKey[], names: readonly NameOfLock[], to: string[]): void {
  for (const key of keys) for (const name of names) to.push(key[name]);
}

/** Requests that can go to one server of a Cluster. All keys of one have the same slot. */
function bySlot(letters: readonly Letter[]): Iterable<Letter[]> {
  const slots = new Map<string, Letter[]>();
  for (const letter of letters) {
    const tag = hashTagOf(letter.keys[0]?.lock ?? "");
    const those = slots.get(tag);
    if (those === undefined) slots.set(tag, [letter]);
    else those.push(letter);
  }
  return slots.values();
}
