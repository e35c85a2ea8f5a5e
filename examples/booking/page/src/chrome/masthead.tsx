import type { Show } from "../api/box-office.js";

interface Props {
  readonly shows: readonly Show[];
  readonly show: Show | undefined;
  readonly name: string;
  readonly onName: (name: string) => void;
}

export function Masthead({ shows, show, name, onName }: Props) {
  return (
    <header class="masthead">
      <p class="brand">
        <svg viewBox="0 0 24 24" width="26" height="26" aria-hidden="true">
          <rect x="1" y="1" width="22" height="22" rx="6" class="brand-tile" />
          <path d="M8 11V9a4 4 0 0 1 8 0v2" class="brand-line" />
          <rect x="6.5" y="10.5" width="11" height="7.5" rx="1.6" class="brand-body" />
        </svg>
        <span class="brand-name">Box office</span>
      </p>
      <nav class="shows" aria-label="Shows">
        {shows.map(({ id, title }) => (
          <a key={id} href={`#${id}`} aria-current={id === show?.id ? "page" : undefined}>
            {title}
          </a>
        ))}
      </nav>
      <label class="name">
        <span>Your name</span>
        <input
          type="text"
          autocomplete="name"
          maxLength={100}
          placeholder="Guest"
          value={name}
          onInput={({ currentTarget }) => onName(currentTarget.value)}
        />
      </label>
    </header>
  );
}
