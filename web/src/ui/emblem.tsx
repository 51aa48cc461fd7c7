/** The fortress. */
export function Emblem({ size = 22 }: { size?: number }) {
  return (
    <svg viewBox="0 0 32 32" width={size} height={size} aria-hidden className="shrink-0 text-accent">
      <path
        d="M6 6h4v3.5h4V6h4v3.5h4V6h4v11c0 5.5-4.2 8.7-10 10.8C10.2 25.7 6 22.5 6 17Z"
        fill="none"
        stroke="currentColor"
        strokeWidth="2.2"
        strokeLinejoin="round"
      />
      <circle cx="16" cy="16.8" r="2.7" fill="currentColor" />
    </svg>
  );
}
