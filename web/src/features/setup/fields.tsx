/** The wizard's form parts. */
import type { ReactNode } from "react";

export const INPUT =
  "h-9 w-full rounded-md border border-line-2 bg-ground px-2 text-ink aria-invalid:border-caution";

export function Field({
  label,
  hint,
  children,
}: {
  label: ReactNode;
  hint?: ReactNode;
  children: ReactNode;
}) {
  return (
    <label className="block space-y-1">
      <span className="block text-sm text-ink-2">{label}</span>
      {children}
      {hint !== undefined && <span className="block text-sm text-balance text-ink-3">{hint}</span>}
    </label>
  );
}

/** What is wrong and what to do; keeps no room while all is well. */
export function Trouble({ children, testId }: { children: ReactNode; testId?: string }) {
  if (children === null || children === false || children === "") return null;
  return (
    <p role="alert" className="text-sm text-caution" data-testid={testId}>
      {children}
    </p>
  );
}
