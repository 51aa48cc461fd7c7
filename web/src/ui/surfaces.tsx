/** Surfaces and the states that every screen has: loading, empty, trouble. */
import type { ReactNode } from "react";

export function Panel({
  title,
  actions,
  children,
  className = "",
  ...rest
}: {
  title?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  className?: string;
  "data-testid"?: string;
}) {
  return (
    <section className={`rounded-md border bg-surface ${className}`} {...rest}>
      {title !== undefined && (
        <header className="flex min-h-10 items-center justify-between gap-3 border-b px-3 py-1">
          <h2 className="font-semibold">{title}</h2>
          {actions}
        </header>
      )}
      {children}
    </section>
  );
}

export function Skeleton({ className = "" }: { className?: string }) {
  return <div aria-hidden className={`breathing rounded-sm bg-raised ${className}`} />;
}

/** What is (not) here, why, and what to do: for empty, no right, and error alike. */
export function Notice({
  icon,
  title,
  detail,
  action,
  ...rest
}: {
  icon?: ReactNode;
  title: ReactNode;
  detail?: ReactNode;
  action?: ReactNode;
  "data-testid"?: string;
}) {
  return (
    <div
      className="flex h-full min-h-32 flex-col items-center justify-center gap-2 p-6 text-center"
      {...rest}
    >
      {icon !== undefined && <div className="text-ink-3">{icon}</div>}
      <p className="max-w-md font-medium text-balance">{title}</p>
      {detail !== undefined && <p className="max-w-md text-sm text-balance text-ink-2">{detail}</p>}
      {action !== undefined && <div className="mt-2">{action}</div>}
    </div>
  );
}

export interface Choice<T extends string> {
  value: T;
  label: ReactNode;
  title?: string;
}

/** A few exclusive choices side by side. */
export function Segmented<T extends string>({
  value,
  choices,
  onChoose,
  label,
  testId,
}: {
  value: T;
  choices: readonly Choice<T>[];
  onChoose: (value: T) => void;
  label: string;
  testId?: string;
}) {
  return (
    <div
      role="group"
      aria-label={label}
      className="inline-flex rounded-md border bg-ground p-0.5"
      data-testid={testId}
    >
      {choices.map((choice) => (
        <button
          key={choice.value}
          type="button"
          title={choice.title}
          aria-pressed={choice.value === value}
          onClick={() => onChoose(choice.value)}
          className="inline-flex h-7 items-center gap-1.5 rounded-sm px-2.5 text-sm font-medium whitespace-nowrap text-ink-2 hover:text-ink aria-pressed:bg-raised aria-pressed:text-ink"
          data-testid={testId === undefined ? undefined : `${testId}-${choice.value}`}
        >
          {choice.label}
        </button>
      ))}
    </div>
  );
}
