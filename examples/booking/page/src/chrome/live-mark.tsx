/** Whether what is shown is what is so. */
export function LiveMark({ isLive }: { readonly isLive: boolean }) {
  return (
    <span class="live" data-live={isLive}>
      {isLive ? "Live" : "Reconnecting …"}
    </span>
  );
}
