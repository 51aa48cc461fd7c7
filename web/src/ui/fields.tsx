/** Parts of forms. */
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
export function Trouble({
  children,
  className = "",
  testId,
}: {
  children: ReactNode;
  className?: string;
  testId?: string;
}) {
  if (children === null || children === false || children === "") return null;
  return (
    <p role="alert" className={`text-sm text-caution ${className}`} data-testid={testId}>
      {children}
    </p>
  );
}

/** A line of text that carries its own label in its empty state. */
export function TextField({
  label,
  value,
  onChange,
  maxLength,
  focus = false,
  className = "",
  testId,
}: {
  label: string;
  value: string;
  onChange: (value: string) => void;
  maxLength?: number;
  focus?: boolean;
  className?: string;
  testId?: string;
}) {
  return (
    <input
      autoFocus={focus}
      value={value}
      onChange={(event) => onChange(event.target.value)}
      maxLength={maxLength}
      placeholder={label}
      aria-label={label}
      className={`h-9 rounded-md border border-line-2 bg-ground px-2 placeholder:text-ink-3 ${className}`}
      data-testid={testId}
    />
  );
}
