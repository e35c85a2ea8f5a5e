import { Redis } from "ioredis";

/** Sees on a server of its own, which is no node, whether a holder is alone. */
export class Witness {
  readonly #client: Redis;
  intrusions = 0;

  private constructor(client: Redis) {
    this.#client = client;
  }

  static async open(port: number): Promise<Witness> {
    const client = new Redis(port);
    await client.ping();
    return new Witness(client);
  }

  async enter(): Promise<void> {
    if ((await this.#client.incr("inside")) !== 1) this.intrusions++;
  }

  async leave(): Promise<void> {
    if ((await this.#client.decr("inside")) !== 0) this.intrusions++;
  }
}
