import "@as-integrations/express5"; // Apollo's driver loads it by its name
import { ApolloDriver, type ApolloDriverConfig } from "@nestjs/apollo";
import { NotFoundException } from "@nestjs/common";
import { Args, GraphQLModule, Mutation, Query, Resolver } from "@nestjs/graphql";
import type { Lease } from "@redlock-kit/core";
import { CurrentLease, Locked } from "@redlock-kit/nestjs";
import { type Observable, of } from "rxjs";
import { expect, test } from "vitest";
import { redisLocks, startApp } from "./start-app.js";

@Resolver()
class SeatsResolver {
  @Query(() => String)
  @Locked("seat:{0}", { waitMs: 0 })
  seat(@Args("id") id: string, @CurrentLease() lease?: Lease) {
    return `${id} under ${lease?.key}`;
  }

  @Locked((id: string) => `seat:${id}`, { waitMs: 0 })
  @Mutation(() => String)
  book(@Args("id") id: string): Observable<string> {
    return of(`${id} booked`);
  }

  @Query(() => String)
  @Locked("seat:{0}")
  missing(@Args("id") _id: string) {
    throw new NotFoundException("no such seat");
  }
}

interface GraphQLAnswer {
  readonly data: Record<string, unknown> | null;
  readonly errors?: { readonly message: string; readonly extensions: Record<string, unknown> }[];
}

/** A GraphQL server with locks on real Redis. */
async function start() {
  const graphql = GraphQLModule.forRoot<ApolloDriverConfig>({
    driver: ApolloDriver,
    autoSchemaFile: true,
    playground: false,
    includeStacktraceInErrorResponses: false,
  });
  const { url, locks } = await startApp({
    imports: [await redisLocks(), graphql],
    providers: [SeatsResolver],
  });
  const ask = async (query: string) => {
    const answer = await fetch(`${url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query }),
    });
    return (await answer.json()) as GraphQLAnswer;
  };
  return { ask, locks };
}

test("a resolver is locked by a key of its arguments, and gets its lease", async () => {
  const { ask, locks } = await start();
  expect(await ask('{ seat(id: "A1") }')).toEqual({ data: { seat: "A1 under seat:A1" } });
  expect(await ask('mutation { book(id: "A1") }')).toEqual({ data: { book: "A1 booked" } });
  expect(await locks.inspect("seat:A1")).toBeNull();
});

test("a held lock is an error whose extensions have the code, and that names no key", async () => {
  const { ask, locks } = await start();
  await locks.acquire("seat:A1", { ttlMs: 30_000 });
  for (const query of ['{ seat(id: "A1") }', 'mutation { book(id: "A1") }']) {
    const { data, errors } = await ask(query);
    expect(data).toBeNull();
    expect(errors).toMatchObject([
      {
        message: expect.stringMatching(/^Somebody else/) as string,
        extensions: { code: "ERR_LOCK_HELD", retryAfterMs: expect.any(Number) as number },
      },
    ]);
    expect(JSON.stringify(errors)).not.toContain("seat:A1");
  }
});

test("an exception of the resolver arrives as without a lock", async () => {
  const { ask } = await start();
  const { errors } = await ask('{ missing(id: "A1") }');
  expect(errors).toMatchObject([{ message: "no such seat" }]);
  expect(errors?.[0]?.extensions.code).not.toMatch(/^ERR_LOCK/);
});
