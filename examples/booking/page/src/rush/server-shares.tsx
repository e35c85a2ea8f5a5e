interface Props {
  /** Process ids, with how many they answered. */
  readonly servers: ReadonlyMap<string, number>;
}

/** Which processes answered how many buyers: with several, the lock holds between them too. */
export function ServerShares({ servers }: Props) {
  const shares = [...servers].toSorted(([a], [b]) => Number(a) - Number(b));
  if (shares.length === 0) return null;
  return (
    <p class="servers">
      Answered by{" "}
      {shares.map(([pid, count]) => (
        <span key={pid} class="server">
          process {pid} <b>{count}</b>
        </span>
      ))}
    </p>
  );
}
