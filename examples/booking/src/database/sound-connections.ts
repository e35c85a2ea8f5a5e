import type { PostgresPool, PostgresPoolClient } from "kysely";
import pg from "pg";

/**
 * A pool that throws connections away over which an answer did not come. They may still owe it, and whoever had them next
 * would wait for that first.
 */
export function soundConnections(pool: pg.Pool): PostgresPool {
  return {
    end: () => pool.end(),
    async connect() {
      const client = await pool.connect();
      let isSound = true;
      const query: Query = async (text, values) => {
        try {
          return await client.query(text, [...values]);
        } catch (error) {
          isSound &&= error instanceof pg.DatabaseError;
          throw error;
        }
      };
      return {
        // Cursors, the other way to call it, are not used.
        query: query as unknown as PostgresPoolClient["query"],
        release: () => client.release(!isSound),
      };
    },
  };
}

type Query = (text: string, values: readonly unknown[]) => Promise<pg.QueryResult>;
