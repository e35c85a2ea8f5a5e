/** What is used of a database client. */
interface Database {
  query<Row>(sql: string, values: unknown[]): Promise<{ rows: Row[] }>;
}

export async function save(db: Database, id: string, text: string, fencingToken: number): Promise<boolean> {
  const { rows } = await db.query(
    "UPDATE document SET body = $2, fence = $3 WHERE id = $1 AND fence <= $3 RETURNING id",
    [id, text, fencingToken],
  );
  return rows.length === 1; // no row: stale
}

export async function append(db: Database, id: string, line: string, fencingToken: number): Promise<boolean> {
  const { rows } = await db.query<{ body: string }>(
    "UPDATE document SET fence = $2 WHERE id = $1 AND fence <= $2 RETURNING body",
    [id, fencingToken],
  );
  const [row] = rows;
  return row !== undefined && save(db, id, `${row.body}${line}`, fencingToken);
}
